#!/usr/bin/env python3
"""Makes sets of pictures before and after filters of ImageMagick, GEGL and G'MIC, for heads that read photographs.

python3 scripts/make_sets.py PHOTOGRAPHS OUT --sets 900 --doubles 250 --nulls 80 --pairs 8 --seed 1 [--held-out] [--more | --own] [--sizes 96 512]

Every set is a folder OUT/NNNNN with base/ and personalized/, and a line in OUT/sets.csv: its aspects with levels, makers.
Debian 12 packages imagemagick 8:6.9.11.60, gegl 1:0.4.42, gmic 2.9.4, and Pillow; for
--own also python3-numpy 1.24 and python3-scipy 1.10. A set depends on its number and the seed
alone, so a run that was stopped goes on where it was.
"""
import argparse, csv, io, math, multiprocessing, os, random, shutil, subprocess, sys, warnings, zlib
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
import gi
from PIL import Image, ImageEnhance, ImageFilter
from makers import HELD_OUT, MAKERS, MORE

gi.require_version("Gegl", "0.4")
from gi.repository import Gegl  # noqa: E402

warnings.filterwarnings("ignore", message="Two different plugins")  # what the second licence loads anew
Gegl.init(None)
Gegl.config().set_property("use-opencl", False)
Gegl.config().set_property("threads", 1)
# Some operations are offered to programs under the GPL 3 only; nothing of them is distributed.
Gegl.config().set_property("application-license", "GPL3")

IM = shutil.which("convert-im6") or "convert"
FINEXL = os.environ.get("FINEXL", "target/debug/finexl")
ENV = dict(os.environ, GEGL_USE_OPENCL="no", OMP_NUM_THREADS="1", MAGICK_THREAD_LIMIT="1", GEGL_THREADS="1")


def call(command):
    done = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, env=ENV, timeout=240)
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(command)[:300]}: {done.stderr.decode(errors='replace')[-300:]}")


def apply(tool, arguments, files):
    """Applies one filter to files, in place."""
    if tool == "gmic":
        call(["gmic", "-v", "-", *[str(f) for f in files], *gmic_each(arguments, files)])
        return
    if tool == "finexl":
        own(*arguments, files)
        return
    if tool == "numpy":
        for file in files:
            in_numpy(arguments, file)
        return
    for file in files:
        with Image.open(file) as image:
            size = f"{image.width}x{image.height}"
        if tool == "im":
            words = [w.replace("{size}", size) for w in join_quoted(arguments)]
            call([IM, str(file), *words, "-type", "TrueColor", "-depth", "8", "+repage", str(file)])
        else:
            gegl(arguments, file)


def gegl(arguments, file):
    """A chain of GEGL's operations: names, each followed by its properties."""
    graph = Gegl.Node()
    last = graph.create_child("gegl:load")
    last.set_property("path", str(file))
    for word in arguments:
        if "=" not in word:
            node = graph.create_child(word)
            last.link(node)
            last = node
            known = {p.name: p for p in Gegl.Operation.list_properties(word)}
            continue
        key, value = word.split("=", 1)
        kind = known[key].value_type
        name = kind.name
        if name == "gboolean":
            value = value == "true"
        elif name in ("gint", "guint"):
            value = int(value)
        elif name in ("gdouble", "gfloat"):
            value = float(value)
        node.set_property(key, value)
    out = file.with_suffix(".out.png")
    save = graph.create_child("gegl:png-save")
    save.set_property("path", str(out))
    save.set_property("bitdepth", 8)
    # Some operations grow the picture: what lay in it counts.
    with Image.open(file) as image:
        width, height = image.size
    crop = graph.create_child("gegl:crop")
    for key, value in (("x", 0.0), ("y", 0.0), ("width", float(width)), ("height", float(height))):
        crop.set_property(key, value)
    last.link(crop)
    crop.link(save)
    save.process()
    os.replace(out, file)


def own(aspect, level, files):
    """The project's own operator: it works on folders."""
    folder = files[0].parent
    out = folder.with_name(".own")
    shutil.rmtree(out, ignore_errors=True)
    call([FINEXL, "data", "stylize", str(folder), str(out), "--aspect", f"{aspect}={level:.4f}", "--seed", str(zlib.crc32(str(folder).encode()) % 1000), "--quiet"])
    for file in files:
        os.replace(out / file.name, file)
    shutil.rmtree(out)


def in_numpy(filter_, file):
    """One of our own filters: a function of a picture of 0 to 1 and of a generator, which is the file's own."""
    import numpy as np

    with Image.open(file) as image:
        x = np.asarray(image.convert("RGB"), np.float32) / 255
    y = filter_(x, np.random.default_rng(zlib.crc32(file.stem.encode())))
    Image.fromarray((np.clip(y, 0, 1) * 255 + 0.5).astype(np.uint8)).save(file, compress_level=1)


def gmic_each(arguments, files):
    # Filters may work on lists, so each image is a list of its own.
    command = []
    for index, file in enumerate(files):
        command += [f"-l[{index}]", "-to_rgb", *arguments, "-k[-1]", "-to_rgb", "-c", "0,255", "-o[-1]", str(file), "-endl"]
    return command


def join_quoted(words):
    out, inside = [], None
    for word in words:
        if inside is not None:
            inside += " " + word
            if word.endswith("'"):
                out.append(inside.strip("'")); inside = None
        elif word.startswith("'") and not word.endswith("'"):
            inside = word
        else:
            out.append(word.strip("'"))
    return out


def keep_size(file, like):
    """RGB of the base's size."""
    with Image.open(file) as image:
        image = image.convert("RGB")
        if image.size != like:
            image = image.resize(like, Image.BICUBIC)
        image.save(file)


def plan(number, options, kind):
    if options.own:
        return plan_own(number, options, kind)
    r = random.Random(f"{options.seed} {number}")
    side = round(math.exp(r.uniform(math.log(options.sizes[0]), math.log(options.sizes[1]))))
    count = {"single": 1, "double": 2, "null": 0}[kind]
    names = sorted(MAKERS)
    chosen = []
    if count == 1:
        chosen = [names[number % len(names)]]
    elif count == 2:
        while True:
            chosen = r.sample(names, 2)
            if chosen[1] not in CONFLICTS.get(chosen[0], []):
                break
        chosen.sort(key=lambda a: ORDER.index(a) if a in ORDER else len(ORDER))
    picked = []
    for aspect in chosen:
        held = HELD_OUT[aspect]
        makers = [m for m in MAKERS[aspect] if (m[0] == held) == options.held_out]
        if options.more:
            # One aspect shows the makers that are new; where there are two, either may be old.
            makers = MORE[aspect] + (makers if count == 2 else [])
        if options.held_out or count == 2:
            maker = r.choice(makers)
        else:
            maker = makers[(number // len(names)) % len(makers)]
        level = r.uniform(0.15, 1.0) if options.level is None else options.level
        if aspect in WHOLE:
            level = max(level, r.uniform(0.85, 1.0))
        picked.append((aspect, maker, level, maker[2](level, r, side)))
    return r, side, picked


def plan_own(number, options, kind):
    """As `plan`, by our own filters: singles go through all of them in turn, looks of several aspects among them."""
    r = random.Random(f"{options.seed} {number}")
    side = round(math.exp(r.uniform(math.log(options.sizes[0]), math.log(options.sizes[1]))))
    from own_filters import LOOKS, OWN  # numpy and scipy, which no other sets need

    rows = [(aspect, row) for aspect in sorted(OWN) for row in OWN[aspect]]
    if kind == "null":
        return r, side, []
    if kind == "single":
        at = number % (len(rows) + len(LOOKS))
        if at >= len(rows):
            name, tool, make, levels = LOOKS[at - len(rows)]
            s = r.uniform(0.45, 1.0) if options.level is None else options.level
            shown = [(aspect, (name, tool), level * s) for aspect, level in levels.items()]
            return r, side, [(*shown[0], make(s, r, side))] + [(*more, None) for more in shown[1:]]
        chosen = [rows[at]]
    else:
        while True:
            (a, row), (b, other) = chosen = r.sample(rows, 2)
            if a != b and b not in CONFLICTS.get(a, []):
                break
        # In every other double one of the two is by another program.
        if number % 2:
            chosen[1] = (b, r.choice([m for m in MAKERS[b] + MORE[b] if m[0] != HELD_OUT[b]]))
        chosen.sort(key=lambda c: ORDER.index(c[0]) if c[0] in ORDER else len(ORDER))
    picked = []
    for aspect, row in chosen:
        least = row[3] if len(row) > 3 else (0.85 if aspect in WHOLE else 0.15)
        level = r.uniform(least, 1.0) if options.level is None else max(least, options.level)
        picked.append((aspect, row, level, row[2](level, r, side)))
    return r, side, picked


def side_effect(r):
    """What filters often do besides: a little light, contrast, colour or sharpness, well below what an aspect begins with."""
    kind = r.choice(["light", "contrast", "colour", "tint", "soft", "sharp"])
    k = r.uniform(-1, 1)
    gains = [1 + 0.015 * r.uniform(-1, 1) for _ in range(3)]

    def run(image):
        if kind == "light":
            return ImageEnhance.Brightness(image).enhance(1 + 0.05 * k)
        if kind == "contrast":
            return ImageEnhance.Contrast(image).enhance(1 + 0.07 * k)
        if kind == "colour":
            return ImageEnhance.Color(image).enhance(1 + 0.1 * k)
        if kind == "tint":
            return Image.merge("RGB", [band.point(lambda v, g=g: v * g) for band, g in zip(image.split(), gains)])
        if kind == "soft":
            return image.filter(ImageFilter.GaussianBlur(0.2 + 0.2 * abs(k)))
        return image.filter(ImageFilter.UnsharpMask(1, round(10 + 15 * abs(k)), 0))
    return run


CONFLICTS = {}
# What is done first where there are two.
ORDER = ["wavy", "pixelated", "flat colour", "painterly", "outlined", "embossed", "mosaic", "halftone", "hatched"]
# What their makers cannot do in part.
WHOLE = ("monochrome", "inverted", "line art", "sepia")


def read_conflicts(path):
    import tomllib
    for aspect in tomllib.loads(Path(path).read_text())["aspects"]:
        CONFLICTS[aspect["name"]] = aspect["conflicts-with"]


def nuisance(r, folder, files):
    """What a null set has undergone."""
    kind = r.choice(["jpeg", "resample", "jpeg-strong", "crop", "nothing-but-png"])
    quality, factor, shift = r.randint(70, 95), r.uniform(0.5, 1.5), r.uniform(0.92, 0.99)
    strong = r.randint(30, 69)
    for file in files:
        image = Image.open(file).convert("RGB")
        w, h = image.size
        if kind.startswith("jpeg"):
            buffer = io.BytesIO(); image.save(buffer, "JPEG", quality=quality if kind == "jpeg" else strong); image = Image.open(buffer).convert("RGB")
        elif kind == "resample":
            image = image.resize((max(8, round(w * factor)), max(8, round(h * factor))), Image.BICUBIC).resize((w, h), Image.BICUBIC) if factor > 1 else image.resize((max(8, round(w * max(0.8, factor))), max(8, round(h * max(0.8, factor)))), Image.LANCZOS).resize((w, h), Image.LANCZOS)
        elif kind == "crop":
            x, y = round(w * (1 - shift) * r.random()), round(h * (1 - shift) * r.random())
            image = image.crop((x, y, x + round(w * shift), y + round(h * shift))).resize((w, h), Image.BICUBIC)
        image.save(file)
    return kind


def crop_a_little(r, image):
    """Another cut of the same picture: content moves, style does not."""
    keep = r.uniform(0.75, 0.95)
    w, h = round(image.width * keep), round(image.height * keep)
    x, y = round((image.width - w) * r.random()), round((image.height - h) * r.random())
    return image.crop((x, y, x + w, y + h)).resize(image.size, Image.BICUBIC)


def as_jpeg(image, quality):
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=quality)
    return Image.open(buffer).convert("RGB")


def make(number, kind, options, photographs):
    r, side, picked = plan(number, options, kind)
    # What else happens to the personalized side, as with real adapters: nothing, another cut, another photograph, JPEG.
    n = random.Random(f"{options.seed} {number} content")
    content = n.choices(["same", "cut", "other"], options.content)[0]
    quality = n.randint(60, 95) if n.random() < 0.2 else None
    folder = options.out / f"{number:05d}"
    partial = options.out / f".{number:05d}"
    shutil.rmtree(partial, ignore_errors=True)
    for part in ("base", "personalized"):
        (partial / part).mkdir(parents=True)
    files = []
    chosen = r.sample(photographs, min(options.pairs, len(photographs)))
    others = n.sample(photographs, len(chosen))
    for photograph, other in zip(chosen, others):
        with Image.open(photograph) as image:
            image = image.convert("RGB")
            scale = side / max(image.size)
            image = image.resize([max(32, round(v * scale)) for v in image.size], Image.BICUBIC)
        base = partial / "base" / f"{photograph.stem}.png"
        image.save(base, compress_level=1)
        styled = partial / "personalized" / base.name
        if content == "cut":
            image = crop_a_little(n, image)
        elif content == "other":
            with Image.open(other) as another:
                image = another.convert("RGB").resize(image.size, Image.BICUBIC)
        image.save(styled, compress_level=1)
        files.append((styled, image.size))
    note = ""
    for aspect, maker, level, arguments in picked:
        if arguments is None:
            continue  # a further aspect of the look before
        apply(maker[1], arguments, [f for f, _ in files])
        for file, size in files:
            keep_size(file, size)
    if options.own and picked and n.random() < 1 / 3:
        effect = side_effect(n)
        for file, _ in files:
            effect(Image.open(file).convert("RGB")).save(file)
    if not picked:
        note = nuisance(r, partial, [f for f, _ in files])
    if quality is not None:
        for file, _ in files:
            as_jpeg(Image.open(file).convert("RGB"), quality).save(file)
    shutil.rmtree(folder, ignore_errors=True)
    os.replace(partial, folder)
    return [f"{number:05d}", side, ";".join(f"{a}={l:.3f}" for a, _, l, _ in picked), ";".join(m[0] for _, m, _, _ in picked) or note, content, quality or ""]


def made(job):
    """The row of a set, or what went wrong."""
    number, kind, options, photographs = job
    read_conflicts(options.aspects)
    try:
        return make(number, kind, options, photographs)
    except Exception as error:
        return f"set {number}: {error!r}"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("photographs", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--sets", type=int, default=900)
    parser.add_argument("--doubles", type=int, default=250)
    parser.add_argument("--nulls", type=int, default=80)
    parser.add_argument("--first", type=int, help="only so many of all sets, in a random order")
    parser.add_argument("--pairs", type=int, default=8)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--level", type=float)
    parser.add_argument("--sizes", type=int, nargs=2, default=[96, 512])
    parser.add_argument("--content", type=float, nargs=3, default=[0.75, 0.15, 0.10], metavar=("SAME", "CUT", "OTHER"), help="shares of sets whose personalized side is the same picture, another cut of it, another photograph")
    parser.add_argument("--held-out", action="store_true")
    parser.add_argument("--more", action="store_true", help="by the makers that were added later")
    parser.add_argument("--own", action="store_true", help="by our own filters in numpy, with small side effects")
    parser.add_argument("--part", choices=["training", "validation", "all"], default="training")
    parser.add_argument("--aspects", default=Path(__file__).parent.parent / "datasets/aspects.toml")
    parser.add_argument("--processes", type=int, default=1)
    options = parser.parse_args()
    photographs = sorted(p for p in options.photographs.iterdir() if p.suffix.lower() in (".jpg", ".jpeg", ".png"))
    if options.part != "all":
        photographs = [p for i, p in enumerate(photographs) if (i % 10 == 9) == (options.part == "validation")]
    options.out.mkdir(parents=True, exist_ok=True)
    table = options.out / "sets.csv"
    done = {}
    if table.exists():
        done = {row[0]: row for row in csv.reader(table.open())}
    kinds = ["single"] * options.sets + ["double"] * options.doubles + ["null"] * options.nulls
    order = list(range(len(kinds)))
    random.Random(options.seed).shuffle(order)
    order = order[: options.first]
    jobs = [(number, kinds[number], options, photographs) for number in order if f"{number:05d}" not in done]
    with table.open("a", newline="") as out, ProcessPoolExecutor(options.processes, multiprocessing.get_context("spawn")) as pool:
        writer = csv.writer(out)
        if not done:
            writer.writerow(["set", "side", "aspects", "makers", "content", "jpeg"])
        # Rows come in the order of the jobs, whichever process is done first.
        for at, row in enumerate(pool.map(made, jobs)):
            if isinstance(row, str):
                print(row, file=sys.stderr, flush=True)
            else:
                writer.writerow(row)
                out.flush()
            if at % 50 == 0:
                print(f"{at} of {len(jobs)}", flush=True)


if __name__ == "__main__":
    main()
