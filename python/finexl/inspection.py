"""What a LoRA file holds."""

import json
import os
from typing import Any, Dict, Optional, Union

from . import _finexl
from ._finexl import InputError, Record

Path = Union[str, "os.PathLike[str]"]


class Inspection:
    """What a LoRA file holds and how strongly it changes which layers; `finexl.inspect` gives one."""

    def __init__(self, text: str, table: str, page: str) -> None:
        self._json = text
        self._table = table
        self._page = page

    def to_dict(self) -> Dict[str, Any]:
        """Give the record, as `datasets/inspection.schema.json` describes it."""
        record: Dict[str, Any] = json.loads(self._json)
        return record

    def save(self, path: Path, form: Optional[str] = None) -> None:
        """Write it to a file, whole or not at all.

        Parameters
        ----------
        path : path
            The file.
        form : {"json", "html"}, optional
            Default: by the ending, .json or .html.
        """
        form = form or os.path.splitext(os.fspath(path))[1].lower().lstrip(".")
        forms = {"json": self._json, "html": self._page}
        if form not in forms:
            raise InputError(f"{os.fspath(path)}: end the name in .json or .html, or give form: json or html")
        Record.write(path, forms[form])

    def __str__(self) -> str:
        return self._table

    def __repr__(self) -> str:
        files = ", ".join(file["name"] for file in self.to_dict()["files"])
        return f"<finexl.Inspection of {files}>"


def inspect(
    file: Path,
    other: Optional[Path] = None,
    *,
    model: Optional[Path] = None,
    private: bool = False,
) -> Inspection:
    """Say what a LoRA file holds and how strongly it changes which layers, without drawing anything.

    Parameters
    ----------
    file : path
        A .safetensors file, or the folder of an adapter.
    other : path, optional
        A second one, to be compared with the first.
    model : path, optional
        The model that the files are for, to relate changes to its weights.
    private : bool
        Keep all metadata, which may name folders, people and models.

    Returns
    -------
    Inspection
        Printed as a table.

    Raises
    ------
    FinexlError
        For files that cannot be read or compared.
    """
    paths = [os.fspath(path) for path in ((file,) if other is None else (file, other))]
    return Inspection(*_finexl.inspect(paths, model, private))
