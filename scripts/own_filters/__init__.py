"""Filters of our own in numpy, for sets of photographs (`core.py` says how they are made and listed)."""
from . import brush, colour, detail, flat, looks, neon, paper, printed, relief, strokes, tiles, tone  # noqa: F401  each enters its filters
from .core import LOOKS, OWN

__all__ = ["LOOKS", "OWN"]
