"""The forms of an explanation, models like it, and what LoRA files hold."""

import base64
import copy
import json
import math
import pickle
import re
from xml.etree import ElementTree

import finexl
import pytest
from asking import QUICK, ROOT

LORA = ROOT / "crates/finexl-zoo/tests/fixtures/lora_files/kohya_sd1.safetensors"
OTHER = ROOT / "crates/finexl-zoo/tests/fixtures/lora_files/diffusers_sd1.safetensors"


@pytest.fixture(scope="module")
def explanation(scenes):
    return finexl.explain(scenes.base, scenes.cosy, prompts=scenes.prompts, **QUICK)


def test_files_are_the_commands_files(explanation, scenes, tmp_path):
    for ending in ("json", "html", "md"):
        path = tmp_path / f"cosy.{ending}"
        explanation.save(path)
        assert path.read_bytes() == (scenes.folder / path.name).read_bytes(), ending
    loaded = finexl.load(tmp_path / "cosy.json")
    assert loaded.to_dict() == explanation.to_dict()
    with pytest.raises(finexl.InputError, match="json, html or card"):
        explanation.save(tmp_path / "cosy.txt")
    with pytest.raises(finexl.FileError, match="nowhere"):
        explanation.save(tmp_path / "nowhere" / "cosy.json")
    with pytest.raises(finexl.FileError):
        finexl.load(LORA)


def test_copies_have_everything(explanation, tmp_path):
    for copied in (pickle.loads(pickle.dumps(explanation)), copy.deepcopy(explanation), copy.copy(explanation)):
        assert copied.to_dict() == explanation.to_dict()
        for ending in ("json", "html", "md"):
            explanation.save(tmp_path / f"a.{ending}")
            copied.save(tmp_path / f"b.{ending}")
            assert (tmp_path / f"b.{ending}").read_bytes() == (tmp_path / f"a.{ending}").read_bytes(), ending


def test_numbers_of_aspects_that_make_no_sense_are_named(explanation, tmp_path):
    for call in (
        lambda: explanation.save(tmp_path / "a.html", top=-1),
        lambda: explanation.plot(top=1.5),
        lambda: explanation.table(top=-1),
        lambda: finexl.similar(explanation, [explanation], top=-1),
        lambda: finexl.similar(explanation, {explanation}),
        lambda: finexl.set_most_pixels(0),
    ):
        with pytest.raises(finexl.InputError):
            call()
    with pytest.raises(TypeError):
        finexl.inspect(None)


def test_a_card_that_is_there_keeps_its_text(explanation, tmp_path):
    card = tmp_path / "README.md"
    card.write_text("---\nlicense: mit\n---\n\n# Cosy\n")
    with pytest.warns(finexl.FinexlWarning, match="names no base model"):
        explanation.save(card)
    text = card.read_text()
    assert "# Cosy" in text and "license: mit" in text and "pixelated" in text


def test_pictures_of_arrays_are_in_the_page(arrays, files):
    page = finexl.explain(arrays.base, arrays.cosy, prompts=files.prompts, **QUICK)._record.html(12)
    assert page.count("data:image/png;base64") >= 2


def test_aspects_are_plain_objects(explanation, scenes):
    first, fields = explanation.aspects[0], scenes.record["aspects"][0]
    assert (first.concept, first.score, first.significant) == (fields["concept"], fields["score"], True)
    assert first.low <= first.score <= first.high
    assert first in explanation.significant
    assert first.decision.verdict == "significant"
    assert len(first.profile) == explanation.pairs == 12
    with pytest.raises(AttributeError):
        first.score = 0
    # Two pairs bound nothing.
    others = [f"{name}.*" for name in scenes.record["pair_names"][2:]]
    few = finexl.explain(scenes.base, scenes.cosy, exclude=others, **QUICK)
    assert few.pairs == 2
    assert all(not aspect.significant for aspect in few.aspects)
    assert any(math.isinf(aspect.high) or aspect.high >= aspect.score for aspect in few.aspects)


def test_a_table_of_pandas(explanation):
    pandas = pytest.importorskip("pandas", reason="pandas is not installed")
    table = explanation.to_pandas()
    assert isinstance(table, pandas.DataFrame)
    assert list(table["concept"]) == [aspect.concept for aspect in explanation.aspects]


def test_drawings(explanation):
    drawing = explanation.plot(top=3)
    assert ElementTree.fromstring(drawing._repr_svg_()).tag.endswith("svg")
    assert explanation.plot_png()[:8] == b"\x89PNG\r\n\x1a\n"


def test_what_notebooks_show(explanation):
    html = explanation._repr_html_()
    assert explanation.summary in html and "<script" not in html
    drawn = base64.b64decode(re.search(r'src="data:image/svg\+xml;base64,([^"]*)"', html).group(1))
    assert drawn.decode() == explanation.plot().svg
    # As many rows as the table of the command has.
    rows = re.findall(r"^\w[\w ]* +-?[0-9.]+ +\S+ to ", explanation.table(), re.MULTILINE)
    assert rows and html.count("<tr") - 1 == len(rows)
    assert explanation.summary in repr(explanation)
    assert "pixelated" in str(explanation)


def test_names_of_files_are_escaped(arrays):
    explanation = finexl.explain(arrays.base, arrays.cosy, sides=("<i>", "<script>x</script>"), **QUICK)
    assert "<script" not in explanation._repr_html_()


def test_similar_models(scenes, command, explanation, tmp_path):
    command("data", "stylize", scenes.base, tmp_path / "old", "--aspect", "sepia=0.9")
    old = finexl.explain(scenes.base, tmp_path / "old", prompts=scenes.prompts, **QUICK)
    again = finexl.explain(scenes.base, scenes.cosy, prompts=scenes.prompts, seed=1, sides=("base", "again"), **QUICK)
    ranking = finexl.similar(explanation, [old, again])
    assert [model.model for model in ranking] == ["again", "old"]
    assert ranking[0].similarity == pytest.approx(1.0)
    folder = tmp_path / "records"
    folder.mkdir()
    for name, record in (("cosy", explanation), ("old", old), ("again", again)):
        record.save(folder / f"{name}.json")
    (folder / "other.json").write_text("{}")
    command("similar", folder / "cosy.json", folder, "--json", tmp_path / "ranking.json")
    expected = json.loads((tmp_path / "ranking.json").read_text())
    with pytest.warns(finexl.FinexlWarning, match="left out: .*other.json"):
        found = finexl.similar(folder / "cosy.json", folder)
    assert [(m.record, m.similarity, m.low, m.high) for m in found] == [
        (m["record"], m["similarity"], m["low"], m["high"]) for m in expected
    ]
    assert [model.model for model in finexl.similar(explanation, folder / "old.json", top=1)] == ["old"]
    with pytest.raises(finexl.FileError, match="other.json"):
        finexl.similar(explanation, folder / "other.json")


def test_lora_files(command, tmp_path):
    inspection = finexl.inspect(LORA, OTHER)
    command("inspect", LORA, OTHER, "--json", tmp_path / "a.json", "--html", tmp_path / "a.html")
    assert inspection.to_dict() == json.loads((tmp_path / "a.json").read_text())
    assert str(inspection) == command("inspect", LORA, OTHER).stdout
    for ending in ("json", "html"):
        inspection.save(tmp_path / f"b.{ending}")
        assert (tmp_path / f"b.{ending}").read_bytes() == (tmp_path / f"a.{ending}").read_bytes()
    with pytest.raises(finexl.FinexlError, match="no-such-file"):
        finexl.inspect("no-such-file.safetensors")


def test_everything_public_is_described():
    for name in finexl.__all__:
        if name != "__version__":
            assert getattr(finexl, name).__doc__, name
