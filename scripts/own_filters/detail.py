"""Blurry by the lens, the hand, the zoom, the glass; sharp, pixelated, wavy."""
import math

import numpy as np
from scipy import ndimage

from .core import clouds, encoded, linear, luma, maker, mix, moved, places, sampled, soft


def small(m):
    """How much wider than at 256 pixels a blur is meant to be."""
    return (m / 256) ** 0.5


def average(x, shifts):
    return sum(moved(x, dy, dx) for dy, dx in shifts) / len(shifts)


@maker("blurry", "own-arc")
def arc(s, r, m):
    """The hand turns while it moves."""
    length, start, turn = (3 + 15 * s) * small(m), r.uniform(0, 2 * math.pi), r.uniform(-2, 2)
    path, at = [], np.zeros(2)
    for i in range(16):
        path.append(tuple(at))
        a = start + turn * i / 16
        at = at + length / 16 * np.array([math.sin(a), math.cos(a)])
    mid = np.mean(path, 0)
    return lambda x, n: average(x, [(dy - mid[0], dx - mid[1]) for dy, dx in path])


@maker("blurry", "own-shake")
def shake(s, r, m):
    """A trembling hand: a random walk."""
    steps = np.cumsum([[r.gauss(0, 1), r.gauss(0, 1)] for _ in range(24)], 0)
    path = (steps - steps.mean(0)) / steps.std() * (0.9 + 3.6 * s) * small(m)
    return lambda x, n: average(x, path)


@maker("blurry", "own-zoom")
def zoom(s, r, m):
    """The lens zooms: sharpest at one point."""
    cx, cy, k = r.uniform(0.35, 0.65), r.uniform(0.35, 0.65), 0.03 + 0.16 * s

    def run(x, n):
        v, u = places(x)
        y0, x0 = cy * x.shape[0], cx * x.shape[1]
        return sum(sampled(x, y0 + (v - y0) * z, x0 + (u - x0) * z) for z in np.linspace(1 - k, 1, 12)) / 12
    return run


@maker("blurry", "own-spin")
def spin(s, r, m):
    """The camera turns about some point."""
    cx, cy, k = r.uniform(0.3, 0.7), r.uniform(0.3, 0.7), 0.02 + 0.13 * s

    def run(x, n):
        v, u = places(x)
        dy, dx = v - cy * x.shape[0], u - cx * x.shape[1]
        return sum(sampled(x, v - dy + dy * math.cos(a) + dx * math.sin(a), u - dx + dx * math.cos(a) - dy * math.sin(a)) for a in np.linspace(-k, k, 12)) / 12
    return run


@maker("blurry", "own-frosted")
def frosted(s, r, m):
    """Frosted glass: every place shows another one near it."""
    reach, size = (0.8 + 2.8 * s) * small(m), r.uniform(0.5, 1.5)

    def run(x, n):
        v, u = places(x)
        dy, dx = (clouds(n, x, size) * reach for _ in range(2))
        return soft(sampled(x, v + dy, u + dx), 0.3 + 0.7 * s)
    return run


@maker("blurry", "own-pebbled")
def pebbled(s, r, m):
    """Pebbled glass: little lenses, then soft."""
    cell, k = r.uniform(7, 14) * small(m), 0.8 + 2.6 * s

    def run(x, n):
        v, u = places(x)
        a, b = np.sin(2 * np.pi * v / cell), np.sin(2 * np.pi * u / cell)
        return soft(sampled(x, v + k * a, u + k * b), 0.4 + s)
    return run


@maker("blurry", "own-aperture")
def aperture(s, r, m):
    """Out of focus behind six blades: lights become hexagons."""
    radius = max(1.2, (1 + 5 * s) * small(m))
    c = math.ceil(radius)
    v, u = np.mgrid[-c : c + 1, -c : c + 1]
    turn = r.uniform(0, 1)
    inside = np.max([np.abs(u * math.cos(a + turn) + v * math.sin(a + turn)) for a in (0, math.pi / 3, 2 * math.pi / 3)], 0) <= radius * 0.9
    kernel = inside / inside.sum()
    return lambda x, n: encoded(np.stack([ndimage.convolve(linear(x[..., i]), kernel, mode="mirror") for i in range(3)], 2))


@maker("blurry", "own-ghost")
def ghost(s, r, m):
    """Seen twice or three times, a little apart."""
    d, a, times = (2 + 7 * s) * small(m), r.uniform(0, 2 * math.pi), r.choice([2, 3])
    path = [(d * (i - (times - 1) / 2) * math.sin(a) / (times - 1), d * (i - (times - 1) / 2) * math.cos(a) / (times - 1)) for i in range(times)]
    return lambda x, n: soft(average(x, path), 0.3 + 0.8 * s)


@maker("blurry", "own-low-pass")
def low_pass(s, r, m):
    """High frequencies are cut off."""
    cut = (0.22 - 0.17 * s) / small(m)

    def run(x, n):
        h, w = x.shape[:2]
        y = np.pad(x, ((h // 4,) * 2, (w // 4,) * 2, (0, 0)), mode="reflect")
        q = np.hypot(np.fft.fftfreq(y.shape[0])[:, None], np.fft.rfftfreq(y.shape[1])[None])
        out = np.fft.irfft2(np.fft.rfft2(y, axes=(0, 1)) / (1 + (q / cut) ** 4)[..., None], s=y.shape[:2], axes=(0, 1))
        return out[h // 4 : h // 4 + h, w // 4 : w // 4 + w]
    return run


@maker("blurry", "own-smear")
def smear(s, r, m):
    """Grease on the lens, here more than there."""
    a, wide = r.uniform(0, 180), (2.5 + 7 * s) * small(m)

    def run(x, n):
        turned = ndimage.rotate(np.pad(x, ((40, 40), (40, 40), (0, 0)), mode="reflect"), a, axes=(0, 1), reshape=True, order=1, mode="reflect")
        turned = ndimage.rotate(ndimage.gaussian_filter1d(turned, wide / 2, axis=1), -a, axes=(0, 1), reshape=False, order=1)
        y0, x0 = (turned.shape[0] - x.shape[0]) // 2, (turned.shape[1] - x.shape[1]) // 2
        return mix(soft(x, 0.3 + s), turned[y0 : y0 + x.shape[0], x0 : x0 + x.shape[1]], np.clip(0.7 + 0.25 * clouds(n, x, m / 3), 0.3, 1)[..., None])
    return run


@maker("sharp", "own-high-pass")
def high_pass(s, r, m):
    """A high pass laid over the picture."""
    sigma = r.uniform(0.8, 2.2)

    def run(x, n):
        h = np.clip(0.5 + (luma(x) - soft(luma(x), sigma)) * (1.5 + 5 * s), 0, 1)[..., None]
        return np.where(x < 0.5, 2 * x * h, 1 - 2 * (1 - x) * (1 - h))
    return run


@maker("sharp", "own-deconvolved")
def deconvolved(s, r, m):
    """What picture would give this one if it were blurred (Richardson and Lucy)."""
    sigma, times = r.uniform(0.8, 1.4), round(2 + 9 * s)

    def run(x, n):
        seen, y = x + 0.01, x + 0.01
        for _ in range(times):
            y = y * soft(seen / np.maximum(soft(y, sigma), 1e-3), sigma)
        return y - 0.01
    return run


@maker("sharp", "own-bands")
def bands(s, r, m):
    """Detail of three widths is raised."""
    gains = [(0.5 + 2.2 * s) * r.uniform(0.6, 1.3), (0.2 + 1.2 * s) * r.uniform(0.4, 1.2), 0.4 * s]

    def run(x, n):
        a, b, c = soft(x, 0.7), soft(x, 1.5), soft(x, 3)
        return x + gains[0] * (x - a) + gains[1] * (a - b) + gains[2] * (b - c)
    return run


@maker("sharp", "own-shock")
def shock(s, r, m):
    """Edges are made steps: dark and light grow toward each other."""
    times, sigma = round(1 + 4 * s), r.uniform(0.7, 1.2)

    def run(x, n):
        for _ in range(times):
            side = ndimage.gaussian_laplace(luma(x), sigma)[..., None]
            up, down = ndimage.maximum_filter(x, (3, 3, 1)), ndimage.minimum_filter(x, (3, 3, 1))
            x = mix(x, np.where(side < 0, up, down), (0.25 + 0.2 * s) * np.clip(np.abs(side) * 40, 0, 1))
        return x + (0.6 + s) * (x - soft(x, 0.8))
    return run


@maker("sharp", "own-clamped")
def clamped(s, r, m):
    """Strongly, but nowhere beyond what lies near: without halos."""
    wide = r.choice([3, 5])

    def run(x, n):
        y = x + (2 + 6 * s) * (x - soft(x, r_sigma))
        slack = 0.02 + 0.06 * s
        return np.clip(y, ndimage.minimum_filter(x, (wide, wide, 1)) - slack, ndimage.maximum_filter(x, (wide, wide, 1)) + slack)
    r_sigma = r.uniform(0.8, 1.8)
    return run


@maker("sharp", "own-guided")
def guided(s, r, m):
    """What a smoothing that keeps edges takes away is given back twice."""
    size, eps = r.choice([3, 5, 7]), r.uniform(0.002, 0.02)

    def run(x, n):
        y = luma(x)
        mean = ndimage.uniform_filter(y, size)
        var = ndimage.uniform_filter(y * y, size) - mean * mean
        a = ndimage.uniform_filter(var / (var + eps), size)
        b = ndimage.uniform_filter(mean * (1 - var / (var + eps)), size)
        return x + ((1.2 + 4.5 * s) * (y - (a * y + b)) + 0.5 * s * (y - soft(y, 0.8)))[..., None]
    return run


@maker("sharp", "own-luma")
def sharp_luma(s, r, m):
    """Brightness only, more in the darks; colours keep their edges."""
    sigma = r.uniform(0.6, 1.3)

    def run(x, n):
        y = luma(x)
        return x + ((1.2 + 3.4 * s) * (y - soft(y, sigma)) * (1.4 - 0.8 * y))[..., None]
    return run


def blocks(x, p, pick, dy=0, dx=0):
    h, w = x.shape[:2]
    y = np.pad(x, ((dy, (-h - dy) % p), (dx, (-w - dx) % p), (0, 0)), mode="edge")
    b = y.reshape(y.shape[0] // p, p, y.shape[1] // p, p, 3)
    out = np.repeat(np.repeat(pick(b), p, 0), p, 1)
    return out[dy : dy + h, dx : dx + w]


def side(s, m, r):
    return max(2, round(2.2 + m / r.uniform(20, 26) * s))


@maker("pixelated", "own-median")
def block_median(s, r, m):
    p, dy, dx = side(s, m, r), r.randrange(3), r.randrange(3)
    return lambda x, n: blocks(x, p, lambda b: np.median(b, (1, 3)), dy, dx)


@maker("pixelated", "own-strongest")
def block_strongest(s, r, m):
    """Of every block, the pixel that is least like its mean: details stay, roughly."""
    p = side(s, m, r)

    def pick(b):
        flat = b.transpose(0, 2, 1, 3, 4).reshape(b.shape[0], b.shape[2], -1, 3)
        far = np.abs(flat - flat.mean(2, keepdims=True)).sum(3).argmax(2)
        return 0.5 * np.take_along_axis(flat, far[..., None, None], 2)[:, :, 0] + 0.5 * flat.mean(2)
    return lambda x, n: blocks(x, p, pick)


@maker("pixelated", "own-screen")
def block_screen(s, r, m):
    """Large pixels, each shaded a little toward its edge, as on a near screen."""
    p, shade = max(3, side(s, m, r)), r.uniform(0.06, 0.15)

    def run(x, n):
        v, u = places(x)
        d = np.maximum(np.abs(v % p - (p - 1) / 2), np.abs(u % p - (p - 1) / 2)) / (p / 2)
        return blocks(x, p, lambda b: b.mean((1, 3))) * (1 + shade / 2 - shade * d ** 2)[..., None]
    return run


@maker("pixelated", "own-oblong")
def oblong(s, r, m):
    """Pixels of an old machine, wider than high or sharpened before."""
    p, k = side(s, m, r), r.uniform(0.5, 1.5)

    def run(x, n):
        y = np.clip(x + k * (x - soft(x, p / 2)), 0, 1)
        return blocks(y, p, lambda b: b.mean((1, 3)))
    return run


def warp(field):
    def run(x, n):
        v, u = places(x)
        dy, dx = field(v, u, x, n)
        return sampled(x, v + dy, u + dx)
    return run


@maker("wavy", "own-turbulence")
def turbulence(s, r, m):
    k, size = m * (0.005 + 0.014 * s), m / r.uniform(5, 12)
    return warp(lambda v, u, x, n: (k * clouds(n, x, size), k * clouds(n, x, size)))


@maker("wavy", "own-rings")
def rings(s, r, m):
    """Rings on water about some point."""
    k, period, cx, cy = m * (0.005 + 0.016 * s), m * r.uniform(0.07, 0.18), r.uniform(0.2, 0.8), r.uniform(0.2, 0.8)

    def field(v, u, x, n):
        dy, dx = v - cy * x.shape[0], u - cx * x.shape[1]
        d = np.hypot(dy, dx) + 1
        w = k * np.sin(2 * np.pi * d / period)
        return w * dy / d, w * dx / d
    return warp(field)


@maker("wavy", "own-heat")
def heat(s, r, m):
    """Hot air: narrow, uneven waves sideways."""
    k, size = m * (0.006 + 0.018 * s), m / r.uniform(14, 30)

    def field(v, u, x, n):
        w = ndimage.gaussian_filter(n.standard_normal(x.shape[:2]), (size, size * 2.5))
        return 0 * w, k * w / w.std()
    return warp(field)


@maker("wavy", "own-whirls")
def whirls(s, r, m):
    """Several small whirls."""
    spots = [(r.random(), r.random(), r.uniform(0.1, 0.25), r.choice([-1, 1]) * (0.5 + 1.8 * s)) for _ in range(r.randint(4, 8))]

    def field(v, u, x, n):
        dy, dx = np.zeros_like(v), np.zeros_like(u)
        for cy, cx, size, turn in spots:
            y, z = v - cy * x.shape[0], u - cx * x.shape[1]
            a = turn * np.exp(-(y * y + z * z) / (size * m / 2) ** 2)
            dy += y * np.cos(a) - z * np.sin(a) - y
            dx += y * np.sin(a) + z * np.cos(a) - z
        return dy, dx
    return warp(field)


@maker("wavy", "own-woven-waves")
def woven_waves(s, r, m):
    """Waves in both directions, of unlike length."""
    k, a, b = m * (0.006 + 0.02 * s), m * r.uniform(0.1, 0.3), m * r.uniform(0.1, 0.3)
    return warp(lambda v, u, x, n: (k * np.sin(2 * np.pi * u / a), k * np.sin(2 * np.pi * v / b + 1)))
