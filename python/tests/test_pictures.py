"""Images of Pillow are read as the files are that they would be saved to."""

import finexl
import pytest
from asking import QUICK, findings

numpy = pytest.importorskip("numpy")
Image = pytest.importorskip("PIL.Image")


def _profile():
    from PIL import ImageCms

    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def _transparent(image):
    image = image.copy()
    image.putalpha(Image.linear_gradient("L").resize(image.size))
    return image


CHANGES = {
    "RGBA": _transparent,
    "L": lambda image: image.convert("L"),
    "P": lambda image: image.quantize(32),
    "I;16": lambda image: Image.fromarray(numpy.asarray(image.convert("L")).astype(numpy.uint16) * 257),
}


@pytest.mark.parametrize("mode", CHANGES)
def test_modes_are_read_as_from_files(mode, files, arrays, tmp_path):
    images = [CHANGES[mode](Image.open(path).convert("RGB")) for path in files.cosy[:6]]
    assert images[0].mode == mode
    for number, image in enumerate(images):
        image.save(tmp_path / f"{number}.png")
    paths = [tmp_path / f"{number}.png" for number in range(6)]
    base, prompts = arrays.base[:6], files.prompts[:6]
    of_files = finexl.explain(base, paths, prompts=prompts, **QUICK)
    of_images = finexl.explain(base, images, prompts=prompts, **QUICK)
    assert findings(of_images.to_dict()) == findings(of_files.to_dict())


def test_profiles_and_orientation_are_heeded(files, arrays, tmp_path):
    turned = Image.Exif()
    turned[0x0112] = 6
    paths = []
    for number, path in enumerate(files.cosy[:6]):
        paths.append(tmp_path / f"{number}.jpg")
        image = Image.open(path).convert("RGB").transpose(Image.Transpose.ROTATE_90)
        image.save(paths[-1], quality=95, exif=turned, icc_profile=_profile())
    opened = [Image.open(path) for path in paths]
    prompts = files.prompts[:6]
    of_files = finexl.explain(arrays.base[:6], paths, prompts=prompts, **QUICK)
    of_images = finexl.explain(arrays.base[:6], opened, prompts=prompts, **QUICK)
    # Two decoders of JPEG may differ by one in 255.
    assert of_images.aspects[0].concept == of_files.aspects[0].concept == "pixelated"
    assert of_images.aspects[0].score == pytest.approx(of_files.aspects[0].score, abs=0.02)


def test_modes_without_a_range_are_refused(arrays):
    image = Image.fromarray(arrays.base[0]).convert("F")
    with pytest.raises(finexl.InputError, match=r"base\[0\]: an image of mode F"):
        finexl.explain([image], arrays.cosy[:1])
    with pytest.raises(finexl.InputError, match="one picture"):
        finexl.explain(image, arrays.cosy[:1])


def test_sizes_that_differ_are_noted_and_shapes_are_brought_together(arrays, files):
    side = arrays.cosy.shape[1]
    larger = [Image.fromarray(picture).resize((2 * side, 2 * side)) for picture in arrays.cosy]
    with pytest.warns(finexl.FinexlWarning, match="in 12 of 12 pairs the images differ in size"):
        finexl.explain(arrays.base, larger, prompts=files.prompts, **QUICK)
    wider = [Image.fromarray(picture).resize((2 * side, side)) for picture in arrays.cosy]
    with pytest.raises(finexl.PictureError, match=r"base\[0\]"):
        finexl.explain(arrays.base, wider, **QUICK)
    with pytest.warns(finexl.FinexlWarning, match="cut about its centre"):
        finexl.explain(arrays.base, wider, prompts=files.prompts, fit="crop", **QUICK)
    bad = [*arrays.cosy[:11], arrays.cosy[11][:, : side // 3]]
    with pytest.warns(finexl.FinexlWarning, match=r"left out: base\[11\]"):
        explanation = finexl.explain(arrays.base, bad, skip_bad=True, **QUICK)
    assert explanation.pairs == 11
