//! PNG by the crate `png` itself, which tells more of the file than the crate `image` passes on.

use super::embedded::Embedded;
use super::png_colours;
use super::read::{Colours, Stored, corrupt};
use super::remarks::Remark;
use super::{colour_profile::LARGEST_PROFILE, limits};
use crate::DataError;
use ::image::metadata::Orientation;
use ::image::{DynamicImage, ImageBuffer};
use png::{BitDepth, ColorType, Decoder, Limits, Transformations};
use std::io::{Cursor, Read};
use std::path::Path;

/// Decodes the still picture of a PNG file.
///
/// # Errors
/// Those of [`limits::check_size`], from the header, and [`DataError::CorruptImage`].
pub(super) fn decode(path: &Path, bytes: &[u8]) -> Result<Stored, DataError> {
    let failed = |error: png::DecodingError| corrupt(path, error.to_string());
    let (width, height) =
        header_size(bytes).ok_or_else(|| corrupt(path, "its header is damaged".to_string()))?;
    limits::check_size(path, (width, height))?;
    let bytes_limit = usize::try_from(limits::allocation(width, height)).unwrap_or(usize::MAX);
    let mut decoder = Decoder::new_with_limits(Cursor::new(bytes), Limits { bytes: bytes_limit });
    // Texts and profiles may inflate to anything; the profile is read below, bounded.
    decoder.set_ignore_text_chunk(true);
    decoder.set_ignore_iccp_chunk(true);
    decoder.set_transformations(Transformations::EXPAND);
    let mut reader = decoder.read_info().map_err(failed)?;
    let size = reader
        .output_buffer_size()
        .ok_or_else(|| corrupt(path, "its size is beyond this machine".to_string()))?;
    let mut samples = vec![0; size];
    let frame = reader.next_frame(&mut samples).map_err(failed)?;
    samples.truncate(frame.buffer_size());
    let pixels = dynamic(frame, samples)
        .ok_or_else(|| corrupt(path, "its kind of samples is not known".to_string()))?;
    let info = reader.info();
    let orientation = info.exif_metadata.as_ref();
    let orientation = orientation.and_then(|exif| Orientation::from_exif_chunk(exif));
    let mut remarks = Vec::new();
    if info
        .animation_control
        .is_some_and(|control| control.num_frames > 1)
    {
        remarks.push(Remark::FirstPicture);
    }
    let colours = match png_colours::code_points(info) {
        Some(colours) => colours,
        None => match profile(bytes) {
            Ok(Some(profile)) => Colours::Profile(profile),
            Err(reason) => Colours::Unusable(reason),
            Ok(None) => png_colours::stated(info, &mut remarks),
        },
    };
    Ok(Stored {
        pixels,
        orientation: orientation.unwrap_or(Orientation::NoTransforms),
        colours,
        remarks,
    })
}

/// Width and height of the header, which is the first chunk.
fn header_size(bytes: &[u8]) -> Option<(u32, u32)> {
    let header = bytes.get(12..24)?.strip_prefix(b"IHDR")?;
    let number = |b: &[u8]| b.first_chunk().map(|b| u32::from_be_bytes(*b));
    Some((number(header)?, number(&header[4..])?))
}

/// Decoded samples in the types of the crate `image`.
fn dynamic(frame: png::OutputInfo, samples: Vec<u8>) -> Option<DynamicImage> {
    let (width, height) = (frame.width, frame.height);
    let wide = || -> Vec<u16> {
        let pairs = samples.chunks_exact(2);
        pairs.map(|b| u16::from_be_bytes([b[0], b[1]])).collect()
    };
    match (frame.color_type, frame.bit_depth) {
        (ColorType::Grayscale, BitDepth::Sixteen) => {
            ImageBuffer::from_raw(width, height, wide()).map(DynamicImage::ImageLuma16)
        }
        (ColorType::GrayscaleAlpha, BitDepth::Sixteen) => {
            ImageBuffer::from_raw(width, height, wide()).map(DynamicImage::ImageLumaA16)
        }
        (ColorType::Rgb, BitDepth::Sixteen) => {
            ImageBuffer::from_raw(width, height, wide()).map(DynamicImage::ImageRgb16)
        }
        (ColorType::Rgba, BitDepth::Sixteen) => {
            ImageBuffer::from_raw(width, height, wide()).map(DynamicImage::ImageRgba16)
        }
        (ColorType::Grayscale, BitDepth::Eight) => {
            ImageBuffer::from_raw(width, height, samples).map(DynamicImage::ImageLuma8)
        }
        (ColorType::GrayscaleAlpha, BitDepth::Eight) => {
            ImageBuffer::from_raw(width, height, samples).map(DynamicImage::ImageLumaA8)
        }
        (ColorType::Rgb, BitDepth::Eight) => {
            ImageBuffer::from_raw(width, height, samples).map(DynamicImage::ImageRgb8)
        }
        (ColorType::Rgba, BitDepth::Eight) => {
            ImageBuffer::from_raw(width, height, samples).map(DynamicImage::ImageRgba8)
        }
        _ => None,
    }
}

/// The embedded profile: a name, a zero, a zero for deflate, and a zlib stream.
fn profile(bytes: &[u8]) -> Embedded {
    let mut at = 8;
    while let Some(head) = bytes.get(at..at + 8) {
        let length = u32::from_be_bytes([head[0], head[1], head[2], head[3]]) as usize;
        let data = bytes.get(at + 8..(at + 8).saturating_add(length));
        match (&head[4..], data) {
            (b"IDAT" | b"IEND", _) | (_, None) => break,
            (b"iCCP", Some(data)) => return inflated(data).map(Some),
            _ => at = (at + 12).saturating_add(length),
        }
    }
    Ok(None)
}

fn inflated(chunk: &[u8]) -> Result<Vec<u8>, String> {
    let damaged = || "it is damaged".to_string();
    let name = chunk.iter().position(|b| *b == 0).ok_or_else(damaged)?;
    let stream = chunk.get(name + 2..).ok_or_else(damaged)?;
    let mut profile = Vec::new();
    flate2::read::ZlibDecoder::new(stream)
        .take(LARGEST_PROFILE as u64 + 1)
        .read_to_end(&mut profile)
        .map_err(|_| damaged())?;
    match profile.len() > LARGEST_PROFILE {
        true => Err("it is too large".to_string()),
        false => Ok(profile),
    }
}
