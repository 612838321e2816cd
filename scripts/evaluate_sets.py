#!/usr/bin/env python3
"""How often `finexl explain` says what was done to sets of pictures (scripts/make_sets.py).

python3 scripts/evaluate_sets.py target/debug/finexl SETS [--out rows.csv] [--first N] [-- OPTIONS OF EXPLAIN]

Prints shares with Wilson's 95% intervals: with one aspect the right one first, with two both among the first three, what was
done called significant, and other aspects called significant, by set and of those to which nothing was done.
Goes on where --out ends. Python 3.9, nothing else.
"""
import argparse, csv, json, subprocess, sys
from pathlib import Path


def wilson(right, count):
    if count == 0:
        return "-"
    z, p = 1.96, right / count
    middle = (p + z * z / (2 * count)) / (1 + z * z / count)
    half = z * ((p * (1 - p) + z * z / (4 * count)) / count) ** 0.5 / (1 + z * z / count)
    return f"{p:.3f} [{max(0, middle - half):.3f}, {min(1, middle + half):.3f}] of {count}"


def explain(program, folder, options):
    command = [program, "explain", "--quiet", "--json", "-", "--base", folder / "base", "--personalized", folder / "personalized"]
    done = subprocess.run([str(word) for word in command + options], capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"{folder}: {done.stderr.strip()}")
    return json.loads(done.stdout)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("sets", type=Path)
    parser.add_argument("--out", type=Path)
    parser.add_argument("--first", type=int, help="only so many sets, in the order of the table, which is random")
    parser.add_argument("options", nargs="*")
    arguments = parser.parse_args()
    known = {}
    if arguments.out and arguments.out.exists():
        known = {row["set"]: row for row in csv.DictReader(arguments.out.open())}
    rows = []
    fields = ["set", "side", "truth", "makers", "found", "significant"]
    out = arguments.out.open("a", newline="") if arguments.out else None
    writer = csv.DictWriter(out, fields) if out else None
    if writer and not known:
        writer.writeheader()
    for line in list(csv.DictReader((arguments.sets / "sets.csv").open()))[: arguments.first]:
        row = known.get(line["set"])
        if row is None:
            record = explain(arguments.program, arguments.sets / line["set"], arguments.options)
            aspects = record["aspects"]
            row = {
                "set": line["set"], "side": line["side"], "truth": line["aspects"], "makers": line["makers"],
                "found": ";".join(f"{a['concept']}={a['score']:.3f}" for a in aspects[:5] if a["score"] > 0),
                "significant": ";".join(a["concept"] for a in aspects if a["significant"]),
            }
            if writer:
                writer.writerow(row)
                out.flush()
        rows.append(row)
    names = lambda text: [part.split("=")[0] for part in text.split(";") if part]
    by_aspect, singles, doubles, seen, false, nulls = {}, [], [], [], [], []
    for row in rows:
        truth, found, significant = (names(row[key]) for key in ("truth", "found", "significant"))
        others = [aspect for aspect in significant if aspect not in truth]
        if len(truth) == 1:
            singles.append(found[:1] == truth)
            by_aspect.setdefault(truth[0], []).append(singles[-1])
        elif truth:
            doubles.append(set(truth) <= set(found[:3]))
        (false if truth else nulls).append(len(others))
        seen.extend(aspect in significant for aspect in truth)
    print("one aspect, the right one first     ", wilson(sum(singles), len(singles)))
    print("two aspects, both in the first three", wilson(sum(doubles), len(doubles)))
    print("what was done is significant        ", wilson(sum(seen), len(seen)))
    print(f"other significant aspects per set    {sum(false) / max(1, len(false)):.3f} of {len(false)}")
    print("nothing done, something significant ", wilson(sum(n > 0 for n in nulls), len(nulls)))
    print("wrong most often:", ", ".join(f"{a} {sum(r)}/{len(r)}" for a, r in sorted(by_aspect.items(), key=lambda p: sum(p[1]) / len(p[1]))[:12]))


if __name__ == "__main__":
    main()
