"""Embossed: reliefs of several materials."""
import math

import numpy as np
from scipy import ndimage

from .core import clouds, edges, gradient, grey, luma, maker, mix, moved, ramp, rgb, soft


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
    dy, dx = r.choice([-2, -1, 1, 2]), r.choice([-2, -1, 1, 2])

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
