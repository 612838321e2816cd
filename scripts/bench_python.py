#!/usr/bin/env python3
"""Times of the Python package beside the command, and its memory over many calls.

    python3 scripts/bench_python.py [--rounds 7] [--calls 200]

Run it by the interpreter that has the package, with numpy and pillow, on Linux. The same 25 pairs are explained from files
by the package's command and from arrays in a process of Python, in turn, both without features that are kept. Beside the
time that passes stands the processors' own, which tells something on a busy machine too. Of the calls whose memory is
looked at, every 20th has the default settings; the others are quick, so that there can be many.
"""

import argparse
import csv
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

COMMAND = [sys.executable, "-m", "finexl"]
ARRAYS = """
import json, sys, time, numpy, finexl
sides, prompts = [numpy.load(f"{side}.npy") for side in ("base", "cosy")], json.load(open("prompts.json"))
began, computed = time.perf_counter(), time.process_time()
finexl.explain(*sides, prompts=prompts, cache=False, progress=False).save("arrays.json")
print(time.perf_counter() - began, time.process_time() - computed)
"""
FOLDERS = """
import finexl
explanation = finexl.explain("base", "cosy", prompts="base/manifest.csv", cache=False, progress=False)
for end in ("json", "html", "md"):
    explanation.save(f"folders.{end}")
"""
CALLS = """
import json, sys, numpy, finexl
sides, prompts = [numpy.load(f"{side}.npy") for side in ("base", "cosy")], json.load(open("prompts.json"))
quick = {"vocabulary": ["pixelated", "vivid", "old"], "method": "nnls", "views": "whole"}
for call in range(1, int(sys.argv[1]) + 1):
    settings = {} if call % 20 == 2 else quick
    finexl.explain(*sides, prompts=prompts, cache=False, progress=False, **settings)
    if call in (1, 2, 10, 25, 50, 100, 150) or call == int(sys.argv[1]):
        pages = int(open("/proc/self/statm").read().split()[1])
        print(f"  after call {call}: {pages * 4096 / 1e6:.0f} MB", flush=True)
"""


def timed(*command):
    """Run something in the current folder; its seconds and those of processors, and what it printed."""
    began, computed = time.perf_counter(), _of_children()
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return (time.perf_counter() - began, _of_children() - computed), done.stdout


def _of_children():
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def pictures():
    """Draw both sides, as files and as arrays."""
    import numpy
    from PIL import Image

    timed(*COMMAND, "data", "render", "base", "--scenes", "25")
    timed(*COMMAND, "data", "stylize", "base", "cosy", "--aspect", "pixelated=0.6", "--aspect", "warm=0.4")
    with open("base/manifest.csv", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    for side in ("base", "cosy"):
        paths = [Path(side) / row["file"] for row in rows]
        numpy.save(side, numpy.stack([numpy.asarray(Image.open(path).convert("RGB")) for path in paths]))
    Path("prompts.json").write_text(json.dumps([row["prompt"] for row in rows]))


def _numbers(printed):
    return tuple(map(float, printed.split()))


def shown(what, seconds):
    """Print times with their middle."""
    for kind, values in zip(("passed", "of processors"), zip(*seconds)):
        print(f"{what}, {kind}: median {statistics.median(values):.3f} s, least {min(values):.3f} s, of {len(values)}")


def compare(explain):
    """Say whether both said the same of all aspects, to the last digit, and whether JSON, page and card of the folders do."""
    numbers = ("concept", "weight", "score", "low", "high", "p_adjusted", "significant", "profile")
    records = [json.loads(Path(f"{side}.json").read_text(encoding="utf-8")) for side in ("command", "arrays")]
    said = [[[aspect[name] for name in numbers] for aspect in record["aspects"]] for record in records]
    print(f"all numbers of {len(said[0])} aspects by arrays and command:", "equal" if said[0] == said[1] else "DIFFERENT")
    timed(*explain, "--html", "command.html", "--card", "command.md")
    timed(sys.executable, "-W", "ignore", "-c", FOLDERS)
    same = all(Path(f"command.{end}").read_bytes() == Path(f"folders.{end}").read_bytes() for end in ("json", "html", "md"))
    print("JSON, page and card of the folders by package and command:", "equal to the byte" if same else "DIFFERENT")


def main():
    """Measure all of it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--calls", type=int, default=200)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        pictures()
        explain = [*COMMAND, "explain", "--base", "base", "--personalized", "cosy", "--prompts", "base/manifest.csv"]
        explain += ["--no-cache", "--quiet", "--json", "command.json"]
        times = {"import finexl": [], "the command": [], "arrays, a process": [], "arrays, the call": []}
        importing = "import time as t; a, b = t.perf_counter(), t.process_time(); import finexl; "
        importing += "print(t.perf_counter() - a, t.process_time() - b)"
        for _ in range(options.rounds):
            times["import finexl"].append(_numbers(timed(sys.executable, "-c", importing)[1]))
            times["the command"].append(timed(*explain)[0])
            whole, call = timed(sys.executable, "-W", "ignore", "-c", ARRAYS)
            times["arrays, a process"].append(whole)
            times["arrays, the call"].append(_numbers(call))
        for what, seconds in times.items():
            shown(what, seconds)
        compare(explain)
        print(f"memory over {options.calls} calls in one process:", flush=True)
        subprocess.run([sys.executable, "-W", "ignore", "-c", CALLS, str(options.calls)], check=True)


if __name__ == "__main__":
    main()
