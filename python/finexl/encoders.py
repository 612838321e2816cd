"""Encoders: those of the library, and those that are written in Python."""

import os
from typing import Any, List, Sequence, Tuple, Union

from . import _finexl
from ._finexl import Encoder, InputError
from .arrays import floats
from .lists import text_or_none, texts, whole


def open_encoder(name: Union[str, "os.PathLike[str]"], device: str = "cpu") -> Encoder:
    """Open an encoder once, for any number of explanations.

    Parameters
    ----------
    name : str or path
        ``"mini-clip"``, a weights file, the folder of a CLIP, SigLIP or EVA-CLIP model, or a repository in the hub's cache.
    device : str
        ``"cpu"``, or what the build knows besides.

    Raises
    ------
    ModelError
        For a name that is no encoder, and files that are missing or damaged.
    """
    return _finexl.open_encoder(os.fspath(name), device)


class PythonEncoder:
    """An encoder of your own; derive from it, or give any object with the same parts.

    Attributes
    ----------
    name : str
        What it is called in records.
    fingerprint : str
        Changes whenever weights or preprocessing do: features are kept under it, and records are compared by it.
    dimension : int
        Length d of its embeddings.
    device : str
        Where it computes.
    notes : list of str
        What a reader has to know of it.
    """

    name: str = "an encoder in Python"
    fingerprint: str = ""
    dimension: int = 0
    device: str = "cpu"
    notes: List[str] = []

    def encode_images(self, images: Sequence[Any]) -> Any:
        """Embed pictures.

        Parameters
        ----------
        images : list of arrays uint8 [h, w, 3]
            Encoded as sRGB, of any sizes.

        Returns
        -------
        array [n, d]
            Of any length; rows are brought to length 1.
        """
        raise NotImplementedError

    def encode_texts(self, texts: Sequence[str]) -> Any:
        """Embed texts into the same space, [n, d]."""
        raise NotImplementedError

    def text_length(self, text: str) -> Tuple[int, int]:
        """Give the tokens of a text, and how many of them are read; where all are, the same number twice."""
        return (1, 1)


class _Adapted:
    """An encoder of Python in the form that the native half asks: pictures as height, width and bytes, rows of float32."""

    def __init__(self, encoder: Any) -> None:
        self._encoder = encoder
        if isinstance(encoder, type):
            raise InputError(f"encoder: {encoder.__name__} is a class; give an object of it, {encoder.__name__}()")
        for part in ("name", "fingerprint", "dimension", "encode_images", "encode_texts"):
            if not hasattr(encoder, part):
                raise InputError(f"encoder: {type(encoder).__name__} is no name, and has no {part}; see finexl.PythonEncoder")
        self.name = str(encoder.name)
        # Something else, such as None, would be the same for all models.
        self.fingerprint = text_or_none(encoder.fingerprint, "the encoder's fingerprint")
        self.dimension = whole(encoder.dimension, "the encoder's dimension", 1)
        self.device = str(getattr(encoder, "device", "cpu"))
        self.notes = texts(getattr(encoder, "notes", []), "the encoder's notes")
        if not self.fingerprint:
            raise InputError("encoder: its fingerprint is empty; make it of weights and preprocessing")

    def encode_images(self, images: Sequence[Tuple[int, int, bytearray]]) -> Any:
        import numpy

        arrays = [numpy.frombuffer(values, numpy.uint8).reshape(h, w, 3) for h, w, values in images]
        return self._rows(self._encoder.encode_images(arrays))

    def encode_texts(self, texts: Sequence[str]) -> Any:
        return self._rows(self._encoder.encode_texts(texts))

    def text_length(self, text: str) -> Tuple[int, int]:
        length = getattr(self._encoder, "text_length", None)
        return (1, 1) if length is None else length(text)

    def _rows(self, values: Any) -> Any:
        import numpy

        return floats(values, f"the embeddings of {self.name}", 2).astype(numpy.float32, copy=False)


def native_encoder(encoder: Any) -> Any:
    """Bring an encoder to what the native half takes."""
    if isinstance(encoder, Encoder):
        return encoder
    if isinstance(encoder, (str, os.PathLike)):
        return os.fspath(encoder)
    return _Adapted(encoder)
