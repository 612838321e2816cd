"""Line art and hatching."""
import math

import numpy as np
from PIL import Image, ImageDraw
from scipy import ndimage

from .core import clouds, edges, gradient, grey, lines, luma, maker, mix, moved, places, ramp, rgb, saturate, soft
from .drawing import along, calm, few, inked, majority, tangent


def on_sheet(line, ink=0.04, sheet=1.0):
    return mix(np.full(3, sheet, np.float32) if np.isscalar(sheet) else sheet, ink, np.clip(line, 0, 1)[..., None])


@maker("line art", "own-brush-pen", 0.6)
def brush_pen(s, r, m):
    """Thick black lines on white, and black masses where it is darkest."""
    sigma, dark = (1 + 0.8 * s) * m / 200 + 0.4, r.uniform(0.1, 0.24)

    def run(x, n):
        d = ramp(lines(x, sigma, 1.6, 1.0), 0.006, 0.02)
        mass = ramp(dark - soft(luma(x), m / 120), -0.01, 0.02)
        return on_sheet(np.maximum(soft(d, 0.5), mass))
    return run


@maker("line art", "own-marker", 0.6)
def marker(s, r, m):
    """A marker of one width along the strongest edges."""
    wide, sheet = max(2, round((1.2 + 1.8 * s) * m / 160)), rgb(r.choice(["#ffffff", "#fdfbf4", "#f4f4f4"]))[0]

    def run(x, n):
        e = edges(calm(x, 5), 1.4) > 0.5
        found, many = ndimage.label(e, np.ones((3, 3)))
        size = np.bincount(found.ravel())
        e = e & (size[found] > m / 6)
        y = ndimage.binary_dilation(ndimage.binary_erosion(e), iterations=max(1, wide // 2))
        return on_sheet(soft(y.astype(np.float32), 0.7), 0.03, sheet)
    return run


@maker("line art", "own-soft-pencil", 0.5)
def soft_pencil(s, r, m):
    """Grey lines of a pencil, broken by the tooth of the sheet."""
    sigma, k = r.uniform(0.7, 1.2), 0.5 + 0.45 * s

    def run(x, n):
        tooth = soft(clouds(n, x, 1), 0.5)
        e = edges(x, sigma) * (0.9 + 0.5 * tooth / tooth.std() * 0.5)
        return on_sheet(ramp(e, 0.12, 0.95) * k, 0.15, 0.97)
    return run


@maker("line art", "own-flow", 0.5)
def flow(s, r, m):
    """Lines drawn out along the way edges run."""
    sigma = r.uniform(0.9, 1.6)

    def run(x, n):
        d = along(lines(x, sigma, 1.6, 1.0), tangent(x, 2.5), 6)
        return on_sheet(ramp(d, 0.004, 0.022 - 0.008 * s))
    return run


@maker("line art", "own-chalk", 0.6)
def chalk_line(s, r, m):
    """White lines on a board or on blue print."""
    board = rgb(r.choice(["#101414", "#12301e", "#123a78", "#0e2450"]))[0]

    def run(x, n):
        e = ramp(edges(x, r_sigma), 0.2, 0.75) * np.clip(0.85 + 0.2 * clouds(n, x, 1.5), 0, 1)
        return on_sheet(e, 0.93, board)
    r_sigma = r.uniform(0.8, 1.5)
    return run


@maker("line art", "own-map", 0.6)
def map_lines(s, r, m):
    """Lines of equal brightness alone."""
    count = r.choice([3, 4, 5, 6])

    def run(x, n):
        y = soft(luma(x), m / 120) * count + 0.3
        near = np.abs(y - np.round(y)) / (np.hypot(*gradient(y, 0.8)) + 0.015)
        return on_sheet(1 - ramp(near, 0.4, 1.4))
    return run


@maker("line art", "own-colouring-book", 0.6)
def colouring_book(s, r, m):
    """The borders of a few colours, to be filled in."""
    count, wide = r.choice([4, 5, 6]), max(1, round(m / 220))

    def run(x, n):
        _, label = few(calm(x, 5, 2), count)
        label = majority(label, 5 + 2 * (m > 200), count)
        line = (label != moved(label, 1, 0)) | (label != moved(label, 0, 1))
        return on_sheet(soft(ndimage.binary_dilation(line, iterations=wide).astype(np.float32), 0.5))
    return run


def hatch(x, dark, angle, p, wobble):
    """Parallel lines, the thicker the darker: how much ink."""
    v, u = places(x)
    t = ((v * math.cos(angle) - u * math.sin(angle)) + wobble) / p
    return np.clip((dark - 2 * np.abs(t - np.round(t))) * p / 2 + 0.5, 0, 1)


def sheet_and_ink(r):
    return rgb(*r.choice([("#ffffff", "#000000"), ("#ffffff", "#101020"), ("#faf4e6", "#1a120a"), ("#f8f8f8", "#202030")]))


@maker("hatched", "own-one-way")
def one_way(s, r, m):
    p, a, pair = 3 + 3.5 * s * r.uniform(0.5, 1), r.uniform(0, 3.14), sheet_and_ink(r)

    def run(x, n):
        ink = hatch(x, 1.05 * (1 - soft(luma(x), 0.6)) - 0.05, a, p, 0.8 * clouds(n, x, m / 8))
        return mix(pair[0], pair[1], ink[..., None])
    return run


@maker("hatched", "own-crossed")
def crossed(s, r, m):
    """Every deeper shade gets one more direction."""
    p, a, pair = 3 + 3 * s * r.uniform(0.5, 1), r.uniform(0, 3.14), sheet_and_ink(r)

    def run(x, n):
        y = soft(luma(x), 1)
        ink = np.zeros_like(y)
        for i, limit in enumerate((0.78, 0.58, 0.4, 0.22)):
            ink = np.maximum(ink, hatch(x, 0.42 * ramp(limit - y, -0.04, 0.06), a + i * 0.85, p, clouds(n, x, m / 6)))
        return mix(pair[0], pair[1], ink[..., None])
    return run


@maker("hatched", "own-banknote")
def banknote(s, r, m):
    """Lines that bulge with the picture, as on a banknote."""
    p, a, pair, k = 3 + 3 * s * r.uniform(0.5, 1), r.uniform(0, 3.14), sheet_and_ink(r), r.uniform(6, 16)

    def run(x, n):
        return mix(pair[0], pair[1], hatch(x, 1.05 * (1 - soft(luma(x), 0.7)), a, p, k * soft(luma(x), m / 50))[..., None])
    return run


@maker("hatched", "own-pencil")
def pencil(s, r, m):
    """Strokes of a pencil in one direction, closer where it is darker."""
    a, length, size = r.uniform(0, 3.14), 5 + 7 * s, r.uniform(0.4, 0.7)

    def run(x, n):
        grain = along(soft(clouds(n, x, 1), size), np.full(x.shape[:2], a, np.float32), length)
        grain = grain / grain.std()
        y = soft(luma(x), 0.6)
        ink = ramp(grain * 0.42 + (0.42 - y) * 2.2, -0.5, 0.9)
        return grey(1 - ink * 0.85)
    return run


@maker("hatched", "own-coloured-pencil")
def coloured_pencil(s, r, m):
    """The same in colours, the sheet shines through."""
    a, length = r.uniform(0, 3.14), 5 + 7 * s

    def run(x, n):
        grain = along(soft(clouds(n, x, 1), 0.5), np.full(x.shape[:2], a, np.float32) + 0.2 * clouds(n, x, m / 4), length)
        k = ramp(grain / grain.std() * 0.5 + (0.75 - soft(luma(x), 1)) * 1.6, -0.7, 0.7)[..., None]
        return mix(np.full(3, 0.98, np.float32), saturate(soft(x, 0.8), 1.2) * 0.92, k * (0.6 + 0.4 * s) + 0.25 * (1 - s))
    return run


@maker("hatched", "own-following")
def following(s, r, m):
    """Strokes that follow the forms, as an etcher's."""
    length, pair = 6 + 6 * s, sheet_and_ink(r)

    def run(x, n):
        grain = along(soft(clouds(n, x, 1), 0.6), tangent(x, 4), length)
        ink = ramp(grain / grain.std() * 0.45 + (0.36 - soft(luma(x), 0.7)) * 1.8, -0.2, 0.35)
        return mix(pair[0], pair[1], ink[..., None])
    return run


@maker("hatched", "own-pen-strokes")
def pen_strokes(s, r, m):
    """Single strokes of a pen, strewn by darkness."""
    a, cross, length, pair = r.uniform(0, 3.14), r.random() < 0.5, 6 + 7 * s, sheet_and_ink(r)

    def run(x, n):
        h, w = x.shape[:2]
        dark = (1 - soft(luma(x), 1)) ** 1.3
        sheet = Image.new("L", (2 * w, 2 * h), 0)
        draw = ImageDraw.Draw(sheet)
        count = int(dark.sum() / length * 1.5)
        at = n.choice(h * w, count, p=(dark / dark.sum()).ravel())
        turn = a + 0.12 * n.standard_normal(count) + (1.4 * n.integers(0, 2, count) if cross else 0)
        for v, u, t in zip(at // w, at % w, turn):
            dy, dx = length * math.sin(t), length * math.cos(t)
            draw.line([2 * u - dx, 2 * v - dy, 2 * u + dx, 2 * v + dy], fill=255, width=2)
        return mix(pair[0], pair[1], np.asarray(sheet.resize((w, h), Image.BOX), np.float32)[..., None] / 255)
    return run


@maker("hatched", "own-woodcut")
def woodcut(s, r, m):
    """Cut in wood: thick lines that taper, their way changing from part to part."""
    p, pair = 3.6 + 3.4 * s, sheet_and_ink(r)

    def run(x, n):
        y = soft(luma(x), 1)
        _, label = few(soft(x, 3), 4)
        ink = np.zeros_like(y)
        for c in range(4):
            part = hatch(x, 1.25 * (1 - y) - 0.12, c * 0.8 + 0.3, p, 1.5 * clouds(n, x, m / 8))
            ink = np.where(label == c, part, ink)
        ink = np.maximum(ink, ramp(lines(x, 1.4), 0.01, 0.03))
        return mix(pair[0], pair[1], ink[..., None])
    return run


@maker("hatched", "own-circles")
def circles(s, r, m):
    """One set of circles, thick and thin, as some engravers drew whole heads."""
    p, cy, cx, pair = 3 + 2.6 * s, r.uniform(-0.1, 1.1), r.uniform(-0.1, 1.1), sheet_and_ink(r)

    def run(x, n):
        v, u = places(x)
        t = np.hypot(v - cy * x.shape[0], u - cx * x.shape[1]) / p
        ink = np.clip((1.05 * (1 - soft(luma(x), 0.8)) - 2 * np.abs(t - np.round(t))) * p / 2 + 0.5, 0, 1)
        return mix(pair[0], pair[1], ink[..., None])
    return run


@maker("hatched", "own-shadows")
def shadows(s, r, m):
    """Only shadows are hatched, over the coloured picture."""
    p, a = 3 + 3 * s, r.uniform(0, 3.14)

    def run(x, n):
        y = soft(luma(x), 1)
        w = clouds(n, x, m / 6)
        ink = np.maximum(hatch(x, 0.5 * ramp(0.75 - y, 0, 0.1), a, p, w), hatch(x, 0.5 * ramp(0.42 - y, 0, 0.1), a + 1.2, p, w))
        return inked(mix(x, 1.0, 0.15 + 0.35 * s), ink * (0.5 + 0.5 * s))
    return run
