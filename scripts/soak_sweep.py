#!/usr/bin/env python3
"""Kills the processes of a sweep again and again and compares what comes of it with an undisturbed run.

    python3 scripts/soak_sweep.py target/debug/finexl [--kills 100] [--seed 1] [--work DIR]

A sweep of a dozen small cells is run by `sweep run --jobs 2`; at random moments one of its processes, the one that was
started, a worker or a cell, is killed (SIGKILL). Where the run ended by that it is started again, until all cells are
done; then table.csv is compared, byte for byte, with that of a run that nobody disturbed, every cell has to be there
once, and the sweep begins anew, until the kills are used up. Ends with 1 where anything differs.

Needs nothing but Python and the binary, and Linux (/proc).
"""

import argparse
import collections
import os
import pathlib
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time

SWEEP = """
[sweep]
name = "soak"
output = "out"
repeats = 2
columns = { methods = "method", "personalizations.0.aspects.warm" = "level" }

[sweep.grid]
"personalizations.0.aspects.warm" = [0.3, 0.6, 0.9]
methods = [["nnls"], ["ridge"]]

[explain-scenes]
output = "unused"
split = "test"
scenes = 3
size = 64
seed = 1
artist = "twemoji"
art-folder = "none"

[[explain-scenes.personalizations]]
name = "warm"
aspects = { warm = 0.8 }
"""
CELLS = 12


def children_of(process: int) -> list[int]:
    """All processes below one, by /proc."""
    parents: dict[int, list[int]] = collections.defaultdict(list)
    for entry in pathlib.Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                fields = (entry / "stat").read_text().rsplit(")", 1)[1].split()
            except OSError:
                continue
            if fields[0] not in "ZX":
                parents[int(fields[1])].append(int(entry.name))
    found, open_ones = [], [process]
    while open_ones:
        below = parents[open_ones.pop()]
        found += below
        open_ones += below
    return found


def ends(processes: list[int], patience: float = 20.0) -> bool:
    """Whether processes end by themselves."""
    until = time.time() + patience
    while time.time() < until:
        if not any(pathlib.Path(f"/proc/{process}").exists() for process in processes):
            return True
        time.sleep(0.02)
    return False


def run(binary: str, folder: pathlib.Path, *words: str) -> subprocess.CompletedProcess:
    return subprocess.run([binary, "--quiet", *words], cwd=folder, capture_output=True, text=True, check=False)


def collected(binary: str, folder: pathlib.Path) -> bytes:
    done = run(binary, folder, "sweep", "collect", "sweep.toml")
    if done.returncode != 0:
        sys.exit(f"collect: {done.stderr}")
    return (folder / "out/table.csv").read_bytes()


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("binary")
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--work", type=pathlib.Path)
    arguments = parser.parse_args()
    binary = str(pathlib.Path(arguments.binary).resolve())
    lot = random.Random(arguments.seed)
    work = arguments.work or pathlib.Path(tempfile.mkdtemp(prefix="soak-sweep-"))
    work.mkdir(parents=True, exist_ok=True)
    (work / "sweep.toml").write_text(SWEEP, encoding="utf-8")
    shutil.rmtree(work / "out", ignore_errors=True)

    started = time.time()
    undisturbed = run(binary, work, "sweep", "run", "sweep.toml", "--jobs", "2")
    if undisturbed.returncode != 0:
        sys.exit(undisturbed.stdout + undisturbed.stderr)
    longest = time.time() - started
    expected = collected(binary, work)
    killed: collections.Counter[str] = collections.Counter()
    sweeps, starts, differences, orphans = 0, 0, 0, 0
    while sum(killed.values()) < arguments.kills:
        shutil.rmtree(work / "out")
        sweeps += 1
        while True:
            process = subprocess.Popen(
                [binary, "--quiet", "sweep", "run", "sweep.toml", "--jobs", "2"],
                cwd=work,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
            starts += 1
            while process.poll() is None and sum(killed.values()) < arguments.kills:
                time.sleep(lot.uniform(0.01, longest / 4))
                below = children_of(process.pid)
                # Each kind equally often: there is one of the first kind only.
                kind = lot.choice(["run", "worker or cell", "worker or cell"])
                victims = [process.pid] if kind == "run" else below
                if process.poll() is not None or not victims:
                    continue
                victim = lot.choice(victims)
                try:
                    os.kill(victim, signal.SIGKILL)
                except ProcessLookupError:
                    continue
                killed[kind] += 1
                if kind == "run":
                    process.wait()
                    if not ends(below):
                        orphans += 1
                        print(f"processes outlive the run: {below}")
            process.wait()
            if process.returncode == 0:
                break
            run(binary, work, "sweep", "retry", "sweep.toml")
        same = collected(binary, work) == expected
        folders = len(list((work / "out/cells").iterdir()))
        if not same or folders != CELLS:
            differences += 1
            print(f"sweep {sweeps}: the table {'is the same' if same else 'DIFFERS'}, {folders} folders of cells")
    print(
        f"{sum(killed.values())} kills ({', '.join(f'{count} of a {kind}' for kind, count in killed.items())}), "
        f"{starts} starts, {sweeps} sweeps of {CELLS} cells: {differences} differ, {orphans} left processes behind"
    )
    return 1 if differences or orphans else 0


if __name__ == "__main__":
    sys.exit(main())
