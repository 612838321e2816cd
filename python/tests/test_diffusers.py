"""Adapters on tiny random pipelines of diffusers."""

import warnings

import finexl
import pytest

torch = pytest.importorskip("torch", reason="torch is not installed")
diffusers = pytest.importorskip("diffusers", reason="diffusers is not installed")
peft = pytest.importorskip("peft", reason="peft is not installed")
transformers = pytest.importorskip("transformers", reason="transformers is not installed")

from finexl.integrations.diffusers import explain_adapter  # noqa: E402
from tiny_pipelines import (  # noqa: E402
    adapter,
    flux,
    made,
    stable_diffusion,
    stable_diffusion_2,
    stable_diffusion_3,
    stable_diffusion_xl,
)

SEEDS = list(range(6))
PROMPTS = [f"a {colour} thing" for colour in ("red", "green", "blue", "grey", "dark", "pale")]
CALL = {"num_inference_steps": 2, "guidance_scale": 1.0, "height": 32, "width": 32}
WITH = {"vocabulary": ["pixelated", "vivid", "old"], "method": "nnls", "cache": False}


@pytest.fixture(scope="module")
def sd1():
    """Stable Diffusion 1, and what its denoiser is trained with."""
    return made(stable_diffusion)


@pytest.fixture(scope="module")
def pipe(sd1):
    return sd1[0]


@pytest.fixture(scope="module")
def trained(sd1, tmp_path_factory):
    return adapter(*sd1, tmp_path_factory.mktemp("adapters") / "bright", True)


def _off(pipe):
    generators = [torch.Generator("cpu").manual_seed(seed) for seed in SEEDS]
    return pipe(prompt=PROMPTS, generator=generators, **CALL).images


def test_a_trained_adapter_is_explained_and_taken_off(pipe, trained, tmp_path):
    before = _off(pipe)[0].tobytes()
    names = sorted(pipe.unet.state_dict())
    kept = tmp_path / "kept"
    explanation = explain_adapter(
        pipe, trained, PROMPTS, SEEDS, scale=0.5, batch_size=6, keep=kept, explain_with=WITH, **CALL
    )
    assert explanation.pairs == 6
    assert explanation.personalized == "bright at scale 0.5"
    assert explanation.divergence > 0
    assert _off(pipe)[0].tobytes() == before
    assert sorted(pipe.unet.state_dict()) == names
    # The pictures that were kept say their prompts and seeds, and the same of the adapter.
    with pytest.warns(finexl.FinexlWarning, match="prompts were read from the images' files"):
        files = finexl.explain(kept / "base", kept / "personalized", pair="prompt-seed", **WITH)
    scores = [[(a.concept, a.score, a.low, a.p_adjusted) for a in e.aspects] for e in (files, explanation)]
    assert scores[0] == scores[1]


def test_the_pictures_are_the_pipelines(pipe, trained, tmp_path):
    from PIL import Image

    explain_adapter(pipe, trained, PROMPTS, SEEDS, batch_size=6, keep=tmp_path, explain_with=WITH, **CALL)
    assert Image.open(tmp_path / "base" / "0003.png").tobytes() == _off(pipe)[3].tobytes()
    # Merged by PEFT itself the adapter makes the same pictures but for rounding.
    import copy

    import numpy

    merged = copy.copy(pipe)
    unet = peft.PeftModel.from_pretrained(copy.deepcopy(pipe.unet), trained).merge_and_unload()
    merged = diffusers.StableDiffusionPipeline(**{**pipe.components, "unet": unet}, requires_safety_checker=False)
    merged.set_progress_bar_config(disable=True)
    expected = numpy.asarray(_off(merged)[3], dtype=float)
    found = numpy.asarray(Image.open(tmp_path / "personalized" / "0003.png"), dtype=float)
    assert abs(found - expected).max() <= 1
    assert found.tobytes() != numpy.asarray(_off(pipe)[3], dtype=float).tobytes()


def test_an_adapter_that_does_nothing_changes_nothing(sd1, pipe, tmp_path):
    idle = adapter(*sd1, tmp_path / "idle", False)
    with pytest.warns(finexl.FinexlWarning, match="6 of 6 pictures are the same to the last bit"):
        explanation = explain_adapter(pipe, idle, PROMPTS, SEEDS, batch_size=2, explain_with=WITH, **CALL)
    assert explanation.divergence == 0
    assert explanation.significant == []


def test_an_adapter_that_is_loaded_already_is_switched_and_stays(pipe, trained):
    from safetensors.torch import load_file

    plain = {k[len("base_model.model.") :]: v for k, v in load_file(trained / "adapter_model.safetensors").items()}
    pipe.unet.load_lora_adapter(plain, prefix=None, adapter_name="mine")
    try:
        explanation = explain_adapter(pipe, "mine", PROMPTS, SEEDS, batch_size=6, explain_with=WITH, **CALL)
        assert explanation.personalized == "mine at scale 1"
        assert pipe.get_active_adapters() == ["mine"]
        with pytest.raises(finexl.InputError, match="mine are active"):
            explain_adapter(pipe, trained, PROMPTS, SEEDS, **CALL)
    finally:
        pipe.unload_lora_weights()


def test_a_file_of_loras_is_loaded_by_the_pipeline(pipe, trained, tmp_path):
    from safetensors.torch import load_file, save_file

    state = load_file(trained / "adapter_model.safetensors")
    save_file({k.replace("base_model.model.", "unet."): v for k, v in state.items()}, tmp_path / "lora.safetensors")
    explanation = explain_adapter(
        pipe, tmp_path, PROMPTS, SEEDS, batch_size=6, weight_name="lora.safetensors", explain_with=WITH, **CALL
    )
    assert explanation.divergence > 0


@pytest.mark.parametrize("family", [stable_diffusion_2, stable_diffusion_xl, stable_diffusion_3, flux])
def test_other_families_are_only_called(family, tmp_path):
    pipe, conditions = made(family)
    before = _off(pipe)[0].tobytes()
    bright = adapter(pipe, conditions, tmp_path / "bright", True)
    explanation = explain_adapter(pipe, bright, PROMPTS, SEEDS, batch_size=6, explain_with=WITH, **CALL)
    assert explanation.divergence > 0
    assert explanation.base == type(pipe).__name__
    assert _off(pipe)[0].tobytes() == before
    idle = adapter(pipe, conditions, tmp_path / "idle", False)
    with pytest.warns(finexl.FinexlWarning, match="6 of 6 pictures are the same to the last bit"):
        explanation = explain_adapter(pipe, idle, PROMPTS, SEEDS, batch_size=3, explain_with=WITH, **CALL)
    assert explanation.divergence == 0 and explanation.significant == []


class _Stubborn:
    """A pipeline that does not switch its adapters off."""

    def __init__(self, pipe):
        self._pipe = pipe

    def __getattr__(self, name):
        return getattr(self._pipe, name)

    def __call__(self, **options):
        return self._pipe(**options)

    def disable_lora(self):
        pass


def test_off_that_is_not_off_is_found(pipe, trained):
    with pytest.raises(finexl.InputError, match="another picture than before it was loaded"):
        explain_adapter(_Stubborn(pipe), trained, PROMPTS, SEEDS, **CALL)
    assert pipe.get_list_adapters() == {}


def test_arguments_that_make_no_sense_are_named(pipe, trained, tmp_path):
    cases = [
        ("6 prompts and 2 seeds", {"seeds": SEEDS[:2]}, {}),
        ("output_type", {}, {"output_type": "np"}),
        ("at least 1", {}, {"batch_size": 0}),
        ("cannot load it", {"adapter": tmp_path}, {}),
        ("prompts: 'abcdef' is one text", {"prompts": "abcdef"}, {}),
        ("no whole number", {"seeds": [0.5] * 6}, {}),
        ("stand there twice", {"prompts": ["a"] * 6, "seeds": [1] * 6}, {}),
        ("scale: nan", {}, {"scale": float("nan")}),
        ("explain_with: .*vocabluary", {}, {"explain_with": {"vocabluary": []}}),
        ("explain_with: prompts", {}, {"explain_with": {"prompts": []}}),
        ("negative_prompt: there are 2 for 6", {}, {"negative_prompt": ["a", "b"]}),
        ("holds files already", {}, {"keep": tmp_path}),
    ]
    (tmp_path / "base").mkdir()
    (tmp_path / "base" / "0.png").touch()
    for words, changed, options in cases:
        given = {"adapter": trained, "prompts": PROMPTS, "seeds": SEEDS, **changed, **options, **CALL}
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with pytest.raises(finexl.InputError, match=words):
                explain_adapter(pipe, **given)


def test_an_encoder_that_is_none_is_found_before_a_picture_is_made(pipe, trained):
    with pytest.raises(finexl.ModelError, match="no/encoder"):
        explain_adapter(None, trained, PROMPTS, SEEDS, explain_with={"encoder": "no/encoder"}, **CALL)


def test_texts_beside_the_prompt_belong_to_their_pictures(pipe, trained, tmp_path):
    one = {"negative_prompt": "grey", "guidance_scale": 4.0}
    each = {"negative_prompt": ["grey"] * 6, "guidance_scale": 4.0}
    for name, options in (("one", one), ("each", each)):
        given = {**CALL, **options}
        explain_adapter(pipe, trained, PROMPTS, SEEDS, batch_size=2, keep=tmp_path / name, explain_with=WITH, **given)
    for number in range(6):
        files = [tmp_path / name / "base" / f"{number:04}.png" for name in ("one", "each")]
        assert files[0].read_bytes() == files[1].read_bytes()
