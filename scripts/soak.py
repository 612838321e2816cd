#!/usr/bin/env python3
"""Kills FineXL again and again and compares what comes of it with an undisturbed run.

    python3 scripts/soak.py target/debug/finexl [--kills 200] [--seed 1] [--work DIR]

A pool, a selection on it and two trainings, all of a size of seconds, are started and killed (SIGKILL) at random
moments, in part with two processes at the same work at once, until the work is done; then it begins anew, until the
kills are used up. Every time the work is done all files are compared, byte for byte (states of optimisers number for
number), with those of a run that nobody disturbed. Prints what was compared; ends with 1 where anything differs, is
missing or was left behind.

Needs nothing but Python and the binary.
"""

import argparse
import array
import hashlib
import os
import pathlib
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time

# What may differ, by the end of its path, and why. All other files have to be the same.
MAY_DIFFER: dict[str, str] = {}
# Longest time in seconds until a process is killed.
LONGEST = 10.0
# Folder of cached features: what a killed process left there is removed by the next that writes there, so unfinished
# files may remain; all others are compared.
CACHE = "cache"
UNFINISHED = ".finexl-partial-"

POOL = """
[make-pool]
name = "soak"
output = "pool"
model = "mini-diffusion"
art-folder = "nowhere"
split = "validation"
pairs = 3
seed = 30
steps = 3

[make-pool.styles]
pixelated = [{ aspects = { pixelated = 0.8 } }]
warm = [{ aspects = { warm = 0.8 } }]

[[make-pool.trained]]
styles = ["pixelated", "warm"]
seeds = [1, 2]
mechanism = { lora = { rank = 2, alpha = 2.0, targets = ["to_q"] } }
images = 4
images-per-step = 2
learning-rate = 3e-3
snapshots = [2, 4]

[[make-pool.guided]]
concepts = ["vivid"]
strengths = [1.0, 2.0]
"""

SELECTION = """
[select-models]
output = "selection"
pools = ["pool"]
encoder = "mini-clip"
judge = "judge"
methods = ["default", "nnls", "divergence", "random"]
columns = [{ single = { levels = 2 } }]
"""


def recipe(repository: pathlib.Path, name: str, changes: dict[str, str]) -> str:
    """A recipe of the repository with some keys set otherwise, wherever they stand."""
    lines = (repository / name).read_text(encoding="utf-8").splitlines()
    for key, value in changes.items():
        found = [i for i, line in enumerate(lines) if line.split("=")[0].strip() == key]
        if not found:
            sys.exit(f"{name} has no {key}")
        for i in found:
            lines[i] = f"{key} = {value}"
    return "\n".join(lines) + "\n"


def write_experiments(folder: pathlib.Path) -> None:
    """Everything that is run, into a folder."""
    repository = pathlib.Path(__file__).resolve().parent.parent
    small = {"images-per-step": "4", "warmup-steps": "1"}
    autoencoder = {
        "artists": '["twemoji"]',
        "output": '"autoencoder.safetensors"',
        "latent-channels": "4",
        "width": "8",
        "deep-width": "8",
        "epochs": "5",
        "steps-per-epoch": "2",
    }
    denoiser = {
        "output": '"denoiser.safetensors"',
        "autoencoder": '"autoencoder.safetensors"',
        "width": "16",
        "layers": "3",
        "heads": "2",
        "hidden": "24",
        "time-width": "8",
        "epochs": "4",
        "steps-per-epoch": "1",
    }
    files = {
        "autoencoder.toml": recipe(repository, "experiments/zoo/mini-autoencoder.toml", {**small, **autoencoder}),
        "denoiser.toml": recipe(repository, "experiments/zoo/mini-diffusion.toml", {**small, **denoiser}),
        "pool.toml": POOL,
        "selection.toml": SELECTION,
    }
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")


# Each work: its commands in turn (the next one needs what the one before makes), the share of the kills, and what is
# thrown away before it begins anew.
WORKS = [
    ("pool", [["run", "pool.toml"]], 0.4, ["pool"]),
    ("selection", [["run", "selection.toml"]], 0.25, ["selection", CACHE]),
    (
        "training",
        [["train", "autoencoder.toml"], ["train", "denoiser.toml"]],
        0.35,
        ["runs", "autoencoder.safetensors", "denoiser.safetensors"],
    ),
]


class Soak:
    """One binary, one folder, one stream of random numbers."""

    def __init__(self, binary: pathlib.Path, work: pathlib.Path, seed: int):
        self.binary = binary
        self.work = work
        self.random = random.Random(seed)
        self.kills = 0
        self.laps = 0
        self.together = 0
        self.problems: list[str] = []
        self.compared: set[str] = set()
        self.seconds: dict[str, float] = {}

    def start(self, folder: pathlib.Path, command: list[str]) -> subprocess.Popen:
        """Starts a command in a folder; what it says goes to a file."""
        log = open(folder.parent / f"{folder.name}.log", "ab")
        environment = {**os.environ, "FINEXL_CACHE": str(folder / CACHE), "RUST_LOG": "warn"}
        return subprocess.Popen(
            [str(self.binary), *command],
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )

    def complete(self, folder: pathlib.Path, command: list[str]) -> None:
        """Runs a command to its end."""
        code = self.start(folder, command).wait()
        if code != 0:
            log = (folder.parent / f"{folder.name}.log").read_text(encoding="utf-8", errors="replace")
            sys.exit(f"{' '.join(command)} ended with {code}:\n{log[-3000:]}")

    def reference(self, folder: pathlib.Path) -> None:
        """Everything, undisturbed."""
        folder.mkdir()
        write_experiments(folder)
        for name, commands, _, _ in WORKS:
            begin = time.monotonic()
            for command in commands:
                self.complete(folder, command)
            self.seconds[name] = time.monotonic() - begin
            print(f"undisturbed {name}: {self.seconds[name]:.1f} s", flush=True)

    def disturbed(self, folder: pathlib.Path, name: str, command: list[str], left: int) -> int:
        """Runs a command until it has ended by itself, killing it on the way; returns the number of kills."""
        killed = 0
        longest = min(max(0.5, self.seconds[name] * 0.6), LONGEST)
        while killed < left:
            count = 2 if self.random.random() < 0.35 else 1
            self.together += count == 2
            running = [self.start(folder, command) for _ in range(count)]
            ended = False
            for process in running:
                try:
                    code = process.wait(timeout=self.random.uniform(0.02, longest))
                except subprocess.TimeoutExpired:
                    process.send_signal(signal.SIGKILL)
                    process.wait()
                    killed += 1
                    continue
                ended = True
                if code != 0:
                    self.problems.append(f"{name}: {' '.join(command)} ended with {code}")
            if ended:
                break
        # What is left of the work, or nothing.
        self.complete(folder, command)
        return killed

    def lap(self, folder: pathlib.Path, work: tuple, left: int, reference: pathlib.Path) -> int:
        """Does a work from its beginning, disturbed, and compares what came of it."""
        name, commands, _, made = work
        for part in made:
            path = folder / part
            shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
        killed = 0
        for command in commands:
            killed += self.disturbed(folder, name, command, left - killed)
        self.kills += killed
        self.laps += 1
        for part in made:
            self.compare(name, reference, folder, part)
        return killed

    def compare(self, name: str, reference: pathlib.Path, folder: pathlib.Path, part: str) -> None:
        """Names every difference between the files of two folders."""
        before, after = files(reference, part), files(folder, part)
        for path in sorted(before.keys() | after.keys()):
            if any(path.endswith(end) for end in MAY_DIFFER):
                continue
            if path not in before:
                self.problems.append(f"{name}: {path} was left behind")
            elif path not in after:
                self.problems.append(f"{name}: {path} is missing")
            elif before[path] != after[path]:
                self.problems.append(f"{name}: {path} differs")
            else:
                self.compared.add(path)


def digest(path: pathlib.Path) -> str:
    """SHA-256 of a file; of a state of an optimiser that of its numbers, sorted.

    burn writes the tensors of an optimiser in another order in every process. Behind six bytes stands the length of
    their names; zeros fill what they leave.
    """
    content = path.read_bytes()
    if path.name.startswith("optim-"):
        names = int.from_bytes(content[6:10], "little")
        numbers = array.array("I", content[(10 + names + 3) // 4 * 4 :])
        content = array.array("I", sorted(number for number in numbers if number)).tobytes()
    return hashlib.sha256(content).hexdigest()


def files(folder: pathlib.Path, part: str) -> dict[str, str]:
    """All files and folders of a part, hidden ones included, by their path, with the digest of files."""
    found = {}
    top = folder / part
    paths = [top, *top.rglob("*")] if top.exists() else []
    for path in paths:
        name = path.relative_to(folder).as_posix()
        if part == CACHE and path.name.startswith(UNFINISHED):
            continue
        found[name] = "folder" if path.is_dir() else digest(path)
    return found


def summary(soak: Soak, seconds: float, seed: int) -> str:
    """The figures, and every file that was compared."""
    lines = [
        f"{soak.kills} kills in {soak.laps} laps (seed {seed}), two processes at once in {soak.together} starts, "
        f"{seconds / 60:.1f} minutes",
        f"{len(soak.compared)} files and folders the same as undisturbed, {len(soak.problems)} problems",
        "may differ: " + (", ".join(f"{end} ({why})" for end, why in MAY_DIFFER.items()) or "nothing"),
        "compared:",
    ]
    lines += [f"  {path}" for path in sorted(soak.compared)]
    lines += soak.problems
    return "\n".join(lines)


def main() -> None:
    """Reads the command line, runs all laps."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("binary", type=pathlib.Path)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--work", type=pathlib.Path, help="folder to work in, kept; else a temporary one")
    arguments = parser.parse_args()
    work = arguments.work or pathlib.Path(tempfile.mkdtemp(prefix="finexl-soak-"))
    work.mkdir(parents=True, exist_ok=True)
    soak = Soak(arguments.binary.resolve(), work, arguments.seed)
    begin = time.monotonic()
    reference, folder = work / "undisturbed", work / "disturbed"
    soak.reference(reference)
    shutil.copytree(reference, folder)
    wanted = {work[0]: round(arguments.kills * work[2]) for work in WORKS}
    for one in WORKS:
        name = one[0]
        while wanted[name] > 0:
            killed = soak.lap(folder, one, wanted[name], reference)
            wanted[name] -= max(killed, 1)
            print(f"{name}: {killed} kills, {soak.kills} in all, {len(soak.problems)} problems", flush=True)
    text = summary(soak, time.monotonic() - begin, arguments.seed)
    (work / "summary.txt").write_text(text + "\n", encoding="utf-8")
    print(text)
    if not arguments.work and not soak.problems:
        shutil.rmtree(work)
    sys.exit(1 if soak.problems else 0)


if __name__ == "__main__":
    main()
