#!/usr/bin/env python3
"""Makes records of many models out of a few real ones, for tests of the gallery.

    python3 scripts/gallery_records.py REAL OUT [--models 120]

REAL is a folder of records of `finexl explain --json`, with their pages beside them, of one encoder beside the same images of the
base. They are copied; the others are theirs with scores of their own, some with names that a page must not take for markup.
"""

import argparse
import json
import pathlib
import random
import shutil

NAMES = ["<b>bold</b>", "</script><img src=x onerror=alert(1)>", "a & b", "Ünï – ☂", "\u202eright to left"]


def changed(record, number, draw):
    """A record with other scores, which do not contradict their intervals."""
    name = NAMES[number] if number < len(NAMES) else f"model {number:03}"
    aspects = []
    for aspect in record["aspects"]:
        score = max(0.0, draw.random() ** 4 - 0.1)
        half = 0.05 + 0.1 * draw.random()
        low, high = max(0.0, score - half), min(1.0, score + half)
        profile = [value + 0.1 * draw.gauss(0, 1) for value in aspect["profile"]]
        numbers = {"score": score, "low": low, "high": high, "level": None, "profile": profile, "significant": low > 0.2}
        aspects.append({**aspect, **numbers})
    change = {**record["change"], "size": draw.random()}
    return {**record, "personalized": name, "summary": f"{name} is made up for a test.", "change": change, "aspects": aspects}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("real", type=pathlib.Path)
    parser.add_argument("out", type=pathlib.Path)
    parser.add_argument("--models", type=int, default=120)
    arguments = parser.parse_args()
    draw = random.Random(0)
    arguments.out.mkdir(parents=True, exist_ok=True)
    real = sorted(arguments.real.glob("*.json"))
    for path in real:
        for file in path.parent.glob(f"{path.stem}.*"):
            shutil.copy(file, arguments.out)
    for number in range(arguments.models):
        record = changed(json.loads(real[number % len(real)].read_text()), number, draw)
        (arguments.out / f"made-{number:03}.json").write_text(json.dumps(record))


if __name__ == "__main__":
    main()
