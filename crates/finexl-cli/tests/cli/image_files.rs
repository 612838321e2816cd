//! Image files: those that cannot be used, and kinds that can.

#![allow(clippy::unwrap_used)]

use crate::sandbox::{EXPLAIN, Sandbox, picture};
use image::{DynamicImage, ImageFormat, Luma, Rgb, RgbImage, Rgba};
use safetensors::SafeTensors;
use std::io::Cursor;

fn encoded(picture: &RgbImage, format: ImageFormat) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    picture.write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

/// Replaces one image by bytes: every verb refuses it by name, and `--skip-bad` leaves it out.
#[track_caller]
fn is_bad(name: &str, content: &[u8], words: &[&str]) {
    let sandbox = Sandbox::with_pairs(3);
    std::fs::remove_file(sandbox.path("base/01.png")).unwrap();
    sandbox.write(&format!("base/{name}"), content);
    let mut words = words.to_vec();
    words.extend([name, "--skip-bad"]);
    sandbox.refuses(EXPLAIN, &words);
    sandbox.refuses("data stylize base out --aspect warm=1", &words);
    sandbox.refuses("embed --images base --out e.safetensors", &words);
    sandbox.succeeds(&format!("{EXPLAIN} --skip-bad --json out.json"));
    let record = sandbox.json("out.json");
    assert_eq!(record["pairs"], 2);
    assert!(record["notes"].to_string().contains(name));
}

#[test]
fn text_is_no_image() {
    is_bad("01.png", b"just words", &["not an image of a known format"]);
}

#[test]
fn an_empty_file_is_no_image() {
    is_bad("01.png", b"", &["the file is empty"]);
}

#[test]
fn a_corrupt_png_is_refused() {
    let mut bytes = encoded(&picture(1, 48), ImageFormat::Png);
    let middle = bytes.len() / 2;
    bytes[middle..middle + 40].fill(0xaa);
    is_bad("01.png", &bytes, &["cannot be decoded", "re-export"]);
}

#[test]
fn a_truncated_png_is_refused() {
    let bytes = encoded(&picture(1, 48), ImageFormat::Png);
    is_bad("01.png", &bytes[..bytes.len() / 2], &["cannot be decoded"]);
}

#[test]
fn a_truncated_jpeg_is_refused() {
    let bytes = encoded(&picture(1, 48), ImageFormat::Jpeg);
    is_bad(
        "01.jpg",
        &bytes[..bytes.len() * 2 / 3],
        &["cannot be decoded"],
    );
}

#[test]
fn a_single_pixel_is_too_small() {
    let bytes = encoded(&RgbImage::from_pixel(1, 1, Rgb([9; 3])), ImageFormat::Png);
    is_bad("01.png", &bytes, &["1 x 1", "export it larger"]);
}

#[test]
fn an_image_of_400_megapixels_is_refused_by_its_header() {
    let mut bytes = encoded(&picture(1, 48), ImageFormat::Png);
    // Width and height lie behind the signature and the chunk's head, the checksum behind both.
    bytes[16..20].copy_from_slice(&20_000u32.to_be_bytes());
    bytes[20..24].copy_from_slice(&20_000u32.to_be_bytes());
    let checksum = crc32(&bytes[12..29]);
    bytes[29..33].copy_from_slice(&checksum.to_be_bytes());
    is_bad("01.png", &bytes, &["20000 x 20000", "scale it down"]);
}

#[test]
fn a_strip_is_refused_by_its_header() {
    let mut bytes = encoded(&picture(1, 48), ImageFormat::Png);
    bytes[16..20].copy_from_slice(&4_000_000u32.to_be_bytes());
    bytes[20..24].copy_from_slice(&8u32.to_be_bytes());
    let checksum = crc32(&bytes[12..29]);
    bytes[29..33].copy_from_slice(&checksum.to_be_bytes());
    is_bad("01.png", &bytes, &["4000000 x 8", "100 times the shorter"]);
}

#[test]
fn a_format_that_is_not_read_is_named_whatever_the_file_is_called() {
    let content = b"\0\0\0\x1cftypavif\0\0\0\0avifmif1miaf";
    is_bad("01.png", content, &["holds AVIF", "re-export"]);
}

#[test]
fn the_limit_of_pixels_can_be_set() {
    let sandbox = Sandbox::with_pairs(2);
    let low = format!("{EXPLAIN} --max-pixels 1000");
    sandbox.refuses(&low, &["48 x 48", "more than the 1000", "--max-pixels"]);
    sandbox.refuses(
        "embed --images base --out e.safetensors --max-pixels 2303",
        &["48 x 48"],
    );
    sandbox.succeeds("embed --images base --out e.safetensors --max-pixels 2304");
    sandbox.refuses(
        "embed --images base --out e.safetensors --max-pixels 0",
        &["--max-pixels"],
    );
}

/// Copies a fixture of another folder of the data crate's tests.
fn fixture(name: &str) -> Vec<u8> {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    std::fs::read(folder.join("../finexl-data/tests/fixtures").join(name)).unwrap()
}

#[test]
fn colours_are_brought_to_srgb_and_what_was_assumed_is_said() {
    let sandbox = Sandbox::new();
    sandbox.write("in/p3.png", fixture("colours/display-p3.png"));
    sandbox.write("in/cut.png", fixture("colours/unusable-cut.png"));
    sandbox.write("in/moving.webp", fixture("formats/animated.webp"));
    let outcome = sandbox.succeeds("data stylize in out --aspect warm=0");
    for words in [
        "cut.png has a colour profile that cannot be used",
        "moving.webp is an animation",
    ] {
        assert!(outcome.stderr.contains(words), "{}", outcome.stderr);
    }
    let converted = "p3.png was brought to sRGB";
    assert!(outcome.stderr.contains(converted), "{}", outcome.stderr);
    let expected = fixture("colours/expected.safetensors");
    let expected = SafeTensors::deserialize(&expected).unwrap();
    let written = image::open(sandbox.path("out/p3.png")).unwrap().to_rgb8();
    let expected = expected.tensor("display-p3.png").unwrap().data();
    let near = |(a, b): (&u8, &u8)| a.abs_diff(*b) <= 1;
    assert!(written.as_raw().iter().zip(expected).all(near));
}

/// The checksum of PNG chunks.
fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0u32, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |c, _| {
            (c >> 1) ^ (0xedb8_8320 & (c & 1).wrapping_neg())
        })
    })
}

#[test]
fn when_nothing_is_left_it_says_so() {
    let sandbox = Sandbox::with_pairs(1);
    sandbox.write("base/00.png", "words");
    sandbox.refuses(
        &format!("{EXPLAIN} --skip-bad"),
        &["none of 1 images or pairs could be used", "base/00.png"],
    );
    sandbox.refuses(
        "data stylize base out --aspect warm=1 --skip-bad",
        &["base/00.png", "repair the images"],
    );
    sandbox.refuses(
        "embed --images base --out e.safetensors --skip-bad",
        &["none of the 1 images in base"],
    );
}

/// Every kind beside the plain image that it shows: their embeddings are the same.
#[test]
fn odd_kinds_count_as_what_they_show() {
    let sandbox = Sandbox::new();
    let plain = picture(2, 48);
    let wide = DynamicImage::ImageRgb16(image::ImageBuffer::from_fn(48, 48, |x, y| {
        Rgb(plain.get_pixel(x, y).0.map(|v| u16::from(v) * 257))
    }));
    let grey = image::GrayImage::from_fn(48, 48, |x, y| Luma([plain.get_pixel(x, y).0[0]]));
    let grey_shown = RgbImage::from_fn(48, 48, |x, y| Rgb([plain.get_pixel(x, y).0[0]; 3]));
    let clear = image::RgbaImage::from_fn(48, 48, |x, y| {
        let [r, g, b] = plain.get_pixel(x, y).0;
        Rgba([r, g, b, if x < 24 { 255 } else { 0 }])
    });
    let clear_shown = RgbImage::from_fn(48, 48, |x, y| match x {
        0..24 => *plain.get_pixel(x, y),
        _ => Rgb([255; 3]),
    });
    sandbox.save("in/sixteen-b.png", &plain);
    wide.save(sandbox.path("in/sixteen-a.png")).unwrap();
    sandbox.save("in/grey-b.png", &grey_shown);
    grey.save(sandbox.path("in/grey-a.png")).unwrap();
    sandbox.save("in/transparent-b.png", &clear_shown);
    clear.save(sandbox.path("in/transparent-a.png")).unwrap();
    for (kind, file) in [("palette", "palette.png"), ("cmyk", "cmyk.jpg")] {
        sandbox.copy_fixture(file, &format!("in/{kind}-a.{}", &file[file.len() - 3..]));
        let bytes =
            std::fs::read(sandbox.path(&format!("in/{kind}-a.{}", &file[file.len() - 3..])));
        let shown = image::load_from_memory(&bytes.unwrap())
            .unwrap()
            .into_rgba8();
        let shown = RgbImage::from_fn(shown.width(), shown.height(), |x, y| {
            let [r, g, b, a] = shown.get_pixel(x, y).0.map(f32::from);
            Rgb([r, g, b].map(|v| (v * a / 255.0 + 255.0 - a).round() as u8))
        });
        sandbox.save(&format!("in/{kind}-b.png"), &shown);
    }
    sandbox.succeeds("embed --images in --out e.safetensors");
    let bytes = std::fs::read(sandbox.path("e.safetensors")).unwrap();
    let file = SafeTensors::deserialize(&bytes).unwrap();
    let view = file.tensor("features").unwrap();
    let width = view.shape()[1] * 4;
    assert_eq!(view.shape()[0], 10);
    for rows in view.data().chunks_exact(2 * width) {
        let number = |at: usize| f32::from_le_bytes(rows[at..at + 4].try_into().unwrap());
        for at in (0..width).step_by(4) {
            assert!((number(at) - number(width + at)).abs() < 2e-3);
        }
    }
}
