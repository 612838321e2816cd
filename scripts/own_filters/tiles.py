"""Mosaic: tiles of many shapes with joints."""
import numpy as np
from scipy.spatial import cKDTree

from .core import cells, clouds, gradient, lit, luma, maker, means, mix, places, rgb, saturate, soft, turned


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
