"""Pictures of every form are explained as the command explains them."""

import os
import random
import signal
import subprocess
import sys
import threading
import time
import warnings

import finexl
import pytest
from asking import QUICK, findings, run


def test_pictures_say_what_the_command_says(scenes, arrays, files, command, tmp_path):
    forms = ["--json", tmp_path / "a.json", "--html", tmp_path / "a.html", "--card", tmp_path / "a.md"]
    command("explain", *scenes.arguments, *forms)
    expected = finexl.load(tmp_path / "a.json").to_dict()
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        explanation = finexl.explain(scenes.base, scenes.cosy, prompts=scenes.prompts)
    assert explanation.to_dict() == expected
    assert [str(warning.message) for warning in caught] == expected["notes"]
    assert all(warning.category is finexl.FinexlWarning for warning in caught)
    assert all(warning.filename == __file__ for warning in caught)
    for ending in ("json", "html", "md"):
        explanation.save(tmp_path / f"b.{ending}")
        assert (tmp_path / f"b.{ending}").read_bytes() == (tmp_path / f"a.{ending}").read_bytes(), ending
    of_arrays = finexl.explain(arrays.base, arrays.cosy, prompts=files.prompts, sides=("base", "cosy"))
    assert findings(of_arrays.to_dict()) == findings(expected)


def test_paths_images_and_arrays_say_the_same(scenes, files, arrays):
    from PIL import Image

    expected = findings(scenes.record)
    images = [[Image.open(path) for path in side] for side in (files.base, files.cosy)]
    gaps = arrays.base.transpose(0, 3, 1, 2).copy().transpose(0, 2, 3, 1)
    given = {
        "paths": (files.base, files.cosy),
        "PIL images": images,
        "arrays": (arrays.base, arrays.cosy),
        "an array with gaps": (gaps, arrays.cosy),
        "a list of arrays and images": (list(arrays.base), images[1]),
    }
    for what, (base, cosy) in given.items():
        explanation = finexl.explain(base, cosy, prompts=files.prompts, sides=("base", "cosy"), **QUICK)
        assert findings(explanation.to_dict()) == expected, what
        assert explanation.summary == scenes.record["summary"], what


def test_files_are_paired_by_name_in_whatever_order_they_come(scenes, files):
    shuffled = list(files.cosy)
    random.Random(1).shuffle(shuffled)
    explanation = finexl.explain(files.base, shuffled, prompts=files.prompts, **QUICK)
    assert findings(explanation.to_dict()) == findings(scenes.record)
    assert explanation.pair_names == scenes.record["pair_names"]
    assert (explanation.base, explanation.personalized) == ("base", "cosy")


def test_the_same_words_are_said_where_something_is_wrong(scenes, tmp_path):
    (tmp_path / "empty").mkdir()
    cases = [
        ({"base": tmp_path / "empty"}, ["--base", tmp_path / "empty"], finexl.PictureError),
        ({"base": tmp_path / "nowhere"}, ["--base", tmp_path / "nowhere"], finexl.PictureError),
        ({"encoder": "no/encoder"}, ["--encoder", "no/encoder"], finexl.ModelError),
        ({"vocabulary": tmp_path / "no.txt"}, ["--vocabulary", tmp_path / "no.txt"], finexl.FileError),
        ({"references": "no-file"}, ["--references", "no-file"], finexl.FinexlError),
    ]
    for changed, arguments, kind in cases:
        sides = {"base": scenes.base, "personalized": scenes.cosy, **changed}
        options = ["--personalized", scenes.cosy, *arguments]
        if "base" not in changed:
            options += ["--base", scenes.base]
        said = run("explain", *options)
        assert said.returncode != 0
        with pytest.raises(kind) as raised:
            finexl.explain(sides.pop("base"), sides.pop("personalized"), **sides)
        assert said.stderr.strip() == f"error: {raised.value}"
        assert isinstance(raised.value, finexl.FinexlError)


def test_one_pattern_is_left_out(scenes):
    first = scenes.record["pair_names"][0]
    explanation = finexl.explain(scenes.base, scenes.cosy, exclude=f"{first}.png", **QUICK)
    assert explanation.pair_names == scenes.record["pair_names"][1:]


def test_arguments_that_make_no_sense_are_named(scenes, arrays, files):
    narrow = [*arrays.base[:3], arrays.base[3][:, :32]]
    cases = [
        ("two folders", lambda: finexl.explain(scenes.base, arrays.cosy)),
        ("uint8", lambda: finexl.explain(arrays.base / 255.0, arrays.cosy)),
        ("channels", lambda: finexl.explain(arrays.base.transpose(0, 3, 1, 2), arrays.cosy)),
        ("[n, h, w, 3]", lambda: finexl.explain(arrays.base[0], arrays.cosy)),
        ("no pictures", lambda: finexl.explain([], arrays.cosy)),
        ("base holds 2 pictures", lambda: finexl.explain(arrays.base[:2], arrays.cosy)),
        ("the list of prompts has 1", lambda: finexl.explain(arrays.base, arrays.cosy, prompts=["a hare"])),
        ("is no text", lambda: finexl.explain(arrays.base, arrays.cosy, prompts=[1])),
        ("is no path", lambda: finexl.explain([1, 2], arrays.cosy)),
        ("choose one of", lambda: finexl.explain(scenes.base, scenes.cosy, pair="luck")),
        ("choose whole or tiles", lambda: finexl.explain(scenes.base, scenes.cosy, views="halves")),
        ("there is no decomposition", lambda: finexl.explain(scenes.base, scenes.cosy, method="magic")),
        ("the vocabulary, line 2", lambda: finexl.explain(scenes.base, scenes.cosy, vocabulary=["red", "red"])),
        ("base[3]", lambda: finexl.explain(narrow, arrays.cosy[:4])),
        ("names for", lambda: finexl.explain(arrays.base, arrays.cosy, pair_names=["a"])),
        ("one text", lambda: finexl.explain(arrays.base, arrays.cosy, pair_names="abcdefghijkl")),
        ("more than once", lambda: finexl.explain(arrays.base, arrays.cosy, pair_names=["a"] * 12)),
        ("names of their own", lambda: finexl.explain(list(files.base), arrays.cosy, pair_names=list("abcdefghijkl"))),
        ("this is a dict", lambda: finexl.explain(arrays.base, arrays.cosy, prompts=dict.fromkeys(files.prompts))),
        ("no order", lambda: finexl.explain(arrays.base, arrays.cosy, prompts=set(files.prompts))),
        ("half a character", lambda: finexl.explain(arrays.base, arrays.cosy, prompts=["\ud800"] * 12)),
        ("no order", lambda: finexl.explain(arrays.base, arrays.cosy, vocabulary={"old", "vivid"})),
        ("two names", lambda: finexl.explain(arrays.base, arrays.cosy, sides=("base", ""))),
        ("seed: -1", lambda: finexl.explain(arrays.base, arrays.cosy, seed=-1)),
        ("no whole number", lambda: finexl.explain(arrays.base, arrays.cosy, seed=1.5)),
        ("too large", lambda: finexl.explain(arrays.base, arrays.cosy, seed=1 << 64)),
        ("method: 3", lambda: finexl.explain(arrays.base, arrays.cosy, method=3)),
        ("neither True nor False", lambda: finexl.explain(arrays.base, arrays.cosy, cache="no")),
    ]
    for words, call in cases:
        with pytest.raises(finexl.FinexlError) as raised:
            call()
        assert words in str(raised.value), str(raised.value)


def test_words_and_methods_are_chosen_as_with_the_command(scenes, command, tmp_path):
    words = tmp_path / "words.txt"
    words.write_text("pixelated | blocky\nvivid\nold\n")
    record = tmp_path / "record.json"
    sides = ["--base", scenes.base, "--personalized", scenes.cosy]
    command("explain", *sides, "--vocabulary", words, "--method", "nnls", "--seed", 3, "--json", record)
    expected = finexl.load(record).to_dict()
    for vocabulary in (words, ["pixelated | blocky", "vivid", "old"]):
        # Beside the same cache: phrases that are embedded together with others may differ in their last digit.
        explanation = finexl.explain(scenes.base, scenes.cosy, vocabulary=vocabulary, method="nnls", seed=3)
        assert explanation.to_dict() == expected


def test_what_is_looked_at_is_chosen_as_with_the_command(scenes, command, tmp_path):
    record = tmp_path / "record.json"
    words = ["--vocabulary", scenes.folder / "words.txt", "--method", "nnls"]
    command("explain", *scenes.arguments, *words, "--views", "tiles", "--json", record)
    explanation = finexl.explain(scenes.base, scenes.cosy, prompts=scenes.prompts, **{**QUICK, "views": "tiles"})
    assert explanation.to_dict() == finexl.load(record).to_dict()
    assert findings(explanation.to_dict()) != findings(scenes.record)


def test_progress_is_told_to_a_function_on_the_calling_thread(arrays, files):
    told = []
    finexl.explain(
        arrays.base,
        arrays.cosy,
        prompts=files.prompts,
        cache=False,
        progress=lambda done, total: told.append((done, total, threading.current_thread())),
        **QUICK,
    )
    assert told[-1] == (12, 12, threading.main_thread())

    def stop(done, total):
        raise RuntimeError("enough")

    with pytest.raises(RuntimeError, match="enough"):
        finexl.explain(arrays.base, arrays.cosy, cache=False, progress=stop)


def test_other_threads_run_meanwhile(arrays):
    count, ended = [0], threading.Event()

    def turn():
        while not ended.is_set():
            count[0] += 1
            time.sleep(0.001)

    thread = threading.Thread(target=turn)
    thread.start()
    before = count[0]
    finexl.explain(arrays.base, arrays.cosy, cache=False, **QUICK)
    turns = count[0] - before
    ended.set()
    thread.join()
    # With the interpreter's lock held there would be next to none.
    assert turns > 10


def test_several_threads_may_explain_at_once(scenes, arrays, files):
    results = []

    def explain():
        results.append(finexl.explain(arrays.base, arrays.cosy, prompts=files.prompts, cache=False, **QUICK))

    threads = [threading.Thread(target=explain) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [findings(result.to_dict()) == findings(scenes.record) for result in results] == [True] * 3


@pytest.mark.skipif(os.name == "nt", reason="Windows sends no SIGINT to another process")
def test_ctrl_c_is_heard():
    program = """
import finexl, numpy
base = numpy.random.default_rng(0).integers(0, 256, (4000, 64, 64, 3), dtype=numpy.uint8)
try:
    finexl.explain(base, base[::-1], cache=False, progress=lambda *_: print("step", flush=True))
except KeyboardInterrupt:
    print("interrupted", flush=True)
"""
    process = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)
    while process.stdout.readline().strip() != "step":
        assert process.poll() is None
    process.send_signal(signal.SIGINT)
    rest, _ = process.communicate(timeout=60)
    assert rest.split()[-1] == "interrupted"


@pytest.mark.skipif(not hasattr(os, "fork"), reason="nothing is forked here")
def test_a_process_that_was_forked_is_told():
    program = """
import finexl, multiprocessing, numpy
base = numpy.random.default_rng(0).integers(0, 256, (4, 64, 64, 3), dtype=numpy.uint8)
def explain():
    try:
        finexl.explain(base, base[::-1], method="nnls", vocabulary=["vivid", "old"], cache=False)
    except finexl.InputError as error:
        print(error, flush=True)
explain()
process = multiprocessing.get_context("fork").Process(target=explain)
process.start()
process.join()
"""
    done = subprocess.run([sys.executable, "-W", "ignore", "-c", program], capture_output=True, text=True, timeout=120)
    assert 'get_context("spawn")' in done.stdout, done.stderr


def test_an_open_encoder_serves_many_calls(scenes, files):
    encoder = finexl.open_encoder("mini-clip")
    assert (encoder.name, encoder.fingerprint) == ("mini-clip", scenes.record["provenance"]["encoder"])
    explanation = finexl.explain(scenes.base, scenes.cosy, prompts=scenes.prompts, encoder=encoder, **QUICK)
    assert explanation.to_dict() == scenes.record


def test_the_command_is_in_the_package():
    assert run("--version").stdout.strip() == f"finexl {finexl.__version__}"
    assert run("explain").returncode == 2
