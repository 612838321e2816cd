#!/usr/bin/env python3
"""Copies the photographs that scikit-image ships into datasets/fetched/photographs.

Usage: scripts/fetch_photographs.py [--into FOLDER]

Needs scikit-image==0.26.0 from PyPI in the running Python (the wheel holds the pictures; nothing else
is downloaded). They are only measured on (experiments/evaluate/mini-clip.toml) and never committed.

astronaut  NASA, public domain
chelsea    Stefan van der Walt, CC0
coffee     Rachel Michetti, CC0
hubble     NASA and ESA, public domain
rocket     SpaceX, CC0
"""

import argparse
import hashlib
import os
import pathlib
import sys
import tempfile

PHOTOGRAPHS = {
    "astronaut.png": "88431cd9653ccd539741b555fb0a46b61558b301d4110412b5bc28b5e3ea6cb5",
    "chelsea.png": "596aa1e7cb875eb79f437e310381d26b338a81c2da23439704a73c4651e8c4bb",
    "coffee.png": "cc02f8ca188b167c775a7101b5d767d1e71792cf762c33d6fa15a4599b5a8de7",
    "hubble_deep_field.jpg": "3a19c5dd8a927a9334bb1229a6d63711b1c0c767fb27e2286e7c84a3e2c2f5f4",
    "rocket.jpg": "c2dd0de7c538df8d111e479619b129464d0269d0ae5fd18ca91d33a7fdfea95c",
}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--into", type=pathlib.Path, default=pathlib.Path("datasets/fetched/photographs"))
    into = parser.parse_args().into
    try:
        import skimage
    except ImportError:
        print("scikit-image is missing: pip install scikit-image==0.26.0", file=sys.stderr)
        return 2
    source = pathlib.Path(skimage.__file__).parent / "data"
    into.mkdir(parents=True, exist_ok=True)
    for name, expected in PHOTOGRAPHS.items():
        content = (source / name).read_bytes() if (source / name).exists() else b""
        found = hashlib.sha256(content).hexdigest()
        if found != expected:
            print(f"{source / name}: SHA-256 {found}, expected {expected}; use scikit-image 0.26.0", file=sys.stderr)
            return 1
        with tempfile.NamedTemporaryFile(dir=into, delete=False) as partial:
            partial.write(content)
        os.chmod(partial.name, 0o644)
        os.replace(partial.name, into / name)
        print(f"{into / name}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
