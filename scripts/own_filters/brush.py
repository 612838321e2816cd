"""Painterly: strokes of a brush or a knife, washes."""
import math

import numpy as np
from PIL import Image, ImageDraw
from scipy import ndimage

from .core import clouds, edges, gradient, luma, maker, mix, moved, places, ramp, sampled, soft
from .drawing import along, array, calm, picture, tangent


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
