"""Arrays of other programs as NumPy's, without a copy where that is possible."""

from typing import Any

from ._finexl import InputError


def is_array(value: Any) -> bool:
    """Whether something is an array, or says that it can become one."""
    return hasattr(value, "__array__") or hasattr(value, "__dlpack__")


def as_array(value: Any, what: str) -> Any:
    """Bring an array, or what has ``__array__`` or DLPack, to NumPy's form.

    Parameters
    ----------
    value : array
        NumPy's, or another program's in the memory of the processor.
    what : str
        What it is called in messages.

    Raises
    ------
    InputError
        Where it lies on another device, is masked, or has a type that NumPy does not know.
    """
    import numpy

    if numpy.ma.isMaskedArray(value) and numpy.ma.getmaskarray(value).any():
        raise InputError(f"{what}: some of its entries are masked; fill them, or leave their rows out")
    try:
        if not hasattr(value, "__array__") and hasattr(value, "__dlpack__"):
            array = numpy.from_dlpack(value)
        else:
            array = numpy.asarray(value)
    except (TypeError, ValueError, RuntimeError, BufferError) as error:
        raise InputError(
            f"{what}: this array cannot be read ({error}); bring it to the processor's memory and to float32 or uint8"
        ) from error
    # As files of other machines hold it.
    return array if array.dtype.isnative else array.astype(array.dtype.newbyteorder("="))


def floats(value: Any, what: str, dimensions: int) -> Any:
    """Bring numbers to an array of float32 or float64 without gaps; it is copied only where it is something else.

    Raises
    ------
    InputError
        For another number of dimensions, and for what is no array of real numbers.
    """
    import numpy

    array = as_array(value, what)
    if array.ndim != dimensions:
        raise InputError(f"{what}: its shape is {list(array.shape)}; expected {dimensions} dimensions")
    if array.dtype == numpy.float16:
        array = array.astype(numpy.float32)
    if array.dtype not in (numpy.float32, numpy.float64):
        raise InputError(f"{what}: its numbers are {array.dtype}; give float32 or float64")
    return numpy.ascontiguousarray(array)
