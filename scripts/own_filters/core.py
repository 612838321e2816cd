"""Filters of our own in numpy, for sets of photographs: what all of them use, and the lists that they enter.

A picture `x` is an array of height x width x 3, values 0 to 1 as in sRGB. A filter is made by `make(s, r, m)` from how strong
it is meant to be (s in (0, 1]), a random.Random that draws its parameters once for all pictures of a set, and the longer side
of the pictures in pixels; it is a function of a picture and of numpy's generator for what differs from picture to picture.
`OWN[aspect]` and `LOOKS` list them as `../makers.py` lists those of other programs. The filters themselves are
in the files beside this one, by what they change; those of several aspects at once in `looks.py`.
"""
import math

import numpy as np
from PIL import Image
from scipy import ndimage
from scipy.spatial import cKDTree

# By aspect: (name, "numpy", make, lowest level that still looks like it).
OWN = {}
# Several aspects at once, as a style has them: (name, "numpy", make, {aspect: its level where s is 1}).
LOOKS = []


def maker(aspect, name, least=0.15):
    def add(make):
        OWN.setdefault(aspect, []).append((name, "numpy", make, least))
        return make
    return add


def look(name, levels):
    def add(make):
        LOOKS.append((name, "numpy", make, levels))
        return make
    return add


# What the filters are made of.


def luma(x):
    return x @ np.array([0.299, 0.587, 0.114], np.float32)


def grey(y):
    return np.repeat(y[..., None], 3, 2)


def mix(x, y, a):
    return x + (y - x) * a


def soft(x, sigma):
    return ndimage.gaussian_filter(x, (sigma, sigma, 0)[: x.ndim], mode="reflect")


def saturate(x, k):
    y = luma(x)[..., None]
    return y + (x - y) * k


def linear(x):
    return np.clip(x, 0, 1) ** 2.2


def encoded(x):
    return np.clip(x, 0, 1) ** (1 / 2.2)


def ramp(y, low, high):
    """0 below low, 1 above high, smooth between."""
    t = np.clip((y - low) / (high - low), 0, 1)
    return t * t * (3 - 2 * t)


def places(x):
    """Rows and columns of all pixels."""
    return np.mgrid[: x.shape[0], : x.shape[1]].astype(np.float32)


def clouds(n, x, scale, kind=Image.BICUBIC):
    """Smooth noise about 0 with deviation 1, its spots `scale` pixels wide."""
    h, w = x.shape[:2]
    small = n.standard_normal((max(2, round(h / scale) + 2), max(2, round(w / scale) + 2))).astype(np.float32)
    out = np.asarray(Image.fromarray(small).resize((w, h), kind))
    return (out - out.mean()) / (out.std() + 1e-6)


def sampled(x, v, u):
    """The picture at rows v and columns u, mirrored at the borders."""
    if x.ndim == 2:
        return ndimage.map_coordinates(x, [v, u], order=1, mode="mirror")
    return np.stack([ndimage.map_coordinates(x[..., c], [v, u], order=1, mode="mirror") for c in range(3)], 2)


def moved(x, dy, dx):
    h, w = x.shape[:2]
    return x[np.clip(np.arange(h) - round(dy), 0, h - 1)][:, np.clip(np.arange(w) - round(dx), 0, w - 1)]


def gradient(y, sigma):
    """Rows' and columns' slopes of a smoothed plane."""
    return ndimage.gaussian_filter(y, sigma, (1, 0)), ndimage.gaussian_filter(y, sigma, (0, 1))


def edges(x, sigma):
    """How steep the picture is, about 1 at its strongest edges."""
    e = sum(np.hypot(*gradient(x[..., c], sigma)) for c in range(3))
    return e / (np.quantile(e, 0.985) + 0.02)


def lines(x, sigma, k=1.6, sharp=0.98):
    """Thin dark structure: a narrow blur less a wide one, above 0 beside edges."""
    y = luma(x)
    return ndimage.gaussian_filter(y, sigma * k) * sharp - ndimage.gaussian_filter(y, sigma)


def rgb(*colours):
    return np.array([[int(c[i : i + 2], 16) / 255 for i in (1, 3, 5)] for c in colours], np.float32)


def hue(h):
    """A pure colour (or a plane of them) of hues 0 to 1."""
    h = np.asarray(h, np.float32)[..., None] * 6 + np.array([0, 4, 2], np.float32)
    return np.clip(np.abs(h % 6 - 3) - 1, 0, 1)


def hue_of(x):
    top, low = x.max(2), x.min(2)
    d = top - low + 1e-5
    red, green, blue = np.moveaxis(x, 2, 0)
    out = np.where(top == red, (green - blue) / d % 6, np.where(top == green, (blue - red) / d + 2, (red - green) / d + 4))
    return out / 6


# Surfaces and cells.


def lit(height, angle, k):
    """Light from one side on a relief: about 0, above where it faces the light."""
    gy, gx = gradient(height, 0.7)
    t = (gy * math.sin(angle) + gx * math.cos(angle))
    return k * t / (t.std() + 1e-4)


def turned(x, a, p):
    """Places on a grid of cells of p pixels, turned by a: whole parts and parts in the cell about its middle."""
    v, u = places(x)
    a_, b_ = (u * math.cos(a) + v * math.sin(a)) / p, (v * math.cos(a) - u * math.sin(a)) / p
    return a_, b_


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
