"""Lists of what has an order, however Python holds them."""

import operator
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from typing import Any, List, Optional

from ._finexl import InputError


def in_order(values: Any, what: str) -> List[Any]:
    """Give the values of anything that has them in an order: a list, a tuple, an array, a generator.

    Parameters
    ----------
    values : iterable
        The values.
    what : str
        What they are called in messages.

    Raises
    ------
    InputError
        For what has no order of its own or is one value: a set, a dict, a text.
    """
    if isinstance(values, (str, bytes)):
        raise InputError(f"{what}: {values!r} is one text; give a list")
    if isinstance(values, AbstractSet):
        raise InputError(f"{what}: a {type(values).__name__} has no order; give a list")
    if isinstance(values, Mapping):
        raise InputError(f"{what}: this is a {type(values).__name__}; give its keys or its values as a list")
    try:
        return list(values)
    except TypeError as error:
        raise InputError(f"{what}: {type(values).__name__} is no list") from error


def texts(values: Any, what: str) -> List[str]:
    """Give the values of a list of texts.

    Raises
    ------
    InputError
        As `in_order`, and for what is no text, or one that no file could hold.
    """
    found = in_order(values, what)
    for number, value in enumerate(found):
        if not isinstance(value, str):
            raise InputError(f"{what}: {value!r}, number {number} (counted from 0), is no text")
        try:
            value.encode()
        except UnicodeEncodeError as error:
            raise InputError(f"{what}: {value!r}, number {number} (counted from 0), holds half a character") from error
    return found


def names(values: Any, what: str) -> List[str]:
    """Give the values of a list of texts of which none is empty or stands twice.

    Raises
    ------
    InputError
        As `texts`, and for a text that is empty or stands twice.
    """
    found = texts(values, what)
    if any(not name.strip() for name in found):
        raise InputError(f"{what}: one of them is empty; give each a name")
    if len(set(found)) != len(found):
        twice = next(name for number, name in enumerate(found) if name in found[:number])
        raise InputError(f"{what}: {twice!r} stands there more than once; give each a name of its own")
    return found


def text_or_none(value: Any, what: str) -> Optional[str]:
    """Give a text, or nothing.

    Raises
    ------
    InputError
        For what is neither.
    """
    if value is None or isinstance(value, str):
        return value
    raise InputError(f"{what}: {value!r} is no text")


def truth(value: Any, what: str) -> bool:
    """Give a truth value, of Python or of NumPy.

    Raises
    ------
    InputError
        For what is none, such as a text, which is always true.
    """
    if isinstance(value, bool) or type(value).__name__ in ("bool_", "bool"):
        return bool(value)
    raise InputError(f"{what}: {value!r} is neither True nor False")


def whole(value: Any, what: str, least: int = 0) -> int:
    """Give a whole number, of Python or of NumPy, that fits into 64 bits.

    Raises
    ------
    InputError
        For what is none, and for one that is too small or too large.
    """
    try:
        number = operator.index(value)
    except TypeError as error:
        raise InputError(f"{what}: {value!r} is no whole number") from error
    if number < least:
        raise InputError(f"{what}: {number} is too small; give at least {least}")
    if number >= 1 << 64:
        raise InputError(f"{what}: {number} is too large; give less than 2 ** 64")
    return number
