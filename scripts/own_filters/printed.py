"""Halftone: dots of printing screens and by hand."""
import numpy as np

from .core import cells, grey, luma, maker, mix, places, ramp, rgb, saturate, soft, turned


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
