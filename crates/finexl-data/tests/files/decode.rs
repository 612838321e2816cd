//! Images of every kind that people have, and of the kinds that go wrong.

use crate::fixtures::{images, largest_difference, path};
use finexl_data::DataError;
use finexl_data::decode::{decode_bytes, decode_file};
use finexl_data::encode::{png_bytes, write_png};
use finexl_data::image::Image;
use image::{DynamicImage, ImageBuffer, ImageFormat, Luma, LumaA, Rgb, Rgba};
use rand::Rng;
use std::io::Cursor;
use std::path::Path;

const FORMATS: [ImageFormat; 6] = [
    ImageFormat::Png,
    ImageFormat::Jpeg,
    ImageFormat::Bmp,
    ImageFormat::Tiff,
    ImageFormat::WebP,
    ImageFormat::Gif,
];

/// Damaged files per format; 20,000 were tried once.
const MUTATIONS: usize = 1_000;

/// Smooth ramps of `width` x `height` pixels.
fn ramps(width: usize, height: usize) -> Image {
    let mut image = Image::filled(width, height, [0.0; 3]);
    for y in 0..height {
        for x in 0..width {
            let (u, v) = (x as f32 / width as f32, y as f32 / height as f32);
            image.set(x, y, [u, v, 1.0 - 0.5 * (u + v)]);
        }
    }
    Image::from_rgb8(width, height, &image.to_rgb8())
}

/// The file content of an image in one format.
fn file(image: &DynamicImage, format: ImageFormat) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    image.write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

fn dynamic(image: &Image) -> DynamicImage {
    let buffer = ImageBuffer::from_raw(image.width as u32, image.height as u32, image.to_rgb8());
    DynamicImage::ImageRgb8(buffer.unwrap())
}

/// Decodes bytes under a name whose extension lies about the format.
fn decode(bytes: &[u8]) -> Result<Image, DataError> {
    decode_bytes(Path::new("some.picture"), bytes).map(|decoded| decoded.image)
}

/// The message of a failure, checked to name the file.
fn message(bytes: &[u8]) -> String {
    let text = decode(bytes).unwrap_err().to_string();
    assert!(text.contains("some.picture"), "{text}");
    text
}

#[test]
fn every_format_is_told_by_its_content() {
    let image = ramps(32, 24);
    for (format, tolerance) in [
        (ImageFormat::Png, 0),
        (ImageFormat::Bmp, 0),
        (ImageFormat::Tiff, 0),
        (ImageFormat::WebP, 0),
        (ImageFormat::Jpeg, 40),
        (ImageFormat::Gif, 40),
    ] {
        let decoded = decode(&file(&dynamic(&image), format)).unwrap();
        let difference = largest_difference(&decoded, &image);
        assert!(difference <= tolerance, "{format:?}: {difference}");
        assert!(decoded.mean_abs_difference(&image) < 0.04, "{format:?}");
    }
}

#[test]
fn files_of_other_programs_decode_as_in_pillow() {
    let cases = images("decode/expected.safetensors");
    assert_eq!(cases.len(), 9);
    for (name, expected) in cases {
        let decoded = decode_file(path(&format!("decode/{name}"))).unwrap().image;
        // JPEG decoders round the inverse transform and the colours differently.
        let tolerance = if name.ends_with(".jpg") { 3 } else { 1 };
        let difference = largest_difference(&decoded, &expected);
        assert!(difference <= tolerance, "{name}: {difference}");
    }
}

#[test]
fn sixteen_bits_and_grey_keep_their_values() {
    let wide: ImageBuffer<Rgb<u16>, Vec<u16>> =
        ImageBuffer::from_fn(9, 8, |x, y| Rgb([x as u16 * 7001, y as u16 * 8009, 77]));
    let decoded = decode(&file(&wide.into(), ImageFormat::Png)).unwrap();
    assert_eq!(decoded.pixel(8, 7)[0], 56008.0 / 65535.0);
    assert_eq!(decoded.pixel(8, 7)[2], 77.0 / 65535.0);
    let grey: ImageBuffer<Luma<u8>, Vec<u8>> =
        ImageBuffer::from_fn(9, 8, |x, _| Luma([x as u8 * 20]));
    let decoded = decode(&file(&grey.into(), ImageFormat::Png)).unwrap();
    assert_eq!(decoded.pixel(3, 3), [60.0 / 255.0; 3]);
    let grey: ImageBuffer<Luma<u16>, Vec<u16>> = ImageBuffer::from_pixel(8, 8, Luma([40_000]));
    let decoded = decode(&file(&grey.into(), ImageFormat::Tiff)).unwrap();
    assert_eq!(decoded.pixel(3, 3), [40_000.0 / 65535.0; 3]);
}

#[test]
fn transparent_pixels_lie_on_white() {
    let clear: ImageBuffer<Rgba<u8>, Vec<u8>> = ImageBuffer::from_fn(8, 8, |x, _| {
        Rgba([0, 0, 255, [0, 51, 255][x.min(2) as usize]])
    });
    let decoded = decode(&file(&clear.into(), ImageFormat::Png)).unwrap();
    assert_eq!(decoded.pixel(0, 0), [1.0; 3]);
    assert_eq!(decoded.to_rgb8()[3..6], [204, 204, 255]);
    assert_eq!(decoded.pixel(2, 0), [0.0, 0.0, 1.0]);
    let clear: ImageBuffer<LumaA<u16>, Vec<u16>> = ImageBuffer::from_pixel(8, 8, LumaA([9, 0]));
    let decoded = decode(&file(&clear.into(), ImageFormat::Png)).unwrap();
    assert_eq!(decoded.pixel(4, 4), [1.0; 3]);
}

#[test]
fn a_file_cut_off_anywhere_is_an_error_in_every_format() {
    let image = dynamic(&ramps(64, 48));
    for format in FORMATS {
        let whole = file(&image, format);
        for share in [20, 50, 80, 95] {
            let cut = &whole[..whole.len() * share / 100];
            assert!(decode(cut).is_err(), "{format:?} cut at {share}%");
        }
    }
    let whole = std::fs::read(path("decode/progressive.jpg")).unwrap();
    assert!(message(&whole[..whole.len() * 2 / 3]).contains("--skip-bad"));
}

#[test]
fn damaged_and_foreign_files_name_the_remedy() {
    let mut damaged = file(&dynamic(&ramps(32, 32)), ImageFormat::Png);
    let middle = damaged.len() / 2;
    damaged[middle..middle + 8].fill(0);
    assert!(message(&damaged).contains("re-export"));
    assert!(message(b"just some text").contains("not an image of a known format"));
    assert!(message(b"").contains("the file is empty"));
    let missing = decode_file("no-such-folder/a.png").unwrap_err();
    assert!(missing.to_string().contains("no-such-folder/a.png"));
}

#[test]
fn sizes_out_of_bounds_are_refused_from_the_header() {
    let tiny = file(&dynamic(&ramps(1, 1)), ImageFormat::Png);
    assert!(message(&tiny).contains("1 x 1 pixels, too few"));
    let text = message(&std::fs::read(path("decode/huge.png")).unwrap());
    assert!(
        text.contains("20000 x 20000 pixels") && text.contains("scale it down"),
        "{text}"
    );
    // A header that claims less than the limit but has no data.
    assert!(
        message(&std::fs::read(path("decode/empty.png")).unwrap()).contains("cannot be decoded")
    );
}

#[test]
fn a_header_that_claims_too_much_is_refused_in_every_format() {
    let image = dynamic(&ramps(16, 16));
    let side = 20_000u16;
    let mut bmp = file(&image, ImageFormat::Bmp);
    for at in [18, 22] {
        bmp[at..at + 2].copy_from_slice(&side.to_le_bytes());
    }
    let mut gif = file(&image, ImageFormat::Gif);
    for at in [6, 8] {
        gif[at..at + 2].copy_from_slice(&side.to_le_bytes());
    }
    let mut jpeg = file(&image, ImageFormat::Jpeg);
    let frame = jpeg.windows(2).position(|m| m == [0xff, 0xc0]).unwrap();
    for at in [frame + 5, frame + 7] {
        jpeg[at..at + 2].copy_from_slice(&side.to_be_bytes());
    }
    for bytes in [bmp, gif, jpeg] {
        let text = message(&bytes);
        assert!(text.contains("20000 x 20000 pixels"), "{text}");
    }
}

#[test]
fn damage_anywhere_gives_an_image_or_an_error_but_never_a_panic() {
    let image = dynamic(&ramps(24, 16));
    for format in FORMATS {
        let whole = file(&image, format);
        let mut draw = finexl_core::seed::generator(1, &[format as u64]);
        for _ in 0..MUTATIONS {
            let mut bytes = whole.clone();
            for _ in 0..3 {
                let number = draw.next_u64();
                let at = (number >> 8) as usize % bytes.len();
                bytes[at] = number as u8;
            }
            if let Ok(image) = decode(&bytes) {
                assert!(image.pixels.iter().all(|v| (0.0..=1.0).contains(v)));
            }
        }
    }
}

#[test]
fn a_written_png_reads_back_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let target = folder.path().join("a.png");
    let image = ramps(13, 8);
    write_png(&target, &image).unwrap();
    let decoded = decode_file(&target).unwrap();
    assert_eq!(decoded.image, image);
    let bytes = png_bytes(&target, &image).unwrap();
    let expected = finexl_core::fingerprint::Fingerprint::of_bytes(&bytes);
    assert_eq!(decoded.fingerprint, expected);
    let error = write_png(folder.path().join("none/a.png"), &image).unwrap_err();
    assert!(error.to_string().contains("none/a.png"));
}
