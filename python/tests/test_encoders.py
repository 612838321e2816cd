"""Encoders that are written in Python."""

from types import SimpleNamespace

import finexl
import pytest
from asking import ROOT

numpy = pytest.importorskip("numpy")
CLIP = ROOT / "crates/finexl-zoo/tests/fixtures/clip/clip"


class Colours(finexl.PythonEncoder):
    """Sees mean colours, and reads their names."""

    name = "colours"
    fingerprint = "colours 1"
    dimension = 4

    def encode_images(self, images):
        rows = [[*picture.mean(axis=(0, 1)) / 255.0, 0.5] for picture in images]
        return numpy.array(rows)

    def encode_texts(self, texts):
        names = ("red", "green", "blue")
        return numpy.array([[0.1 + (name in text) for name in names] + [0.5] for text in texts], dtype=numpy.float32)


def test_an_encoder_of_ones_own_explains(arrays):
    redder = arrays.base.copy()
    redder[..., 0] = 255 - (255 - redder[..., 0]) // 2
    words = ["red", "green", "blue"]
    explanation = finexl.explain(
        arrays.base, redder, encoder=Colours(), vocabulary=words, prompts=[f"a thing {i}" for i in range(12)]
    )
    assert explanation.encoder == "colours"
    assert explanation.aspects[0].concept == "red" and explanation.aspects[0].significant


@pytest.mark.parametrize(
    "part, value, words",
    [
        ("encode_images", lambda images: 1 / 0, "division by zero"),
        ("encode_texts", lambda texts: numpy.zeros((1, 4)), "expected"),
        ("encode_images", lambda images: numpy.zeros((len(images), 4)), "not finite"),
        ("fingerprint", "", "fingerprint is empty"),
        ("fingerprint", None, "fingerprint is empty"),
        ("fingerprint", 7, "fingerprint: 7 is no text"),
        ("dimension", 2.5, "no whole number"),
        ("notes", "one note", "one text"),
        ("dimension", 0, "at least 1"),
    ],
)
def test_what_goes_wrong_in_it_is_raised(part, value, words, arrays):
    encoder = Colours()
    setattr(encoder, part, value)
    with pytest.raises(Exception, match=words) as raised:
        finexl.explain(arrays.base, arrays.cosy, encoder=encoder, vocabulary=["red", "blue"], cache=False)
    if "zero" in words:
        assert raised.type is ZeroDivisionError


def test_an_object_without_the_parts_is_refused(arrays):
    with pytest.raises(finexl.InputError, match="has no fingerprint"):
        finexl.explain(arrays.base, arrays.cosy, encoder=SimpleNamespace(name="x"))
    with pytest.raises(finexl.InputError, match="Colours is a class"):
        finexl.explain(arrays.base, arrays.cosy, encoder=Colours)


def test_a_clip_of_transformers_says_what_the_librarys_says(arrays, files):
    pytest.importorskip("torch", reason="torch is not installed")
    transformers = pytest.importorskip("transformers", reason="transformers is not installed")
    from finexl.integrations.transformers import ClipEncoder

    model = transformers.CLIPModel.from_pretrained(CLIP)
    processor = transformers.CLIPProcessor.from_pretrained(CLIP)
    encoder = ClipEncoder.from_transformers(model, processor, name="tiny")
    options = {"vocabulary": ["pixelated", "vivid", "old"], "prompts": files.prompts, "method": "nnls"}
    theirs = finexl.explain(arrays.base, arrays.cosy, encoder=encoder, **options)
    ours = finexl.explain(arrays.base, arrays.cosy, encoder=CLIP, **options)
    assert theirs.divergence == pytest.approx(ours.divergence, rel=1e-3)
    for a, b in zip(sorted(theirs.aspects, key=lambda a: a.concept), sorted(ours.aspects, key=lambda a: a.concept)):
        assert a.score == pytest.approx(b.score, rel=1e-2, abs=1e-3), a.concept
    again = ClipEncoder.from_transformers(model, processor)
    assert again.fingerprint == encoder.fingerprint
    model.logit_scale.data += 1
    assert ClipEncoder.from_transformers(model, processor).fingerprint != encoder.fingerprint
    with pytest.raises(finexl.InputError, match="get_image_features"):
        ClipEncoder.from_transformers(SimpleNamespace(), processor)
