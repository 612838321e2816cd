"""Adapters of diffusers: your pipeline makes both sides, with the adapter off and on."""

import inspect
import math
import os
from typing import Any, Dict, List, Mapping, Optional, Sequence, Union

from .._finexl import InputError
from ..encoders import open_encoder
from ..explaining import explain
from ..explanation import Explanation
from ..lists import in_order, texts, whole
from ..notes import warn
from .adapters import AdapterOnPipe
from .transformers import ClipEncoder

__all__ = ["ClipEncoder", "explain_adapter"]

Path = Union[str, "os.PathLike[str]"]
# What is decided here, and what comes back.
_OURS = ("prompt", "generator", "latents", "num_images_per_prompt", "output_type", "return_dict", "prompt_embeds")
# Texts beside the prompt, of which pipelines take one per picture.
_TEXTS = ("negative_prompt", "prompt_2", "prompt_3", "negative_prompt_2", "negative_prompt_3")


def explain_adapter(
    pipe: Any,
    adapter: Path,
    prompts: Sequence[str],
    seeds: Sequence[int],
    scale: float = 1.0,
    batch_size: int = 1,
    *,
    weight_name: Optional[str] = None,
    keep: Optional[Path] = None,
    explain_with: Optional[Mapping[str, Any]] = None,
    **call: Any,
) -> Explanation:
    """Say what an adapter (LoRA) changes of a pipeline's pictures.

    The pipeline makes every picture twice from the same prompt and the same generator, without and with the adapter. That
    without is without is checked: where the adapter was loaded here, the first picture has to be the same as before it
    was; else the same as at scale 0.

    Parameters
    ----------
    pipe : diffusers.DiffusionPipeline
        Any pipeline that takes ``prompt`` and ``generator`` and whose adapters can be switched: Stable Diffusion 1, 2, XL
        and 3, Flux, and others.
    adapter : path or str
        A file or folder that ``load_lora_weights`` takes, a folder that PEFT wrote for the denoiser, a repository of the
        hub, or the name of an adapter that is loaded already.
    prompts : sequence of str
        A prompt for every picture.
    seeds : sequence of int
        A seed for every picture.
    scale : float
        At which the adapter is applied.
    batch_size : int
        Pictures that the pipeline makes at a time; for both sides the same.
    weight_name : str, optional
        The file in a folder or repository of several.
    keep : path, optional
        A folder for the pictures: ``base`` and ``personalized`` in it, with their prompts and seeds in the PNGs, as
        ``finexl explain`` reads them.
    explain_with : mapping, optional
        Further arguments of `finexl.explain`, such as ``encoder``.
    **call
        Further arguments of the pipeline: ``num_inference_steps``, ``guidance_scale``, ``negative_prompt``, ...

    Returns
    -------
    Explanation

    Raises
    ------
    InputError
        For lists of different length, arguments that are decided here, an adapter that is fused or not there, other
        adapters that are active, and where off is not off.

    Notes
    -----
    An adapter that was loaded here is unloaded again. One that was there stays, active, at `scale`.
    """
    prompts = texts(prompts, "prompts")
    seeds = [whole(seed, f"seeds[{number}]") for number, seed in enumerate(in_order(seeds, "seeds"))]
    if not prompts or len(prompts) != len(seeds):
        raise InputError(f"there are {len(prompts)} prompts and {len(seeds)} seeds; give one of each for every picture")
    if len(set(zip(prompts, seeds))) < len(prompts):
        raise InputError("the same prompt and seed stand there twice, which makes the same picture; give another seed")
    ours = [name for name in call if name in _OURS]
    if ours:
        raise InputError(f"{', '.join(ours)}: this is decided here; leave it out")
    if not math.isfinite(scale):
        raise InputError(f"scale: {scale} is no number that a change can be multiplied by")
    batch_size = whole(batch_size, "batch_size", 1)
    explain_with = _checked(explain_with)
    folders = [] if keep is None else _empty_folders(keep)
    pictures = _Pictures(pipe, prompts, seeds, batch_size, call)
    with AdapterOnPipe(pipe, adapter, scale, weight_name, pictures.first) as switched:
        switched.off()
        base = pictures.all()
        switched.on()
        personalized = pictures.all()
        title = switched.title
    warn(pictures.notes)
    same = sum(_same(a, b) for a, b in zip(base, personalized))
    if same:
        warn([f"{same} of {len(base)} pictures are the same to the last bit with {title} and without"])
    for folder, side in zip(folders, (base, personalized)):
        _keep(folder, side, prompts, seeds)
    options: Dict[str, Any] = {"sides": (_name_of(pipe), f"{title} at scale {scale:g}"), **explain_with}
    return explain(base, personalized, prompts=prompts, **options)


def _checked(explain_with: Optional[Mapping[str, Any]]) -> Dict[str, Any]:
    """Find what `explain` cannot be asked before pictures are made, which may take hours; an encoder is opened."""
    options = dict(explain_with or {})
    if "prompts" in options:
        raise InputError("explain_with: prompts are those of the pictures; leave them out")
    try:
        inspect.signature(explain).bind((), (), **options)
    except TypeError as error:
        raise InputError(f"explain_with: {error}") from error
    encoder = options.get("encoder", "mini-clip")
    if isinstance(encoder, (str, os.PathLike)):
        options["encoder"] = open_encoder(encoder, options.get("device", "cpu"))
    return options


class _Pictures:
    """Makes pictures by a pipeline, the same each time as long as the pipeline is."""

    def __init__(self, pipe: Any, prompts: List[str], seeds: List[int], batch_size: int, call: Mapping[str, Any]) -> None:
        self._pipe = pipe
        self._prompts = prompts
        self._seeds = seeds
        self._batch_size = batch_size
        self._call = {name: _per_picture(name, value, len(prompts)) for name, value in call.items()}
        self.notes: List[str] = []

    def first(self) -> Any:
        """Make the first picture alone."""
        return self._made(0, 1)[0]

    def all(self) -> List[Any]:
        """Make all pictures, in order."""
        made: List[Any] = []
        for start in range(0, len(self._prompts), self._batch_size):
            made.extend(self._made(start, start + self._batch_size))
        return made

    def _made(self, start: int, end: int) -> List[Any]:
        import torch

        prompts, seeds = self._prompts[start:end], self._seeds[start:end]
        # On the processor, so that a seed is the same noise on every device.
        generators = [torch.Generator("cpu").manual_seed(seed) for seed in seeds]
        call = {name: value[start:end] if name in _TEXTS and value else value for name, value in self._call.items()}
        found = self._pipe(prompt=prompts, generator=generators, output_type="pil", **call)
        flagged = getattr(found, "nsfw_content_detected", None)
        note = "the pipeline's safety checker blackened pictures; what it took away is compared as black"
        if flagged and any(flagged) and note not in self.notes:
            self.notes.append(note)
        images = list(found.images)
        if len(images) != len(prompts):
            raise InputError(f"the pipeline made {len(images)} pictures of {len(prompts)} prompts")
        return images


def _per_picture(name: str, value: Any, pictures: int) -> Any:
    """Give a text of the call for every picture, since pipelines take as many as prompts."""
    if name not in _TEXTS or value is None:
        return value
    if isinstance(value, str):
        return [value] * pictures
    found = texts(value, name)
    if len(found) != pictures:
        raise InputError(f"{name}: there are {len(found)} for {pictures} pictures; give one for all, or one for each")
    return found


def _same(first: Any, second: Any) -> bool:
    return bool(first.size == second.size and first.tobytes() == second.tobytes())


def _name_of(pipe: Any) -> str:
    known = getattr(pipe, "name_or_path", None) or getattr(pipe.config, "_name_or_path", None)
    return os.path.basename(os.path.normpath(str(known))) if known else type(pipe).__name__


def _empty_folders(folder: Path) -> List[str]:
    """Make the folders of both sides; pictures of another run in them would become pairs."""
    inside = [os.path.join(os.fspath(folder), name) for name in ("base", "personalized")]
    for path in inside:
        os.makedirs(path, exist_ok=True)
        if os.listdir(path):
            raise InputError(f"keep: {path} holds files already; give another folder, or empty it")
    return inside


def _keep(folder: str, pictures: List[Any], prompts: List[str], seeds: List[int]) -> None:
    """Write one side as PNG files that say their prompts and seeds."""
    from PIL.PngImagePlugin import PngInfo

    for number, (picture, prompt, seed) in enumerate(zip(pictures, prompts, seeds)):
        said = PngInfo()
        said.add_itxt("prompt", prompt)
        said.add_itxt("seed", str(seed))
        picture.save(os.path.join(folder, f"{number:04}.png"), pnginfo=said)
