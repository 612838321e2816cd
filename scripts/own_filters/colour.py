"""Vivid, muted, monochrome, warm, cool, sepia, inverted, pastel."""
import math

import numpy as np

from .core import clouds, encoded, grey, linear, luma, maker, mix, places, rgb, saturate, soft


for _aspect, _warm in (("warm", True), ("cool", False)):
    _sign = 1 if _warm else -1

    @maker(_aspect, "own-light")
    def light(s, r, m, sign=_sign):
        """Another lamp: gains on linear light."""
        red, blue = 1 + sign * s * r.uniform(0.25, 0.5), 1 - sign * s * r.uniform(0.4, 0.6)
        gains = np.array([red, r.uniform(0.97, 1.03), blue], np.float32)
        gains /= gains @ [0.3, 0.6, 0.1]
        return lambda x, n: encoded(linear(x) * gains)

    @maker(_aspect, "own-shift")
    def shift(s, r, m, sign=_sign):
        """Chroma is shifted, brightness stays."""
        a = sign * s * np.array([r.uniform(0.09, 0.15), r.uniform(-0.03, 0.03), -r.uniform(0.16, 0.24)])
        return lambda x, n: x + a - (a @ [0.299, 0.587, 0.114])

    @maker(_aspect, "own-low-sun")
    def low_sun(s, r, m, sign=_sign):
        """Coloured light that falls in from one side."""
        angle, inner = r.uniform(0, 2 * math.pi), r.uniform(0.45, 0.7)
        gain = sign * s * np.array([0.3, 0.02, -0.5])

        def run(x, n):
            v, u = places(x)
            t = (u / x.shape[1] - 0.5) * math.cos(angle) + (v / x.shape[0] - 0.5) * math.sin(angle)
            return x * (1 + gain * (inner + (1 - inner) * 2 * np.clip(t + 0.5, 0, 2) ** 1.3)[..., None])
        return run

    @maker(_aspect, "own-split")
    def split(s, r, m, warm=_warm):
        """Lights and darks each take a colour of the same side."""
        a, b = rgb(*(r.choice([("#ffc070", "#8a3a10"), ("#ffd890", "#703018"), ("#ffb080", "#804020")]) if warm else
                     r.choice([("#a0d0ff", "#103a8a"), ("#b0e8ff", "#183870"), ("#a8c0ff", "#202a80")])))
        k = 0.45 * s
        return lambda x, n: mix(x, 1 - (1 - x) * (1 - a * 0.35), k) * (1 - k * (1 - a)) + k * 0.25 * b * (1 - luma(x))[..., None] ** 2

    @maker(_aspect, "own-hues")
    def hues(s, r, m, warm=_warm):
        """Every colour moves toward one, as all things by candle or moon light."""
        target = rgb(r.choice(["#ff9a2a", "#ffa84a", "#f28a30"] if warm else ["#2a7aff", "#4a9cff", "#3a6ae0"]))[0]
        target = target / luma(target[None])[0]
        return lambda x, n: mix(x, luma(x)[..., None] * target * 0.95, s * 0.55)

    @maker(_aspect, "own-curves")
    def curves(s, r, m, sign=_sign):
        """Bent curves: middle tones of red and blue part, black and white stay."""
        a, b = sign * s * r.uniform(0.35, 0.55), -sign * s * r.uniform(0.45, 0.7)
        bend = np.array([a, r.uniform(-0.03, 0.06) * s, b], np.float32)
        return lambda x, n: x + bend * x * (1 - x) * 1.3


@maker("vivid", "own-vibrance")
def vibrance(s, r, m):
    """Pale colours gain most."""
    k = r.uniform(2.2, 3.0) * s

    def run(x, n):
        c = (x.max(2) - x.min(2))[..., None]
        y = luma(x)[..., None]
        return y + (x - y) * (1 + k * (1 - c) ** 1.5)
    return run


@maker("vivid", "own-linear")
def vivid_linear(s, r, m):
    return lambda x, n: encoded(saturate(linear(x), 1 + 1.4 * s))


@maker("vivid", "own-opponents")
def opponents(s, r, m):
    """Each channel against the blurred mean of the others."""
    k, sigma = 1.4 * s, m / r.uniform(10, 30)

    def run(x, n):
        y = luma(x)[..., None]
        return x + k * ((x - y) * 0.8 + 0.4 * soft(x - y, sigma))
    return run


@maker("vivid", "own-s-chroma")
def s_chroma(s, r, m):
    """Saturation along a curve: what is coloured becomes pure."""
    def run(x, n):
        top, low = x.max(2, keepdims=True), x.min(2, keepdims=True)
        sat = (top - low) / (top + 1e-4)
        new = 1 - (1 - sat) ** (1 + 2.0 * s)
        return top - (top - x) * (new / (sat + 1e-4)).clip(0, 6)
    return run


@maker("muted", "own-linear")
def muted_linear(s, r, m):
    return lambda x, n: encoded(saturate(linear(x), 0.8 - 0.6 * s))


@maker("muted", "own-soft-clip")
def soft_clip(s, r, m):
    """Strong colours are held back, weak ones stay."""
    limit = 0.28 - 0.2 * s

    def run(x, n):
        y = luma(x)[..., None]
        c = np.abs(x - y).max(2, keepdims=True)
        return y + (x - y) * (limit * np.tanh(c / limit) / (c + 1e-4)).clip(0, 1)
    return run


@maker("muted", "own-dust")
def dust(s, r, m):
    """A thin veil of one dull colour."""
    veil = rgb(r.choice(["#8a8078", "#80858a", "#88887c", "#857f88"]))[0]
    return lambda x, n: mix(saturate(x, 0.8 - 0.5 * s), luma(x)[..., None] * veil / 0.51, 0.2 * s)


@maker("muted", "own-complement")
def complement(s, r, m):
    """Colours are broken with their complement, as paint is."""
    k = (0.12 + 0.25 * s)
    return lambda x, n: x * (1 - k) + k * (2 * luma(x)[..., None] - x)


@maker("muted", "own-channels")
def muted_channels(s, r, m):
    """Every channel takes from the next ones, unlike in each."""
    a = 0.1 + 0.16 * s
    t = np.array([[1 - 2 * a, a * r.uniform(0.8, 1.2), a], [a, 1 - 2 * a, a], [a, a * r.uniform(0.8, 1.2), 1 - 2 * a]], np.float32)
    t /= t.sum(1, keepdims=True)
    return lambda x, n: x @ t.T


@maker("monochrome", "own-filter", 0.85)
def colour_filter(s, r, m):
    """Black and white film behind a coloured glass."""
    w = np.array(r.choice([(1, 0, 0), (0.7, 0.4, -0.1), (0.1, 0.9, 0), (0.2, 0.3, 0.5)]), np.float32)
    return lambda x, n: grey(np.clip(x @ w, 0, 1))


@maker("monochrome", "own-linear", 0.85)
def mono_linear(s, r, m):
    return lambda x, n: grey(encoded(linear(x) @ np.array([0.2126, 0.7152, 0.0722], np.float32)))


@maker("monochrome", "own-toned", 0.85)
def toned(s, r, m):
    """One hue from dark to light: blue print, selenium, green screen."""
    a, b = rgb(*r.choice([("#08203a", "#e8f4ff"), ("#1a1026", "#f0eaf6"), ("#041c08", "#d8ffe0"), ("#22040c", "#ffe8ee"), ("#0a2a30", "#f4ffff")]))
    return lambda x, n: mix(a, b, luma(x)[..., None])


@maker("monochrome", "own-middle", 0.85)
def middle(s, r, m):
    """The middle one of the three channels, or lightness."""
    if r.random() < 0.5:
        return lambda x, n: grey(np.median(x, 2))
    return lambda x, n: grey((x.max(2) + x.min(2)) / 2)


@maker("sepia", "own-two-tones")
def two_tones(s, r, m):
    a, c, b = rgb(*r.choice([("#20120a", "#9a7044", "#fff2d8"), ("#2a1a10", "#a88058", "#f8ead0"), ("#180c04", "#8a5c30", "#f4dcb0")]))

    def run(x, n):
        y = luma(x)[..., None]
        return np.where(y < 0.5, mix(a, c, y * 2), mix(c, b, y * 2 - 1))
    return run


@maker("sepia", "own-bleach")
def bleach(s, r, m):
    """Silver is bleached from the lights first, so that darks stay greyer."""
    tone = np.array([r.uniform(1.04, 1.12), r.uniform(0.9, 0.97), r.uniform(0.62, 0.76)], np.float32)
    return lambda x, n: luma(x)[..., None] * mix(np.ones(3, np.float32), tone, np.clip(0.45 + luma(x), 0, 1)[..., None]) * 0.97


@maker("sepia", "own-album")
def album(s, r, m):
    """An old print: brown, a little faded, unevenly."""
    a, b = rgb("#3a2616", r.choice(["#f2e2c2", "#ead6b0", "#f6ead4"]))
    return lambda x, n: mix(a, b, np.clip(luma(x) + 0.03 * clouds(n, x, m / 4), 0, 1)[..., None])


@maker("inverted", "own-light-only", 0.85)
def invert_light(s, r, m):
    """Light and dark change places, then the hues."""
    def run(x, n):
        y = luma(x)[..., None]
        return (1 - y) - (x - y) * r_keep
    r_keep = r.uniform(0.75, 1.2)
    return run


@maker("inverted", "own-film", 0.85)
def film_negative(s, r, m):
    """A colour negative on its orange base, weakly masked."""
    base = mix(np.ones(3, np.float32), np.array([1.0, 0.86, 0.7], np.float32), r.uniform(0.1, 0.7))
    gamma = r.uniform(0.75, 1.1)
    return lambda x, n: (1 - np.clip(x, 0, 1)) ** gamma * base


@maker("inverted", "own-flat", 0.6)
def flat_negative(s, r, m):
    """A negative in part: thin, of little contrast."""
    k = 0.35 + 0.65 * s
    return lambda x, n: 0.5 - (x - 0.5) * k + 0.02


@maker("inverted", "own-curve", 0.85)
def negative_curve(s, r, m):
    """A curve that falls: steep in the middle, or at an end."""
    a = r.uniform(2.5, 6)
    mid = r.uniform(0.35, 0.6)
    lo, hi = 1 / (1 + math.exp(a * mid)), 1 / (1 + math.exp(-a * (1 - mid)))
    return lambda x, n: 1 - (1 / (1 + np.exp(-a * (x - mid))) - lo) / (hi - lo)


@maker("pastel", "own-chalk")
def chalk(s, r, m):
    """Toward white the darker it was; hues stay."""
    k = 0.3 + 0.35 * s
    return lambda x, n: saturate(1 - (1 - x) ** (1 + k) * (1 - k * 0.75), 1.0 + 0.3 * s)


@maker("pastel", "own-milk")
def milk(s, r, m):
    """Mixed with a tinted white, softened."""
    white = rgb(r.choice(["#fff4f8", "#f4f8ff", "#fffaf0", "#f6fff8"]))[0]
    return lambda x, n: mix(soft(x, 0.4 * s + 0.05), white, 0.2 + 0.38 * s)


@maker("pastel", "own-candy")
def candy(s, r, m):
    """Lightness is pressed up, colour is levelled."""
    def run(x, n):
        y = luma(x)[..., None]
        c = x - y
        size = np.abs(c).max(2, keepdims=True)
        return mix(y, 0.84, 0.35 + 0.4 * s) + mix(c, c * 0.16 / (size + 0.08), 0.3 + 0.4 * s)
    return run
