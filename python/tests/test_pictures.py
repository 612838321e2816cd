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
    "RGBa": lambda image: _transparent(image).convert("RGBa"),
    "L": lambda image: image.convert("L"),
    "P": lambda image: image.quantize(32),
    "I;16": lambda image: Image.fromarray(numpy.asarray(image.convert("L")).astype(numpy.uint16) * 257),
}


@pytest.mark.parametrize("mode", CHANGES)
def test_modes_are_read_as_from_files(mode, files, arrays, tmp_path):
    images = [CHANGES[mode](Image.open(path).convert("RGB")) for path in files.cosy[:6]]
    assert images[0].mode == mode
    for number, image in enumerate(images):
        # What no file has as it is.
        (image.convert("RGBA") if mode == "RGBa" else image).save(tmp_path / f"{number}.png")
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


def test_colours_that_a_png_states_are_heeded(files, arrays, tmp_path):
    from PIL.PngImagePlugin import PngInfo

    linear = PngInfo()
    linear.add(b"gAMA", (100000).to_bytes(4, "big"))
    paths = [tmp_path / path.name for path in files.cosy[:6]]
    for path, saved in zip(files.cosy, paths):
        Image.open(path).convert("RGB").save(saved, pnginfo=linear)
    of_files = finexl.explain(arrays.base[:6], paths, **QUICK)
    of_images = finexl.explain(arrays.base[:6], [Image.open(path) for path in paths], **QUICK)
    plain = finexl.explain(arrays.base[:6], arrays.cosy[:6], **QUICK)
    assert findings(of_images.to_dict()) == findings(of_files.to_dict()) != findings(plain.to_dict())


def test_what_is_odd_about_pictures_is_said(arrays, tmp_path):
    base, cosy = arrays.base[:6], arrays.cosy[:6]
    frames = [Image.fromarray(picture) for picture in cosy]
    frames[0].save(tmp_path / "a.gif", save_all=True, append_images=frames[1:2])
    with pytest.warns(finexl.FinexlWarning, match=r"personalized: 1 image is an animation .*personalized\[0\]"):
        finexl.explain(base, [Image.open(tmp_path / "a.gif"), *frames[1:]], **QUICK)
    with pytest.warns(finexl.FinexlWarning, match="personalized: no value of its pixels is above 1"):
        finexl.explain(base, (cosy / 255.0).astype(numpy.uint8), **QUICK)
    black = cosy.copy()
    black[2] = 0
    with pytest.warns(finexl.FinexlWarning, match=r"personalized\[2\] is of one colour"):
        finexl.explain(base, black, **QUICK)


def test_pictures_that_cannot_be_read_are_named(arrays, files, tmp_path):
    frames = [Image.fromarray(picture) for picture in arrays.cosy[:3]]
    whole = files.cosy[0].read_bytes()
    (tmp_path / "cut.png").write_bytes(whole[: len(whole) * 3 // 4])
    closed = Image.open(files.cosy[0])
    closed.close()
    for broken in (Image.open(tmp_path / "cut.png"), closed):
        with pytest.raises(finexl.InputError, match=r"personalized\[3\]: this image cannot be read"):
            finexl.explain(arrays.base[:4], [*frames, broken])


@pytest.mark.parametrize(
    "change, words",
    [
        (lambda x: x / 255.0, r"float64, not uint8; .*\(x \* 255\)"),
        (lambda x: x.astype("float32"), r"float32, not uint8; .*x\.clip"),
        (lambda x: numpy.full(x.shape, numpy.nan), "some are NaN"),
        (lambda x: x.astype("uint16") * 257, r"x / 257"),
        (lambda x: x > 100, r"astype\('uint8'\) \* 255"),
        (lambda x: x[..., 0], r"expected \[n, h, w, 3\]; make colours of grey"),
        (lambda x: list(x[..., 0]), r"base\[0\]: .*make colours of grey"),
        (lambda x: x[..., :1], "make colours of grey"),
        (lambda x: x[..., [0, 1, 2, 0]], "of transparency give PIL images"),
        (lambda x: x.transpose(0, 3, 1, 2), "bring the channels to the end"),
        (lambda x: x[0], "that of one picture"),
        (lambda x: numpy.ma.masked_greater(x, 100), "masked"),
        (lambda x: dict(enumerate(x)), "this is a dict"),
        (lambda x: {"a.png", "b.png"}, "a set has no order"),
        (lambda x: b"abc", "one text"),
        (lambda x: None, "NoneType is no folder"),
        (lambda x: ["nowhere.png", *x[1:]], r"base\[0\]: there is no file nowhere.png"),
        (lambda x: [".", *x[1:]], r"base\[0\]: . is a folder"),
    ],
)
def test_arrays_and_lists_of_other_kinds_are_refused_with_a_remedy(change, words, arrays):
    with pytest.raises(finexl.InputError, match=words):
        finexl.explain(change(arrays.base), arrays.cosy)


def test_columns_and_generators_are_lists(files, arrays, scenes):
    expected = findings(scenes.record)
    column = numpy.array(files.cosy, dtype=object)
    given = [(files.base, column), ((picture for picture in arrays.base), iter(arrays.cosy))]
    for base, cosy in given:
        explanation = finexl.explain(base, cosy, prompts=(prompt for prompt in files.prompts), **QUICK)
        assert findings(explanation.to_dict()) == expected
