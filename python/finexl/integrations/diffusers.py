"""Adapters of diffusers: your pipeline makes both sides, with the adapter off and on."""

import os
from typing import Any, Dict, List, Mapping, Optional, Sequence, Union

from .._finexl import InputError
from ..explaining import explain
from ..explanation import Explanation
from ..notes import warn
from .adapters import AdapterOnPipe
from .transformers import ClipEncoder

__all__ = ["ClipEncoder", "explain_adapter"]

Path = Union[str, "os.PathLike[str]"]
# What is decided here, and what comes back.
_OURS = ("prompt", "generator", "latents", "num_images_per_prompt", "output_type", "return_dict", "prompt_embeds")


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
    prompts, seeds = list(prompts), [int(seed) for seed in seeds]
    if not prompts or len(prompts) != len(seeds):
        raise InputError(f"there are {len(prompts)} prompts and {len(seeds)} seeds; give one of each for every picture")
    ours = [name for name in call if name in _OURS]
    if ours:
        raise InputError(f"{', '.join(ours)}: this is decided here; leave it out")
    if batch_size < 1:
        raise InputError("batch_size: give at least 1")
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
    if keep is not None:
        _keep(keep, base, personalized, prompts, seeds)
    options: Dict[str, Any] = {"sides": (_name_of(pipe), f"{title} at scale {scale:g}"), **(explain_with or {})}
    return explain(base, personalized, prompts=prompts, **options)


class _Pictures:
    """Makes pictures by a pipeline, the same each time as long as the pipeline is."""

    def __init__(self, pipe: Any, prompts: List[str], seeds: List[int], batch_size: int, call: Mapping[str, Any]) -> None:
        self._pipe = pipe
        self._prompts = prompts
        self._seeds = seeds
        self._batch_size = batch_size
        self._call = call
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
        call = dict(self._call)
        if isinstance(call.get("negative_prompt"), str):
            call["negative_prompt"] = [call["negative_prompt"]] * len(prompts)
        found = self._pipe(prompt=prompts, generator=generators, output_type="pil", **call)
        flagged = getattr(found, "nsfw_content_detected", None)
        note = "the pipeline's safety checker blackened pictures; what it took away is compared as black"
        if flagged and any(flagged) and note not in self.notes:
            self.notes.append(note)
        images = list(found.images)
        if len(images) != len(prompts):
            raise InputError(f"the pipeline made {len(images)} pictures of {len(prompts)} prompts")
        return images


def _same(first: Any, second: Any) -> bool:
    return bool(first.size == second.size and first.tobytes() == second.tobytes())


def _name_of(pipe: Any) -> str:
    known = getattr(pipe, "name_or_path", None) or getattr(pipe.config, "_name_or_path", None)
    return os.path.basename(os.path.normpath(str(known))) if known else type(pipe).__name__


def _keep(folder: Path, base: List[Any], personalized: List[Any], prompts: List[str], seeds: List[int]) -> None:
    """Write both sides as PNG files that say their prompts and seeds."""
    from PIL.PngImagePlugin import PngInfo

    for name, pictures in (("base", base), ("personalized", personalized)):
        inside = os.path.join(os.fspath(folder), name)
        os.makedirs(inside, exist_ok=True)
        for number, (picture, prompt, seed) in enumerate(zip(pictures, prompts, seeds)):
            said = PngInfo()
            said.add_itxt("prompt", prompt)
            said.add_itxt("seed", str(seed))
            picture.save(os.path.join(inside, f"{number:04}.png"), pnginfo=said)
