"""The native half: what it takes was brought into form by the package, which is what to use."""

import os
from typing import Any, Callable, Dict, List, Optional, Sequence, Tuple, Union, final

_Path = Union[str, "os.PathLike[str]"]

__all__ = [
    "Encoder",
    "ExplanationError",
    "FileError",
    "FinexlError",
    "InputError",
    "ModelError",
    "PictureError",
    "Record",
    "ReportError",
    "__version__",
    "command",
    "explain_features",
    "explain_folders",
    "explain_lists",
    "inspect",
    "load",
    "open_encoder",
    "record_of_parts",
    "set_most_pixels",
    "similar",
]
__version__: str

class FinexlError(Exception):
    """What can go wrong in FineXL; the message says what is wrong, where, and what to do."""

class FileError(FinexlError):
    """A file or a record that cannot be read or written."""

class PictureError(FinexlError):
    """Pictures, prompts or pairs that cannot be used."""

class ModelError(FinexlError):
    """An encoder, a LoRA file or another model that cannot be used."""

class ExplanationError(FinexlError):
    """Something that cannot be explained as it was asked for."""

class ReportError(FinexlError):
    """A page, a card or a figure that cannot be made."""

class InputError(FinexlError):
    """An argument that makes no sense."""

@final
class Encoder:
    """An encoder of the library that is open; see `finexl.open_encoder`."""

    @property
    def name(self) -> str: ...
    @property
    def dimension(self) -> int: ...
    @property
    def fingerprint(self) -> str: ...

@final
class Record:
    """The record of an explanation, with the few pictures that its page shows."""

    def json(self) -> str: ...
    def html(self, top: int) -> str: ...
    def chart(self, top: int) -> str: ...
    def chart_png(self, top: int) -> bytes: ...
    def table(self, top: int, colour: bool) -> str: ...
    def parts(
        self,
    ) -> Tuple[str, List[Tuple[str, Optional[str], str, bytes, bytes]], List[Tuple[str, bytes, bytes]]]: ...
    @staticmethod
    def write(path: _Path, text: str) -> None: ...
    def write_card(self, path: _Path, top: int, base_model: Optional[str]) -> List[str]: ...

def command(arguments: Sequence[str]) -> int: ...
def open_encoder(name: str, device: str) -> Encoder: ...
def explain_folders(
    base: str,
    personalized: str,
    prompts: Union[None, str, List[str]],
    names: Optional[List[str]],
    encoder: Any,
    device: str,
    choices: Dict[str, Any],
    pairing: Dict[str, Any],
    progress: Optional[Callable[[int, int], Any]],
) -> Record: ...
def explain_lists(
    base: List[Tuple[Optional[str], Any]],
    personalized: List[Tuple[Optional[str], Any]],
    prompts: Union[None, str, List[str]],
    names: Optional[List[str]],
    encoder: Any,
    device: str,
    choices: Dict[str, Any],
    pairing: Dict[str, Any],
    progress: Optional[Callable[[int, int], Any]],
) -> Record: ...
def explain_features(
    base: Any,
    personalized: Any,
    directions: Any,
    concepts: List[str],
    pairs: Optional[List[str]],
    names: Optional[List[str]],
    choices: Dict[str, Any],
) -> Record: ...
def inspect(paths: List[str], model: Optional[_Path], private: bool) -> Tuple[str, str, str]: ...
def load(path: _Path) -> Record: ...
def record_of_parts(
    text: str, telling: List[Tuple[str, Optional[str], str, bytes, bytes]], all: List[Tuple[str, bytes, bytes]]
) -> Record: ...
def similar(target: Any, others: List[Any]) -> Tuple[str, List[str]]: ...
def set_most_pixels(pixels: int) -> None: ...
