"""Pictures as Python has them: folders, paths, PIL images, arrays."""

import os
import struct
from io import BytesIO
from typing import Any, List, Optional, Sequence, Tuple, Union

from ._finexl import InputError
from .arrays import as_array, is_array
from .lists import in_order
from .notes import warn

Item = Tuple[Optional[str], Any]

# Modes whose values a PNG keeps as they are.
_OF_PNG = ("1", "L", "LA", "P", "RGBA", "I;16", "RGB")
# Modes without a form in a file that is read: Pillow's own conversion is taken.
_CONVERTED = ("CMYK", "YCbCr", "HSV", "LAB", "RGBX")
# Transparency in another form.
_TRANSPARENT = {"PA": "RGBA", "RGBa": "RGBA", "La": "LA"}
# Modes beside whose pixels a PNG can say that one value is transparent.
_BESIDE_TRANSPARENCY = ("1", "L", "P", "I;16", "RGB")
_GREY = "; make colours of grey, e.g. x[..., None].repeat(3, axis=-1)"


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
    given = _pictures(side, what)
    if not given:
        raise InputError(f"{what}: there are no pictures; give at least 1")
    pictures = [_picture(picture, f"{what}[{number}]") for number, picture in enumerate(given)]
    _look_for_fractions(pictures, what)
    _look_for_animations(given, what)
    if names is None:
        return [(None, picture) for picture in pictures]
    if any(isinstance(picture, str) for picture in pictures):
        raise InputError("pair_names: files have names of their own; leave it out")
    if len(names) != len(pictures):
        raise InputError(f"{what}: there are {len(names)} names for {len(pictures)} pictures")
    return list(zip(names, pictures))


def _pictures(side: Any, what: str) -> List[Any]:
    if not is_array(side):
        if not hasattr(side, "__iter__") and not hasattr(side, "__getitem__"):
            raise InputError(f"{what}: {type(side).__name__} is no folder, list of pictures or array [n, h, w, 3]")
        return in_order(side, what)
    array = as_array(side, what)
    # Paths or images in an array, a column of a table.
    if array.ndim == 1 and array.dtype.kind in "OU":
        return list(array)
    if array.ndim == 3 and array.shape[2] == 3:
        raise InputError(f"{what}: its shape is {list(array.shape)}, that of one picture; expected [n, h, w, 3]")
    if array.ndim != 4:
        grey = _GREY if array.ndim == 3 else ""
        raise InputError(f"{what}: its shape is {list(array.shape)}; expected [n, h, w, 3]{grey}")
    return list(array)


def _look_for_fractions(pictures: List[Any], what: str) -> None:
    """Warn where all pixels are 0 or 1: fractions that were cut down to whole numbers."""
    held = [picture for picture in pictures if is_array(picture) and picture.size > 0]
    if held and len(held) == len(pictures) and all(picture.max() <= 1 for picture in held):
        warn([f"{what}: no value of its pixels is above 1 of 255; were they fractions, brought to uint8 without 255 times?"])


def _look_for_animations(given: List[Any], what: str) -> None:
    """Say of images of Pillow that hold several pictures which one was taken."""
    several = [number for number, image in enumerate(given) if _is_pil(image) and getattr(image, "n_frames", 1) > 1]
    if several:
        count = "1 image is an animation or has" if len(several) == 1 else f"{len(several)} images are animations or have"
        warn([f"{what}: {count} several pages; the picture at which each stands was taken (the first is {what}[{several[0]}])"])


def _is_pil(value: Any) -> bool:
    return all(hasattr(value, part) for part in ("mode", "info", "tobytes", "getbands"))


def _picture(value: Any, what: str) -> Union[str, bytes, Any]:
    if is_path(value):
        return _file(os.fsdecode(value), what)
    if _is_pil(value):
        return _of_pil(value, what)
    if is_array(value):
        return pixels(value, what)
    raise InputError(f"{what}: {type(value).__name__} is no path, PIL image or array [h, w, 3]")


def _file(path: str, what: str) -> str:
    if os.path.isdir(path):
        raise InputError(f"{what}: {path} is a folder; give pictures, or two folders in the place of the lists")
    if not os.path.exists(path):
        raise InputError(f"{what}: there is no file {path}")
    return path


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
        raise InputError(f"{what}: its values are {array.dtype}, not uint8; {_remedy(array)}")
    if array.ndim != 3 or array.shape[2] != 3:
        raise InputError(f"{what}: its shape is {list(array.shape)}; expected [h, w, 3]{_shape_remedy(array)}")
    return numpy.ascontiguousarray(array)


def _remedy(array: Any) -> str:
    """What brings values of another type to 8 bits, by what they are."""
    bring = "bring them to 0 to 255, e.g. "
    if array.dtype.kind == "b":
        return bring + "x.astype('uint8') * 255"
    if array.dtype.kind == "f" and array.size > 0:
        if not (array == array).all():
            return "some are NaN, as a decoder that overflows leaves them: make the picture again"
        largest = "x" if array.max() > 2 else "(x * 255)"
        return bring + f"{largest}.clip(0, 255).round().astype('uint8')"
    if array.dtype.kind in "iu" and array.size > 0 and array.max() > 255:
        return bring + "(x / 257).round().astype('uint8') where they go up to 65535"
    return bring + "x.astype('uint8')"


def _shape_remedy(array: Any) -> str:
    if array.ndim == 2:
        return _GREY
    if array.ndim == 3 and array.shape[2] == 1:
        return "; make colours of grey, e.g. x.repeat(3, axis=-1)"
    if array.ndim == 3 and array.shape[2] == 4:
        return "; of transparency give PIL images (Image.fromarray(x)), or leave it out: x[..., :3]"
    if array.ndim == 3 and array.shape[0] == 3:
        return "; bring the channels to the end, e.g. x.transpose(1, 2, 0)"
    return ""


def _of_pil(image: Any, what: str) -> Any:
    """Give the pixels of an image, or the bytes of a PNG where more than they counts: a profile, transparency, 16 bits.

    Those are read as a file is.
    """
    from PIL import ImageOps

    try:
        turned = ImageOps.exif_transpose(image)
        image = image if turned is None else turned
        image.load()
    except (OSError, ValueError, SyntaxError) as error:
        raise InputError(f"{what}: this image cannot be read ({error})") from error
    plain = not any(key in image.info for key in ("icc_profile", "transparency", "gamma", "chromaticity"))
    if image.mode == "RGB" and plain:
        return pixels(image, what)
    if image.mode in _CONVERTED:
        if "icc_profile" in image.info:
            raise InputError(
                f"{what}: an image of mode {image.mode} with a colour profile; bring it to sRGB with ImageCms, or give its file"
            )
        return pixels(image.convert("RGB"), what)
    if image.mode in _TRANSPARENT:
        image = image.convert(_TRANSPARENT[image.mode])
    if image.mode not in _OF_PNG:
        raise InputError(f"{what}: an image of mode {image.mode} has no agreed range; bring it to RGB")
    file = BytesIO()
    saved = {"icc_profile": image.info.get("icc_profile"), "pnginfo": _stated_colours(image)}
    if "transparency" in image.info and image.mode in _BESIDE_TRANSPARENCY:
        saved["transparency"] = image.info["transparency"]
    image.save(file, "PNG", compress_level=1, **saved)
    return file.getvalue()


def _stated_colours(image: Any) -> Any:
    """What a PNG said of its colours without a profile, for the PNG that is made of it; Pillow leaves it out."""
    from PIL.PngImagePlugin import PngInfo

    said = PngInfo()
    if "srgb" in image.info:
        said.add(b"sRGB", struct.pack(">B", image.info["srgb"]))
        return said
    if "gamma" in image.info:
        said.add(b"gAMA", struct.pack(">I", round(image.info["gamma"] * 100000)))
    if len(image.info.get("chromaticity", ())) == 8:
        said.add(b"cHRM", struct.pack(">8I", *(round(value * 100000) for value in image.info["chromaticity"])))
    return said
