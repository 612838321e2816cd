"""Bright, dark, high and low in contrast (haze too), grainy, glowing, with a vignette."""
import math

import numpy as np
from scipy import ndimage

from .core import clouds, encoded, linear, luma, maker, mix, places, ramp, rgb, saturate, soft


@maker("bright", "own-shoulder")
def shoulder(s, r, m):
    """More light on the film, whose lights bend softly."""
    k = 1.6 + 2.4 * s
    return lambda x, n: encoded(1 - np.exp(-linear(x) * k * 1.15)) * 1.04


@maker("bright", "own-luma")
def brighter_luma(s, r, m):
    """Brightness is added, chroma kept: lights clip."""
    a = 0.08 + 0.26 * s
    return lambda x, n: saturate(np.clip(x + a, 0, 1), 1.2)


@maker("bright", "own-percentile")
def white_point(s, r, m):
    """All above some share of the picture becomes white."""
    q = 0.97 - 0.42 * s
    return lambda x, n: x / max(0.3, np.quantile(x.max(2), q)) * (1 + 0.12 * s)


@maker("bright", "own-logarithm")
def logarithm(s, r, m):
    k = 1.5 + 14 * s ** 2
    return lambda x, n: np.log1p(k * x) / math.log1p(k) * (1 + 0.05 * s)


@maker("bright", "own-dodge")
def dodge(s, r, m):
    k = 0.16 + 0.36 * s
    return lambda x, n: x / (1 - k)


@maker("bright", "own-linear-add")
def linear_add(s, r, m):
    """Light is added, as by a flash: near things first."""
    k = 0.05 + 0.35 * s
    return lambda x, n: encoded(linear(x) * (1 + 1.2 * s) + k * linear(luma(x))[..., None] ** 0.5 * 0.6)


@maker("bright", "own-value")
def value(s, r, m):
    """The strongest channel along a curve, the others with it."""
    p = 0.8 - 0.5 * s

    def run(x, n):
        top = x.max(2, keepdims=True)
        return x * (np.maximum(top, 0.004) ** (p - 1)).clip(1, 4) * (1 + 0.1 * s)
    return run


@maker("bright", "own-window")
def window(s, r, m):
    """Strong light from one side."""
    angle = r.uniform(0, 2 * math.pi)

    def run(x, n):
        v, u = places(x)
        t = (u / x.shape[1] - 0.5) * math.cos(angle) + (v / x.shape[0] - 0.5) * math.sin(angle) + 0.7
        return x * (1 + (0.25 + 1.1 * s) * t[..., None])
    return run


@maker("dark", "own-night")
def night(s, r, m):
    """Less light on the film, exactly so in linear light."""
    k = 2.0 ** (-0.5 - 2.2 * s)
    return lambda x, n: encoded(linear(x) * k)


@maker("dark", "own-toe")
def toe(s, r, m):
    """Darks sink, lights stay longest."""
    k = 0.3 + 1.6 * s
    return lambda x, n: x ** (1 + k) * mix(x, np.ones_like(x), 0.6) * (1 - 0.25 * s)


@maker("dark", "own-dusk")
def dusk(s, r, m):
    """Brightness is taken, chroma kept."""
    a = 0.1 + 0.3 * s
    return lambda x, n: saturate(np.clip(x - a, 0, 1) * (1 - 0.2 * s), 1.05)


@maker("high contrast", "own-equal")
def equal(s, r, m):
    """Levels are spread until every one is as frequent."""
    def run(x, n):
        y = luma(x)
        order = np.sort(y.ravel())
        flat = np.searchsorted(order, y.ravel()).reshape(y.shape) / y.size
        return saturate(x, 1 + 0.2 * s) + (mix(y, 1.3 * (flat - 0.5) + 0.5, 0.35 + 0.65 * s) - y)[..., None]
    return run


@maker("high contrast", "own-steps")
def smoothsteps(s, r, m):
    def run(x, n):
        y = ramp(x, 0.08, 0.92)
        return mix(y, ramp(ramp(y, 0.05, 0.95), 0, 1), s) if s > 0.35 else mix(x, y, 0.4 + 1.7 * s)
    return run


@maker("high contrast", "own-silver")
def silver(s, r, m):
    """Silver left in the film: a grey picture over the colour one."""
    def run(x, n):
        y = luma(x)[..., None]
        hard = np.where(y < 0.5, 2 * x * y, 1 - 2 * (1 - x) * (1 - y))
        return mix(x, ramp(hard, -0.25 + 0.25 * s, 1.25 - 0.25 * s), 0.3 + 0.6 * s)
    return run


@maker("high contrast", "own-about-mean")
def about_mean(s, r, m):
    """Away from the picture's own median."""
    k = 1.35 + 1.6 * s

    def run(x, n):
        c = np.clip(np.median(luma(x)), 0.3, 0.65)
        return c + (x - c) * k
    return run



def haze(x, n, s, air, depth):
    t = np.exp(-(0.15 + 1.35 * s) * depth)[..., None]
    return x * t + air * (1 - t)


@maker("low contrast", "own-haze")
def distance_haze(s, r, m):
    """Air that lies the thicker the higher in the picture."""
    air = rgb(r.choice(["#c8ccd0", "#d8d8d4", "#b8c0c8", "#cfc8be", "#a8acb0"]))[0]
    near = r.uniform(0.5, 0.8)
    return lambda x, n: haze(x, n, s, air, near + (1 - near) * 1.6 * (1 - places(x)[0] / x.shape[0]))


@maker("low contrast", "own-fog")
def fog(s, r, m):
    """Fog in patches."""
    air, scale = rgb(r.choice(["#c4c6c8", "#d4d6d6", "#b4b8bc"]))[0], m / r.uniform(2, 6)

    def run(x, n):
        patches = clouds(n, x, scale) + 0.5 * clouds(n, x, scale / 2)
        return haze(x, n, s, air, 0.85 + 0.5 * np.tanh(patches))
    return run


@maker("low contrast", "own-dark-channel")
def deep_haze(s, r, m):
    """Haze before what is dark in all channels least, bright things most."""
    air = rgb(r.choice(["#c8ccd0", "#d0ccc4", "#b8bcc4"]))[0]
    return lambda x, n: haze(x, n, s, air, 0.65 + 0.7 * soft(ndimage.minimum_filter(x.min(2), max(3, m // 30)), m / 40))


@maker("low contrast", "own-percentile")
def squeezed(s, r, m):
    """Between two greys near the picture's own middle."""
    k = 0.85 - 0.6 * s
    return lambda x, n: np.median(luma(x)) * 0.3 + 0.36 + (x - np.median(luma(x))) * k


@maker("low contrast", "own-matte")
def matte(s, r, m):
    """A matte print: blacks end early, whites are dull."""
    low, high = 0.1 + 0.26 * s, 0.95 - 0.25 * s
    return lambda x, n: low + (high - low) * mix(x, 0.5 + np.arcsin(np.clip(2 * x - 1, -1, 1)) / math.pi, 0.6)


@maker("low contrast", "own-local")
def local(s, r, m):
    """Large differences of light are taken back, small ones less."""
    sigma = m / r.uniform(8, 20)

    def run(x, n):
        y = soft(luma(x), sigma)[..., None]
        return x + (0.55 - y) * (0.25 + 0.5 * s) + (y - x) * (0.1 + 0.45 * s)
    return run


# Grain and light.


@maker("grainy", "own-film")
def film(s, r, m):
    """Silver grain: strongest in the middle tones, of one colour."""
    size, k = r.uniform(0.4, 0.8), 0.08 + 0.28 * s

    def run(x, n):
        g = soft(n.standard_normal(x.shape[:2]).astype(np.float32), size)
        g /= g.std()
        y = luma(x)
        return x + (k * 0.5 * g * (0.25 + 2.4 * y * (1 - y)))[..., None]
    return run


@maker("grainy", "own-hurl")
def hurl(s, r, m):
    """Some pixels are lost: black, white or any colour."""
    share, kind = 0.02 + 0.16 * s, r.choice(["salt", "any"])

    def run(x, n):
        value = n.integers(0, 2, x.shape[:2] + (1,)) if kind == "salt" else n.random(x.shape)
        return np.where(n.random(x.shape[:2] + (1,)) < share, value, x)
    return run


@maker("grainy", "own-chroma")
def chroma_noise(s, r, m):
    """A small sensor in the dark: coloured blotches and fine grains."""
    k, size = 0.05 + 0.17 * s, r.uniform(0.7, 1.3)

    def run(x, n):
        blot = soft(n.standard_normal(x.shape).astype(np.float32), size)
        return x + k * (0.7 * blot / blot.std() + 0.8 * n.standard_normal(x.shape)) * (1.2 - luma(x))[..., None]
    return run


@maker("grainy", "own-uniform")
def sand(s, r, m):
    k = 0.15 + 0.5 * s
    return lambda x, n: x + k * (n.random(x.shape[:2] + (1,)) - 0.5)


@maker("grainy", "own-photons")
def photons(s, r, m):
    """So few photons that they can be counted."""
    full = 160 * (1.05 - s) ** 2 + 5
    return lambda x, n: encoded(n.poisson(linear(x) * full) / full)


@maker("glowing", "own-bloom")
def bloom(s, r, m):
    """Light spills over at several widths, in linear light."""
    low = r.uniform(0.5, 0.65) - 0.2 * s

    def run(x, n):
        bright = linear(x) * ramp(luma(x), low, low + 0.3)[..., None]
        halo = sum(soft(bright, m / k) for k in (60, 28, 14))
        return encoded(1 - (1 - linear(x)) * (1 - np.clip(halo * (0.35 + 0.5 * s), 0, 1)))
    return run


@maker("glowing", "own-halation")
def halation(s, r, m):
    """Light that the film's back throws again, reddish about lights."""
    tint = np.array(r.choice([(1, 0.55, 0.35), (1, 0.75, 0.5), (0.8, 0.85, 1)]), np.float32)

    def run(x, n):
        bright = ramp(luma(x), 0.5 - 0.1 * s, 0.9)
        halo = soft(bright, m / 35) + 0.6 * soft(bright, m / 14)
        return x + (halo - 0.25 * bright).clip(0)[..., None] * tint * (0.3 + 0.45 * s)
    return run


@maker("glowing", "own-mist")
def mist(s, r, m):
    """A mist filter: a blurred copy where it is brighter."""
    sigma = m / r.uniform(18, 40)
    return lambda x, n: mix(x, np.maximum(x, soft(x, sigma) * (1.1 + 0.25 * s)), 0.35 + 0.4 * s)


@maker("glowing", "own-rays")
def rays(s, r, m):
    """Lights draw crossing rays."""
    turn = r.uniform(0, 90)

    def run(x, n):
        bright = ramp(luma(x), 0.6 - 0.15 * s, 0.95)[..., None] * x
        star = soft(bright, m / 40)
        for a in (turn, turn + 90):
            wide = ndimage.rotate(bright, a, axes=(0, 1), reshape=False, order=1)
            wide = ndimage.gaussian_filter1d(wide, m / 16, axis=1)
            star = star + 2 * ndimage.rotate(wide, -a, axes=(0, 1), reshape=False, order=1)
        return x + star.clip(0) * (0.12 + 0.22 * s)
    return run


@maker("vignette", "own-lens")
def lens(s, r, m):
    """As a simple lens: the fourth power of the cosine, off centre a little."""
    k, dx, dy = 0.7 + 2.2 * s, r.uniform(-0.08, 0.08), r.uniform(-0.08, 0.08)

    def run(x, n):
        v, u = places(x)
        d = ((u / x.shape[1] - 0.5 - dx) ** 2 + (v / x.shape[0] - 0.5 - dy) ** 2) * k * 2.2
        return x / (1 + d)[..., None] ** 2
    return run


@maker("vignette", "own-frame")
def frame(s, r, m):
    """Rounded frame of shade."""
    p, k = r.uniform(2.5, 6), 0.35 + 0.65 * s

    def run(x, n):
        v, u = places(x)
        d = (np.abs(2 * u / x.shape[1] - 1) ** p + np.abs(2 * v / x.shape[0] - 1) ** p) ** (1 / p)
        return x * (1 - k * ramp(d, 0.75 - 0.25 * s, 1.12))[..., None]
    return run


@maker("vignette", "own-lamp")
def lamp(s, r, m):
    """One lamp on the middle, all else in shade."""
    cx, cy, k = r.uniform(0.4, 0.6), r.uniform(0.4, 0.6), 0.35 + 0.62 * s

    def run(x, n):
        v, u = places(x)
        d = np.hypot(u / x.shape[1] - cx, v / x.shape[0] - cy)
        return x * (1 - k + k * np.exp(-(d / 0.42) ** 4))[..., None]
    return run
