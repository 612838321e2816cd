"""Pictures that the tests explain: scenes, and the same with coarse pixels, as the command draws them."""

import csv
import json
import os
from pathlib import Path
from types import SimpleNamespace

import finexl
import pytest
from asking import QUICK, WORDS, run

# The package that is tested is the one that processes find which tests start, wherever they run.
_SEARCHED = [str(Path(finexl.__file__).resolve().parents[1]), os.environ.get("PYTHONPATH")]
os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, _SEARCHED))


@pytest.fixture(scope="session", autouse=True)
def cache(tmp_path_factory):
    """A cache of their own, so that no other run's features are used."""
    os.environ["FINEXL_CACHE"] = str(tmp_path_factory.mktemp("cache"))
    os.environ["FINEXL_DATA"] = str(tmp_path_factory.mktemp("data"))


@pytest.fixture(scope="session")
def command():
    """The command; it has to succeed unless told otherwise."""

    def checked(*arguments, folder=None, code=0):
        done = run(*arguments, folder=folder)
        assert done.returncode == code, done.stderr
        return done

    return checked


@pytest.fixture(scope="session")
def scenes(tmp_path_factory, cache, command):
    """Two folders of 12 pictures and the file of their prompts, with what the command says of them with quick settings."""
    folder = tmp_path_factory.mktemp("scenes")
    command("data", "render", "base", "--scenes", 12, folder=folder)
    command("data", "stylize", "base", "cosy", "--aspect", "pixelated=0.8", folder=folder)
    sides = [folder / "base", folder / "cosy"]
    prompts = folder / "base" / "manifest.csv"
    (folder / "words.txt").write_text("\n".join(WORDS))
    arguments = ["--base", sides[0], "--personalized", sides[1], "--prompts", prompts]
    quick = ["--vocabulary", folder / "words.txt", "--method", QUICK["method"], "--views", QUICK["views"]]
    forms = ["--json", folder / "cosy.json", "--html", folder / "cosy.html", "--card", folder / "cosy.md"]
    command("explain", *arguments, *quick, *forms)
    record = json.loads((folder / "cosy.json").read_text())
    names = {"folder": folder, "base": sides[0], "cosy": sides[1], "prompts": prompts}
    return SimpleNamespace(**names, arguments=arguments, record=record)


@pytest.fixture(scope="session")
def files(scenes):
    """The pictures' files of both sides in the order of their names, and their prompts."""
    names = scenes.record["pair_names"]
    lists = [[side / f"{name}.png" for name in names] for side in (scenes.base, scenes.cosy)]
    with scenes.prompts.open() as file:
        said = {Path(row["file"]).stem: row["prompt"] for row in csv.DictReader(file)}
    return SimpleNamespace(base=lists[0], cosy=lists[1], prompts=[said[name] for name in names])


@pytest.fixture(scope="session")
def arrays(files):
    """The same as arrays uint8 [n, h, w, 3]."""
    import numpy
    from PIL import Image

    def side(paths):
        return numpy.stack([numpy.asarray(Image.open(path).convert("RGB")) for path in paths])

    return SimpleNamespace(base=side(files.base), cosy=side(files.cosy))
