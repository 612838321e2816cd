//! Kinds of files: animations, pages, foreign formats, shapes, files cut off.

use crate::fixtures::path;
use finexl_data::decode::{PictureKind, Remark, decode_bytes, decode_file, kind_of_extension};
use image::codecs::gif::GifEncoder;
use image::{DynamicImage, Frame, ImageBuffer, ImageFormat, Rgba, RgbaImage};
use std::io::Cursor;
use std::path::Path;

fn message(bytes: &[u8]) -> String {
    match decode_bytes(Path::new("some.png"), bytes) {
        Ok(_) => panic!("it was decoded"),
        Err(error) => error.to_string(),
    }
}

#[test]
fn extensions_tell_which_files_are_meant() {
    for extension in [
        "png", "JFIF", "jpe", "pjpeg", "jpg", "TIFF", "webp", "gif", "bmp",
    ] {
        assert_eq!(
            kind_of_extension(extension),
            PictureKind::Read,
            "{extension}"
        );
    }
    assert_eq!(kind_of_extension("AVIF"), PictureKind::Known("AVIF"));
    assert_eq!(kind_of_extension("heif"), PictureKind::Known("HEIC"));
    assert_eq!(kind_of_extension("nef"), PictureKind::Known("camera raw"));
    assert_eq!(kind_of_extension("txt"), PictureKind::Other);
}

#[test]
fn what_is_not_read_is_named_whatever_the_file_is_called() {
    let container = |brand: &[u8]| [b"\0\0\0\x18ftyp", brand, b"\0\0\0\0mif1avif"].concat();
    assert!(message(&container(b"avif")).contains("holds AVIF"));
    assert!(
        message(&container(b"heic")).contains("AVIF")
            || message(&container(b"heic")).contains("HEIC")
    );
    assert!(message(b"\0\0\0\x1cftypavif").contains("holds AVIF"));
    assert!(message(b"\0\0\0\x0cJXL \r\n\x87\n").contains("JPEG XL"));
    assert!(message(b"8BPS\0\x01").contains("Photoshop"));
    assert!(message(b"version https://git-lfs.github.com/spec/v1").contains("Git LFS"));
    assert!(message(b"<!DOCTYPE html><html>").contains("web page"));
}

#[test]
fn of_an_animation_the_first_picture_is_taken_with_a_remark() {
    let frame = |red: u8| Frame::new(RgbaImage::from_pixel(16, 16, Rgba([red, 0, 0, 255])));
    for frames in [1, 2] {
        let mut bytes = Vec::new();
        let mut encoder = GifEncoder::new(&mut bytes);
        encoder
            .encode_frames((0..frames).map(|i| frame(255 - 200 * i)))
            .unwrap();
        drop(encoder);
        let decoded = decode_bytes(Path::new("a.gif"), &bytes).unwrap();
        assert_eq!(decoded.image.pixel(3, 3)[0], 1.0);
        assert_eq!(decoded.remarks.contains(&Remark::FirstPicture), frames > 1);
    }
    for (name, remark) in [
        ("formats/animated.webp", Remark::FirstPicture),
        ("formats/animated.png", Remark::FirstPicture),
        ("formats/pages.tif", Remark::FirstPage),
    ] {
        let decoded = decode_file(path(name)).unwrap();
        assert!(decoded.remarks.contains(&remark), "{name}");
        assert!(decoded.image.pixel(3, 3)[0] > 0.9, "{name}");
    }
}

#[test]
fn strips_are_refused_by_their_header() {
    // A header alone would do; the rest is never looked at.
    let mut bytes = Cursor::new(Vec::new());
    let strip: DynamicImage = ImageBuffer::from_pixel(1200, 8, Rgba([0u8; 4])).into();
    strip.write_to(&mut bytes, ImageFormat::Png).unwrap();
    assert!(message(bytes.get_ref()).contains("100 times the shorter"));
    let mut claim = bytes.into_inner();
    claim[16..20].copy_from_slice(&4_000_000u32.to_be_bytes());
    let text = message(&claim);
    assert!(
        text.contains("4000000 x 8 pixels") && text.contains("Cut it"),
        "{text}"
    );
}

#[test]
fn every_prefix_of_a_file_is_an_error_or_the_whole_picture() {
    for name in [
        "formats/lossy.webp",
        "formats/lossless.webp",
        "formats/strips.tif",
        "formats/rle.bmp",
        "formats/noise.png",
        "formats/progressive.jpg",
        "formats/restarts.jpg",
        "formats/cmyk.jpg",
        "formats/still.gif",
    ] {
        let bytes = std::fs::read(path(name)).unwrap();
        let whole = decode_bytes(Path::new(name), &bytes).unwrap();
        assert!(whole.remarks.is_empty(), "{name}: {:?}", whole.remarks);
        for length in (0..bytes.len())
            .step_by(bytes.len() / 150 + 1)
            .chain(bytes.len() - 12..bytes.len())
        {
            if let Ok(cut) = decode_bytes(Path::new(name), &bytes[..length]) {
                assert!(
                    cut.image == whole.image,
                    "{name} cut to {length} of {}",
                    bytes.len()
                );
            }
        }
    }
}
