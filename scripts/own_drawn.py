"""Filters of our own in numpy that draw the picture anew: flat colour, outlines, line art, hatching, strokes of a brush."""
import math

import numpy as np
from PIL import Image, ImageDraw
from scipy import ndimage
from scipy.spatial import Delaunay

from own_core import clouds, edges, gradient, grey, hue, hue_of, lines, luma, maker, mix, moved, places, ramp, rgb, sampled, saturate, soft
from own_surface import cells, means


def picture(x):
    return Image.fromarray((np.clip(x, 0, 1) * 255 + 0.5).astype(np.uint8))


def array(image):
    return np.asarray(image.convert("RGB"), np.float32) / 255


def calm(x, size, times=1):
    """Small detail goes, edges stay (median of every channel)."""
    for _ in range(times):
        x = np.stack([ndimage.median_filter(x[..., c], size) for c in range(3)], 2)
    return x


def few(x, count):
    """The nearest of so many colours of the picture's own: their centres and which one is where."""
    small_ = x.reshape(-1, 3)[:: max(1, x.shape[0] * x.shape[1] // 4000)]
    order = np.argsort(luma(small_))
    centres = small_[order[np.linspace(0, len(order) - 1, count).astype(int)]].copy()
    for _ in range(8):
        near = ((small_[:, None] - centres) ** 2).sum(2).argmin(1)
        for c in range(count):
            if (near == c).any():
                centres[c] = small_[near == c].mean(0)
    label = np.stack([((x - c) ** 2).sum(2) for c in centres]).argmin(0)
    return centres, label


def majority(label, size, count):
    """Every place takes the label most frequent about it."""
    votes = np.stack([ndimage.uniform_filter((label == c).astype(np.float32), size) for c in range(count)])
    return votes.argmax(0)


def tangent(x, sigma):
    """The way edges run, as an angle at every place."""
    gy, gx = gradient(luma(x), 0.8)
    a, b, c = (soft(q, sigma) for q in (gx * gx, gx * gy, gy * gy))
    return 0.5 * np.arctan2(2 * b, a - c) + math.pi / 2


def along(plane, angle, length):
    """Mean of a plane along lines that follow the angle, `length` pixels to either side."""
    h, w = angle.shape
    out, v0, u0 = plane.copy(), *places(plane)
    for sign in (1, -1):
        v, u = v0, u0
        way = np.full_like(angle, float(sign))
        last = None
        for _ in range(int(length)):
            iy, ix = np.clip(np.rint(v), 0, h - 1).astype(int), np.clip(np.rint(u), 0, w - 1).astype(int)
            a = angle[iy, ix]
            dy, dx = np.sin(a) * way, np.cos(a) * way
            if last is not None:
                back = np.where(dy * last[0] + dx * last[1] < 0, -1, 1)
                way, dy, dx = way * back, dy * back, dx * back
            last = dy, dx
            v, u = v + dy, u + dx
            out = out + plane[np.clip(np.rint(v), 0, h - 1).astype(int), np.clip(np.rint(u), 0, w - 1).astype(int)]
    return out / (2 * int(length) + 1)


# Flat colour.


@maker("flat colour", "own-clusters")
def clusters(s, r, m):
    """A few colours of the picture's own, their borders smoothed."""
    count, size = round(12 - 8 * s), 3 + 2 * round(m / 150 * r.random())

    def run(x, n):
        centres, label = few(calm(x, size), count)
        return centres[majority(label, size + 2, count)]
    return run


@maker("flat colour", "own-bands")
def tone_bands(s, r, m):
    """Brightness in steps, hue as it was, smoothed before."""
    steps, size = 7 - 4 * s, 3 + 2 * round(m / 150)

    def run(x, n):
        y = calm(x, size, 2)
        l = luma(y)
        return y * ((np.floor(l * steps) + 0.5) / steps / (l + 0.02))[..., None].clip(0, 3)
    return run


@maker("flat colour", "own-zones")
def zones(s, r, m):
    """Zones that grow from calm places until they meet."""
    size, sigma = m / (34 - 22 * s), r.uniform(1, 2)

    def run(x, n):
        e = edges(x, sigma)
        markers = np.zeros(e.shape, np.int32)
        _, _, points = cells(n, x, size)
        at = np.clip(points.round().astype(int), 0, np.array(e.shape) - 1)
        markers[tuple(at.T)] = np.arange(1, len(at) + 1)
        label = ndimage.watershed_ift((np.clip(e, 0, 1) * 255).astype(np.uint8), markers)
        fill, _ = means(x, label)
        centres, near = few(fill, round(18 - 9 * s))
        return mix(fill, centres[near], 0.7)
    return run


@maker("flat colour", "own-palette")
def palette(s, r, m):
    """A fixed palette, no dither, specks taken out."""
    steps = [0, 0.5, 1] if s > 0.5 else [0, 0.33, 0.66, 1]
    size = 3 + 2 * round(m / 200)

    def run(x, n):
        y = calm(np.clip(1.15 * (x - 0.5) + 0.5, 0, 1), size)
        k = np.array(steps)
        return np.stack([k[np.abs(y[..., c, None] - k).argmin(2)] for c in range(3)], 2) * 0.9 + 0.05 * r_tint
    r_tint = np.array([r.uniform(0.5, 1.5) for _ in range(3)], np.float32)
    return run


@maker("flat colour", "own-cut-paper")
def cut_paper(s, r, m):
    """Sheets cut along lines of equal brightness, each of one colour."""
    count, wide = round(7 - 3.5 * s), m / r.uniform(60, 120)

    def run(x, n):
        y = soft(luma(x), wide)
        label = np.searchsorted(np.quantile(y, np.arange(1, count) / count), y)
        part = np.zeros_like(label)
        for c in range(count):
            found, many = ndimage.label(label == c)
            part += np.where(label == c, found + 10000 * c, 0)
        fill, _ = means(x, part)
        return saturate(fill, 1.3)
    return run


@maker("flat colour", "own-median-cut")
def median_cut(s, r, m):
    count, size = round(14 - 9 * s), r.choice([3, 5])
    return lambda x, n: array(picture(calm(soft(x, 0.7), size, 2)).quantize(count, dither=0))


@maker("flat colour", "own-facets")
def facets(s, r, m):
    """Triangles of one colour between points that sit on edges."""
    return low_poly(r, m, m * (0.02 + 0.045 * s))


def low_poly(r, m, size):
    def run(x, n):
        e = edges(x, 1.5) ** 1.5 + 0.04
        h, w = e.shape
        count = int(h * w / size ** 2 * 1.2)
        at = n.choice(h * w, count, replace=False, p=(e / e.sum()).ravel())
        rim = np.linspace(0, 1, 7)
        border = [(a * (h - 1), b) for a in rim for b in (0, w - 1)] + [(b, a * (w - 1)) for a in rim for b in (0, h - 1)]
        points = np.concatenate([np.stack([at // w, at % w], 1), np.unique(np.array(border).round(), axis=0)])
        mesh = Delaunay(points)
        label = mesh.find_simplex(places(x).reshape(2, -1).T.astype(np.float64)).reshape(h, w)
        return means(x, label)[0]
    return run


@maker("flat colour", "own-even")
def even(s, r, m):
    """Shading is smoothed away where no edge is, over and over."""
    keep, times = 0.05 + 0.12 * s, round(12 + 40 * s)

    def run(x, n):
        for _ in range(times):
            step = 0
            for axis in (0, 1):
                d = np.diff(x, axis=axis)
                d = d * np.exp(-(np.abs(d).max(2, keepdims=True) / keep) ** 2)
                pad = [(0, 0)] * 3
                pad[axis] = (1, 1)
                step = step + np.diff(np.pad(d, pad), axis=axis)
            x = x + 0.24 * step
        k = 10 - 5 * s
        return mix(x, np.round(x * k) / k, 0.5 + 0.5 * s)
    return run


# Outlines.


def inked(x, line, colour=0.03):
    return mix(x, colour, np.clip(line, 0, 1)[..., None])


@maker("outlined", "own-borders")
def borders(s, r, m):
    """Lines where one colour of the picture's few meets another."""
    count, wide = r.choice([5, 6, 8]), max(1, round((0.4 + 0.8 * s) * m / 240))

    def run(x, n):
        _, label = few(calm(x, 5), count)
        label = majority(label, 5 + 2 * (m > 250), count)
        line = (label != moved(label, 1, 0)) | (label != moved(label, 0, 1))
        line = soft(ndimage.binary_dilation(line, iterations=wide).astype(np.float32), 0.6)
        return inked(x, line * (0.55 + 0.45 * s))
    return run


@maker("outlined", "own-ink-lines")
def ink_lines(s, r, m):
    """Dark thin structure is drawn over in ink."""
    sigma = r.uniform(0.8, 1.4) * (1 + m / 600)

    def run(x, n):
        d = lines(x, sigma, 1.6, 1.0)
        return inked(x, ramp(d, 0.008, 0.035 - 0.015 * s) * (0.5 + 0.5 * s))
    return run


@maker("outlined", "own-thick")
def thick(s, r, m):
    """Thick black contours about what is left of the picture when calmed."""
    wide = max(1, (0.6 + 1.4 * s) * m / 240)

    def run(x, n):
        e = ndimage.maximum_filter(ramp(edges(soft(x, 1), 1.2), 0.42 - 0.1 * s, 0.75), size=round(wide) + 1)
        return inked(mix(x, calm(x, 3), 0.7), soft(e, 0.6) * (0.6 + 0.4 * s))
    return run


@maker("outlined", "own-coloured-ink")
def coloured_ink(s, r, m):
    """Contours in one dark colour, or in the darkened colour of what they bound."""
    ink = rgb(r.choice(["#1a1440", "#401410", "#10301a", "#2a1a0a"]))[0] if r.random() < 0.5 else None
    sigma = r.uniform(0.9, 1.6)

    def run(x, n):
        e = soft(ramp(edges(x, sigma), 0.25, 0.65), 0.4) * (0.6 + 0.4 * s)
        return inked(x, e, soft(x, 1.5) ** 1.5 * 0.3 if ink is None else ink)
    return run


@maker("outlined", "own-wobbly")
def wobbly(s, r, m):
    """Drawn twice by a hand that is not sure."""
    k = r.uniform(1, 2.2)

    def run(x, n):
        v, u = places(x)
        e = ramp(edges(x, 1.2), 0.35, 0.7)
        twice = np.maximum(*(sampled(e, v + k * clouds(n, x, m / 12), u + k * clouds(n, x, m / 12)) for _ in range(2)))
        return inked(x, np.clip(1.3 * twice, 0, 1) * (0.5 + 0.5 * s))
    return run


@maker("outlined", "own-contours")
def contours(s, r, m):
    """Lines of equal brightness, drawn as on a map."""
    count = r.choice([2, 3, 4])

    def run(x, n):
        y = soft(luma(x), m / 110) * count + 0.25
        near = np.abs(y - np.round(y)) / (np.hypot(*gradient(y, 0.8)) + 0.015)
        return inked(x, (1 - ramp(near, 0.3 + 0.7 * s, 1.1 + 1.1 * s)) * (0.6 + 0.4 * s))
    return run


@maker("outlined", "own-crossings")
def crossings(s, r, m):
    """Where the curvature of brightness changes its sign, if steeply enough."""
    sigma = r.uniform(1.2, 2.2)

    def run(x, n):
        d = ndimage.gaussian_laplace(luma(x), sigma)
        cross = (np.sign(d) != np.sign(moved(d, 1, 0))) | (np.sign(d) != np.sign(moved(d, 0, 1)))
        line = cross * (edges(x, sigma) > 0.38)
        line = ndimage.maximum_filter(line.astype(np.float32), 1 + round(m / 300 + s))
        return inked(x, soft(line, 0.5) * (0.6 + 0.4 * s))
    return run


# Line art.


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


# Hatching.


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


# The brush.


def brushed(x, n, radius, length, angle, wild=0.25, jitter=0.04, ground=None):
    """Strokes of a round brush, strewn over a ground, each of the colour below it."""
    h, w = x.shape[:2]
    k = 2
    sheet = picture(soft(x, radius * 0.8) if ground is None else ground).resize((k * w, k * h))
    draw = ImageDraw.Draw(sheet)
    step = max(1.5, radius * 0.9)
    v, u = np.mgrid[0:h:step, 0:w:step]
    v, u = (v + n.normal(0, step / 2, v.shape)).ravel(), (u + n.normal(0, step / 2, u.shape)).ravel()
    order = n.permutation(len(v))
    iy, ix = np.clip(v, 0, h - 1).astype(int), np.clip(u, 0, w - 1).astype(int)
    colours = np.clip(soft(x, radius * 0.4)[iy, ix] + n.normal(0, jitter, (len(v), 1)) + n.normal(0, jitter / 2, (len(v), 3)), 0, 1) * 255
    a = angle[iy, ix] + n.normal(0, wild, len(v))
    long = length * n.uniform(0.6, 1.2, len(v)) * radius
    wide = max(2, round(2 * radius * k * 0.9))
    for i in order:
        dy, dx = long[i] * math.sin(a[i]) * k / 2, long[i] * math.cos(a[i]) * k / 2
        y0, x0 = v[i] * k, u[i] * k
        colour = tuple(int(c) for c in colours[i])
        draw.line([x0 - dx, y0 - dy, x0 + dx, y0 + dy], fill=colour, width=wide)
        for e in (-1, 1):
            draw.ellipse([x0 + e * dx - wide / 2, y0 + e * dy - wide / 2, x0 + e * dx + wide / 2, y0 + e * dy + wide / 2], fill=colour)
    return array(sheet.resize((w, h), Image.BOX))


def brush(s, r, m):
    return (1.1 + r.uniform(1.6, 2.6) * s) * (m / 256) ** 0.6


@maker("painterly", "own-strokes")
def follow_strokes(s, r, m):
    """Strokes along the forms, coarse ones first, fine ones where detail is."""
    radius, length, jitter = brush(s, r, m), r.uniform(2.5, 5), r.uniform(0.02, 0.05)

    def run(x, n):
        a = tangent(x, 3)
        coarse = brushed(x, n, radius * 1.6, length, a, 0.25, jitter)
        fine = brushed(x, n, radius, length, a, 0.2, jitter, coarse)
        return mix(coarse, fine, soft(ramp(edges(x, 1.5), 0.1, 0.35), 2)[..., None])
    return run


@maker("painterly", "own-dabs")
def dabs(s, r, m):
    """Short dabs, their colours unlike each other."""
    radius, jitter = brush(s, r, m) * 0.9, r.uniform(0.05, 0.1)
    return lambda x, n: brushed(x, n, radius, 0.9, tangent(x, 4), 0.6, jitter)


@maker("painterly", "own-one-hand")
def one_hand(s, r, m):
    """All strokes in about one direction."""
    radius, a, length = brush(s, r, m), r.uniform(0, 3.14), r.uniform(3, 5)
    return lambda x, n: brushed(x, n, radius, length, np.full(x.shape[:2], a, np.float32), 0.15, 0.04)


@maker("painterly", "own-knife")
def knife(s, r, m):
    """A palette knife: broad slabs."""
    radius = brush(s, r, m) * 1.2

    def run(x, n):
        h, w = x.shape[:2]
        sheet = picture(soft(x, radius)).resize((2 * w, 2 * h))
        draw = ImageDraw.Draw(sheet)
        a = tangent(x, 5)
        count = int(h * w / radius ** 2 * 0.8)
        v, u = n.integers(0, h, count), n.integers(0, w, count)
        colours = (np.clip(soft(x, radius * 0.4)[v, u] + n.normal(0, 0.035, (count, 1)), 0, 1) * 255).astype(int)
        for i in range(count):
            t = a[v[i], u[i]] + n.normal() * 0.3
            dy, dx = math.sin(t), math.cos(t)
            p, q = radius * 3.2 * n.uniform(0.5, 1.1), radius * 1.3
            corners = [(2 * (u[i] + e * p * dx - f_ * q * dy), 2 * (v[i] + e * p * dy + f_ * q * dx)) for e, f_ in ((-1, -1), (1, -1), (1, 1), (-1, 1))]
            draw.polygon(corners, fill=tuple(colours[i]))
        return array(sheet.resize((w, h), Image.BOX))
    return run


@maker("painterly", "own-drawn-out")
def drawn_out(s, r, m):
    """Colours are drawn out along the forms and sharpened."""
    length, sigma = (3 + 9 * s) * (m / 256) ** 0.5, r.uniform(2, 4)

    def run(x, n):
        a = tangent(x, sigma)
        y = np.stack([along(x[..., c], a, length) for c in range(3)], 2)
        return y + 1.2 * (y - soft(y, 1.5))
    return run


@maker("painterly", "own-sectors")
def sectors(s, r, m):
    """At every place the calmest of eight neighbours' means."""
    radius = (1.2 + 2.6 * s) * (m / 256) ** 0.5

    def run(x, n):
        mean, square = soft(x, radius * 0.7), soft(x * x, radius * 0.7)
        var = (square - mean * mean).sum(2)
        total, weight = 0, 0
        for i in range(8):
            dy, dx = 1.5 * radius * math.sin(i * math.pi / 4), 1.5 * radius * math.cos(i * math.pi / 4)
            k = 1 / (1e-5 + moved(var, dy, dx)) ** 4
            k = np.minimum(k, 1e18)[..., None]
            total, weight = total + k * moved(mean, dy, dx), weight + k
        return total / weight
    return run


@maker("painterly", "own-impasto")
def impasto(s, r, m):
    """Thick paint: strokes that cast light and shade."""
    radius, angle, length = brush(s, r, m), r.uniform(0, 6.28), r.uniform(2.5, 4.5)

    def run(x, n):
        a = tangent(x, 3)
        y = brushed(x, n, radius, length, a, 0.3, 0.05)
        bristle = along(soft(clouds(n, x, 1), 0.6), a, 2 * radius + 3)
        gy, gx = gradient(luma(y) * 0.6 + 0.05 * bristle / bristle.std(), 0.7)
        return y + (1.2 + 1.4 * s) * (gy * math.sin(angle) + gx * math.cos(angle))[..., None]
    return run


@maker("painterly", "own-swirling")
def swirling(s, r, m):
    """Strokes that swirl about the picture as they like."""
    radius, size = brush(s, r, m), m / r.uniform(3, 6)

    def run(x, n):
        gy, gx = gradient(clouds(n, x, size), 2)
        swirl = np.arctan2(gx, -gy)
        return brushed(x, n, radius, r_length, np.where(edges(x, 2) > 0.4, tangent(x, 3), swirl), 0.12, 0.05)
    r_length = r.uniform(3, 5)
    return run


@maker("painterly", "own-wash")
def wash(s, r, m):
    """Water colour: calm washes with darker rims, pigment in clouds."""
    size, k = 3 + 2 * round((0.5 + 1.8 * s) * m / 256), 1.5 + 3 * s

    def run(x, n):
        v, u = places(x)
        y = sampled(x, v + k * clouds(n, x, 8), u + k * clouds(n, x, 8))
        y = calm(y, size, 2)
        rim = ramp(edges(y, 1.0), 0.15, 0.9) * (0.12 + 0.2 * s)
        pigment = 0.06 * clouds(n, x, m / 12) + 0.04 * clouds(n, x, 3)
        return 1 - (1 - mix(y, 1.0, 0.12 + 0.15 * s)) * (1 + rim + (0.5 + s) * pigment)[..., None]
    return run


@maker("painterly", "own-flat-brush")
def flat_brush(s, r, m):
    """Lights and darks are pulled into short bars of one slant (rank filters)."""
    a, length = r.uniform(0, 3.14), (2 + 3.5 * s) * (m / 256) ** 0.5
    c = math.ceil(length)
    v, u = np.mgrid[-c : c + 1, -c : c + 1]
    bar = (np.abs(u * math.cos(a) + v * math.sin(a)) <= length) & (np.abs(v * math.cos(a) - u * math.sin(a)) <= 0.9 + 0.4 * s)

    def run(x, n):
        out = np.stack([ndimage.grey_closing(ndimage.grey_opening(x[..., i], footprint=bar), footprint=bar) for i in range(3)], 2)
        return out + 0.6 * (out - soft(out, 1.2))
    return run
