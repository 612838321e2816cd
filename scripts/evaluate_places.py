#!/usr/bin/env python3
"""How well the maps of `finexl explain` say where in the pictures an aspect is.

python3 scripts/evaluate_places.py target/debug/finexl PHOTOGRAPHS [--aspects blurry,warm] [--pairs 12] [--side 256] [--seed 1]

Photographs are cut to squares, and one part of each set (a half, the middle or the edges, in turn) is replaced by what one
aspect makes of it (its held-out operator at 0.8). Prints, over sets in which the aspect was found significant, the area under
the curve of the map's places against the truth, and how often the part is named; and over the same sets changed as a whole,
how often a part is named by mistake. Needs Pillow and numpy.
"""
import argparse, json, random, subprocess, tempfile
from pathlib import Path

import numpy as np
from PIL import Image

REGIONS = ("upper", "lower", "left", "right", "middle", "edges")


def mask(region, side):
    half, quarter = side // 2, side // 4
    inside = np.zeros((side, side), bool)
    if region in ("middle", "edges"):
        inside[quarter : side - quarter, quarter : side - quarter] = True
        return ~inside if region == "edges" else inside
    rows = {"upper": slice(0, half), "lower": slice(half, side)}.get(region, slice(None))
    columns = {"left": slice(0, half), "right": slice(half, side)}.get(region, slice(None))
    inside[rows, columns] = True
    return inside


def area_under_curve(values, truth):
    """The share of places inside that have more than one outside; ties count half."""
    inside, outside = values[truth], values[~truth]
    more = (inside[:, None] > outside).mean() + 0.5 * (inside[:, None] == outside).mean()
    return float(more)


def explained(program, base, personalized, concept):
    command = [program, "explain", "--quiet", "--json", "-", "--base", base, "--personalized", personalized]
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, check=True)
    aspects = json.loads(done.stdout)["aspects"]
    return next(aspect for aspect in aspects if aspect["concept"] == concept)


def square(path, side):
    image = Image.open(path).convert("RGB")
    shorter = min(image.size)
    left, top = ((length - shorter) // 2 for length in image.size)
    return image.crop((left, top, left + shorter, top + shorter)).resize((side, side), Image.BICUBIC)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("photographs", type=Path)
    parser.add_argument("--aspects", default="blurry,warm,cool,dark,bright,monochrome,sepia,vivid,pixelated,grainy,sharp,inverted")
    parser.add_argument("--pairs", type=int, default=12)
    parser.add_argument("--side", type=int, default=256)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    draw = random.Random(arguments.seed)
    files = sorted(arguments.photographs.rglob("*.jpg"))
    areas, named, found, wrong, whole = [], 0, 0, 0, 0
    aspects = arguments.aspects.split(",")
    for place, aspect in enumerate(aspects):
        region = REGIONS[place % len(REGIONS)]
        inside = mask(region, arguments.side)
        with tempfile.TemporaryDirectory() as folder:
            base, all_of_it, part = (Path(folder) / name for name in ("base", "all", "part"))
            base.mkdir()
            part.mkdir()
            for path in draw.sample(files, arguments.pairs):
                square(path, arguments.side).save(base / f"{path.stem}.png")
            stylize = [arguments.program, "data", "stylize", base, all_of_it, "--aspect", f"{aspect}=0.8"]
            stylize += ["--implementation", "held-out", "--quiet"]
            subprocess.run([str(word) for word in stylize], check=True)
            for path in sorted(base.glob("*.png")):
                before = np.asarray(Image.open(path))
                after = np.asarray(Image.open(all_of_it / path.name).convert("RGB"))
                Image.fromarray(np.where(inside[..., None], after, before)).save(part / path.name)
            of_part = explained(arguments.program, base, part, aspect)
            of_all = explained(arguments.program, base, all_of_it, aspect)
        line = [aspect, region]
        if of_part["map"]:
            grid = of_part["map"]
            cells = inside.reshape(grid["rows"], arguments.side // grid["rows"], grid["columns"], -1).mean((1, 3)) > 0.5
            areas.append(area_under_curve(np.array(grid["mean"]), cells.ravel()))
            found += 1
            named += grid["region"] == region
            line += [f"area {areas[-1]:.3f}", f"named {grid['region']}"]
        else:
            line += [f"not significant ({of_part['decision']['verdict']}, {of_part['score']:.2f})"]
        if of_all["map"]:
            whole += 1
            wrong += of_all["map"]["region"] is not None
            line += [f"as a whole: {of_all['map']['region']}"]
        print(*line, sep=", ", flush=True)
    print(f"significant in a part: {found} of {len(aspects)}")
    if found:
        print(f"area under the curve: mean {np.mean(areas):.3f}, least {min(areas):.3f}")
        print(f"the part is named: {named} of {found}")
    print(f"a part is named of what is everywhere: {wrong} of {whole}")


if __name__ == "__main__":
    main()
