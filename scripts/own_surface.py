"""Filters of our own in numpy that lay a surface on the picture: paper and relief, printing screens, tiles."""
import math

import numpy as np
from PIL import Image, ImageDraw
from scipy import ndimage
from scipy.spatial import cKDTree

from own_core import clouds, edges, gradient, grey, luma, maker, mix, moved, places, ramp, rgb, saturate, soft


def lit(height, angle, k):
    """Light from one side on a relief: about 0, above where it faces the light."""
    gy, gx = gradient(height, 0.7)
    t = (gy * math.sin(angle) + gx * math.cos(angle))
    return k * t / (t.std() + 1e-4)


def laid(x, t, kind):
    """Light and shade t (about 0) on a picture, by one of the ways papers are made up."""
    t = t[..., None]
    if kind == "multiply":
        return x * (1 + t)
    if kind == "add":
        return x + 0.6 * t
    return x + t * (0.25 + 2.2 * x * (1 - x)) * 0.8


WAYS = ["multiply", "add", "soft"]


def strokes(n, x, count, length, width, bend):
    """Short bent lines at random, as a plane of 0 to 1."""
    h, w = x.shape[:2]
    sheet = Image.new("L", (w * 2, h * 2), 0)
    draw = ImageDraw.Draw(sheet)
    for _ in range(count):
        a, px, py = n.random() * 6.283, n.random() * 2 * w, n.random() * 2 * h
        points = [(px, py)]
        for _ in range(6):
            a += n.normal() * bend
            px, py = px + 2 * length / 6 * math.cos(a), py + 2 * length / 6 * math.sin(a)
            points.append((px, py))
        draw.line(points, fill=int(90 + 165 * n.random()), width=width)
    return np.asarray(sheet.resize((w, h), Image.BOX), np.float32) / 255


# Paper.


@maker("paper", "own-fibres")
def fibres(s, r, m):
    """Fibres, dark and light."""
    way, length = r.choice(WAYS), r.uniform(8, 22)

    def run(x, n):
        count = int(x.shape[0] * x.shape[1] / 90)
        t = strokes(n, x, count, length, 2, 0.5) - strokes(n, x, count, length, 2, 0.5)
        return laid(x, (0.15 + 0.45 * s) * t, way)
    return run


@maker("paper", "own-laid")
def laid_paper(s, r, m):
    """The wires of the mould: close lines, and few across them."""
    way, p, across = r.choice(WAYS), r.uniform(2.5, 5), r.uniform(24, 50)
    flip = r.random() < 0.5

    def run(x, n):
        v, u = places(x)
        if flip:
            v, u = u, v
        t = np.sin(2 * np.pi * v / p + 0.4 * clouds(n, x, 30)) + 1.2 * np.exp(-((u % across - across / 2) / 1.2) ** 2) + 0.5 * soft(clouds(n, x, 1), 0.6)
        return laid(x, (0.07 + 0.18 * s) * t, way)
    return run


@maker("paper", "own-creased")
def creased(s, r, m):
    """Folded and smoothed out again: a few creases across."""
    count, seed = r.randint(5, 12), r.random()

    def run(x, n):
        v, u = places(x)
        t = 0
        for _ in range(count):
            a, d = n.random() * 3.1416, n.normal() * m / 4
            q = (u - x.shape[1] / 2) * math.cos(a) + (v - x.shape[0] / 2) * math.sin(a) - d + 2 * clouds(n, x, m / 4)
            t = t + n.choice([-1, 1]) * (q / (m / 40)) * np.exp(-np.abs(q) / (m / 40)) * 1.5 + 0.5 * np.exp(-np.abs(q) / 1.2)
        return laid(x, (0.12 + 0.25 * s) * (t + 0.45 * soft(clouds(n, x, 1), 0.7)), "multiply")
    return run


@maker("paper", "own-crumpled")
def crumpled(s, r, m):
    """Facets of crumpled paper, each in its own light."""
    cell, way = m / r.uniform(5, 10), r.choice(["multiply", "add"])

    def run(x, n):
        t = 0
        for size in (cell, cell / 2):
            label, gap, _ = cells(n, x, size)
            v, u = places(x)
            a = n.random(label.max() + 1) * 6.283
            slope = (np.cos(a)[label] * (u % (2 * size) - size) + np.sin(a)[label] * (v % (2 * size) - size)) / size
            t = t + soft(np.cos(a - 1)[label] + 0.3 * slope, 0.8) - 0.8 * np.exp(-gap / 1.5)
        return laid(x, (0.05 + 0.14 * s) * t, way)
    return run


@maker("paper", "own-cold-pressed")
def cold_pressed(s, r, m):
    """Bumps of a watercolour sheet in slanting light."""
    size, angle, way = r.uniform(0.9, 2.4), r.uniform(0, 6.28), r.choice(WAYS)
    return lambda x, n: laid(x, lit(soft(clouds(n, x, 1), size), angle, 0.05 + 0.13 * s), way)


@maker("paper", "own-canvas")
def canvas(s, r, m):
    """Threads over and under each other, uneven."""
    p, way = r.uniform(3, 7), r.choice(WAYS)

    def run(x, n):
        v, u = places(x)
        v, u = v + 0.8 * clouds(n, x, 14), u + 0.8 * clouds(n, x, 14)
        over = np.sin(np.pi * v / p) * np.sin(np.pi * u / p) > 0
        thread = np.where(over, np.abs(np.sin(np.pi * v / p)), np.abs(np.sin(np.pi * u / p)))
        return laid(x, (0.12 + 0.36 * s) * (thread - 0.6 + 0.12 * clouds(n, x, 2)), way)
    return run


@maker("paper", "own-cardboard")
def cardboard(s, r, m):
    """Ribs that show through, and specks."""
    p, flip, brown = r.uniform(6, 12), r.random() < 0.5, rgb("#c8a878")[0]

    def run(x, n):
        v, u = places(x)
        rib = np.sin(2 * np.pi * ((u if flip else v) + 0.8 * clouds(n, x, 40)) / p)
        speck = strokes(n, x, x.shape[0] * x.shape[1] // 250, 4, 2, 0.6)
        t = (0.06 + 0.13 * s) * rib + (0.04 + 0.1 * s) * soft(clouds(n, x, 1), 0.7) - (0.15 + 0.35 * s) * speck
        return laid(mix(x, x * brown, 0.35 * s), t, "multiply")
    return run


@maker("paper", "own-parchment")
def parchment(s, r, m):
    """Blotches, veins and a worn edge."""
    tint = rgb(r.choice(["#f0e0bc", "#ece4d0", "#e8dcc4"]))[0]

    def run(x, n):
        blot = clouds(n, x, m / 6) * 0.5 + clouds(n, x, m / 16) * 0.5 + 0.6 * clouds(n, x, 3)
        vein = -strokes(n, x, x.shape[0] * x.shape[1] // 500, m / 10, 2, 0.35)
        return laid(mix(x, x * tint, 0.6 * s), (0.06 + 0.16 * s) * blot + (0.1 + 0.3 * s) * vein, "multiply")
    return run


@maker("paper", "own-recycled")
def recycled(s, r, m):
    """Grey stock with dark specks and short hairs of other colours."""
    def run(x, n):
        area = x.shape[0] * x.shape[1]
        dark = strokes(n, x, area // 160, 3, 3, 1.0) + strokes(n, x, area // 500, 14, 2, 0.6)
        light = strokes(n, x, area // 160, 4, 3, 1.0)
        return mix(x, mix(x, grey(luma(x)) * 0 + 0.8, 0.25), s) * (1 - (0.25 + 0.55 * s) * dark.clip(0, 1)[..., None]) + (0.2 + 0.4 * s) * light[..., None] * 0.6
    return run


@maker("paper", "own-linen")
def linen(s, r, m):
    """Streaks both ways, as of unlike threads."""
    wide, way = r.uniform(6, 18), r.choice(WAYS)

    def run(x, n):
        a = ndimage.gaussian_filter(n.standard_normal(x.shape[:2]), (0.5, wide))
        b = ndimage.gaussian_filter(n.standard_normal(x.shape[:2]), (wide, 0.5))
        return laid(x, (0.06 + 0.13 * s) * (a / a.std() + b / b.std()) / 1.4, way)
    return run


# Relief.


def height_of(x, sigma):
    return soft(luma(x), sigma)


@maker("embossed", "own-slope")
def slope(s, r, m):
    """The slope of brightness in one direction, about grey."""
    angle, sigma, colour = r.uniform(0, 6.28), r.uniform(0.6, 1.6), r.uniform(0, 0.45)

    def run(x, n):
        gy, gx = gradient(luma(x), sigma)
        t = (gy * math.sin(angle) + gx * math.cos(angle)) * (2.2 + 3.5 * s)
        return 0.5 + t[..., None] + colour * (x - luma(x)[..., None]) + 0.3 * (1 - s) * (luma(x)[..., None] - 0.5)
    return run


def shaded(height, angle, rise):
    """How much light a relief throws back: 0 to 1 and more, flat parts about 0.7; and its shine."""
    gy, gx = gradient(height, 0.8)
    norm = np.sqrt(1 + (rise * gy) ** 2 + (rise * gx) ** 2)
    lift = 0.8
    flat = math.sqrt(1 - lift * lift)
    dot = (lift + flat * rise * (gy * math.sin(angle) + gx * math.cos(angle))) / norm
    return dot.clip(0), dot.clip(0) ** 30


@maker("embossed", "own-metal")
def metal(s, r, m):
    """Struck in metal or cut in stone, of one colour."""
    angle, sigma = r.uniform(0, 6.28), r.uniform(0.8, 2.2)
    a = rgb(r.choice(["#b0b0b4", "#c89060", "#c0a860", "#a8a49c", "#9aa4a0"]))[0]

    def run(x, n):
        light, shine = shaded(height_of(x, sigma), angle, 8 + 14 * s)
        return mix(x, a * light[..., None] * 1.15 + 0.35 * shine[..., None] * (light > 0.85)[..., None], 0.55 + 0.45 * s)
    return run


@maker("embossed", "own-chiselled")
def chiselled(s, r, m):
    """The picture keeps its colours and stands out under the light."""
    angle, sigma = r.uniform(0, 6.28), r.uniform(0.8, 2)

    def run(x, n):
        light, shine = shaded(height_of(x, sigma), angle, 6 + 16 * s)
        return x * (light / 0.8)[..., None] ** 1.3 + 0.2 * s * (shine - 0.01)[..., None].clip(0)
    return run


@maker("embossed", "own-stamped")
def stamped(s, r, m):
    """Plateaus with sloping borders."""
    angle, count, wide = r.uniform(0, 6.28), r.choice([2, 3, 4]), r.uniform(1.5, 3.5)

    def run(x, n):
        y = ndimage.median_filter(soft(luma(x), m / 200), max(3, m // 60))
        steps = sum(np.clip((ndimage.distance_transform_edt(y > t) - ndimage.distance_transform_edt(y <= t)) / wide, -1, 1) for t in np.quantile(y, np.arange(1, count + 1) / (count + 1)))
        light, _ = shaded(steps, angle, 0.8 + 2.2 * s)
        ground = mix(soft(x, 1), grey(0.6 + 0 * y), 0.3 + 0.6 * s)
        return ground * (light / 0.8)[..., None]
    return run


@maker("embossed", "own-letterpress")
def letterpress(s, r, m):
    """Light on one side of every edge, shade on the other."""
    dy, dx, sigma = r.choice([-2, -1, 1, 2]), r.choice([-2, -1, 1, 2]), r.uniform(0.8, 1.8)

    def run(x, n):
        e = soft(ramp(edges(x, 1), 0.25, 0.8), 0.6)
        t = moved(e, dy, dx) - moved(e, -dy, -dx)
        slope_ = moved(luma(x), dy, dx) - moved(luma(x), -dy, -dx)
        return mix(x, soft(x, 0.8), 0.6) + ((0.2 + 0.5 * s) * t + (0.4 + 0.9 * s) * slope_)[..., None]
    return run


@maker("embossed", "own-scales")
def scales(s, r, m):
    """Fine and broad relief at once."""
    angle = r.uniform(0, 6.28)

    def run(x, n):
        y = luma(x)
        t = 0
        for sigma, k in ((0.7, 1.0), (1.8, 1.6), (4.5, 2.4)):
            gy, gx = gradient(y, sigma)
            t = t + k * np.tanh(3 * (gy * math.sin(angle) + gx * math.cos(angle)) * sigma) / 3
        return mix(x, grey(0 * y + 0.55), 0.3 + 0.55 * s) + ((0.4 + 0.6 * s) * t)[..., None]
    return run


@maker("embossed", "own-plaster")
def plaster(s, r, m):
    """Cast in rough plaster."""
    angle, white = r.uniform(0, 6.28), rgb(r.choice(["#e8e4dc", "#dcdcd8", "#e4d8c8"]))[0]

    def run(x, n):
        light, _ = shaded(height_of(x, 1.4) + 0.006 * clouds(n, x, 2), angle, 7 + 15 * s)
        return mix(x, white * light[..., None] * 1.05, 0.6 + 0.4 * s)
    return run


@maker("embossed", "own-channels")
def channel_relief(s, r, m):
    """Each channel is a relief with the light from elsewhere."""
    angles, sigma = [r.uniform(0, 6.28)] * 3, r.uniform(0.6, 1.2)
    angles = [a + r.uniform(-0.7, 0.7) for a in angles]

    def run(x, n):
        out = []
        for c in range(3):
            gy, gx = gradient(x[..., c], sigma)
            out.append(0.5 + (2 + 3 * s) * (gy * math.sin(angles[c]) + gx * math.cos(angles[c])))
        return mix(np.stack(out, 2), x, 0.35 * (1 - s))
    return run


# Printing screens.


def turned(x, a, p):
    """Places on a grid of cells of p pixels, turned by a: whole parts and parts in the cell about its middle."""
    v, u = places(x)
    a_, b_ = (u * math.cos(a) + v * math.sin(a)) / p, (v * math.cos(a) - u * math.sin(a)) / p
    return a_, b_


def dots(x, ink, a, p, shape="round"):
    """How much ink lies where, if ink (0 to 1) is printed by dots."""
    a_, b_ = turned(x, a, p)
    fa, fb = np.abs(a_ - np.round(a_)), np.abs(b_ - np.round(b_))
    d = {"round": np.hypot(fa, fb), "diamond": (fa + fb) * 0.8, "square": np.maximum(fa, fb) * 1.15, "oval": np.hypot(fa * 0.7, fb * 1.3)}[shape]
    radius = np.sqrt(np.clip(soft(ink, p / 4), 0, 1)) * 0.66
    return np.clip((radius - d) * p + 0.5, 0, 1)


def cell_of(s, r, m):
    return 3.4 + r.uniform(0.4, 1) * s * max(5, m / 45)


@maker("halftone", "own-mono")
def mono_dots(s, r, m):
    p, a, shape, ink = cell_of(s, r, m), r.uniform(0, 1.57), r.choice(["round", "diamond", "square", "oval"]), rgb(r.choice(["#000000", "#101018", "#1a1020"]))[0]
    return lambda x, n: mix(np.ones(3, np.float32), ink, dots(x, 1 - luma(x), a, p, shape)[..., None])


@maker("halftone", "own-four-inks")
def four_inks(s, r, m):
    """Cyan, magenta, yellow and black, each at its own angle."""
    p, shape, pull = cell_of(s, r, m), r.choice(["round", "diamond"]), r.uniform(0.3, 1)
    angles = [0.26, 1.31, 0.0, 0.79]

    def run(x, n):
        inks = 1 - x
        black = inks.min(2) * pull
        out = np.ones_like(x)
        for c in range(3):
            out[..., c] *= 1 - dots(x, (inks[..., c] - black) / (1 - black + 1e-3), angles[c], p, shape) * 0.95
        return out * (1 - dots(x, black, angles[3], p, shape) * 0.95)[..., None]
    return run


@maker("halftone", "own-coloured")
def coloured_dots(s, r, m):
    """Dots in the picture's own colours, on white or black."""
    p, a, dark = cell_of(s, r, m), r.uniform(0, 1.57), r.random() < 0.5

    def run(x, n):
        y = luma(soft(x, p / 3))
        k = dots(x, 0.15 + 0.85 * (y if dark else 1 - y), a, p)[..., None]
        return mix(np.full(3, 0.04 if dark else 0.97, np.float32), np.clip(saturate(soft(x, p / 4), 1.2) * (1.15 if dark else 0.85), 0, 1), k)
    return run


@maker("halftone", "own-negative-dots")
def light_dots(s, r, m):
    """White dots on black, the larger the lighter."""
    p, a = cell_of(s, r, m), r.uniform(0, 1.57)
    return lambda x, n: grey(dots(x, luma(x), a, p))


@maker("halftone", "own-stipple")
def stipple(s, r, m):
    """Dots by hand: where it is darker they lie closer."""
    p, colour = 2.6 + 2.2 * s, r.random() < 0.3

    def run(x, n):
        y = soft(luma(x), 1)
        label, _, middle = cells(n, x, p)
        v, u = places(x)
        d = np.hypot(v - middle[label, 0], u - middle[label, 1])
        cy, cx = np.clip(middle.round().astype(int), 0, np.array(y.shape) - 1).T
        radius = np.sqrt(np.clip(1.05 - y[cy, cx], 0, 1)) * p * 0.62 * (n.random(len(middle)) * 0.3 + 0.8)
        k = np.clip(radius[label] - d + 0.4, 0, 1)[..., None]
        return mix(np.ones_like(x), x * 0.5 if colour else 0.05 + 0 * x, k)
    return run


@maker("halftone", "own-rings-of-dots")
def rings_of_dots(s, r, m):
    """Dots in circles about a point."""
    p, cy, cx = cell_of(s, r, m), r.uniform(-0.2, 1.2), r.uniform(-0.2, 1.2)

    def run(x, n):
        v, u = places(x)
        dy, dx = v - cy * x.shape[0], u - cx * x.shape[1]
        ring = np.round(np.hypot(dy, dx) / p)
        fa = np.hypot(dy, dx) / p - ring
        along = np.arctan2(dy, dx) * np.maximum(ring, 1)
        d = np.hypot(fa, along - np.round(along))
        radius = np.sqrt(np.clip(1 - soft(luma(x), p / 4), 0, 1)) * 0.66
        return grey(1 - np.clip((radius - d) * p + 0.5, 0, 1))
    return run


@maker("halftone", "own-over")
def screen_over(s, r, m):
    """A dot screen printed over the picture, shades only."""
    p, a, shape = cell_of(s, r, m), r.uniform(0, 1.57), r.choice(["round", "diamond", "square"])

    def run(x, n):
        k = dots(x, ramp(1 - luma(x), 0.1, 1) * 0.8, a, p, shape)[..., None]
        return mix(1 - (1 - x) * 0.45, x * 0.35, k) if s > 0.4 else mix(1 - (1 - x) * 0.7, x * 0.6, k)
    return run


# Tiles.


def cells(n, x, size, pull=None):
    """Nearest of points strewn evenly: label, how much farther the second is, the points (rows, columns)."""
    h, w = x.shape[:2]
    gy, gx = np.mgrid[-size / 2 : h + size : size, -size / 2 : w + size : size]
    points = np.stack([gy.ravel(), gx.ravel()], 1)
    points = points + (n.random(points.shape) - 0.5) * size * 0.85
    if pull is not None:
        points = pull(points)
    d, i = cKDTree(points).query(places(x).reshape(2, -1).T, k=2)
    return i[:, 0].reshape(h, w), (d[:, 1] - d[:, 0]).reshape(h, w), points


def means(x, label):
    """Every pixel's mean over its label."""
    _, flat = np.unique(label, return_inverse=True)
    count = np.bincount(flat)
    return np.stack([(np.bincount(flat, x[..., c].ravel()) / count)[flat] for c in range(3)], 1).reshape(x.shape), flat.reshape(label.shape)


def set_tiles(x, n, label, gap, joint, grout, s, bevel=0.0, uneven=0.04, keep=0.0):
    """Tiles of one colour each with joints where gap (pixels to the border) is small."""
    fill, flat = means(x, label)
    fill = mix(fill, x, keep) * (1 + uneven * n.standard_normal(flat.max() + 1))[flat][..., None]
    if bevel:
        fill = fill + (bevel * lit(np.minimum(gap, 2.5), -2.3, 0.1))[..., None]
    return mix(grout, fill, np.clip(gap - joint + 0.5, 0, 1)[..., None])


def grout_of(r):
    return rgb(r.choice(["#101010", "#303030", "#606060", "#c8c4bc", "#ece8e0", "#8a7a68"]))[0]


def tile(s, r, m):
    return 5 + r.uniform(0.7, 1.2) * s * m / 20


@maker("mosaic", "own-square")
def square(s, r, m):
    p, a, grout, bevel, joint = tile(s, r, m), r.choice([0, 0, 0.785, r.uniform(0, 1.57)]), grout_of(r), r.choice([0, 0.8, 1.5]), r.uniform(0.5, 1.1)

    def run(x, n):
        a_, b_ = turned(x, a, p)
        gap = (0.5 - np.maximum(np.abs(a_ - np.round(a_)), np.abs(b_ - np.round(b_)))) * p
        return set_tiles(x, n, np.round(a_).astype(int) * 4096 + np.round(b_).astype(int), gap, joint, grout, s, bevel)
    return run


@maker("mosaic", "own-hexagons")
def hexagons(s, r, m):
    p, grout, bevel, joint = tile(s, r, m), grout_of(r), r.choice([0, 1]), r.uniform(0.5, 1.1)

    def run(x, n):
        h, w = x.shape[:2]
        gy, gx = np.mgrid[-1 : h / (p * 0.866) + 2, -1 : w / p + 2]
        points = np.stack([gy.ravel() * p * 0.866, (gx.ravel() + 0.5 * (gy.ravel() % 2)) * p], 1)
        d, i = cKDTree(points).query(places(x).reshape(2, -1).T, k=2)
        return set_tiles(x, n, i[:, 0].reshape(h, w), (d[:, 1] - d[:, 0]).reshape(h, w) / 2, joint, grout, s, bevel)
    return run


@maker("mosaic", "own-pebbles")
def pebbles(s, r, m):
    """Round pebbles of many sizes in mortar."""
    p, grout, joint = tile(s, r, m), grout_of(r), r.uniform(0.6, 1.2)

    def run(x, n):
        label, gap, _ = cells(n, x, p)
        return set_tiles(x, n, label, gap / 2, joint, grout, s, 1.2, 0.07)
    return run


@maker("mosaic", "own-leaded")
def leaded(s, r, m):
    """Pieces of glass in lead."""
    p, joint = tile(s, r, m) * 1.3, r.uniform(0.8, 1.6)

    def run(x, n):
        label, gap, _ = cells(n, x, p)
        return set_tiles(saturate(x, 1.15), n, label, gap / 2, joint, np.full(3, 0.03, np.float32), s, 0, 0.1, 0.1) * (1 + 0.04 * clouds(n, x, p / 2))[..., None]
    return run


@maker("mosaic", "own-masonry")
def masonry(s, r, m):
    """Rows of stones, set off against each other."""
    p, grout, joint, long = tile(s, r, m), grout_of(r), r.uniform(0.5, 1), r.uniform(1.4, 2.4)

    def run(x, n):
        v, u = places(x)
        row = np.floor(v / p)
        q = u / (p * long) + 0.5 * (row % 2)
        gap = np.minimum((0.5 - np.abs(v / p - row - 0.5)) * p, (0.5 - np.abs(q - np.floor(q) - 0.5)) * p * long)
        return set_tiles(x, n, (row * 4096 + np.floor(q)).astype(int), gap, joint, grout, s, 0.6, 0.06)
    return run


@maker("mosaic", "own-triangles")
def triangles(s, r, m):
    p, grout, joint, flip = tile(s, r, m) * 1.2, grout_of(r), r.uniform(0.4, 0.9), r.random() < 0.5

    def run(x, n):
        a_, b_ = turned(x, 0.0 if flip else 0.52, p)
        fa, fb = a_ - np.floor(a_), b_ - np.floor(b_)
        upper = fa + fb > 1
        gap = np.minimum(np.minimum(np.minimum(fa, 1 - fa), np.minimum(fb, 1 - fb)), np.abs(fa + fb - 1) / 1.414) * p
        return set_tiles(x, n, (np.floor(a_) * 8192 + np.floor(b_) * 2 + upper).astype(int), gap, joint, grout, s)
    return run


@maker("mosaic", "own-arcs")
def arcs(s, r, m):
    """Small stones laid in arcs, as Romans did."""
    p, cy, cx, grout, joint = tile(s, r, m) * 0.9, r.uniform(-0.5, 1.5), r.uniform(-0.5, 1.5), grout_of(r), r.uniform(0.5, 0.9)

    def run(x, n):
        v, u = places(x)
        dy, dx = v - cy * x.shape[0], u - cx * x.shape[1]
        d = np.hypot(dy, dx) / p
        ring = np.floor(d)
        along = np.arctan2(dy, dx) * np.maximum(ring, 1) + 0.37 * ring
        gap = np.minimum(0.5 - np.abs(d - ring - 0.5), 0.5 - np.abs(along - np.floor(along) - 0.5)) * p
        return set_tiles(x, n, (ring * 65536 + np.floor(along)).astype(int), gap, joint, grout, s, 0.6, 0.07)
    return run


@maker("mosaic", "own-scales")
def fish_scales(s, r, m):
    """Round tiles that overlap like scales or pennies in grout."""
    p, grout, joint = tile(s, r, m) * 1.1, grout_of(r), r.uniform(0.4, 0.8)

    def run(x, n):
        h, w = x.shape[:2]
        gy, gx = np.mgrid[-1 : h / (p * 0.866) + 2, -1 : w / p + 2]
        points = np.stack([gy.ravel() * p * 0.866, (gx.ravel() + 0.5 * (gy.ravel() % 2)) * p], 1)
        d, i = cKDTree(points).query(places(x).reshape(2, -1).T)
        return set_tiles(x, n, i.reshape(h, w), p * 0.5 - d.reshape(h, w), joint, grout, s, 0.8)
    return run


@maker("mosaic", "own-cut-stones")
def cut_stones(s, r, m):
    """Pieces that follow the picture's own shapes."""
    p, grout, joint = tile(s, r, m), grout_of(r), r.uniform(0.6, 1.0)

    def run(x, n):
        gy, gx = gradient(soft(luma(x), 1.5), 1.5)

        def pull(points):
            at = tuple(np.clip(points.round().astype(int), 0, np.array(gy.shape) - 1).T)
            g = np.stack([gy[at], gx[at]], 1)
            return points - g / (np.abs(g).max() + 1e-4) * p
        label, gap, _ = cells(n, x, p, pull)
        return set_tiles(x, n, label, gap / 2, joint, grout, s, 0, 0.03)
    return run
