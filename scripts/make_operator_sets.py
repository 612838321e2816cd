#!/usr/bin/env python3
"""Makes sets of photographs before and after each of our own operators, for scripts/evaluate_sets.py.

python3 scripts/make_operator_sets.py target/debug/finexl PHOTOGRAPHS OUT [--pairs 25] [--level 0.6] [--implementation held-out]

Every set is a folder OUT/NAME with base/ and personalized/, and a line in OUT/sets.csv. The photographs are drawn by the
content of their files. Python 3.11, nothing else.
"""
import argparse, csv, hashlib, shutil, subprocess, tomllib
from pathlib import Path


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("photographs", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--pairs", type=int, default=25)
    parser.add_argument("--level", default="0.6")
    parser.add_argument("--implementation", default="held-out")
    arguments = parser.parse_args()
    files = [file for file in arguments.photographs.rglob("*") if file.suffix.lower() in (".jpg", ".jpeg", ".png")]
    files = sorted(files, key=lambda file: hashlib.sha256(file.read_bytes()).hexdigest())[: arguments.pairs]
    words = Path(__file__).resolve().parent.parent / "datasets" / "aspects.toml"
    reserved = ("glitch", "kaleidoscope", "rainbow")
    names = [a["name"] for a in tomllib.loads(words.read_text())["aspects"] if a["name"] not in reserved]
    rows = []
    for number, name in enumerate(names):
        folder = arguments.out / name.replace(" ", "-")
        shutil.rmtree(folder, ignore_errors=True)
        (folder / "base").mkdir(parents=True)
        for file in files:
            shutil.copyfile(file, folder / "base" / file.name)
        aspect = f"{name.replace(' ', '-')}={arguments.level}"
        how = ["--implementation", arguments.implementation, "--seed", str(number + 1)]
        subprocess.run([arguments.program, "--quiet", "data", "stylize", folder / "base", folder / "personalized", "--aspect", aspect, *how], check=True)
        rows.append({"set": folder.name, "side": 0, "aspects": f"{name}={arguments.level}", "makers": arguments.implementation})
    with (arguments.out / "sets.csv").open("w", newline="") as table:
        writer = csv.DictWriter(table, ["set", "side", "aspects", "makers"])
        writer.writeheader()
        writer.writerows(rows)


if __name__ == "__main__":
    main()
