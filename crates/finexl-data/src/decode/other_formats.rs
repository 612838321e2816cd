//! WebP, GIF, BMP and TIFF by the crate `image`.

use super::read::{Colours, Stored, corrupt};
use super::remarks::Remark;
use super::{embedded, limits};
use crate::DataError;
use ::image::{DynamicImage, ImageDecoder, ImageError, ImageFormat, ImageReader, Limits};
use std::io::Cursor;
use std::path::Path;

/// Decodes the first picture of a file.
///
/// # Errors
/// Those of [`limits::check_size`], from the header, and [`DataError::CorruptImage`].
pub(super) fn decode(path: &Path, bytes: &[u8], format: ImageFormat) -> Result<Stored, DataError> {
    let failed = |error: ImageError| corrupt(path, error.to_string());
    let mut reader = ImageReader::with_format(Cursor::new(bytes), format);
    reader.limits(allocating(
        limits::allocation(0, 0) + 16 * limits::most_pixels(),
    ));
    let mut decoder = reader.into_decoder().map_err(failed)?;
    let (width, height) = decoder.dimensions();
    limits::check_size(path, (width, height))?;
    if format == ImageFormat::WebP && !embedded::webp_is_complete(bytes) {
        return Err(corrupt(path, "the file is cut off".to_string()));
    }
    let own = allocating(limits::allocation(width, height));
    decoder.set_limits(own).map_err(failed)?;
    let orientation = decoder.orientation().map_err(failed)?;
    let pixels = DynamicImage::from_decoder(decoder).map_err(failed)?;
    let mut remarks = Vec::new();
    let profile = match format {
        ImageFormat::WebP => embedded::webp_profile(bytes),
        ImageFormat::Tiff => {
            let facts = embedded::tiff_facts(bytes);
            if facts.more_pages {
                remarks.push(Remark::FirstPage);
            }
            match facts.profile_error {
                Some(reason) => Err(reason),
                None => Ok(facts.profile),
            }
        }
        ImageFormat::Bmp if embedded::bmp_has_profile(bytes) => {
            Err("profiles of BMP files are not read".to_string())
        }
        _ => Ok(None),
    };
    let animated = match format {
        ImageFormat::WebP => embedded::webp_is_animated(bytes),
        ImageFormat::Gif => embedded::gif_is_animated(bytes),
        _ => false,
    };
    if animated {
        remarks.push(Remark::FirstPicture);
    }
    Ok(Stored {
        pixels,
        orientation,
        colours: match profile {
            Ok(Some(profile)) => Colours::Profile(profile),
            Ok(None) => Colours::Srgb,
            Err(reason) => Colours::Unusable(reason),
        },
        remarks,
    })
}

fn allocating(bytes: u64) -> Limits {
    let mut limits = Limits::no_limits();
    limits.max_alloc = Some(bytes);
    limits
}
