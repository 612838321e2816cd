"""Notes of the library as warnings of Python."""

import os
import sys
import warnings
from typing import Iterable

_PACKAGE = os.path.dirname(os.path.abspath(__file__)) + os.sep


class FinexlWarning(UserWarning):
    """Something that a reader of a result should know: what was left out, guessed or unlike what is usual."""


def warn(notes: Iterable[str]) -> None:
    """Warn of every note at the line that called the package.

    Parameters
    ----------
    notes : iterable of str
        Sentences for a reader.
    """
    level = _level()
    for note in notes:
        warnings.warn(note, FinexlWarning, stacklevel=level)


def _level() -> int:
    """Count the frames from `warn` to the first that is not the package's."""
    level, frame = 1, sys._getframe(1)
    while frame.f_back is not None and os.path.abspath(frame.f_code.co_filename).startswith(_PACKAGE):
        level, frame = level + 1, frame.f_back
    return level
