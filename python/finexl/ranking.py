"""Which models change pictures like a given one."""

import json
import os
from dataclasses import dataclass
from typing import Any, Iterable, List, Optional, Tuple, Union

from . import _finexl
from .explanation import Explanation
from .lists import in_order, whole
from .notes import warn
from .pictures import is_path

Path = Union[str, "os.PathLike[str]"]


@dataclass(frozen=True)
class SimilarModel:
    """A model in a ranking.

    Attributes
    ----------
    model : str
        What the personalized model is called.
    record : str
        File of its record, or what it is called.
    similarity : float
        Cosine of the profiles, pair by pair, in [-1, 1].
    low, high : float
        95% interval of it, over pairs.
    pairs : int
        Pictures of the base that both have.
    aspects : tuple of (str, float)
        Its strongest significant aspects with their scores.
    """

    model: str
    record: str
    similarity: float
    low: float
    high: float
    pairs: int
    aspects: Tuple[Tuple[str, float], ...]


def similar(
    target: Union[Path, Explanation],
    others: Union[Path, Explanation, Iterable[Union[Path, Explanation]]],
    *,
    top: Optional[int] = None,
) -> List[SimilarModel]:
    """Say which models change pictures like a given one, by their explanations alone.

    The explanations have to be made beside the same pictures of the base, by one encoder and vocabulary.

    Parameters
    ----------
    target : path or Explanation
        The model that others are compared with.
    others : path, Explanation, or several
        Records, explanations, and folders of records. In a folder the target itself is passed over, and with a warning
        what cannot be compared.
    top : int, optional
        The most that are given. Default: all.

    Returns
    -------
    list of SimilarModel
        The most similar first.

    Raises
    ------
    FinexlError
        Where one that was named cannot be compared, or nothing is left.
    """
    single = is_path(others) or isinstance(others, Explanation)
    several: List[Any] = [others] if single else in_order(others, "others")
    most = None if top is None else whole(top, "top", 1)
    text, left_out = _finexl.similar(_record(target), [_record(other) for other in several])
    warn(left_out)
    models = [
        SimilarModel(
            model=fields["model"],
            record=fields["record"],
            similarity=fields["similarity"],
            low=fields["low"],
            high=fields["high"],
            pairs=fields["pairs"],
            aspects=tuple((concept, score) for concept, score in fields["aspects"]),
        )
        for fields in json.loads(text)
    ]
    return models[:most]


def _record(value: Union[Path, Explanation]) -> Any:
    if isinstance(value, Explanation):
        return (value.personalized, value._record)
    return os.fspath(value)
