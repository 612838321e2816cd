//! Images in: any common file to [`Image`], or an error that says what to do with the file.
//!
//! - The format is told by the content, never by the extension: PNG, JPEG, WebP, BMP, GIF, TIFF.
//!   Of an animation the first frame counts.
//! - 16-bit and floating-point samples keep their precision; grey and palette images become RGB;
//!   CMYK becomes RGB by the plain formula `(1 - C)(1 - K)`, as Pillow does it, without a profile.
//! - Transparent pixels are composited over white, in encoded values: what a page or a viewer shows.
//! - The EXIF orientation is applied. Embedded colour profiles are not: values count as sRGB.
//! - Size is checked from the header, before any pixel is decoded.

use crate::DataError;
use crate::image::Image;
use crate::jpeg_end;
use ::image::{DynamicImage, ImageDecoder, ImageError, ImageFormat, ImageReader, Limits};
use finexl_core::CoreError;
use finexl_core::fingerprint::Fingerprint;
use std::fs::File;
use std::io::{Cursor, Read};
use std::path::Path;

/// Most pixels that are decoded (100 megapixels; 1.2 GB once decoded).
pub const MOST_PIXELS: u64 = 100_000_000;
/// Smallest side, in pixels, that is accepted.
pub const SMALLEST_SIDE: u32 = 8;
/// Longest file that is read: [`MOST_PIXELS`] of 16-bit RGBA, with room for metadata.
pub const MOST_BYTES: u64 = MOST_PIXELS * 8 + (64 << 20);

/// An image and the identity of the file that it came from.
#[derive(Clone, Debug)]
pub struct Decoded {
    /// The pixels, at the size and orientation in which a viewer shows them.
    pub image: Image,
    /// SHA-256 of the file's bytes.
    pub fingerprint: Fingerprint,
}

/// Reads and decodes an image file.
///
/// # Errors
/// [`DataError::Core`] where the file cannot be read, [`DataError::FileTooLarge`] where it is longer
/// than [`MOST_BYTES`], and those of [`decode_bytes`].
pub fn decode_file(path: impl AsRef<Path>) -> Result<Decoded, DataError> {
    let path = path.as_ref();
    let unreadable = |source| {
        DataError::Core(CoreError::Read {
            path: path.to_path_buf(),
            source,
        })
    };
    let file = File::open(path).map_err(unreadable)?;
    let mut bytes = Vec::new();
    // One byte more than allowed tells a file that is too long, also where its length is not known.
    file.take(MOST_BYTES + 1)
        .read_to_end(&mut bytes)
        .map_err(unreadable)?;
    if bytes.len() as u64 > MOST_BYTES {
        return Err(DataError::FileTooLarge {
            path: path.to_path_buf(),
            limit: MOST_BYTES,
        });
    }
    Ok(Decoded {
        image: decode_bytes(path, &bytes)?,
        fingerprint: Fingerprint::of_bytes(&bytes),
    })
}

/// Decodes the content of an image file; `path` is used in messages only.
///
/// # Errors
/// [`DataError::UnknownFormat`], [`DataError::ImageTooLarge`] (above [`MOST_PIXELS`]),
/// [`DataError::ImageTooSmall`] (below [`SMALLEST_SIDE`]), or [`DataError::CorruptImage`] where the
/// content is cut off, damaged or of an unsupported kind.
pub fn decode_bytes(path: &Path, bytes: &[u8]) -> Result<Image, DataError> {
    let corrupt = |error: ImageError| corrupt_image(path, error.to_string());
    let mut reader = ImageReader::new(Cursor::new(bytes))
        .with_guessed_format()
        .map_err(|e| corrupt(ImageError::IoError(e)))?;
    reader.limits(limits());
    let Some(format) = reader.format() else {
        return Err(DataError::UnknownFormat {
            path: path.to_path_buf(),
        });
    };
    let mut decoder = reader.into_decoder().map_err(corrupt)?;
    check_size(path, decoder.dimensions())?;
    if format == ImageFormat::Jpeg && !jpeg_end::is_complete(bytes) {
        // The JPEG decoder fills what is missing with grey and says nothing.
        return Err(corrupt_image(path, "the file is cut off".to_string()));
    }
    let orientation = decoder.orientation().map_err(corrupt)?;
    let mut decoded = DynamicImage::from_decoder(decoder).map_err(corrupt)?;
    decoded.apply_orientation(orientation);
    over_white(&decoded)
        .ok_or_else(|| corrupt_image(path, "it holds samples that are not numbers".to_string()))
}

fn corrupt_image(path: &Path, reason: String) -> DataError {
    DataError::CorruptImage {
        path: path.to_path_buf(),
        reason,
    }
}

/// What the decoders may allocate: any accepted image, at 16 bytes per pixel (floating-point RGBA).
fn limits() -> Limits {
    let mut limits = Limits::no_limits();
    limits.max_alloc = Some(MOST_PIXELS * 16);
    limits
}

fn check_size(path: &Path, (width, height): (u32, u32)) -> Result<(), DataError> {
    if u64::from(width) * u64::from(height) > MOST_PIXELS {
        return Err(DataError::ImageTooLarge {
            path: path.to_path_buf(),
            width,
            height,
            limit: MOST_PIXELS,
        });
    }
    if width.min(height) < SMALLEST_SIDE {
        return Err(DataError::ImageTooSmall {
            path: path.to_path_buf(),
            width,
            height,
            smallest: SMALLEST_SIDE,
        });
    }
    Ok(())
}

/// RGB over white at full precision; `None` where a sample is not a number.
fn over_white(decoded: &DynamicImage) -> Option<Image> {
    let from_8 = |v: u8| f32::from(v) / 255.0;
    let from_16 = |v: u16| f32::from(v) / 65535.0;
    let pixels = match decoded {
        DynamicImage::ImageLuma8(i) => composite::<1, _>(i, from_8),
        DynamicImage::ImageLumaA8(i) => composite::<2, _>(i, from_8),
        DynamicImage::ImageRgb8(i) => composite::<3, _>(i, from_8),
        DynamicImage::ImageRgba8(i) => composite::<4, _>(i, from_8),
        DynamicImage::ImageLuma16(i) => composite::<1, _>(i, from_16),
        DynamicImage::ImageLumaA16(i) => composite::<2, _>(i, from_16),
        DynamicImage::ImageRgb16(i) => composite::<3, _>(i, from_16),
        DynamicImage::ImageRgba16(i) => composite::<4, _>(i, from_16),
        DynamicImage::ImageRgb32F(i) => composite::<3, _>(i, |v| v),
        other => composite::<4, _>(&other.to_rgba32f(), |v| v),
    };
    let image = Image::new(decoded.width() as usize, decoded.height() as usize, pixels);
    image.pixels.iter().all(|v| v.is_finite()).then_some(image)
}

/// Interleaved samples of `CHANNELS` channels (grey or RGB, with or without alpha) to RGB over white.
fn composite<const CHANNELS: usize, T: Copy>(samples: &[T], unit: impl Fn(T) -> f32) -> Vec<f32> {
    let coloured = CHANNELS >= 3;
    let mut pixels = Vec::with_capacity(samples.len() / CHANNELS * 3);
    for sample in samples.chunks_exact(CHANNELS) {
        let alpha = match CHANNELS {
            2 | 4 => unit(sample[CHANNELS - 1]).clamp(0.0, 1.0),
            _ => 1.0,
        };
        for channel in 0..3 {
            let value = unit(sample[if coloured { channel } else { 0 }]).clamp(0.0, 1.0);
            pixels.push(value * alpha + (1.0 - alpha));
        }
    }
    pixels
}
