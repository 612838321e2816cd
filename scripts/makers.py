"""How other programs' filters make the aspects: ImageMagick, GEGL and G'MIC, parameters drawn widely.

MAKERS[aspect] is a list of (name, tool, commands); `commands(s, r, m)` takes how strong it is meant to be, s in (0, 1], a
random.Random and the longer side of the picture in pixels, and gives the arguments of one call. Makers in HELD_OUT are for
tests only: no head learns from them.
"""
import math


def f(x):
    return f"{x:.4g}"


def im(*parts):
    return " ".join(str(p) for p in parts).split()


def gains(r, s, warm):
    a, b = 1 + s * r.uniform(0.15, 0.35), 1 - s * r.uniform(0.25, 0.5)
    g = 1 + s * r.uniform(-0.05, 0.05)
    return (a, g, b) if warm else (b, g, a)


def mixed(r, s, warm):
    a, g, b = gains(r, s, warm)
    return im("-color-matrix", f"{f(a)},0,0,0,{f(g)},0,0,0,{f(b)}")


def gmic_gains(r, s, warm):
    a, g, b = gains(r, s, warm)
    return f"-mul[0--1] 1 -fill [R*{f(a)},G*{f(g)},B*{f(b)}] -c 0,255".split()


def tint(r, s, warm):
    colour = r.choice(["orange", "#ff9a3c", "#ffb347", "#f28500"] if warm else ["#3c8cff", "#4682b4", "royalblue", "#7fb7ff"])
    return im("-fill", colour, "-colorize", f(100 * s * r.uniform(0.25, 0.45)))


def gammas(r, s, warm):
    up, down = 1 + s * r.uniform(0.25, 0.5), 1 - s * r.uniform(0.25, 0.4)
    red, blue = (up, down) if warm else (down, up)
    return im("-channel R -gamma", f(red), "-channel B -gamma", f(blue), "+channel")


def canvas_texture(r, s):
    return im("( +clone -colorspace Gray -fill gray50 -colorize 100 -attenuate", f(0.4 + s * 1.2), "+noise Gaussian -blur",
              f"0x{f(r.uniform(0.6, 1.6))}", "-shade", f"{f(r.uniform(0, 360))}x{f(r.uniform(35, 60))}", "-normalize",
              f"+level {f(50 - 45 * s)}%,{f(50 + 45 * s)}%", ") -compose", r.choice(["Overlay", "SoftLight", "HardLight"]), "-composite")


WARM = [
    ("im-matrix", "im", lambda s, r, m: mixed(r, s, True)),
    ("im-tint", "im", lambda s, r, m: tint(r, s, True)),
    ("gegl-temperature", "gegl", lambda s, r, m: f"gegl:color-temperature original-temperature=6500 intended-temperature={f(6500 + s * r.uniform(2000, 5000))}".split()),
    ("gmic-gains", "gmic", lambda s, r, m: gmic_gains(r, s, True)),
    ("im-gamma", "im", lambda s, r, m: gammas(r, s, True)),
]
COOL = [
    ("im-matrix", "im", lambda s, r, m: mixed(r, s, False)),
    ("im-tint", "im", lambda s, r, m: tint(r, s, False)),
    ("gegl-temperature", "gegl", lambda s, r, m: f"gegl:color-temperature original-temperature=6500 intended-temperature={f(6500 - s * r.uniform(1500, 3000))}".split()),
    ("gmic-gains", "gmic", lambda s, r, m: gmic_gains(r, s, False)),
    ("im-gamma", "im", lambda s, r, m: gammas(r, s, False)),
]


def noise(kind, scale):
    return lambda s, r, m: im("-attenuate", f(s * scale * r.uniform(0.7, 1.3)), "+noise", kind)


MAKERS = {
    "vivid": [
        ("im-modulate", "im", lambda s, r, m: im("-modulate", f"100,{f(100 + 170 * s)}")),
        ("gegl-saturation", "gegl", lambda s, r, m: f"gegl:saturation scale={f(1 + 2 * s)}".split()),
        ("gmic-hsl", "gmic", lambda s, r, m: f"-rgb2hsl -s c -mul[1] {f(1 + 2.2 * s)} -cut[1] 0,1 -a c -hsl2rgb".split()),
        ("gegl-chroma", "gegl", lambda s, r, m: f"gegl:hue-chroma chroma={f(12 + 45 * s)}".split()),
    ],
    "muted": [
        ("im-modulate", "im", lambda s, r, m: im("-modulate", f"{f(r.uniform(95, 105))},{f(85 - 60 * s)}")),
        ("gegl-saturation", "gegl", lambda s, r, m: f"gegl:saturation scale={f(0.85 - 0.6 * s)}".split()),
        ("gmic-hsl", "gmic", lambda s, r, m: f"-rgb2hsl -s c -mul[1] {f(0.85 - 0.6 * s)} -a c -hsl2rgb".split()),
        ("gegl-chroma", "gegl", lambda s, r, m: f"gegl:hue-chroma chroma={f(-5 - 14 * s)}".split()),
        ("im-grey-blend", "im", lambda s, r, m: im("-fill gray50 -colorize", f(8 + 12 * s), "-modulate", f"100,{f(85 - 50 * s)}")),
    ],
    "monochrome": [
        ("im-gray", "im", lambda s, r, m: im("-colorspace Gray -colorspace sRGB")),
        ("gegl-mono", "gegl", lambda s, r, m: f"gegl:mono-mixer preserve-luminosity=true red={f(r.uniform(0.1, 0.6))} green={f(r.uniform(0.1, 0.6))} blue={f(r.uniform(0.05, 0.5))}".split()),
        ("gmic-luminance", "gmic", lambda s, r, m: "-luminance -to_rgb".split()),
        ("im-channel", "im", lambda s, r, m: im("-channel", r.choice("RG"), "-separate -colorspace sRGB +channel")),
        ("im-one-hue", "im", lambda s, r, m: im("-colorspace Gray -fill", f"hsl({r.choice([200, 220, 120, 0, 280])},60%,50%)", "-tint", f(r.uniform(40, 90)), "-colorspace sRGB")),
        ("gegl-gray", "gegl", lambda s, r, m: ["gegl:gray"]),
    ],
    "warm": WARM,
    "cool": COOL,
    "sepia": [
        ("im-sepia", "im", lambda s, r, m: im("-sepia-tone", f"{f(r.uniform(72, 92))}%")),
        ("gegl-sepia", "gegl", lambda s, r, m: f"gegl:sepia scale={f(0.65 + 0.35 * s)}".split()),
        ("gmic-sepia", "gmic", lambda s, r, m: ["-sepia"]),
        ("im-brown", "im", lambda s, r, m: im("-colorspace Gray -colorspace sRGB -color-matrix", f"{f(r.uniform(1.03, 1.12))},0,0,0,{f(r.uniform(0.86, 0.95))},0,0,0,{f(r.uniform(0.6, 0.76))}")),
        ("im-duotone", "im", lambda s, r, m: im("-colorspace Gray -colorspace sRGB +level-colors", r.choice(["#2b1a0a,#f6e3bf", "#1f1208,#f0d9ad", "#3a2413,#fbeed5"]))),
    ],
    "inverted": [
        ("im-negate", "im", lambda s, r, m: ["-negate"]),
        ("gegl-invert", "gegl", lambda s, r, m: ["gegl:invert-gamma"]),
        ("gmic-negate", "gmic", lambda s, r, m: ["-negate"]),
        ("gegl-linear", "gegl", lambda s, r, m: ["gegl:invert-linear"]),
    ],
    "pastel": [
        ("im-levels", "im", lambda s, r, m: im("-modulate", f"100,{f(100 - 25 * s)}", "+level", f"{f(20 + 35 * s)}%,100%")),
        ("im-white", "im", lambda s, r, m: im("-fill white -colorize", f(20 + 35 * s), "-blur", f"0x{f(0.3 * s)}")),
        ("gmic-mix", "gmic", lambda s, r, m: f"-mul {f(0.8 - 0.4 * s)} -add {f(255 * (0.2 + 0.4 * s))}".split()),
        ("gegl-lightness", "gegl", lambda s, r, m: f"gegl:levels out-low={f(0.2 + 0.35 * s)} out-high=1.0 gegl:saturation scale={f(r.uniform(0.9, 1.2))}".split()),
    ],
    "dark": [
        ("im-gamma", "im", lambda s, r, m: im("-gamma", f(0.85 - 0.5 * s))),
        ("im-multiply", "im", lambda s, r, m: im("-evaluate multiply", f(0.85 - 0.6 * s))),
        ("gegl-exposure", "gegl", lambda s, r, m: f"gegl:exposure exposure={f(-0.5 - 2.3 * s)}".split()),
        ("gmic-power", "gmic", lambda s, r, m: f"-div 255 -pow {f(1.2 + 1.6 * s)} -mul 255".split()),
        ("gegl-brightness", "gegl", lambda s, r, m: f"gegl:brightness-contrast brightness={f(-0.1 - 0.35 * s)}".split()),
    ],
    "bright": [
        ("im-gamma", "im", lambda s, r, m: im("-gamma", f(1.2 + 1.6 * s))),
        ("im-multiply", "im", lambda s, r, m: im("-evaluate multiply", f(1.2 + 0.9 * s))),
        ("gegl-exposure", "gegl", lambda s, r, m: f"gegl:exposure exposure={f(0.4 + 1.5 * s)}".split()),
        ("gmic-power", "gmic", lambda s, r, m: f"-div 255 -pow {f(0.85 - 0.5 * s)} -mul 255".split()),
        ("gegl-brightness", "gegl", lambda s, r, m: f"gegl:brightness-contrast brightness={f(0.1 + 0.35 * s)}".split()),
    ],
    "high contrast": [
        ("im-sigmoidal", "im", lambda s, r, m: im("-sigmoidal-contrast", f"{f(3 + 11 * s)},50%")),
        ("im-level", "im", lambda s, r, m: im("-level", f"{f(8 + 25 * s)}%,{f(92 - 25 * s)}%")),
        ("gegl-contrast", "gegl", lambda s, r, m: f"gegl:brightness-contrast contrast={f(1.3 + 1.5 * s)}".split()),
        ("gmic-contrast", "gmic", lambda s, r, m: f"-sub 127 -mul {f(1.3 + 1.6 * s)} -add 127 -c 0,255".split()),
    ],
    "low contrast": [
        ("im-level", "im", lambda s, r, m: im("+level", f"{f(8 + 28 * s)}%,{f(92 - 28 * s)}%")),
        ("gegl-contrast", "gegl", lambda s, r, m: f"gegl:brightness-contrast contrast={f(0.85 - 0.6 * s)}".split()),
        ("gmic-contrast", "gmic", lambda s, r, m: f"-sub 127 -mul {f(0.85 - 0.6 * s)} -add 127".split()),
        ("im-haze", "im", lambda s, r, m: im("-fill", r.choice(["gray75", "gray65", "#c8ccd2", "gray85"]), "-colorize", f(15 + 50 * s))),
        ("im-fog", "im", lambda s, r, m: im("( -clone 0 -fill gray80 -colorize 100 -attenuate 1 +noise Random -virtual-pixel mirror -blur", f"0x{f(m / 8)}",
                                             "-colorspace Gray -normalize +level 55%,95% -colorspace sRGB ) -compose blend -define", f"compose:args={f(20 + 45 * s)}", "-composite")),
    ],
    "grainy": [
        ("im-gaussian", "im", noise("Gaussian", 1.2)),
        ("im-poisson", "im", noise("Poisson", 3.0)),
        ("gegl-rgb", "gegl", lambda s, r, m: "gegl:noise-rgb red={0} green={0} blue={0} independent={1} linear=false seed={2}".format(f(0.08 + 0.3 * s), r.choice(["true", "false"]), r.randrange(1000)).split()),
        ("gmic-noise", "gmic", lambda s, r, m: f"-srand {r.randrange(1000)} -noise {f(8 + 42 * s)},{r.choice([0, 0, 3])} -c 0,255".split()),
        ("im-mono", "im", lambda s, r, m: im("( +clone -fill gray50 -colorize 100 -attenuate", f(0.5 + 1.5 * s), "+noise Gaussian -colorspace Gray -colorspace sRGB ) -compose Overlay -composite")),
        ("gegl-lch", "gegl", lambda s, r, m: f"gegl:noise-cie-lch lightness-distance={f(25 + 65 * s)} chroma-distance={f(20 * s)} hue-distance={f(10 * s)} holdness=1 seed={r.randrange(1000)}".split()),
    ],
    "halftone": [
        ("gegl-newsprint", "gegl", lambda s, r, m: "gegl:newsprint color-model={0} pattern=circle period={1} pattern2=circle period2={1} pattern3=circle period3={1} pattern4=circle period4={1}".format(r.choice(["black-on-white", "cmyk", "rgb"]), f(3.5 + 6 * s)).split()),
        ("im-ordered", "im", lambda s, r, m: im("-ordered-dither", r.choice(["h4x4a", "h6x6a", "h8x8a", "c5x5b", "c6x6b", "c7x7b"]))),
        ("im-ordered-gray", "im", lambda s, r, m: im("-colorspace Gray -ordered-dither", r.choice(["h4x4a", "h6x6a", "h8x8a", "c6x6b"]), "-colorspace sRGB")),
        ("gmic-halftone", "gmic", lambda s, r, m: f"-halftone {r.choice([4, 6, 8])},{f(4 + 6 * s)},{f(4 + 6 * s)},2,{f(r.uniform(0.1, 0.6))}".split()),
    ],
    "hatched": [
        ("gegl-lines", "gegl", lambda s, r, m: "gegl:newsprint color-model=black-on-white pattern=line period={0} angle={1}".format(f(3 + 4 * s), f(r.choice([45, 30, -45, 60, 135]))).split()),
        ("gmic-engrave", "gmic", lambda s, r, m: f"-fx_engrave {f(r.uniform(0.4, 0.7))},{f(r.uniform(30, 70))},0,{f(r.uniform(4, 10))},{f(r.uniform(20, 60))},0,0,0,10,1,0,0,0,1,0".split()),
        ("gegl-engrave", "gegl", lambda s, r, m: f"gegl:engrave row-height={r.choice([3, 4, 5, 6])}".split()),
        ("gegl-cross", "gegl", lambda s, r, m: "gegl:newsprint color-model=black-on-white pattern=cross period={0} angle={1}".format(f(3.5 + 4 * s), f(r.choice([45, 30, 15]))).split()),
        ("im-strokes", "im", lambda s, r, m: im("( -clone 0 -fill gray50 -colorize 100 -attenuate 3 +noise Random -colorspace Gray -motion-blur", f"0x{f(4 + 5 * s)}+{r.choice([45, 135, 30, 60])}",
                                                 "-normalize -colorspace sRGB ) ( -clone 0 -colorspace Gray -colorspace sRGB ) -delete 0 -compose", r.choice(["VividLight", "LinearLight", "HardMix"]), "-composite")),
    ],
    "paper": [
        ("gmic-paper", "gmic", lambda s, r, m: ["-texturize_paper"]),
        ("gegl-canvas", "gegl", lambda s, r, m: f"gegl:texturize-canvas depth={int(3 + 9 * s)}".split()),
        ("gmic-canvas", "gmic", lambda s, r, m: f"-texturize_canvas {f(8 + 22 * s)},{r.choice([1, 2, 3])},{f(r.uniform(0.4, 0.8))}".split()),
        ("im-grain", "im", lambda s, r, m: canvas_texture(r, s)),
    ],
    "mosaic": [
        ("gegl-mosaic", "gegl", lambda s, r, m: f"gegl:mosaic tile-type={r.choice(['squares', 'hexagons', 'octagons', 'triangles'])} tile-size={f(7 + 13 * s)} tile-height={f(r.uniform(1, 4))} tile-spacing={f(r.uniform(0.8, 2))} tile-neatness={f(r.uniform(0.5, 1))} seed={r.randrange(1000)}".split()),
        ("gmic-stained", "gmic", lambda s, r, m: f"-stained_glass {f(r.uniform(25, 55))}%,{f(r.uniform(0.05, 0.2))}".split()),
        ("gmic-mosaic", "gmic", lambda s, r, m: f"-mosaic {f(r.uniform(25, 60))}".split()),
        ("im-tiles", "im", lambda s, r, m: tiles(s, r, m)),
    ],
    "blurry": [
        ("im-blur", "im", lambda s, r, m: im("-blur", f"0x{f((0.5 + 3.5 * s) * (m / 256) ** 0.5)}")),
        ("gegl-gaussian", "gegl", lambda s, r, m: "gegl:gaussian-blur std-dev-x={0} std-dev-y={0}".format(f((0.6 + 3.5 * s) * (m / 256) ** 0.5)).split()),
        ("gmic-box", "gmic", lambda s, r, m: f"-boxfilter {f((2 + 9 * s) * (m / 256) ** 0.5)}".split()),
        ("im-motion", "im", lambda s, r, m: im("-motion-blur", f"0x{f((1.5 + 6 * s) * (m / 256) ** 0.5)}+{f(r.uniform(0, 180))}")),
        ("gegl-motion", "gegl", lambda s, r, m: f"gegl:motion-blur-linear length={f((4 + 18 * s) * (m / 256) ** 0.5)} angle={f(r.uniform(-90, 90))}".split()),
        ("gegl-zoom", "gegl", lambda s, r, m: f"gegl:motion-blur-zoom factor={f(0.03 + 0.15 * s)} center-x=0.5 center-y=0.5".split()),
        ("gegl-lens", "gegl", lambda s, r, m: f"gegl:lens-blur radius={f((1.2 + 5 * s) * (m / 256) ** 0.5)}".split()),
        ("im-small", "im", lambda s, r, m: im("-resize", f"{f(60 - 45 * s)}%", "-filter Triangle -resize", "{size}!")),
        ("im-spread", "im", lambda s, r, m: im("-spread", f(1 + 2.5 * s), "-blur", f"0x{f(0.6 + s)}")),
    ],
    "sharp": [
        ("im-unsharp", "im", lambda s, r, m: im("-unsharp", f"0x{f(r.uniform(0.7, 2.5))}+{f(0.8 + 3.5 * s)}+0")),
        ("gegl-unsharp", "gegl", lambda s, r, m: f"gegl:unsharp-mask std-dev={f(r.uniform(0.8, 3))} scale={f(0.8 + 3 * s)}".split()),
        ("gmic-sharpen", "gmic", lambda s, r, m: f"-sharpen {f(40 + 260 * s)} -c 0,255".split()),
        ("im-sharpen", "im", lambda s, r, m: im("-sharpen", f"0x{f(0.6 + 1.4 * s)}") + (im("-sharpen", "0x1") if s > 0.5 else [])),
    ],
    "pixelated": [
        ("im-scale", "im", lambda s, r, m: im("-scale", f"{max(4, round(100 / (2.5 + (m / 22) * s)))}%", "-scale", "{size}!")),
        ("gegl-pixelize", "gegl", lambda s, r, m: "gegl:pixelize size-x={0} size-y={0}".format(round(2.5 + (m / 22) * s)).split()),
        ("gmic-pixelize", "gmic", lambda s, r, m: f"-pixelize {f(100 / (2.5 + (m / 22) * s))}".split()),
        ("im-sample", "im", lambda s, r, m: im("-sample", f"{max(4, round(100 / (2.5 + (m / 24) * s)))}%", "-sample", "{size}!")),
    ],
    "flat colour": [
        ("im-colors", "im", lambda s, r, m: im("+dither -colors", round(14 - 9 * s))),
        ("im-posterize", "im", lambda s, r, m: im("+dither -posterize", round(6 - 3 * s))),
        ("gegl-posterize", "gegl", lambda s, r, m: f"gegl:posterize levels={round(6 - 3 * s)}".split()),
        ("gmic-quantize", "gmic", lambda s, r, m: f"-smooth {f(20 + 60 * s)} -quantize {round(9 - 5 * s)},1".split()),
        ("gmic-cutout", "gmic", lambda s, r, m: f"-fx_cutout {r.choice([3, 4, 5])},{f(r.uniform(0.3, 1))},{f(2 + 4 * s)},1,0".split()),
        ("im-median-colors", "im", lambda s, r, m: im("-statistic Median", "{0}x{0}".format(3 + 2 * round(2 * s)), "+dither -colors", round(12 - 7 * s))),
    ],
    "outlined": [
        ("gmic-cartoon", "gmic", lambda s, r, m: f"-cartoon {f(r.uniform(1.5, 3))},{f(120 + 180 * s)},20,0.25,{f(r.uniform(1, 1.6))},{r.choice([8, 16, 32])},0".split()),
        ("im-edges", "im", lambda s, r, m: im("( -clone 0 -colorspace Gray -blur 0x0.7 -edge", f(1 + s), "-normalize -level 15%,65% -negate -colorspace sRGB ) -compose Multiply -composite")),
        ("gegl-cartoon", "gegl", lambda s, r, m: f"gegl:cartoon mask-radius={f(r.uniform(4, 9))} pct-black={f(0.15 + 0.3 * s)}".split()),
        ("gmic-poster-edges", "gmic", lambda s, r, m: f"-poster_edges {f(r.uniform(10, 30))},{f(50 + 30 * s)},5,0,{f(r.uniform(5, 15))},0".split()),
        ("gmic-ink", "gmic", lambda s, r, m: f"+gradient_norm[0] -b[1] 0.6 -n[1] 0,255 -mul[1] {f(1.2 + 1.6 * s)} -c[1] 0,255 -negate[1] -n[1] 0,1 -mul".split()),
    ],
    "line art": [
        ("gegl-photocopy", "gegl", lambda s, r, m: f"gegl:photocopy mask-radius={f(r.uniform(4, 12))} sharpness={f(r.uniform(0.5, 0.9))} black=0.2 white=0.2".split()),
        ("gmic-pencil", "gmic", lambda s, r, m: f"-pencilbw {f(r.uniform(0.2, 0.8))},{f(r.uniform(40, 80))}".split()),
        ("im-edge", "im", lambda s, r, m: im("-colorspace Gray -blur 0x0.8 -edge 1 -negate -normalize -colorspace sRGB")),
        ("gmic-gradient", "gmic", lambda s, r, m: f"-gradient_norm -b {f(r.uniform(0.4, 1))} -n 0,{f(r.uniform(300, 450))} -c 0,255 -negate".split()),
        ("im-charcoal", "im", lambda s, r, m: im("-charcoal", r.choice([1, 1.5, 2]), "-colorspace sRGB")),
        ("gmic-stencil", "gmic", lambda s, r, m: f"-fx_pen_drawing {f(r.uniform(5, 20))},0".split()),
    ],
    "embossed": [
        ("im-emboss", "im", lambda s, r, m: im("-emboss", f"0x{f(0.7 + s)}")),
        ("gegl-emboss", "gegl", lambda s, r, m: f"gegl:emboss type={r.choice(['emboss', 'bumpmap'])} azimuth={f(r.uniform(0, 360))} elevation={f(r.uniform(30, 60))} depth={int(5 + 30 * s)}".split()),
        ("im-shade", "im", lambda s, r, m: im("( -clone 0 -colorspace Gray -shade", f"{f(r.uniform(0, 360))}x{f(r.uniform(30, 50))}", "-normalize -colorspace sRGB ) -compose", r.choice(["HardLight", "Overlay"]), "-composite")),
        ("gmic-relief", "gmic", lambda s, r, m: f"-light_relief {f(0.3 + 0.5 * s)},{f(2 + 5 * s)},{f(r.uniform(0.05, 0.3))}".split()),
    ],
    "wavy": [
        ("im-wave", "im", lambda s, r, m: im("-background gray -virtual-pixel mirror -wave", f"{f(m * (0.008 + 0.03 * s))}x{f(m * r.uniform(0.15, 0.45))}", "-gravity center -crop {size}+0+0 +repage")),
        ("gegl-ripple", "gegl", lambda s, r, m: f"gegl:ripple amplitude={f(m * (0.008 + 0.03 * s))} period={f(m * r.uniform(0.12, 0.4))} angle={f(r.uniform(-180, 180))}".split()),
        ("gmic-water", "gmic", lambda s, r, m: f"-water {f(m * (0.04 + 0.15 * s))}".split()),
        ("im-swirl", "im", lambda s, r, m: im("-swirl", f(r.choice([-1, 1]) * (35 + 110 * s)))),
        ("gmic-wave", "gmic", lambda s, r, m: f"-wave {f(m * (0.01 + 0.03 * s))},{f(r.uniform(0.2, 0.6))}".split()),
    ],
    "painterly": [
        ("im-paint", "im", lambda s, r, m: im("-paint", f((1.5 + 3.5 * s) * (m / 256) ** 0.5))),
        ("gegl-oilify", "gegl", lambda s, r, m: f"gegl:oilify mask-radius={round((2 + 5 * s) * (m / 256) ** 0.5)} exponent={r.choice([4, 8, 12])}".split()),
        ("gmic-kuwahara", "gmic", lambda s, r, m: f"-kuwahara {round((4 + 7 * s) * (m / 256) ** 0.5)}".split()),
        ("gmic-drawing", "gmic", lambda s, r, m: f"-drawing {f(120 + 180 * s)}".split()),
        ("gegl-snn", "gegl", lambda s, r, m: f"gegl:snn-mean radius={round((3 + 5 * s) * (m / 256) ** 0.5)} pairs=2".split()),
        ("gegl-cubism", "gegl", lambda s, r, m: f"gegl:cubism tile-size={f(4 + 8 * s)} tile-saturation={f(r.uniform(1.5, 4))} seed={r.randrange(1000)}".split()),
    ],
    "neon": [
        ("gegl-neon", "gegl", lambda s, r, m: f"gegl:edge-neon radius={f(r.uniform(1.5, 4))} amount={f(0.2 + 0.6 * s)}".split()),
        ("im-edge", "im", lambda s, r, m: im("-blur 0x0.8 -edge", f(1 + s), "-normalize -modulate 100,250 ( +clone -blur", f"0x{f(1 + 2 * s)}", ") -compose Screen -composite")),
        ("gmic-edges", "gmic", lambda s, r, m: f"-b 0.7 -s c -gradient_norm -a c -n 0,{f(300 + 200 * s)} -c 0,255 -rgb2hsl -s c -mul[1] 2.5 -cut[1] 0,1 -a c -hsl2rgb +b[0] {f(1.5 + 2 * s)} -add -c 0,255".split()),
    ],
    "glowing": [
        ("gegl-bloom", "gegl", lambda s, r, m: f"gegl:bloom threshold={f(55 - 25 * s)} radius={f(m / 20)} strength={f(30 + 60 * s)} softness=25".split()),
        ("gegl-softglow", "gegl", lambda s, r, m: f"gegl:softglow glow-radius={f(6 + m / 25)} brightness={f(0.25 + 0.5 * s)} sharpness={f(0.9 - 0.3 * s)}".split()),
        ("im-screen", "im", lambda s, r, m: im("( -clone 0 -level", f"{f(55 - 20 * s)}%,100%", "-blur", f"0x{f(m / r.uniform(25, 50))}", "-evaluate multiply", f(0.6 + 0.7 * s), ") -compose Screen -composite")),
        ("gmic-glow", "gmic", lambda s, r, m: f"-glow {f(1 + 3 * s)}%".split()),
    ],
    "vignette": [
        ("gegl-vignette", "gegl", lambda s, r, m: f"gegl:vignette radius={f(1.25 - 0.5 * s)} softness={f(r.uniform(0.6, 1))} gamma={f(r.uniform(1.2, 2.2))}".split()),
        ("im-vignette", "im", lambda s, r, m: im("-background black -vignette", f"0x{f(m * r.uniform(0.06, 0.14))}-{f(m * 0.08 * (1 - s))}-{f(m * 0.08 * (1 - s))}")),
        ("gmic-vignette", "gmic", lambda s, r, m: f"-vignette {f(60 + 60 * s)},{f(75 - 25 * s)},95".split()),
        ("im-radial", "im", lambda s, r, m: im("( -clone 0 -fill white -colorize 100 -background black -vignette", f"0x{f(m * r.uniform(0.1, 0.2))}-{f(m * 0.03)}-{f(m * 0.03)}", "+level", f"{f(60 - 55 * s)}%,100%", ") -compose Multiply -composite")),
    ],
}


def tiles(s, r, m):
    """Squares of one colour with joints between."""
    p = round(6 + (m / 20) * s)
    shade = r.choice(["black", "gray20", "gray40"])
    return im("-scale", f"{f(100 / p)}%", "-scale {size}!", "( -size", f"{p}x{p}", "xc:white -fill none -stroke", shade,
              "-draw", f"'rectangle 0,0 {p - 1},{p - 1}'", "-write mpr:tile +delete -size {size} tile:mpr:tile ) -compose Multiply -composite")



def photo_filter(r, s, colours):
    """A coloured glass before the lens."""
    return im("( +clone -fill", r.choice(colours), "-colorize 100 ) -compose", r.choice(["SoftLight", "Multiply"]), "-composite", "-modulate", f(100 + 12 * s)) if s > 0.5 else im(
        "( +clone -fill", r.choice(colours), "-colorize", f(30 + 100 * s), ") -compose SoftLight -composite")


def screened(r, s, cell, gray):
    """Dots or lines of a printing screen: a pattern is added and what lies above the middle is paper."""
    return im("-colorspace Gray" if gray else "", "( -size", f"{cell}x{cell}", "radial-gradient:white-black -write mpr:dot +delete -size {size} tile:mpr:dot )",
              "-compose Mathematics -define compose:args=0,1,1,-0.5 -composite", "-sigmoidal-contrast", f"{f(10 + 15 * s)},50%", "-colorspace sRGB")


def waves_of(r, s, cell, crossed):
    a = r.uniform(0, math.pi)
    one = f"cos({f(2 * math.pi / cell)}*(x*{f(math.cos(a))}+y*{f(math.sin(a))}))"
    two = f"cos({f(2 * math.pi / cell)}*(y*{f(math.cos(a))}-x*{f(math.sin(a))}))"
    screen = f"63*({one}+{two})" if crossed else f"127*{one}"
    return f"-fill i+{screen}>127?255:0"


def kernel_emboss(r):
    return r.choice(["-2,-1,0,-1,1,1,0,1,2", "2,1,0,1,1,-1,0,-1,-2", "0,-1,-2,1,1,-1,2,1,0", "-1,-1,0,-1,1,1,0,1,1"])


def own(name):
    """The project's own operator, the one that encoders are trained on."""
    return ("finexl", "finexl", lambda s, r, m: [name, s])


# Made later: more hands for every aspect, above all for those that are made of strokes and structure.
MORE = {
    "vivid": [
        ("im-matrix", "im", lambda s, r, m: im("-color-matrix", "{0},{1},{1},{1},{0},{1},{1},{1},{0}".format(f(1 + 0.9 * s), f(-0.45 * s)))),
        ("gmic-lab", "gmic", lambda s, r, m: f"-rgb2lab -s c -mul[1,2] {f(1 + 1.6 * s)} -a c -lab2rgb -c 0,255".split()),
    ],
    "muted": [
        ("im-matrix", "im", lambda s, r, m: im("-color-matrix", "{0},{1},{1},{1},{0},{1},{1},{1},{0}".format(f(1 - 0.5 * s), f(0.25 * s)))),
        ("gmic-lab", "gmic", lambda s, r, m: f"-rgb2lab -s c -mul[1,2] {f(0.85 - 0.6 * s)} -a c -lab2rgb -c 0,255".split()),
    ],
    "monochrome": [
        ("im-modulate", "im", lambda s, r, m: im("-modulate 100,0")),
        ("gmic-value", "gmic", lambda s, r, m: "-s c -max -to_rgb".split()),
        ("gegl-c2g", "gegl", lambda s, r, m: "gegl:saturation scale=0".split()),
        ("im-high", "im", lambda s, r, m: im("-colorspace Gray -sigmoidal-contrast", f"{f(2 + 6 * s)},50%", "-colorspace sRGB")),
    ],
    "warm": [
        ("im-filter", "im", lambda s, r, m: photo_filter(r, s, ["#ec8a00", "#ffb000", "#e08040", "#ff8c42"])),
        ("gegl-levels", "gegl", lambda s, r, m: f"gegl:channel-mixer rr-gain={f(1 + 0.25 * s)} gg-gain=1 bb-gain={f(1 - 0.45 * s)} preserve-luminosity=false".split()),
        ("gmic-curve", "gmic", lambda s, r, m: f"-s c -pow[0] {f(1 - 0.08 * s)} -mul[0] {f(1 + 0.5 * s)} -mul[2] {f(1 - 0.4 * s)} -a c -c 0,255".split()),
    ],
    "cool": [
        ("im-filter", "im", lambda s, r, m: photo_filter(r, s, ["#006dff", "#00b5ff", "#5080c0", "#00a0d0"])),
        ("gegl-levels", "gegl", lambda s, r, m: f"gegl:channel-mixer rr-gain={f(1 - 0.4 * s)} gg-gain=1 bb-gain={f(1 + 0.3 * s)} preserve-luminosity=false".split()),
        ("gmic-curve", "gmic", lambda s, r, m: f"-s c -mul[0] {f(1 - 0.35 * s)} -mul[2] {f(1 + 0.4 * s)} -a c -c 0,255".split()),
    ],
    "sepia": [
        ("im-matrix", "im", lambda s, r, m: im("-color-matrix", "0.393,0.769,0.189,0.349,0.686,0.168,0.272,0.534,0.131", "-evaluate multiply", f(r.uniform(0.8, 0.95)))),
        ("im-tint", "im", lambda s, r, m: im("-colorspace Gray -colorspace sRGB -fill", r.choice(["#704214", "#8a5a2b", "#a0703c"]), "-tint", f(60 + 60 * s))),
        ("gmic-map", "gmic", lambda s, r, m: f"-luminance -to_rgb -s c -mul[0] {f(r.uniform(1.02, 1.15))} -mul[1] {f(r.uniform(0.86, 0.96))} -mul[2] {f(r.uniform(0.55, 0.75))} -a c -c 0,255".split()),
    ],
    "inverted": [
        ("im-fx", "im", lambda s, r, m: im("-level 100%,0%")),
        ("gegl-darkroom", "gegl", lambda s, r, m: ["gegl:invert-gamma", "gegl:saturation", f"scale={f(r.uniform(0.8, 1.2))}"]),
        ("gmic-lab", "gmic", lambda s, r, m: "-s c -mul -1 -add 255 -a c".split()),
    ],
    "pastel": [
        ("im-screen", "im", lambda s, r, m: im("( +clone -fill", r.choice(["gray60", "#b8a0a8", "#a0a8b8"]), "-colorize", f(50 + 40 * s), ") -compose Screen -composite -modulate", f"100,{f(110 - 25 * s)}")),
        ("gmic-lab", "gmic", lambda s, r, m: f"-rgb2lab -s c -mul[0] {f(0.75 - 0.35 * s)} -add[0] {f(100 * (0.25 + 0.33 * s))} -mul[1,2] {f(0.95 - 0.2 * s)} -a c -lab2rgb -c 0,255".split()),
    ],
    "dark": [
        ("im-modulate", "im", lambda s, r, m: im("-modulate", f(85 - 55 * s))),
        ("im-self", "im", lambda s, r, m: im("( +clone ) -compose Multiply -composite -evaluate multiply", f(1.05 - 0.5 * s))),
        ("gegl-levels", "gegl", lambda s, r, m: f"gegl:levels out-low=0 out-high={f(0.85 - 0.55 * s)}".split()),
    ],
    "bright": [
        ("im-modulate", "im", lambda s, r, m: im("-modulate", f(115 + 55 * s))),
        ("im-self", "im", lambda s, r, m: im("( +clone -evaluate multiply", f(0.4 + 0.6 * s), ") -compose Screen -composite")),
        ("gmic-add", "gmic", lambda s, r, m: f"-add {f(20 + 75 * s)} -c 0,255".split()),
        ("gegl-levels", "gegl", lambda s, r, m: f"gegl:levels in-high={f(0.88 - 0.35 * s)}".split()),
    ],
    "high contrast": [
        ("im-self", "im", lambda s, r, m: im("( +clone ) -compose", "Overlay" if s < 0.6 else "HardLight", "-composite")),
        ("im-stretch", "im", lambda s, r, m: im("-contrast-stretch", "{0}%x{0}%".format(f(4 + 18 * s)))),
        ("gmic-sigmoid", "gmic", lambda s, r, m: f"-sub 127.5 -div 127.5 -fill tanh(i*{f(1.4 + 2.2 * s)})/tanh({f(1.4 + 2.2 * s)}) -mul 127.5 -add 127.5".split()),
        ("gegl-levels", "gegl", lambda s, r, m: f"gegl:levels in-low={f(0.06 + 0.22 * s)} in-high={f(0.94 - 0.22 * s)}".split()),
    ],
    "low contrast": [
        ("gmic-lab", "gmic", lambda s, r, m: f"-rgb2lab -s c -sub[0] 55 -mul[0] {f(0.8 - 0.55 * s)} -add[0] 55 -a c -lab2rgb -c 0,255".split()),
        ("im-sigmoidal", "im", lambda s, r, m: im("+sigmoidal-contrast", f"{f(3 + 6 * s)},50%", "+level", f"{f(4 + 14 * s)}%,{f(96 - 14 * s)}%")),
        ("gegl-levels", "gegl", lambda s, r, m: f"gegl:levels out-low={f(0.1 + 0.25 * s)} out-high={f(0.9 - 0.2 * s)}".split()),
        ("gmic-haze", "gmic", lambda s, r, m: f"-mul {f(0.85 - 0.45 * s)} -add {f(255 * (0.1 + 0.3 * s))}".split()),
    ],
    "grainy": [
        ("gegl-hsv", "gegl", lambda s, r, m: f"gegl:noise-hsv holdness=1 hue-distance={f(2 + 8 * s)} saturation-distance={f(0.1 * s)} value-distance={f(0.12 + 0.4 * s)} seed={r.randrange(1000)}".split()),
        ("im-multiplicative", "im", noise("Multiplicative", 1.0)),
        ("gmic-film", "gmic", lambda s, r, m: f"+fill 0 -srand {r.randrange(1000)} -noise[1] {f(15 + 45 * s)} -b[1] {f(r.uniform(0.4, 0.9))} -luminance[1] -mul[1] {f(r.uniform(1.5, 2.5))} -add -c 0,255".split()),
    ],
    "halftone": [
        ("im-screen", "im", lambda s, r, m: screened(r, s, round(4 + 6 * s), False)),
        ("im-screen-gray", "im", lambda s, r, m: screened(r, s, round(4 + 6 * s), True)),
        ("gmic-screen", "gmic", lambda s, r, m: (r.choice(["", "-luminance "]) + waves_of(r, s, 3.5 + 5 * s, True) + " -to_rgb").split()),
        ("gegl-diamond", "gegl", lambda s, r, m: "gegl:newsprint color-model={0} pattern={2} period={1} pattern2={2} period2={1} pattern3={2} period3={1} pattern4={2} period4={1} black-pullout={3}".format(r.choice(["black-on-white", "cmyk"]), f(3.5 + 5 * s), r.choice(["diamond", "circle"]), f(r.uniform(0.3, 1))).split()),
    ],
    "hatched": [
        ("im-pattern", "im", lambda s, r, m: im("-colorspace Gray ( -size {size}", "pattern:" + r.choice(["left45", "right45", "hs_fdiagonal", "hs_bdiagonal", "hs_diagcross", "crosshatch45"]), "-colorspace Gray -blur", f"0x{f(r.uniform(0.6, 1.2))}", "-normalize ) -compose Mathematics -define compose:args=0,1,1,-0.5 -composite -sigmoidal-contrast 8,50% -colorspace sRGB")),
        ("gmic-lines", "gmic", lambda s, r, m: ("-luminance " + waves_of(r, s, 3 + 4 * s, False) + " -to_rgb").split()),
        ("gmic-colour-lines", "gmic", lambda s, r, m: f"-fill i+{f(40 + 60 * s)}*cos({f(2 * math.pi / r.uniform(3, 6))}*(x*{r.choice([1, -1])}+y)) -c 0,255".split()),
    ],
    "paper": [
        ("im-weave", "im", lambda s, r, m: im("( -size {size}", "pattern:" + r.choice(["crosshatch", "hs_cross", "gray50", "verticalsaw", "crosshatch30"]), "-blur", f"0x{f(r.uniform(0.5, 1))}", "-normalize +level", f"{f(48 - 30 * s)}%,{f(52 + 30 * s)}%", ") -compose", r.choice(["SoftLight", "Overlay"]), "-composite")),
        ("gmic-fibres", "gmic", lambda s, r, m: f"+fill 0 -srand {r.randrange(1000)} -noise[1] 100 -luminance[1] -b[1] {f(r.uniform(0.8, 2))} -shift[1] 0 +shift[1] 1,1 -sub[1,2] -n[1] 0,255 -sub[1] 127 -mul[1] {f(0.3 + 0.7 * s)} -add -c 0,255".split()),
        ("gegl-noise", "gegl", lambda s, r, m: f"gegl:noise-spread amount-x={round(1 + 2 * s)} amount-y={round(1 + 2 * s)} gegl:texturize-canvas depth={int(2 + 6 * s)} direction=top-left".split()),
        ("im-watercolour-sheet", "im", lambda s, r, m: im("( +clone -fill gray50 -colorize 100 -attenuate 2 +noise Random -colorspace Gray -blur", f"0x{f(r.uniform(1.2, 3))}", "-emboss 1 -normalize +level", f"{f(45 - 30 * s)}%,{f(55 + 30 * s)}%", "-colorspace sRGB ) -compose", r.choice(["Overlay", "SoftLight", "Multiply"]), "-composite")),
    ],
    "mosaic": [
        ("gmic-crystal", "gmic", lambda s, r, m: f"-fx_crystal {f(r.uniform(40, 70))},{f(r.uniform(0.1, 0.3))},{f(r.uniform(10, 30))},0,0".split()),
        ("im-bricks", "im", lambda s, r, m: im("-scale", f"{f(100 / (5 + 8 * s))}%", "-scale {size}! ( -size {size} pattern:bricks -colorspace Gray -normalize ) -compose Multiply -composite")),
        ("gegl-waterpixels", "gegl", lambda s, r, m: f"gegl:waterpixels size={round(8 + (m / 18) * s)} smoothness=1.0 regularization={round(r.uniform(0, 20))}".split()),
    ],
    "blurry": [
        ("gegl-median", "gegl", lambda s, r, m: f"gegl:box-blur radius={round((1 + 5 * s) * (m / 256) ** 0.5)}".split()),
        ("gegl-circular", "gegl", lambda s, r, m: f"gegl:motion-blur-circular angle={f(3 + 12 * s)}".split()),
        ("im-radial", "im", lambda s, r, m: im("-radial-blur", f(2 + 10 * s))),
        ("gmic-disc", "gmic", lambda s, r, m: f"-b {f(0.4 + 1.2 * s)}%".split()),
    ],
    "sharp": [
        ("im-kernel", "im", lambda s, r, m: im("( +clone -morphology Convolve", "3x3:0,-1,0,-1,5,-1,0,-1,0", ") -compose blend -define", f"compose:args={f(35 + 65 * s)}", "-composite")),
        ("gmic-unsharp", "gmic", lambda s, r, m: f"-unsharp {f(r.uniform(0.8, 2.5))},{f(1 + 3 * s)} -c 0,255".split()),
        ("gegl-wide", "gegl", lambda s, r, m: f"gegl:unsharp-mask std-dev={f(r.uniform(3, 6))} scale={f(0.8 + 1.5 * s)} gegl:unsharp-mask std-dev=0.8 scale={f(0.5 + s)}".split()),
    ],
    "flat colour": [
        ("gegl-curvature", "gegl", lambda s, r, m: f"gegl:mean-curvature-blur iterations={round(5 + 20 * s)} gegl:posterize levels={round(8 - 4 * s)}".split()),
        ("gmic-bilateral", "gmic", lambda s, r, m: f"-bilateral {f(4 + 6 * s)},{f(20 + 40 * s)} -quantize {round(10 - 5 * s)},1".split()),
        ("im-remap", "im", lambda s, r, m: im("-blur", f"0x{f(0.5 + 1.2 * s)}", "+dither -colors", round(16 - 10 * s))),
    ],
    "outlined": [
        ("im-morph", "im", lambda s, r, m: im("( -clone 0 -colorspace Gray -blur 0x0.6 -morphology", r.choice(["EdgeIn", "EdgeOut", "Edge"]), "Disk:1.5 -normalize -level", f"8%,{f(60 - 30 * s)}%", "-negate -colorspace sRGB ) -compose Multiply -composite")),
        ("im-canny", "im", lambda s, r, m: im("( -clone 0 -colorspace Gray -canny", f"0x{f(r.uniform(1, 2))}+8%+{f(r.uniform(18, 28))}%", "-morphology Dilate", "Square:1" if s > 0.5 else "Diamond:1", "-negate -colorspace sRGB ) -compose Multiply -composite")),
        ("gmic-thick", "gmic", lambda s, r, m: f"+luminance -b[1] 0.8 -gradient_norm[1] -ge[1] {f(30 - 12 * s)} -dilate[1] {r.choice([2, 3])} -b[1] 0.5 -mul[1] {f(-0.5 - 0.5 * s)} -add[1] 1 -c[1] 0,1 -mul".split()),
        ("gmic-flat-lines", "gmic", lambda s, r, m: f"-bilateral 5,25 +luminance -gradient_norm[1] -b[1] 0.5 -n[1] 0,{f(2 + 2 * s)} -c[1] 0,1 -negate[1] -n[1] 0,1 -mul".split()),
    ],
    "line art": [
        ("im-dodge", "im", lambda s, r, m: im("-colorspace Gray ( +clone -negate -blur", f"0x{f(r.uniform(1.5, 5))}", ") -compose ColorDodge -composite -level", f"{f(r.uniform(20, 50))}%,100%", "-colorspace sRGB")),
        ("im-canny", "im", lambda s, r, m: im("-colorspace Gray -canny", f"0x1+{f(r.uniform(4, 9))}%+{f(r.uniform(12, 22))}%", "-negate -colorspace sRGB")),
        ("gegl-sobel", "gegl", lambda s, r, m: "gegl:gray gegl:edge-sobel gegl:invert-gamma gegl:gray".split()),
        ("gegl-dog", "gegl", lambda s, r, m: f"gegl:gray gegl:difference-of-gaussians radius1={f(r.uniform(1.5, 3))} radius2=0.4 gegl:invert-gamma gegl:levels in-low={f(r.uniform(0.3, 0.5))}".split()),
    ],
    "embossed": [
        ("im-kernel", "im", lambda s, r, m: im("-morphology Convolve", "3x3:" + kernel_emboss(r))),
        ("gmic-kernel", "gmic", lambda s, r, m: f"+fill 0 -shift[1] 0 +b[0] {f(0.5 + s)} -shift[2] {r.choice([-2, -1, 1, 2])},{r.choice([-2, -1, 1, 2])} -rm[1] -sub -mul {f(0.9 + 1.2 * s)} -add 128 -c 0,255".split()),
        ("im-offset", "im", lambda s, r, m: im("-colorspace Gray -colorspace sRGB" if r.random() < 0.6 else "", "( +clone -negate -roll", f"{r.choice('+-')}{r.choice([1, 2, 3])}{r.choice('+-')}{r.choice([1, 2, 3])}", ") -compose blend -define compose:args=50 -composite -level", f"{f(20 + 12 * s)}%,{f(80 - 12 * s)}%")),
        ("gegl-kernel", "gegl", lambda s, r, m: "gegl:gray gegl:convolution-matrix b2={0} b3={1} b4=0 c2={1} c3=1 c4={2} d2=0 d3={2} d4={3} normalize=false".format(f(-1 - s), f(-0.5 - 0.5 * s), f(0.5 + 0.5 * s), f(1 + s)).split()),
    ],
    "wavy": [
        ("gegl-whirl", "gegl", lambda s, r, m: f"gegl:whirl-pinch whirl={f(r.choice([-1, 1]) * (30 + 90 * s))} pinch={f(r.uniform(-0.3, 0.3))}".split()),
        ("gmic-deform", "gmic", lambda s, r, m: f"-srand {r.randrange(1000)} -deform {f(4 + 12 * s)}".split()),
        ("gegl-waves", "gegl", lambda s, r, m: f"gegl:waves amplitude={f(m * (0.01 + 0.03 * s))} period={f(m * r.uniform(0.12, 0.35))} aspect=1.0".split()),
        ("im-two-waves", "im", lambda s, r, m: im("-background gray -virtual-pixel mirror -wave", f"{f(m * (0.006 + 0.02 * s))}x{f(m * r.uniform(0.1, 0.3))}", "-rotate 90 -wave", f"{f(m * (0.006 + 0.02 * s))}x{f(m * r.uniform(0.1, 0.3))}", "-rotate -90 -gravity center -crop {size}+0+0 +repage")),
    ],
    "painterly": [
        ("im-median", "im", lambda s, r, m: im("-statistic Median", "{0}x{0}".format(round(3 + (m / 50) * s)), "-unsharp 0x1+1.5+0")),
        ("gegl-median", "gegl", lambda s, r, m: f"gegl:median-blur radius={round((2 + 4 * s) * (m / 256) ** 0.5)} gegl:unsharp-mask std-dev=2 scale=1".split()),
    ],
    "neon": [
        ("gmic-glow-lines", "gmic", lambda s, r, m: f"-gradient_norm -n 0,255 -mul {f(1 + s)} -c 0,255 -to_rgb -s c -mul[{r.choice(['0', '1', '2', '0,2', '1,2'])}] 0.2 -a c +b[0] {f(1.5 + 2.5 * s)} -mul[1] 1.5 -add -c 0,255".split()),
        ("im-dark-glow", "im", lambda s, r, m: im("( -clone 0 -edge 1 -modulate 100,300 -blur 0x0.7 -evaluate multiply 1.6 ) ( -clone 0 -evaluate multiply", f(0.35 - 0.25 * s), ") -delete 0 -compose Screen -composite")),
        ("gegl-edge", "gegl", lambda s, r, m: f"gegl:edge amount={f(2 + 3 * s)} gegl:saturation scale={f(1.5 + s)} gegl:softglow glow-radius={f(3 + 6 * s)} brightness={f(0.2 + 0.3 * s)} sharpness=0.9".split()),
    ],
    "glowing": [
        ("im-orton", "im", lambda s, r, m: im("( +clone -blur", f"0x{f(m / r.uniform(25, 60))}", "-evaluate multiply", f(0.5 + 0.5 * s), ") -compose Screen -composite")),
        ("gmic-screen", "gmic", lambda s, r, m: f"+b {f(1 + 2 * s)}% -sub[1] {f(60 - 40 * s)} -c[1] 0,255 -mul[1] {f(0.5 + 0.6 * s)} -add -c 0,255".split()),
    ],
    "vignette": [
        ("gmic-radial", "gmic", lambda s, r, m: f"-fill i*(1-{f(0.4 + 0.6 * s)}*min(1,{f(r.uniform(1.4, 2.2))}*(((x/w-0.5)^2+(y/h-0.5)^2)^{f(r.uniform(0.9, 1.6))}))) -c 0,255".split()),
        ("im-gradient", "im", lambda s, r, m: im("( -size {size} radial-gradient:white-gray" + str(round(70 - 65 * s)), "-level", f"0%,{f(r.uniform(60, 90))}%", ") -compose Multiply -composite")),
        ("gegl-soft", "gegl", lambda s, r, m: f"gegl:vignette radius={f(1.4 - 0.5 * s)} softness={f(r.uniform(0.8, 1))} gamma={f(r.uniform(2, 3))} proportion={f(r.uniform(0.2, 1))} squeeze={f(r.uniform(-0.3, 0.3))}".split()),
    ],
}
for aspect in MAKERS:
    MORE.setdefault(aspect, []).append(own(aspect))


# By aspect, the maker that no head learns from and that tests use.
HELD_OUT = {
    "vivid": "gegl-chroma", "muted": "gmic-hsl", "monochrome": "gegl-gray", "warm": "im-gamma", "cool": "im-gamma", "sepia": "gmic-sepia",
    "inverted": "gmic-negate", "pastel": "gegl-lightness", "dark": "gegl-brightness", "bright": "gegl-brightness",
    "high contrast": "gmic-contrast", "low contrast": "gegl-contrast", "grainy": "gmic-noise", "halftone": "gmic-halftone",
    "hatched": "gmic-engrave", "paper": "gegl-canvas", "mosaic": "gmic-mosaic", "blurry": "gegl-motion", "sharp": "gmic-sharpen",
    "pixelated": "gegl-pixelize", "flat colour": "gegl-posterize", "outlined": "gmic-poster-edges", "line art": "gmic-stencil",
    "embossed": "gegl-emboss", "wavy": "gmic-wave", "painterly": "gegl-oilify", "neon": "gmic-edges", "glowing": "gmic-glow",
    "vignette": "gmic-vignette",
}
