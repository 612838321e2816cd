//! Images out: PNG files that are whole or not there.

use crate::DataError;
use crate::image::Image;
use ::image::codecs::jpeg::JpegEncoder;
use ::image::codecs::png::PngEncoder;
use ::image::{ExtendedColorType, ImageEncoder};
use std::path::Path;

/// The bytes of an 8-bit RGB PNG file, the same for the same pixels.
///
/// # Errors
/// [`DataError::EncodeImage`], naming `path` as the file to be, where a side is 0 or beyond what PNG
/// can hold.
pub fn png_bytes(path: &Path, image: &Image) -> Result<Vec<u8>, DataError> {
    let failed = |reason: String| DataError::EncodeImage {
        path: path.to_path_buf(),
        width: image.width,
        height: image.height,
        reason,
    };
    let side = |length: usize| u32::try_from(length).map_err(|e| failed(e.to_string()));
    let (width, height) = (side(image.width)?, side(image.height)?);
    let mut bytes = Vec::new();
    PngEncoder::new(&mut bytes)
        .write_image(&image.to_rgb8(), width, height, ExtendedColorType::Rgb8)
        .map_err(|e| failed(e.to_string()))?;
    Ok(bytes)
}

/// The bytes of a JPEG file of a quality from 1 to 100, the same for the same pixels.
///
/// # Errors
/// [`DataError::Codec`] for a side that is 0 or larger than 65,535 pixels.
pub fn jpeg_bytes(image: &Image, quality: u8) -> Result<Vec<u8>, DataError> {
    let failed = |message: String| DataError::Codec {
        what: "JPEG",
        message,
    };
    let side = |length: usize| u32::try_from(length).map_err(|e| failed(e.to_string()));
    let (width, height) = (side(image.width)?, side(image.height)?);
    let mut bytes = Vec::new();
    JpegEncoder::new_with_quality(&mut bytes, quality)
        .encode(&image.to_rgb8(), width, height, ExtendedColorType::Rgb8)
        .map_err(|e| failed(e.to_string()))?;
    Ok(bytes)
}

/// Writes an 8-bit RGB PNG file atomically; its folder has to exist.
///
/// # Errors
/// [`DataError::Core`] where the file cannot be written (it then holds what it held before), and
/// those of [`png_bytes`].
pub fn write_png(path: impl AsRef<Path>, image: &Image) -> Result<(), DataError> {
    let path = path.as_ref();
    let bytes = png_bytes(path, image)?;
    Ok(finexl_core::atomic::write(path, &bytes)?)
}
