"""Two sets of pictures, explained."""

import os
from typing import Any, Dict, List, Optional, Sequence, Tuple, Union

from . import _finexl
from ._finexl import InputError
from .encoders import native_encoder
from .explanation import Explanation
from .lists import text_or_none, texts, truth, whole
from .lists import names as distinct
from .notes import warn
from .pictures import is_path, items
from .progress import Progress, reporting

Path = Union[str, "os.PathLike[str]"]


def explain(
    base: Any,
    personalized: Any,
    *,
    prompts: Union[None, Path, Sequence[str]] = None,
    encoder: Any = "mini-clip",
    method: Optional[str] = None,
    vocabulary: Union[None, Path, Sequence[str]] = None,
    references: Optional[Path] = None,
    head: Optional[Path] = None,
    calibration: Optional[Path] = None,
    pair: Optional[str] = None,
    fit: Optional[str] = None,
    exclude: Union[str, Sequence[str]] = (),
    skip_bad: bool = False,
    sides: Optional[Tuple[str, str]] = None,
    pair_names: Optional[Sequence[str]] = None,
    device: str = "cpu",
    seed: int = 0,
    views: Optional[str] = None,
    cache: bool = True,
    progress: Progress = None,
) -> Explanation:
    """Say in words how the pictures of a personalized model differ from its base's.

    The command ``finexl explain`` says the same of the same pictures, to the last digit.

    Parameters
    ----------
    base, personalized : path, array, or sequence
        Pictures of the base and of the personalized model, made from the same prompts and seeds: a folder; an array
        uint8 [n, h, w, 3] encoded as sRGB; or a sequence of paths, PIL images or arrays uint8 [h, w, 3]. Files make pairs
        as their names or what they say of their making have it. With pictures in memory the first belongs to the first.
    prompts : path or sequence of str, optional
        A file of prompts, or the prompts in the order of the pairs (that of the base's pictures; of a folder in the
        natural order of names). Default: those that files say.
    encoder : str, Encoder or PythonEncoder
        ``"mini-clip"``, a weights file, the folder of a CLIP, SigLIP or EVA-CLIP model, or a repository in the hub's
        cache; one that is open (`open_encoder`); or one of your own, such as
        `finexl.integrations.transformers.ClipEncoder`.
    method : str, optional
        paper, lsq, centered, nnls, subspace-nnls, omp, ridge, calibrated or learned. Default: learned where the encoder
        has a head, else nnls.
    vocabulary : path or sequence of str, optional
        Phrases to explain with: a file with a concept per line, or its lines; ``|`` separates synonyms. ``"styles"`` are
        the built-in ones for encoders that read any word.
    references : path, optional
        Reference models of the base, or the name of a generator inside the program.
    head, calibration : path, optional
        A head or a calibration of your own.
    pair : {"name", "prompt-seed", "order"}, optional
        The rule by which files make pairs. Default: the best that fits.
    fit : {"crop", "pad"}, optional
        What is done to the personalized picture of a pair whose pictures differ in shape. Default: an error.
    exclude : str or sequence of str
        Patterns of files in folders that are left out, like ``"test-*"``.
    skip_bad : bool
        Leave out pictures that cannot be used, with a warning, instead of raising.
    sides : (str, str), optional
        What base and personalized model are called. Default: the names of the folders.
    pair_names : sequence of str, optional
        What pairs of pictures in memory are called, in their order. Default: their numbers.
    device : str
        Where tensors are computed; of an encoder that is given by its name.
    seed : int
        Seed of resampling.
    views : {"whole", "tiles"}, optional
        What of a picture is looked at: the whole, or also tiles at native scale of pictures that are larger than what the
        encoder sees. Default: what the head has learned from (both for mini-clip), and the whole without a head.
    cache : bool
        Keep features on disk, and use those that are there, as the command does.
    progress : None, bool or callable
        None for a bar on a terminal where tqdm is installed, True for a bar anywhere, False for none, or a function that
        is called with pairs done and in all.

    Returns
    -------
    Explanation

    Raises
    ------
    FinexlError
        For what cannot be explained, with the words of the command.

    Warns
    -----
    FinexlWarning
        For every note of the explanation.

    Examples
    --------
    >>> explanation = finexl.explain("base", "lora", prompts="prompts.txt")
    >>> print(explanation.summary)
    >>> explanation.save("lora.html")
    """
    choices = choices_of(method, vocabulary, head, references, calibration, seed, views, cache)
    pairing: Dict[str, Any] = {
        "pair": text_or_none(pair, "pair"),
        "fit": text_or_none(fit, "fit"),
        "exclude": texts([exclude] if isinstance(exclude, str) else exclude, "exclude"),
        "skip_bad": truth(skip_bad, "skip_bad"),
    }
    of_folders = [is_path(base), is_path(personalized)]
    common = (_prompts(prompts), two_names(sides), native_encoder(encoder), device, choices, pairing)
    with reporting(progress, "encoding pairs") as step:
        if all(of_folders):
            if pair_names is not None:
                raise InputError("pair_names: files have names of their own; leave it out")
            record = _finexl.explain_folders(os.fspath(base), os.fspath(personalized), *common, step)
        elif any(of_folders):
            raise InputError("base and personalized: give two folders, or pictures for both")
        else:
            if exclude:
                raise InputError("exclude: it is for folders; leave pictures out of the lists")
            called = None if pair_names is None else distinct(pair_names, "pair_names")
            first = items(base, "base", called)
            second = items(personalized, "personalized", called)
            record = _finexl.explain_lists(first, second, *common, step)
    explanation = Explanation(record)
    warn(explanation.notes)
    return explanation


def set_most_pixels(pixels: int) -> None:
    """Set how many pixels a picture may have from now on in this process, as ``--max-pixels`` does.

    Parameters
    ----------
    pixels : int
        100 million unless told otherwise.
    """
    _finexl.set_most_pixels(whole(pixels, "pixels", 1))


def choices_of(
    method: Optional[str],
    vocabulary: Union[None, Path, Sequence[str]],
    head: Optional[Path],
    references: Optional[Path],
    calibration: Optional[Path],
    seed: int,
    views: Optional[str],
    cache: bool,
) -> Dict[str, Any]:
    """Put what a caller chooses into the form that the native half takes."""
    from_file = is_path(vocabulary)
    return {
        "method": text_or_none(method, "method"),
        "vocabulary_file": vocabulary if from_file else None,
        "vocabulary_lines": None if from_file or vocabulary is None else texts(vocabulary, "vocabulary"),
        "head": head,
        "references": references,
        "calibration": calibration,
        "seed": whole(seed, "seed"),
        "views": text_or_none(views, "views"),
        "cache": truth(cache, "cache"),
    }


def _prompts(prompts: Union[None, Path, Sequence[str]]) -> Any:
    if prompts is None or is_path(prompts):
        return None if prompts is None else os.fspath(prompts)  # type: ignore[arg-type]
    return texts(prompts, "prompts")


def two_names(sides: Optional[Sequence[str]]) -> Optional[List[str]]:
    """Check what both sides are called, where that is said."""
    if sides is None:
        return None
    names = [] if isinstance(sides, str) else texts(sides, "sides")
    if len(names) != 2 or not all(name.strip() for name in names):
        raise InputError("sides: give two names, of the base and of the personalized model")
    return names
