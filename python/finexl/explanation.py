"""An explanation as Python sees it."""

import base64
import json
import math
import os
from dataclasses import dataclass
from html import escape
from typing import Any, Dict, List, Optional, Tuple, Union

from . import _finexl
from ._finexl import InputError, Record
from .lists import whole
from .notes import warn

Path = Union[str, "os.PathLike[str]"]
# Aspects that are shown unless told otherwise.
TOP = 12
# Forms of a file by its ending.
_FORMS = {".json": "json", ".html": "html", ".htm": "html", ".md": "card"}


@dataclass(frozen=True)
class PairScore:
    """How strongly one pair shows an aspect.

    Attributes
    ----------
    pair : str
        Name of the pair.
    contribution : float
        In the units of `Aspect.weight`.
    """

    pair: str
    contribution: float


@dataclass(frozen=True)
class AspectMap:
    """Where in the pictures an aspect shows, on a grid of places.

    Attributes
    ----------
    columns, rows : int
        Places from left to right and from top to bottom.
    mean : tuple of float
        How strongly it shows in every place, row by row from the upper left: the mean over pairs, in the units of
        `Aspect.weight`.
    pairs : int
        How many pairs were looked at.
    region : {"upper", "lower", "left", "right", "middle", "edges"}, optional
        The part of the pictures that it is confined to, where it is confined to one.
    by_pair : tuple of (str, tuple of float)
        The same for the pairs that show the leading aspects most, with their names.
    """

    columns: int
    rows: int
    mean: Tuple[float, ...]
    pairs: int
    region: Optional[str]
    by_pair: Tuple[Tuple[str, Tuple[float, ...]], ...]


@dataclass(frozen=True)
class Decision:
    """Why an aspect is significant, or is not.

    Attributes
    ----------
    verdict : str
        What it came to, such as ``"significant"`` or ``"chance"``.
    threshold : float
        The interval of a significant aspect lies beyond this size, in the units of `Aspect.score`.
    threshold_from : str
        What the threshold is: ``"zero"``, ``"effect"`` or ``"spill"``.
    because : str
        The reason in words.
    """

    verdict: str
    threshold: float
    threshold_from: str
    because: str


@dataclass(frozen=True)
class Aspect:
    """One aspect with its score.

    Attributes
    ----------
    concept : str
        A phrase of the vocabulary.
    wording : str
        How a person would say it, such as "much more pixelated".
    family : str or None
        Family of the vocabulary, where it names one.
    weight : float
        Raw weight of the decomposition.
    score : float
        Level in [0, 1] if the explanation is calibrated, else the raw weight.
    low, high : float
        95% interval of the score; infinite where nothing bounds it.
    level : (float, float) or None
        95% interval of the level at which an operator would have been applied, from methods that know it.
    p_adjusted : float
        Adjusted p-value of the sign-flip test.
    significant : bool
        Neither chance nor too small.
    decision : Decision
        What decided that.
    most, least : tuple of PairScore
        Where the aspect shows most and least.
    profile : tuple of float
        How far every pair moved along the concept: to compare models by, not to read.
    map : AspectMap, optional
        Where in the pictures it shows, of significant aspects of pictures that are large enough.
    """

    concept: str
    wording: str
    family: Optional[str]
    weight: float
    score: float
    low: float
    high: float
    level: Optional[Tuple[float, float]]
    p_adjusted: float
    significant: bool
    decision: Decision
    most: Tuple[PairScore, ...]
    least: Tuple[PairScore, ...]
    profile: Tuple[float, ...]
    map: Optional[AspectMap] = None


class Svg:
    """A drawing that notebooks show.

    Parameters
    ----------
    svg : str
        Its text.
    """

    def __init__(self, svg: str) -> None:
        self.svg = svg

    def _repr_svg_(self) -> str:
        return self.svg

    def _repr_html_(self) -> str:
        # As a picture of its own: of notebooks that somebody else ran, Jupyter takes what is drawn in the page away.
        content = base64.b64encode(self.svg.encode()).decode()
        return f'<img alt="scores of the aspects" style="max-width: 100%" src="data:image/svg+xml;base64,{content}">'

    def __str__(self) -> str:
        return self.svg

    def save(self, path: Path) -> None:
        """Write it to a file, whole or not at all."""
        Record.write(path, self.svg)


class Explanation:
    """How a personalized generator differs from its base.

    `finexl.explain` and `finexl.load` give one. What is not an attribute is in `to_dict`.
    """

    def __init__(self, record: Record) -> None:
        self._record = record
        self._fields: Dict[str, Any] = json.loads(record.json())
        self._aspects = [_aspect(fields) for fields in self._fields["aspects"]]

    @property
    def summary(self) -> str:
        """One sentence."""
        return str(self._fields["summary"])

    @property
    def aspects(self) -> List[Aspect]:
        """All aspects, the highest score first."""
        return list(self._aspects)

    @property
    def significant(self) -> List[Aspect]:
        """Those that are neither chance nor too small."""
        return [aspect for aspect in self._aspects if aspect.significant]

    @property
    def notes(self) -> List[str]:
        """What a reader should know."""
        return list(self._fields["notes"])

    @property
    def base(self) -> str:
        """What the base is called."""
        return str(self._fields["base"])

    @property
    def personalized(self) -> str:
        """What the personalized side is called."""
        return str(self._fields["personalized"])

    @property
    def pairs(self) -> int:
        """Number of pairs."""
        return int(self._fields["pairs"])

    @property
    def pair_names(self) -> List[str]:
        """Their names, in the order of `Aspect.profile`."""
        return list(self._fields["pair_names"])

    @property
    def method(self) -> str:
        """Decomposition."""
        return str(self._fields["method"])

    @property
    def encoder(self) -> str:
        """Name of the encoder."""
        return str(self._fields["encoder"])

    @property
    def divergence(self) -> float:
        """Size of the change, in [0, 2]."""
        return float(self._fields["divergence"])

    @property
    def unexplained(self) -> float:
        """Share of the change that the vocabulary cannot say, in [0, 1]."""
        return float(self._fields["unexplained"])

    @property
    def calibrated(self) -> bool:
        """Whether scores are levels in [0, 1]."""
        return bool(self._fields["calibrated"])

    def to_dict(self) -> Dict[str, Any]:
        """Give the whole record, as `datasets/explanation.schema.json` describes it, without what it shares with this one."""
        record: Dict[str, Any] = json.loads(self._record.json())
        return record

    def to_pandas(self) -> Any:
        """Give a table with a row per aspect.

        Returns
        -------
        pandas.DataFrame
            Columns concept, wording, family, score, low, high, p_adjusted, significant, weight, because.
        """
        import pandas

        columns = ["concept", "wording", "family", "score", "low", "high", "p_adjusted", "significant", "weight"]
        rows = [
            {**{column: getattr(aspect, column) for column in columns}, "because": aspect.decision.because}
            for aspect in self._aspects
        ]
        return pandas.DataFrame(rows, columns=[*columns, "because"])

    def save(self, path: Path, form: Optional[str] = None, *, top: int = TOP, base_model: Optional[str] = None) -> None:
        """Write it to a file, whole or not at all.

        Parameters
        ----------
        path : path
            The file. Of a card that is there only FineXL's own part is replaced.
        form : {"json", "html", "card"}, optional
            Default: by the ending, .json, .html or .md.
        top : int
            Aspects that a page or a card shows.
        base_model : str, optional
            What a card names as base model.

        Raises
        ------
        InputError
            For an ending that says no form.
        FileError, ReportError
            For a file that cannot be written, and a card that nothing can be put into.
        """
        ending = os.path.splitext(os.fspath(path))[1].lower()
        form = form or _FORMS.get(ending)
        top = whole(top, "top")
        if form == "json":
            Record.write(path, self._record.json())
        elif form == "html":
            Record.write(path, self._record.html(top))
        elif form == "card":
            warn(self._record.write_card(path, top, base_model))
        else:
            raise InputError(f"{os.fspath(path)}: end the name in .json, .html or .md, or give form: json, html or card")

    def plot(self, top: int = TOP) -> Svg:
        """Draw the aspects with their intervals.

        Returns
        -------
        Svg
            Shown by notebooks; its text is `Svg.svg`.
        """
        return Svg(self._record.chart(whole(top, "top")))

    def plot_png(self, top: int = TOP) -> bytes:
        """Draw the same as the bytes of a PNG file."""
        return self._record.chart_png(whole(top, "top"))

    def table(self, top: int = TOP) -> str:
        """Give the table that the command prints."""
        return self._record.table(whole(top, "top"), False)

    def __str__(self) -> str:
        return self.table()

    def __reduce__(self) -> Tuple[Any, ...]:
        # Copies and what other processes get have everything, the pictures of the page too.
        return (_restored, self._record.parts())

    def __repr__(self) -> str:
        return f"<finexl.Explanation of {self.personalized} beside {self.base}: {self.summary}>"

    def _repr_html_(self) -> str:
        notes = "".join(f"<li>{escape(note)}</li>" for note in self.notes)
        return (
            '<div class="finexl" style="max-width: 60em">'
            f"<p><strong>{escape(self.summary)}</strong></p>"
            f"{self.plot()._repr_html_()}"
            f"{_table(_shown(self._aspects))}"
            + (f"<details><summary>{len(self.notes)} notes</summary><ul>{notes}</ul></details>" if notes else "")
            + "</div>"
        )


def _shown(aspects: List[Aspect]) -> List[Aspect]:
    """Choose those that the command's table has: the largest, without what rounds to 0.00."""
    worth = [aspect for aspect in aspects if aspect.significant or abs(aspect.score) >= 0.005]
    largest = sorted(worth, key=lambda aspect: -abs(aspect.score))[:TOP]
    return [aspect for aspect in worth if aspect in largest]


def _table(aspects: List[Aspect]) -> str:
    left = ' style="text-align: left"'
    head = "".join(f"<th{left}>{name}</th>" for name in ("aspect", "score", "95% interval", "verdict"))
    rows = "".join(
        "<tr{0}><td{1}>{2}</td><td{1}>{3:.2f}</td><td{1}>{4}</td><td{1}>{5}</td></tr>".format(
            "" if aspect.significant else ' style="opacity: 0.6"',
            left,
            escape(aspect.concept),
            aspect.score,
            _interval(aspect),
            escape(aspect.wording if aspect.significant else aspect.decision.because),
        )
        for aspect in aspects
    )
    return f"<details><summary>table</summary><table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></details>"


def _interval(aspect: Aspect) -> str:
    ends = ("unbounded" if math.isinf(end) else f"{end:.2f}" for end in (aspect.low, aspect.high))
    return " to ".join(ends)


def _aspect(fields: Dict[str, Any]) -> Aspect:
    level = fields["level"]
    decision = fields["decision"]
    return Aspect(
        concept=fields["concept"],
        wording=fields["wording"],
        family=fields["family"],
        weight=fields["weight"],
        score=fields["score"],
        # JSON has no number for what is unbounded.
        low=-math.inf if fields["low"] is None else fields["low"],
        high=math.inf if fields["high"] is None else fields["high"],
        level=None if level is None else (level[0], level[1]),
        p_adjusted=fields["p_adjusted"],
        significant=fields["significant"],
        decision=Decision(
            verdict=decision["verdict"],
            threshold=decision["threshold"],
            threshold_from=decision["threshold_from"],
            because=decision["because"],
        ),
        most=tuple(PairScore(score["pair"], score["contribution"]) for score in fields["most"]),
        least=tuple(PairScore(score["pair"], score["contribution"]) for score in fields["least"]),
        profile=tuple(fields["profile"]),
        map=_map(fields.get("map")),
    )


def _map(fields: Optional[Dict[str, Any]]) -> Optional[AspectMap]:
    if fields is None:
        return None
    by_pair = ((pair["pair"], tuple(pair["values"])) for pair in fields["by_pair"])
    return AspectMap(
        columns=fields["columns"],
        rows=fields["rows"],
        mean=tuple(fields["mean"]),
        pairs=fields["pairs"],
        region=fields["region"],
        by_pair=tuple(by_pair),
    )


def _restored(
    text: str, telling: List[Tuple[str, Optional[str], str, bytes, bytes]], all: List[Tuple[str, bytes, bytes]]
) -> Explanation:
    return Explanation(_finexl.record_of_parts(text, telling, all))


def load(path: Path) -> Explanation:
    """Read an explanation that `Explanation.save` or ``finexl explain --json`` wrote.

    Parameters
    ----------
    path : path
        The JSON file.

    Raises
    ------
    FileError
        For a file that is no such record, or one of another version.
    """
    return Explanation(_finexl.load(path))
