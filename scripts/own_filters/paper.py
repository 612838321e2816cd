"""Paper: fibres, folds, threads and bumps, in slanting light."""
import math

import numpy as np
from PIL import Image, ImageDraw
from scipy import ndimage

from .core import cells, clouds, grey, lit, luma, maker, mix, places, rgb, soft


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
    count = r.randint(5, 12)

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
