//! JPEG by the crate `zune-jpeg` itself: strictly, and with the inks of CMYK.

use super::colour_profile::{Conversion, Samples, conversion};
use super::jpeg_scans::{Damage, damage};
use super::read::{Colours, Stored, corrupt};
use super::remarks::Remark;
use super::{embedded, jpeg_end, limits};
use crate::DataError;
use ::image::metadata::Orientation;
use ::image::{DynamicImage, ImageBuffer};
use std::path::Path;
use zune_core::bytestream::ZCursor;
use zune_core::colorspace::ColorSpace;
use zune_core::options::DecoderOptions;
use zune_jpeg::JpegDecoder;

/// Decodes a JPEG file.
///
/// # Errors
/// Those of [`limits::check_size`], from the header, and [`DataError::CorruptImage`].
pub(super) fn decode(path: &Path, bytes: &[u8]) -> Result<Stored, DataError> {
    let options = DecoderOptions::default()
        .set_strict_mode(false)
        .set_max_width(usize::MAX)
        .set_max_height(usize::MAX);
    let mut decoder = JpegDecoder::new_with_options(ZCursor::new(bytes), options);
    decoder
        .decode_headers()
        .map_err(|e| corrupt(path, e.to_string()))?;
    let (Some((width, height)), Some(space)) = (decoder.dimensions(), decoder.input_colorspace())
    else {
        return Err(corrupt(path, "its header is damaged".to_string()));
    };
    let (width, height) = (width as u32, height as u32);
    limits::check_size(path, (width, height))?;
    if !jpeg_end::is_complete(bytes) {
        return Err(corrupt(path, "the file is cut off".to_string()));
    }
    let orientation = decoder
        .exif()
        .and_then(|exif| Orientation::from_exif_chunk(exif));
    let wanted = match space {
        ColorSpace::Luma | ColorSpace::RGB | ColorSpace::CMYK | ColorSpace::YCCK => space,
        _ => ColorSpace::RGB,
    };
    // Not strict, the decoder fills what is damaged or missing with grey and says nothing.
    let strict = options
        .set_strict_mode(true)
        .jpeg_set_out_colorspace(wanted);
    let samples = decoded(bytes, strict)
        .or_else(
            |reason| match reason.contains("Extra bytes between headers") {
                true => decoded(bytes, strict.set_strict_mode(false)),
                false => Err(reason),
            },
        )
        .map_err(|reason| corrupt(path, reason))?;
    let profile = embedded::jpeg_profile(bytes);
    let mut remarks = Vec::new();
    match damage(bytes) {
        Some(Damage::Broken) => {
            let reason =
                "its compressed data are damaged: they do not make the picture of its header";
            return Err(corrupt(path, reason.to_string()));
        }
        Some(Damage::Odd) => remarks.push(Remark::Damaged),
        None => {}
    }
    let (pixels, colours) = match wanted {
        ColorSpace::Luma => (
            ImageBuffer::from_raw(width, height, samples).map(DynamicImage::ImageLuma8),
            said(profile),
        ),
        ColorSpace::RGB => (
            ImageBuffer::from_raw(width, height, samples).map(DynamicImage::ImageRgb8),
            said(profile),
        ),
        _ => {
            let colours = of_inks(&samples, space, profile, &mut remarks);
            let pixels = ImageBuffer::from_raw(width, height, colours);
            (pixels.map(DynamicImage::ImageRgb32F), Colours::Srgb)
        }
    };
    Ok(Stored {
        pixels: pixels.ok_or_else(|| corrupt(path, "its samples are incomplete".to_string()))?,
        orientation: orientation.unwrap_or(Orientation::NoTransforms),
        colours,
        remarks,
    })
}

/// What the profile in a file says of its colours.
fn said(profile: Result<Option<Vec<u8>>, String>) -> Colours {
    match profile {
        Ok(Some(profile)) => Colours::Profile(profile),
        Ok(None) => Colours::Srgb,
        Err(reason) => Colours::Unusable(reason),
    }
}

/// RGB of inks, by the profile in the file where there is one.
fn of_inks(
    samples: &[u8],
    space: ColorSpace,
    profile: Result<Option<Vec<u8>>, String>,
    remarks: &mut Vec<Remark>,
) -> Vec<f32> {
    let conversion = profile.and_then(|profile| match profile {
        Some(profile) => conversion(&profile, Samples::Cmyk),
        None => Ok(None),
    });
    let conversion = conversion.unwrap_or_else(|reason| {
        remarks.push(Remark::UnusableProfile(reason));
        None
    });
    if conversion.is_some() {
        remarks.push(Remark::Converted);
    }
    from_inks(samples, space == ColorSpace::YCCK, conversion.as_ref())
}

fn decoded(bytes: &[u8], options: DecoderOptions) -> Result<Vec<u8>, String> {
    JpegDecoder::new_with_options(ZCursor::new(bytes), options)
        .decode()
        .map_err(|error| error.to_string())
}

/// RGB of stored inks, which files hold inverted: 255 is none. YCCK holds cyan, magenta and yellow as
/// luma and differences of their complements.
fn from_inks(samples: &[u8], differences: bool, conversion: Option<&Conversion>) -> Vec<f32> {
    const BLOCK: usize = 4096;
    let mut colours = Vec::with_capacity(samples.len() / 4 * 3);
    let mut converted = Vec::new();
    for block in samples.chunks(BLOCK * 4) {
        let inks: Vec<f32> = block
            .chunks_exact(4)
            .flat_map(|s| inks([s[0], s[1], s[2], s[3]], differences))
            .collect();
        converted.resize(inks.len() / 4 * 3, 0.0);
        match conversion {
            Some(conversion) if conversion.convert(&inks, &mut converted) => (),
            _ => plain(&inks, &mut converted),
        }
        colours.extend_from_slice(&converted);
    }
    colours
}

/// `(1 - C)(1 - K)` and so on.
fn plain(inks: &[f32], colours: &mut [f32]) {
    for (inks, colour) in inks.chunks_exact(4).zip(colours.chunks_exact_mut(3)) {
        for (value, ink) in colour.iter_mut().zip(inks) {
            *value = (1.0 - ink) * (1.0 - inks[3]);
        }
    }
}

/// Cyan, magenta, yellow and black, 1 is full.
fn inks(stored: [u8; 4], differences: bool) -> [f32; 4] {
    let [a, b, c, black] = stored.map(f32::from);
    let colours = match differences {
        false => [a, b, c].map(|stored| 255.0 - stored),
        // What the differences give is the ink itself, as ITU-R BT.601 gives red, green and blue.
        true => [
            a + 1.402 * (c - 128.0),
            a - 0.344_136 * (b - 128.0) - 0.714_136 * (c - 128.0),
            a + 1.772 * (b - 128.0),
        ],
    };
    let [cyan, magenta, yellow] = colours.map(|ink| (ink / 255.0).clamp(0.0, 1.0));
    [cyan, magenta, yellow, 1.0 - black / 255.0]
}
