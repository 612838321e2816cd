"""Neon: lines of light on near black."""
import numpy as np

from .core import edges, gradient, hue, hue_of, linear, luma, maker, mix, places, ramp, rgb, saturate, soft


def tubes(x, mask, colour, s, m, ground=0.06):
    """Lines of light: a white core, colour about it, a halo; the rest nearly black."""
    mask = np.clip(mask, 0, 1)[..., None]
    halo = soft(mask * colour, m / 90 + 1) * 1.4 + soft(mask * colour, m / 35 + 1) * (0.8 + 1.5 * s)
    return x * linear(x) * ground * (2.6 - 2 * s) + mask * (0.75 * colour + 0.25) + halo * (0.5 + 0.6 * s)


@maker("neon", "own-hues")
def neon_hues(s, r, m):
    """Edges in the pure colour of what they bound."""
    sigma, gain = r.uniform(0.8, 1.6), r.uniform(0.6, 1)
    return lambda x, n: tubes(x, ramp(edges(x, sigma), 0.3, 0.9) * gain, hue(hue_of(soft(x, 2))), s, m)


@maker("neon", "own-two-colours")
def neon_two(s, r, m):
    """Two colours, by the way a line runs."""
    a, b = rgb(*r.choice([("#ff20c0", "#20e0ff"), ("#ff4020", "#2060ff"), ("#30ff60", "#c030ff"), ("#ff9010", "#20ffd0")]))

    def run(x, n):
        gy, gx = gradient(luma(x), 1.2)
        t = (gx * gx / (gx * gx + gy * gy + 1e-6))[..., None]
        return tubes(x, ramp(edges(x, 1.1), 0.28, 0.8), mix(a, b, t), s, m)
    return run


@maker("neon", "own-levels")
def neon_levels(s, r, m):
    """Tubes along lines of equal brightness."""
    count, start = r.choice([3, 4, 5]), r.random()

    def run(x, n):
        y = soft(luma(x), m / 90) * count
        near = np.abs(y - np.round(y)) / (np.hypot(*gradient(y, 0.8)) + 0.02)
        level = np.round(y)
        return tubes(x, 1 - ramp(near, 0.6, 1.8), hue(start + level / count), s, m)
    return run


@maker("neon", "own-sign")
def neon_sign(s, r, m):
    """Thick tubes, their colour changing across the picture."""
    start, span, wide = r.random(), r.uniform(0.2, 0.8), m / r.uniform(110, 220)

    def run(x, n):
        v, u = places(x)
        line = soft(ramp(edges(soft(x, 0.8), 1.2), 0.45, 0.9), wide)
        return tubes(x, 1.3 * line, hue(start + span * (u + v) / (2 * m)), s, m, 0.02)
    return run


@maker("neon", "own-night-city")
def night_city(s, r, m):
    """The picture at night, its lines lit in strong colour."""
    def run(x, n):
        glow = np.clip(saturate(x, 3), 0, 1) ** 1.2
        lit = ramp(np.maximum(edges(x, 1.0), 1.2 * edges(x, 2.0) - 0.2), 0.25, 0.8)[..., None] * mix(glow, hue(hue_of(x)), 0.5)
        return x * (0.3 - 0.22 * s) + lit + (0.6 + s) * soft(lit, m / 50)
    return run


@maker("neon", "own-dogs")
def neon_dogs(s, r, m):
    """Thin structure of each channel, each a light of its own."""
    k = r.uniform(1.2, 1.8)

    def run(x, n):
        d = np.abs(soft(x, 0.8 * k) - soft(x, 2.0 * k))
        d = np.clip(d / (np.quantile(d, 0.985) + 0.02), 0, 1) ** 2
        d = np.clip(saturate(d, 2.5), 0, 1)
        return d + (0.3 + 0.6 * s) * soft(d, m / 60) + x * 0.05
    return run
