"""CLIP models of transformers as encoders: your own weights, on your own device."""

import hashlib
from typing import Any, List, Optional, Sequence, Tuple

from .._finexl import InputError
from ..encoders import PythonEncoder


class ClipEncoder(PythonEncoder):
    """A model with a tower for pictures and one for texts; `from_transformers` makes one."""

    def __init__(self, model: Any, images: Any, tokenizer: Any, name: str, batch_size: int) -> None:
        self._model = model
        self._images = images
        self._tokenizer = tokenizer
        self._batch_size = batch_size
        self.name = name
        self.device = model.device.type
        text = getattr(model.config, "text_config", model.config)
        self._limit = int(text.max_position_embeddings)
        # SigLIP was trained on texts that are filled up.
        self._padding = "max_length" if "siglip" in str(model.config.model_type) else True
        self.dimension = int(getattr(model.config, "projection_dim", 0) or text.hidden_size)
        self.notes = []
        self.fingerprint = _fingerprint(model, images, tokenizer)

    @classmethod
    def from_transformers(
        cls, model: Any, processor: Any, *, name: Optional[str] = None, batch_size: int = 32
    ) -> "ClipEncoder":
        """Use a CLIP or SigLIP model of transformers, where it is.

        Parameters
        ----------
        model : transformers.PreTrainedModel
            With ``get_image_features`` and ``get_text_features``, on any device, in any precision. It is left as it is, but
            for being put into evaluation.
        processor : transformers.ProcessorMixin
            Its image processor and tokenizer.
        name : str, optional
            What records call it. Default: the name that it was loaded by.
        batch_size : int
            Pictures and texts at a time.

        Returns
        -------
        ClipEncoder

        Raises
        ------
        InputError
            For a model without these parts.
        """
        for part in ("get_image_features", "get_text_features"):
            if not hasattr(model, part):
                raise InputError(f"model: {type(model).__name__} has no {part}; give a CLIP or SigLIP model")
        images = getattr(processor, "image_processor", None)
        tokenizer = getattr(processor, "tokenizer", None)
        if images is None or tokenizer is None:
            raise InputError("processor: it needs an image processor and a tokenizer, as AutoProcessor gives")
        model.eval()
        known = name or getattr(model.config, "_name_or_path", "") or type(model).__name__
        return cls(model, images, tokenizer, str(known), batch_size)

    def encode_images(self, images: Sequence[Any]) -> Any:
        """Embed pictures, [n, d]."""
        import torch

        rows = []
        with torch.inference_mode():
            for batch in _batches(images, self._batch_size):
                inputs = self._images(images=list(batch), input_data_format="channels_last", return_tensors="pt")
                pixels = inputs["pixel_values"].to(self._model.device, self._model.dtype)
                rows.append(_rows(self._model.get_image_features(pixel_values=pixels)))
        return torch.cat(rows)

    def encode_texts(self, texts: Sequence[str]) -> Any:
        """Embed texts, [n, d]."""
        import torch

        rows = []
        with torch.inference_mode():
            for batch in _batches(texts, self._batch_size):
                inputs = self._tokenizer(
                    list(batch), padding=self._padding, truncation=True, max_length=self._limit, return_tensors="pt"
                )
                rows.append(_rows(self._model.get_text_features(**inputs.to(self._model.device))))
        return torch.cat(rows)

    def text_length(self, text: str) -> Tuple[int, int]:
        """Give the tokens of a text with start and end, and how many are read."""
        tokens = len(self._tokenizer(text, truncation=False, verbose=False)["input_ids"])
        return tokens, min(tokens, self._limit)


def _batches(values: Sequence[Any], size: int) -> List[Sequence[Any]]:
    return [values[start : start + size] for start in range(0, len(values), size)]


def _rows(found: Any) -> Any:
    # Newer versions of transformers give all of the tower's outputs.
    rows = getattr(found, "pooler_output", found)
    return rows.float().cpu()


def _fingerprint(model: Any, images: Any, tokenizer: Any) -> str:
    """Of all weights, in the precision that they compute in, and of what brings pictures and texts to them."""
    import torch

    state = hashlib.sha256()
    for name, tensor in sorted(model.state_dict().items()):
        state.update(f"{name} {tensor.dtype} {tuple(tensor.shape)}\n".encode())
        flat = tensor.detach().contiguous().cpu().reshape(-1)
        state.update(flat.view(torch.uint8).numpy())
    state.update(images.to_json_string().encode())
    state.update(repr(sorted(tokenizer.get_vocab().items())).encode())
    return state.hexdigest()
