#!/usr/bin/env python3
"""Fetches the emoji sets of datasets/art.toml, so that more than one hand can draw each subject.

    python3 scripts/fetch_art.py [--into datasets/fetched] [--also chars.json] [NAME ...]

Each set is an npm package at a pinned version; the archive's SHA-512 is compared with the pin before
anything is unpacked. Only icons.json is kept (and the files named by --also). A set that is already
there at the pinned version is left alone; an interrupted run leaves nothing half-written.
Needs Python 3.11 and the npm client. The art is not ours: see datasets/LICENCES.md.
"""

import argparse
import base64
import hashlib
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tarfile
import tempfile
import tomllib

DATASETS = pathlib.Path(__file__).resolve().parent.parent / "datasets"
RECORD = "source.json"


def download(package, version, folder):
    """Packs one npm package into `folder` and returns the archive's path."""
    try:
        subprocess.run(
            ["npm", "pack", f"{package}@{version}", "--silent", "--ignore-scripts"],
            cwd=folder, check=True, stdout=subprocess.DEVNULL,
        )
    except FileNotFoundError:
        sys.exit("npm is not installed; install Node.js with npm and run this script again")
    except subprocess.CalledProcessError as error:
        sys.exit(f"npm could not fetch {package}@{version} (exit code {error.returncode}); "
                 "check the network and run this script again")
    archives = list(pathlib.Path(folder).glob("*.tgz"))
    if len(archives) != 1:
        sys.exit(f"npm left {len(archives)} archives for {package}@{version}; expected one")
    return archives[0]


def check(archive, integrity, package):
    """Stops the script unless the archive is exactly the pinned one."""
    digest = hashlib.sha512(archive.read_bytes()).digest()
    found = "sha512-" + base64.b64encode(digest).decode()
    if found != integrity:
        sys.exit(f"{package}: the archive is not the pinned one\n  pinned {integrity}\n  found  {found}")


def unpack(archive, members, folder):
    """Copies the named members of the package, and no other, into `folder`."""
    with tarfile.open(archive, "r:gz") as tar:
        for name in members:
            source = tar.extractfile(f"package/{name}")
            if source is None:
                sys.exit(f"{archive.name} holds no file {name}")
            with open(folder / name, "wb") as target:
                shutil.copyfileobj(source, target)
                target.flush()
                os.fsync(target.fileno())


def is_current(folder, record):
    """Whether `folder` holds what `record` describes, whole."""
    try:
        found = json.loads((folder / RECORD).read_text())
    except (OSError, ValueError):
        return False
    return found == record and all((folder / name).is_file() for name in record["files"])


def fetch(name, entry, into, also):
    """Brings one set to `into`/`name`; the folder appears whole or not at all."""
    members = sorted({"icons.json", *also})
    record = {"package": entry["package"], "version": entry["version"],
              "integrity": entry["integrity"], "licence": entry["licence"], "files": members}
    target = into / name
    title = f"{name}: {entry['package']}@{entry['version']}, {entry['licence']}, {entry['attribution']}"
    if is_current(target, record):
        print(f"{title} (already there)")
        return
    with tempfile.TemporaryDirectory(prefix=".fetch-", dir=into) as scratch:
        scratch = pathlib.Path(scratch)
        archive = download(entry["package"], entry["version"], scratch)
        check(archive, entry["integrity"], entry["package"])
        fresh = scratch / name
        fresh.mkdir()
        unpack(archive, members, fresh)
        (fresh / RECORD).write_text(json.dumps(record, indent=2) + "\n")
        if target.exists():
            target.rename(scratch / "replaced")
        fresh.rename(target)
    print(title)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME", help="sets to fetch (default: all)")
    parser.add_argument("--into", type=pathlib.Path, default=DATASETS / "fetched", metavar="FOLDER")
    parser.add_argument("--also", action="append", default=[], metavar="FILE",
                        help="a further file of each package to keep")
    arguments = parser.parse_args()
    with open(DATASETS / "art.toml", "rb") as file:
        sets = {name: entry for name, entry in tomllib.load(file).items() if "package" in entry}
    unknown = [name for name in arguments.names if name not in sets]
    if unknown:
        sys.exit(f"no set named {', '.join(unknown)}; datasets/art.toml has {', '.join(sets)}")
    arguments.into.mkdir(parents=True, exist_ok=True)
    for name in arguments.names or sets:
        fetch(name, sets[name], arguments.into, arguments.also)


if __name__ == "__main__":
    main()
