"""Pictures as Python has them: folders, paths, PIL images, arrays."""

import os
from io import BytesIO
from typing import Any, List, Optional, Sequence, Tuple, Union

from ._finexl import InputError
from .arrays import as_array, is_array

Item = Tuple[Optional[str], Any]

# Modes whose values a PNG keeps as they are.
_OF_PNG = ("1", "L", "LA", "P", "RGBA", "I;16", "RGB")
# Modes without a form in a file that is read: Pillow's own conversion is taken.
_CONVERTED = ("CMYK", "YCbCr", "HSV", "LAB", "RGBX", "RGBa", "La")


def is_path(value: Any) -> bool:
    """Whether something names a file or folder."""
    return isinstance(value, (str, os.PathLike))


def items(side: Any, what: str, names: Optional[Sequence[str]]) -> List[Item]:
    """Bring the pictures of one side to what the native half takes: a name, and a path, the content of a file, or pixels.

    Parameters
    ----------
    side : array or sequence
        uint8 [n, h, w, 3], or paths, PIL images and arrays uint8 [h, w, 3].
    what : str
        What the side is called in messages.
    names : sequence of str, optional
        What the pictures are called, in their order.

    Raises
    ------
    InputError
        For what is no picture.
    """
    if _is_pil(side):
        raise InputError(f"{what}: this is one picture; give a list of them")
    if is_array(side):
        array = as_array(side, what)
        if array.ndim != 4:
            raise InputError(f"{what}: its shape is {list(array.shape)}; expected [n, h, w, 3]")
        pictures = list(array)
    else:
        try:
            pictures = list(side)
        except TypeError as error:
            raise InputError(
                f"{what}: {type(side).__name__} is no folder, list of pictures or array [n, h, w, 3]"
            ) from error
    if not pictures:
        raise InputError(f"{what}: there are no pictures; give at least 1")
    if names is not None and len(names) != len(pictures):
        raise InputError(f"{what}: there are {len(names)} names for {len(pictures)} pictures")
    given = names if names is not None else [None] * len(pictures)
    return [
        (name, _picture(picture, f"{what}[{number}]"))
        for number, (name, picture) in enumerate(zip(given, pictures))
    ]


def _is_pil(value: Any) -> bool:
    return all(hasattr(value, part) for part in ("mode", "info", "tobytes", "getbands"))


def _picture(value: Any, what: str) -> Union[str, bytes, Any]:
    if is_path(value):
        return os.fspath(value)
    if _is_pil(value):
        return _of_pil(value, what)
    if is_array(value):
        return pixels(value, what)
    raise InputError(f"{what}: {type(value).__name__} is no path, PIL image or array [h, w, 3]")


def pixels(value: Any, what: str) -> Any:
    """Bring one picture to an array uint8 [h, w, 3] without gaps, which is copied only where it has some.

    Raises
    ------
    InputError
        For another type or shape; the message says how to get there.
    """
    import numpy

    array = as_array(value, what)
    if array.dtype != numpy.uint8:
        remedy = "bring them to 0 to 255, e.g. (x * 255).round().astype('uint8')"
        raise InputError(f"{what}: its values are {array.dtype}, not uint8; {remedy}")
    if array.ndim != 3 or array.shape[2] != 3:
        remedy = ""
        if array.ndim == 3 and array.shape[0] == 3:
            remedy = "; bring the channels to the end, e.g. x.transpose(1, 2, 0)"
        raise InputError(f"{what}: its shape is {list(array.shape)}; expected [h, w, 3]{remedy}")
    return numpy.ascontiguousarray(array)


def _of_pil(image: Any, what: str) -> Any:
    """Give the pixels of an image, or the bytes of a PNG where more than they counts: a profile, transparency, 16 bits.

    Those are read as a file is.
    """
    from PIL import ImageOps

    turned = ImageOps.exif_transpose(image)
    image = image if turned is None else turned
    plain = not any(key in image.info for key in ("icc_profile", "transparency", "gamma"))
    if image.mode == "RGB" and plain:
        return pixels(image, what)
    if image.mode in _CONVERTED:
        if "icc_profile" in image.info:
            raise InputError(
                f"{what}: an image of mode {image.mode} with a colour profile; bring it to sRGB with ImageCms, or give its file"
            )
        return pixels(image.convert("RGB"), what)
    if image.mode == "PA":
        image = image.convert("RGBA")
    if image.mode not in _OF_PNG:
        raise InputError(f"{what}: an image of mode {image.mode} has no agreed range; bring it to RGB")
    file = BytesIO()
    saved = {"icc_profile": image.info.get("icc_profile")}
    if "transparency" in image.info:
        saved["transparency"] = image.info["transparency"]
    image.save(file, "PNG", compress_level=1, **saved)
    return file.getvalue()
