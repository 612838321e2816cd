"""Says in words how a personalized image generator differs from its base.

The pictures of both sides come from the same prompts and seeds::

    import finexl

    explanation = finexl.explain("base", "lora")
    print(explanation.summary)

All of it is described in ``docs/python.md`` of the project.
"""

from ._finexl import (
    Encoder,
    ExplanationError,
    FileError,
    FinexlError,
    InputError,
    ModelError,
    PictureError,
    ReportError,
    __version__,
)
from .encoders import PythonEncoder, open_encoder
from .explaining import explain, set_most_pixels
from .explanation import Aspect, AspectMap, Decision, Explanation, PairScore, Svg, load
from .features import explain_features
from .inspection import Inspection, inspect
from .notes import FinexlWarning
from .ranking import SimilarModel, similar

__all__ = [
    "Aspect",
    "AspectMap",
    "Decision",
    "Encoder",
    "Explanation",
    "ExplanationError",
    "FileError",
    "FinexlError",
    "FinexlWarning",
    "InputError",
    "Inspection",
    "ModelError",
    "PairScore",
    "PictureError",
    "PythonEncoder",
    "ReportError",
    "SimilarModel",
    "Svg",
    "__version__",
    "explain",
    "explain_features",
    "inspect",
    "load",
    "open_encoder",
    "set_most_pixels",
    "similar",
]
