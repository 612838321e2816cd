"""Flat colour and outlines."""
import numpy as np
from scipy import ndimage
from scipy.spatial import Delaunay

from .core import cells, clouds, edges, gradient, lines, luma, maker, means, mix, moved, places, ramp, rgb, sampled, saturate, soft
from .drawing import array, calm, few, inked, majority, picture


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
