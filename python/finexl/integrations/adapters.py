"""An adapter on a pipeline of diffusers, off and on."""

import json
import os
from typing import Any, Callable, Dict, List, Optional

from .._finexl import InputError

# What an adapter that is loaded here is called in the pipeline.
_NAME = "finexl"
# What PEFT calls the files of an adapter, and puts before the names of its layers.
_PEFT_CONFIG = "adapter_config.json"
_PEFT_WEIGHTS = "adapter_model.safetensors"
_PEFT_PREFIX = "base_model.model."
# The networks that denoise.
_DENOISERS = ("transformer", "unet")


class AdapterOnPipe:
    """Loads an adapter where it is not there, switches it, and takes it off again.

    Parameters
    ----------
    pipe : diffusers.DiffusionPipeline
        The pipeline.
    adapter : path or str
        A file, a folder, a repository, or the name of an adapter that is loaded.
    scale : float
        At which it is on.
    weight_name : str, optional
        The file in a folder or repository.
    picture : callable
        Makes one picture with the pipeline as it is, the same each time.
    """

    def __init__(
        self, pipe: Any, adapter: Any, scale: float, weight_name: Optional[str], picture: Callable[[], Any]
    ) -> None:
        self._pipe = pipe
        self._adapter = os.fspath(adapter)
        self._scale = scale
        self._weight_name = weight_name
        self._picture = picture
        self._name = self._adapter
        self._loaded_here = False
        # What it is called for a reader.
        self.title = os.path.splitext(os.path.basename(os.path.normpath(self._adapter)))[0]

    def __enter__(self) -> "AdapterOnPipe":
        self._check_pipe()
        try:
            if self._adapter in self._names():
                self.on(0.0)
                plain = self._picture()
            else:
                plain = self._picture()
                self._load()
            self._check_off(plain)
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: Any) -> None:
        if self._loaded_here:
            self._loaded_here = False
            self._pipe.delete_adapters(self._name)
            # The layers around the plain ones go too, so that the pipeline is as it was.
            if not self._names():
                self._pipe.unload_lora_weights()

    def off(self) -> None:
        """Switch it off."""
        self._pipe.disable_lora()

    def on(self, scale: Optional[float] = None) -> None:
        """Switch it on, at a scale."""
        self._pipe.enable_lora()
        self._pipe.set_adapters([self._name], [self._scale if scale is None else scale])

    def _names(self) -> List[str]:
        listed: Dict[str, List[str]] = self._pipe.get_list_adapters()
        return sorted({name for names in listed.values() for name in names})

    def _check_pipe(self) -> None:
        needed = ("load_lora_weights", "set_adapters", "disable_lora", "enable_lora", "get_list_adapters")
        missing = [part for part in needed if not hasattr(self._pipe, part)]
        if missing:
            raise InputError(f"pipe: {type(self._pipe).__name__} has no {missing[0]}, so no adapter can be switched")
        if getattr(self._pipe, "num_fused_loras", 0):
            raise InputError("pipe: adapters are fused into its weights, which cannot be switched; call unfuse_lora() first")
        others = [name for name in self._pipe.get_active_adapters() if name != self._adapter]
        if others:
            raise InputError(f"pipe: the adapters {', '.join(others)} are active; delete them, or call disable_lora() first")

    def _load(self) -> None:
        if _NAME in self._names():
            raise InputError(f"pipe: it has an adapter named {_NAME} already; delete it first")
        config = os.path.join(self._adapter, _PEFT_CONFIG)
        try:
            if os.path.isfile(config):
                self._load_peft(config)
            else:
                options = {} if self._weight_name is None else {"weight_name": self._weight_name}
                self._pipe.load_lora_weights(self._adapter, adapter_name=_NAME, **options)
        except (OSError, KeyError, ValueError, RuntimeError) as error:
            raise InputError(f"{self._adapter}: the pipeline cannot load it ({error})") from error
        if _NAME not in self._names():
            raise InputError(f"{self._adapter}: it holds nothing for this pipeline; it is of another model")
        self._name = _NAME
        self._loaded_here = True

    def _load_peft(self, config: str) -> None:
        from safetensors.torch import load_file

        with open(config, encoding="utf-8") as file:
            settings = json.load(file)
        kind = settings.get("peft_type")
        if kind != "LORA":
            raise InputError(f"{self._adapter}: adapters of the kind {kind} are not loaded here; load it and give its name")
        state = load_file(os.path.join(self._adapter, self._weight_name or _PEFT_WEIGHTS))
        plain = {name[len(_PEFT_PREFIX) :] if name.startswith(_PEFT_PREFIX) else name: v for name, v in state.items()}
        # What diffusers takes over from a config.
        taken = ("r", "lora_alpha", "rank_pattern", "alpha_pattern", "target_modules", "use_dora", "use_rslora", "lora_bias")
        metadata = {key: settings[key] for key in taken if key in settings}
        self._denoiser().load_lora_adapter(plain, prefix=None, adapter_name=_NAME, metadata=metadata)

    def _denoiser(self) -> Any:
        for name in _DENOISERS:
            found = getattr(self._pipe, name, None)
            if found is not None:
                return found
        raise InputError(f"pipe: {type(self._pipe).__name__} has neither {' nor '.join(_DENOISERS)}")

    def _check_off(self, plain: Any) -> None:
        """Compare the picture without the adapter with the one that it has to be."""
        self.off()
        found = self._picture()
        if found.size != plain.size or found.tobytes() != plain.tobytes():
            other = "than before it was loaded" if self._loaded_here else "than at scale 0"
            raise InputError(
                f"{self.title}: with the adapter off the pipeline makes another picture {other}, so the two sides would not "
                "differ by the adapter alone; is the pipeline compiled, random, or changed by a hook?"
            )
