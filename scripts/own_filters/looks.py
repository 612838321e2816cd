"""Looks of several aspects at once, as styles of drawing, printing and painting have them."""
import numpy as np
from scipy import ndimage

from .core import OWN, cells, clouds, edges, gradient, lines, lit, look, luma, mix, moved, ramp, rgb, saturate, soft
from .drawing import along, calm, few, inked, majority, tangent
from .brush import brush, brushed
from .detail import blocks, side
from .flat import low_poly
from .paper import cold_pressed
from .printed import cell_of, dots
from .strokes import on_sheet
from .tiles import set_tiles


LOUD = ["#e8203a", "#ffb400", "#1878e8", "#18a860", "#ff6a00", "#8a28c8", "#00b8c8", "#ff5aa0", "#f8e020", "#101028", "#fff4e0"]


def borders_of(label, wide):
    line = (label != moved(label, 1, 0)) | (label != moved(label, 0, 1))
    return soft(ndimage.binary_dilation(line, iterations=wide).astype(np.float32), 0.6)


def other(aspect, name, s, r, m):
    """A filter of the list, to be joined with another."""
    return next(row for row in OWN[aspect] if row[0] == name)[2](s, r, m)


@look("own-poster", {"flat colour": 0.9, "outlined": 0.75, "vivid": 0.7})
def poster(s, r, m):
    """A flat, outlined poster in loud colours."""
    count, wide = r.choice([5, 6, 7]), max(1, round(m * r.uniform(0.004, 0.009)))

    def run(x, n):
        centres, label = few(calm(x, 5, 2), count)
        label = majority(label, 7, count)
        return inked(np.clip(saturate(centres, 1.6 + 1.4 * s), 0, 1)[label], borders_of(label, wide))
    return run


@look("own-pop-palette", {"flat colour": 0.9, "vivid": 0.9})
def pop_palette(s, r, m):
    """Each tone gets a loud colour of its own."""
    colours = sorted((rgb(c)[0] for c in r.sample(LOUD, r.choice([4, 5]))), key=lambda c: float(luma(c[None])[0]))

    def run(x, n):
        y = soft(calm(x, 5).mean(2), 1)
        label = np.searchsorted(np.quantile(y, np.arange(1, len(colours)) / len(colours)), y)
        return mix(saturate(x, 1.5), np.array(colours)[majority(label, 5, len(colours))], 0.6 + 0.4 * s)
    return run


@look("own-cartoon", {"outlined": 0.95, "flat colour": 0.5})
def cartoon(s, r, m):
    """Bold black outlines about calm colours."""
    wide = max(1, round((0.006 + 0.006 * s) * m))

    def run(x, n):
        y = calm(x, 5, 2)
        e = ndimage.maximum_filter(ramp(edges(y, 1.2), 0.4, 0.7), size=wide + 1)
        k = 9 - 4 * s
        return inked(saturate(mix(y, np.round(y * k) / k, 0.8), 1.15), soft(e, 0.6))
    return run


@look("own-cel", {"flat colour": 0.75, "outlined": 0.45})
def cel(s, r, m):
    """Animation cels: two or three tones to a colour, thin lines."""
    steps = r.choice([2.5, 3, 4])

    def run(x, n):
        y = calm(x, 5, 2)
        l = soft(luma(y), 1)
        tone = (np.floor(l * steps) + 0.6) / steps
        flat = y / (l[..., None] + 0.03) * mix(l, tone, 0.9)[..., None]
        return inked(saturate(flat, 1.25), ramp(lines(y, 1.1, 1.6, 1.0), 0.008, 0.025) * 0.85)
    return run


@look("own-comic", {"outlined": 0.8, "halftone": 0.7})
def comic(s, r, m):
    """Printed comic: black lines, shades of dots."""
    p, a = cell_of(0.6 * s, r, m), r.uniform(0, 1.57)

    def run(x, n):
        y = calm(x, 5)
        k = dots(x, ramp(0.75 - luma(y), 0, 0.9), a, p)[..., None]
        paper = mix(saturate(y, 1.4), 1.0, 0.35)
        return inked(mix(paper, saturate(y, 1.4) * 0.6, k), ramp(lines(y, 1.5, 1.6, 1.0), 0.006, 0.02))
    return run


@look("own-pop-dots", {"halftone": 0.85, "flat colour": 0.6, "vivid": 0.5})
def pop_dots(s, r, m):
    """Flat loud colours, one of them as dots."""
    p, count = cell_of(0.8 * s, r, m), r.choice([4, 5])

    def run(x, n):
        centres, label = few(calm(x, 5, 2), count)
        label = majority(label, 5, count)
        flat = np.clip(saturate(centres, 2.2), 0, 1)[label]
        light = luma(flat)
        k = dots(x, 0.2 + 0.5 * (1 - light), 0.6, p)[..., None]
        dotted = mix(mix(flat, 1.0, 0.75), flat, k)
        return np.where((light > 0.25)[..., None], dotted, flat)
    return run


@look("own-thick-ink", {"line art": 1.0})
def thick_ink(s, r, m):
    """Very thick black lines on white, little else."""
    sigma, wide = m / r.uniform(90, 160), max(1, round(m * (0.004 + 0.006 * s)))

    def run(x, n):
        d = ramp(lines(calm(x, 5), sigma, 1.6, 1.0), 0.008, 0.018)
        d = ndimage.maximum_filter(d, size=wide + 1)
        return on_sheet(soft(d, 0.7), 0.02)
    return run


@look("own-ink-and-wash", {"line art": 0.75, "painterly": 0.35})
def ink_and_wash(s, r, m):
    """Pen lines and a grey or one-coloured wash."""
    tone = rgb(r.choice(["#606468", "#506078", "#786450"]))[0]

    def run(x, n):
        y = np.round(soft(calm(x, 7).mean(2), 1.5) * 3) / 3 + 0.03 * clouds(n, x, 10)
        wet = mix(tone, np.ones(3, np.float32), np.clip(0.3 + y, 0, 1)[..., None])
        return inked(wet, ramp(lines(x, 1.2, 1.6, 1.0), 0.006, 0.02))
    return run


@look("own-watercolour", {"painterly": 0.75, "paper": 0.5})
def watercolour(s, r, m):
    """Washes that bleed, on a rough sheet, its white left at the rims."""
    paint, sheet = other("painterly", "own-wash", s, r, m), cold_pressed(0.45 * s, r, m)

    def run(x, n):
        h, w = x.shape[:2]
        v, u = np.mgrid[:h, :w]
        rim = np.minimum(np.minimum(v, h - 1 - v), np.minimum(u, w - 1 - u)) / m + 0.015 * clouds(n, x, m / 10)
        return sheet(mix(1.0, paint(x, n), ramp(rim, 0.01, 0.05)[..., None]), n)
    return run


@look("own-pencil-sheet", {"hatched": 0.8, "paper": 0.4})
def pencil_sheet(s, r, m):
    """Pencil on paper with a tooth."""
    drawing, sheet = other("hatched", r.choice(["own-pencil", "own-coloured-pencil", "own-following"]), s, r, m), other("paper", r.choice(["own-cold-pressed", "own-fibres", "own-laid"]), 0.4 * s, r, m)
    tint = rgb(r.choice(["#ffffff", "#f6efdc", "#eeeae2"]))[0]
    return lambda x, n: sheet(np.clip(drawing(x, n), 0, 1) * tint, n)


@look("own-etching", {"hatched": 0.95, "sepia": 0.5})
def etching(s, r, m):
    """An old etching in brown ink on yellowed paper."""
    drawing = other("hatched", r.choice(["own-crossed", "own-following", "own-banknote", "own-pen-strokes"]), s, r, m)
    ink, sheet = rgb("#2a180c", r.choice(["#f0e2c0", "#e8d8b4"]))
    return lambda x, n: mix(ink, sheet, luma(np.clip(drawing(x, n), 0, 1))[..., None])


@look("own-stained-glass", {"mosaic": 0.9, "vivid": 0.6})
def stained_glass(s, r, m):
    """Deeply coloured pieces in thick lead, lit from behind."""
    p, joint = m * (0.03 + 0.035 * s), m * r.uniform(0.004, 0.008)

    def run(x, n):
        gy, gx = gradient(soft(luma(x), 1.5), 1.5)
        label, gap, _ = cells(n, x, p)
        glass = np.clip(saturate(x, 1.8 + 0.8 * s) * 1.1, 0, 1)
        return set_tiles(glass, n, label, gap / 2, max(1, joint), np.full(3, 0.02, np.float32), s, 0, 0.12) * (1 + 0.05 * clouds(n, x, 6))[..., None]
    return run


@look("own-low-poly", {"flat colour": 0.7, "mosaic": 0.4})
def poly(s, r, m):
    """Large flat facets."""
    return low_poly(r, m, m * (0.035 + 0.035 * s))


@look("own-oil", {"painterly": 0.95, "embossed": 0.3})
def oil(s, r, m):
    """Very broad thick strokes."""
    radius, angle = brush(s, r, m) * 1.5, r.uniform(0, 6.28)

    def run(x, n):
        a = tangent(x, 4)
        y = brushed(saturate(x, 1.2), n, radius, 3.5, a, 0.3, 0.06)
        return y + 1.6 * lit(luma(y) + 0.02 * along(clouds(n, x, 1), a, 5), angle, 0.05)[..., None]
    return run


@look("own-canvas-oil", {"painterly": 0.8, "paper": 0.45})
def canvas_oil(s, r, m):
    paint, sheet = other("painterly", r.choice(["own-strokes", "own-dabs", "own-one-hand", "own-flat-brush"]), s, r, m), other("paper", r.choice(["own-canvas", "own-linen"]), 0.45 * s, r, m)
    return lambda x, n: sheet(np.clip(paint(x, n), 0, 1), n)


@look("own-old-print", {"halftone": 0.8, "sepia": 0.7})
def old_print(s, r, m):
    screen = other("halftone", r.choice(["own-mono", "own-stipple"]), 0.7 * s, r, m)
    ink, sheet = rgb("#2a1a10", r.choice(["#ecdcb8", "#e6d2a8"]))
    return lambda x, n: mix(ink, sheet, luma(np.clip(screen(x, n), 0, 1))[..., None])


@look("own-console", {"pixelated": 0.8, "flat colour": 0.6})
def console(s, r, m):
    """Large pixels of few colours, as on an old console."""
    p, count = side(0.8 * s, m, r), r.choice([6, 8, 12])

    def run(x, n):
        y = blocks(saturate(x, 1.3), p, lambda b: b.mean((1, 3)))
        centres, label = few(y, count)
        return centres[label]
    return run


@look("own-faded-film", {"low contrast": 0.55, "warm": 0.4, "grainy": 0.35})
def faded_film(s, r, m):
    rows = [other("low contrast", "own-matte", 0.55 * s, r, m), other("warm", "own-shift", 0.4 * s, r, m), other("grainy", "own-film", 0.35 * s, r, m)]

    def run(x, n):
        for row in rows:
            x = np.clip(row(x, n), 0, 1)
        return x
    return run


@look("own-linocut", {"hatched": 0.5, "high contrast": 0.7})
def linocut(s, r, m):
    """Black and white masses, few cut lines between."""
    drawing = other("hatched", "own-woodcut", s, r, m)

    def run(x, n):
        y = soft(luma(x), m / 150)
        k = np.quantile(y, [0.3, 0.7])
        return np.where((y < k[0])[..., None], 0.05, np.where((y > k[1])[..., None], 0.96, drawing(x, n)))
    return run


@look("own-gouache", {"painterly": 0.6, "flat colour": 0.5})
def gouache(s, r, m):
    """Opaque paint in few tones, visible edges of the brush."""
    radius, count = brush(s, r, m) * 1.1, r.choice([8, 10, 12])

    def run(x, n):
        y = brushed(calm(x, 5), n, radius, 3, tangent(x, 4), 0.2, 0.01)
        centres, label = few(y, count)
        return mix(y, centres[label], 0.8)
    return run


@look("own-relief-colour", {"outlined": 0.5, "embossed": 0.6})
def relief_colour(s, r, m):
    """Enamel: raised lines about coloured fields."""
    angle, count = r.uniform(0, 6.28), r.choice([6, 8])

    def run(x, n):
        centres, label = few(calm(x, 5), count)
        label = majority(label, 5, count)
        line = borders_of(label, max(1, m // 150))
        gold = mix(mix(x, centres[label], 0.5), rgb("#3a2c10")[0], line[..., None] * 0.8)
        return gold + (0.5 + 0.5 * s) * lit(soft(line, 0.8), angle, 0.14)[..., None]
    return run


@look("own-moonlit", {"dark": 0.7, "cool": 0.6})
def moonlit(s, r, m):
    rows = [other("cool", "own-light", 0.6 * s, r, m), other("dark", "own-night", 0.7 * s, r, m)]
    return lambda x, n: rows[1](np.clip(rows[0](x, n), 0, 1), n)


@look("own-dream", {"pastel": 0.6, "glowing": 0.6})
def dream(s, r, m):
    rows = [other("pastel", "own-milk", 0.6 * s, r, m), other("glowing", "own-mist", 0.6 * s, r, m)]
    return lambda x, n: rows[1](np.clip(rows[0](x, n), 0, 1), n)
