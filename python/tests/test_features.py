"""Embeddings from elsewhere are explained as the command explains the same numbers in files."""

import json
import struct

import finexl
import pytest
from asking import findings

numpy = pytest.importorskip("numpy")

NAMES = ["alpha", "beta", "gamma"]


def _write(path, tensors, names=None):
    """A file of safetensors, by its format."""
    header, data = {}, b""
    if names:
        header["__metadata__"] = {"names": json.dumps(names)}
    for name, values in tensors.items():
        values = numpy.ascontiguousarray(values)
        kind = {"float32": "F32", "float64": "F64"}[str(values.dtype)]
        end = len(data) + values.nbytes
        header[name] = {"dtype": kind, "shape": list(values.shape), "data_offsets": [len(data), end]}
        data += values.tobytes()
    head = json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(head)) + head + data)


@pytest.fixture(params=["float32", "float64"])
def embeddings(request):
    """24 pairs that differ along the second of three directions."""
    random = numpy.random.default_rng(5)
    base = random.normal(size=(24, 8))
    base /= numpy.linalg.norm(base, axis=1, keepdims=True)
    directions = numpy.eye(3, 8) * 0.5 + random.normal(scale=0.01, size=(3, 8))
    moved = base + 0.4 * directions[1] + random.normal(scale=0.02, size=base.shape)
    return [values.astype(request.param) for values in (base, moved, directions)]


def test_arrays_say_what_files_say(embeddings, command, tmp_path):
    base, moved, directions = embeddings
    for name, values in (("a", base), ("b", moved)):
        _write(tmp_path / f"{name}.safetensors", {"features": values})
    _write(tmp_path / "c.safetensors", {"features": directions}, NAMES)
    files = ["--base-features", "a.safetensors", "--personalized-features", "b.safetensors"]
    command("explain", *files, "--concept-features", "c.safetensors", "--json", "out.json", folder=tmp_path)
    expected = findings(finexl.load(tmp_path / "out.json").to_dict())
    explanation = finexl.explain_features(base, moved, directions, NAMES)
    assert findings(explanation.to_dict()) == expected
    assert explanation.aspects[0].concept == "beta" and explanation.aspects[0].significant
    gaps = numpy.asfortranarray(base)
    assert findings(finexl.explain_features(gaps, moved, directions, NAMES).to_dict()) == expected
    blocks = finexl.explain_features(base, moved, directions[None], NAMES)
    assert findings(blocks.to_dict()) == expected


class _Interface:
    """What has `__array__` alone."""

    def __init__(self, values):
        self._values = values

    def __array__(self, dtype=None, copy=None):
        return self._values


class _Exchanged:
    """What has DLPack alone."""

    def __init__(self, values):
        self._values = values

    def __dlpack__(self, **options):
        return self._values.__dlpack__(**options)

    def __dlpack_device__(self):
        return self._values.__dlpack_device__()


@pytest.mark.parametrize("kind", [_Interface, _Exchanged])
def test_other_programs_arrays_are_taken(kind, embeddings):
    expected = finexl.explain_features(*embeddings, NAMES).to_dict()
    assert finexl.explain_features(*map(kind, embeddings), NAMES).to_dict() == expected


def test_tensors_of_torch_are_taken(embeddings):
    torch = pytest.importorskip("torch", reason="torch is not installed")
    expected = finexl.explain_features(*embeddings, NAMES).to_dict()
    tensors = [torch.from_numpy(values) for values in embeddings]
    assert finexl.explain_features(*tensors, NAMES).to_dict() == expected
    with pytest.raises(finexl.InputError, match="float32"):
        finexl.explain_features(tensors[0].to(torch.bfloat16), *tensors[1:], NAMES)


def test_what_does_not_fit_is_named(embeddings):
    base, moved, directions = embeddings
    broken = moved.copy()
    broken[3, 2] = numpy.nan
    empty = moved.copy()
    empty[5] = 0
    cases = [
        ("names: there are 2", lambda: finexl.explain_features(base, moved, directions, NAMES[:2])),
        ("expected 2 dimensions", lambda: finexl.explain_features(base[0], moved, directions, NAMES)),
        ("float32 or float64", lambda: finexl.explain_features(base.astype(int), moved, directions, NAMES)),
        ("have 7 numbers", lambda: finexl.explain_features(base[:, :7], moved, directions, NAMES)),
        ("base has 20 rows", lambda: finexl.explain_features(base[:20], moved, directions, NAMES)),
        ("base has 0 rows", lambda: finexl.explain_features(base[:0], moved[:0], directions, NAMES)),
        ("more than once", lambda: finexl.explain_features(base, moved, directions, ["a", "b", "a"])),
        ("one text", lambda: finexl.explain_features(base, moved, directions, "abc")),
        ("no order", lambda: finexl.explain_features(base, moved, directions, set(NAMES))),
        ("is empty", lambda: finexl.explain_features(base, moved, directions, ["a", " ", "c"])),
        ("there are 2 for 24", lambda: finexl.explain_features(base, moved, directions, NAMES, pair_names=["a", "b"])),
        ("masked", lambda: finexl.explain_features(numpy.ma.masked_less(base, 0), moved, directions, NAMES)),
        ("row 5 (counted from 0) holds nothing", lambda: finexl.explain_features(base, empty, directions, NAMES)),
        ("row 3, column 2", lambda: finexl.explain_features(base, broken, directions, NAMES)),
        ("no head", lambda: finexl.explain_features(base, moved, directions, NAMES, method="learned")),
    ]
    for words, call in cases:
        with pytest.raises(finexl.FinexlError) as raised:
            call()
        assert words in str(raised.value), str(raised.value)


def test_rows_of_other_lengths_are_noted(embeddings):
    base, moved, directions = embeddings
    with pytest.warns(finexl.FinexlWarning, match="not of length 1: on average 1.000 .base. and 10"):
        finexl.explain_features(base, moved * 10, directions, NAMES)


def test_numbers_of_other_machines_are_the_same(embeddings):
    expected = finexl.explain_features(*embeddings, NAMES).to_dict()
    swapped = [values.astype(values.dtype.newbyteorder()) for values in embeddings]
    assert finexl.explain_features(*swapped, NAMES).to_dict() == expected


def test_tensors_that_are_elsewhere_are_named(embeddings):
    torch = pytest.importorskip("torch", reason="torch is not installed")
    base, moved, directions = map(torch.from_numpy, embeddings)
    for words, tensor in (("detach", base.clone().requires_grad_()), ("host memory", base.to("meta"))):
        with pytest.raises(finexl.InputError, match=f"base: .*{words}"):
            finexl.explain_features(tensor, moved, directions, NAMES)
