"""Embeddings that were made elsewhere, explained."""

from typing import Any, Optional, Sequence, Tuple

from . import _finexl
from ._finexl import InputError
from .arrays import as_array, floats
from .explaining import choices_of, two_names
from .explanation import Explanation
from .lists import names as distinct
from .notes import warn


def explain_features(
    base: Any,
    personalized: Any,
    directions: Any,
    names: Sequence[str],
    *,
    method: Optional[str] = None,
    sides: Optional[Tuple[str, str]] = None,
    pair_names: Optional[Sequence[str]] = None,
    seed: int = 0,
) -> Explanation:
    """Explain embeddings of pictures with directions of concepts, all from one encoder.

    The command says the same of the same numbers in files (``finexl explain --base-features``).

    Parameters
    ----------
    base, personalized : array [n, d]
        Embeddings of both sides, a row per pair, of length 1: float32 or float64, of NumPy or anything in the processor's
        memory that has ``__array__`` or DLPack, such as a torch tensor. What lies without gaps is not copied as a whole.
    directions : array [N, d] or [probes, N, d]
        What each concept does to the embedding of a prompt: ``E("PROMPT, C style") - E("PROMPT")``. The spread of several
        probes enters the intervals.
    names : sequence of str
        The concepts, N of them.
    method : str, optional
        A decomposition without a head. Default: nnls.
    sides : (str, str), optional
        What base and personalized model are called.
    pair_names : sequence of str, optional
        What the pairs are called. Default: their numbers.
    seed : int
        Seed of resampling.

    Returns
    -------
    Explanation

    Raises
    ------
    FinexlError
        For shapes that do not fit each other and numbers that are none.
    """
    blocks = as_array(directions, "directions")
    if blocks.ndim == 2:
        blocks = blocks[None]
    blocks = floats(blocks, "directions", 3)
    concepts = distinct(names, "names")
    if len(concepts) != blocks.shape[1]:
        raise InputError(f"names: there are {len(concepts)} for {blocks.shape[1]} directions")
    first, second = floats(base, "base", 2), floats(personalized, "personalized", 2)
    if len(first) != len(second) or len(first) == 0:
        raise InputError(
            f"base has {len(first)} rows and personalized {len(second)}; give one of each for every pair, in one order"
        )
    pairs = None if pair_names is None else distinct(pair_names, "pair_names")
    if pairs is not None and len(pairs) != len(first):
        raise InputError(f"pair_names: there are {len(pairs)} for {len(first)} pairs")
    record = _finexl.explain_features(
        first,
        second,
        blocks,
        concepts,
        pairs,
        two_names(sides),
        choices_of(method, None, None, None, None, seed, None, False),
    )
    explanation = Explanation(record)
    warn(explanation.notes)
    return explanation
