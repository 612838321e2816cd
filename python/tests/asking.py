"""The command, and what a record says."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
WORDS = ["pixelated", "vivid", "old"]
# Settings that take a tenth of the time of the default ones, for tests that are not about the default ones.
QUICK = {"vocabulary": WORDS, "method": "nnls", "views": "whole"}


def run(*arguments, folder=None):
    """Run the command of the package."""
    command = [sys.executable, "-m", "finexl", *map(str, arguments)]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True)


def findings(record):
    """All that a record says, without what its pictures' files are called and hashed to."""
    fields = dict(record)
    for key in ("provenance", "pair_fingerprints", "pair_names", "base", "personalized", "generated", "notes", "summary"):
        fields.pop(key)
    fields["aspects"] = [
        {key: value for key, value in aspect.items() if key not in ("most", "least", "map")} for aspect in fields["aspects"]
    ]
    return fields
