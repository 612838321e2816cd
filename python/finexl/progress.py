"""Progress, by tqdm where it is installed, or by a function."""

from contextlib import contextmanager
from importlib import import_module
from typing import Any, Callable, Iterator, Optional, Union

from ._finexl import InputError

Progress = Union[None, bool, Callable[[int, int], Any]]


@contextmanager
def reporting(progress: Progress, what: str) -> Iterator[Optional[Callable[[int, int], Any]]]:
    """Give the function that is told of steps done and in all, or none.

    Parameters
    ----------
    progress : None, bool or callable
        None for a bar on a terminal where tqdm is installed, True for a bar anywhere, False for none, or a function of
        two numbers.
    what : str
        What is being done, for a bar.
    """
    if callable(progress):
        yield progress
        return
    bar = None if progress is False else _bar(progress, what)
    if bar is None:
        yield None
        return

    def step(done: int, total: int) -> None:
        bar.total = total
        bar.update(done - bar.n)

    try:
        yield step
    finally:
        bar.close()


def _bar(progress: Optional[bool], what: str) -> Any:
    try:
        tqdm: Any = import_module("tqdm.auto" if progress else "tqdm").tqdm
    except ImportError as error:
        if progress:
            raise InputError("progress=True needs tqdm; install it, or give a function of two numbers") from error
        return None
    # tqdm takes None for "not where nobody looks".
    return tqdm(desc=what, leave=False, disable=None if progress is None else False)
