//! From a file or its bytes to an image.

use super::colour_profile::{Samples, conversion, of_profile};
use super::composite::{is_transparent, over_white};
use super::remarks::Remark;
use super::{jpeg, kinds, limits, other_formats, png};
use crate::DataError;
use crate::image::Image;
use ::image::metadata::Orientation;
use ::image::{DynamicImage, ImageFormat};
use finexl_core::CoreError;
use finexl_core::fingerprint::Fingerprint;
use moxcms::ColorProfile;
use std::fs::File;
use std::io::Read;
use std::path::Path;

/// An image and the identity of the file that it came from.
#[derive(Clone, Debug)]
pub struct Decoded {
    /// The pixels, at the size and orientation in which a viewer shows them.
    pub image: Image,
    /// SHA-256 of the file's bytes.
    pub fingerprint: Fingerprint,
    /// What was left out or assumed.
    pub remarks: Vec<Remark>,
}

/// Samples as a file stores them, and what it says of them.
pub(super) struct Stored {
    pub pixels: DynamicImage,
    pub orientation: Orientation,
    pub colours: Colours,
    pub remarks: Vec<Remark>,
}

/// What the colours of a file mean.
pub(super) enum Colours {
    /// sRGB, said or assumed.
    Srgb,
    /// What the bytes of a profile say.
    Profile(Vec<u8>),
    /// What a profile says that was put together from statements of the file.
    Built(Box<ColorProfile>),
    /// Something that cannot be used, for this reason.
    Unusable(String),
}

/// Reads and decodes an image file.
///
/// # Errors
/// [`DataError::Core`] where the file cannot be read, [`DataError::FileTooLarge`] where it is longer
/// than any image that is accepted, and those of [`decode_bytes`].
pub fn decode_file(path: impl AsRef<Path>) -> Result<Decoded, DataError> {
    let path = path.as_ref();
    let unreadable = |source| {
        DataError::Core(CoreError::Read {
            path: path.to_path_buf(),
            source,
        })
    };
    let limit = limits::most_bytes();
    let file = File::open(path).map_err(unreadable)?;
    let mut bytes = Vec::new();
    // One byte more than allowed tells a file that is too long, also where its length is not known.
    file.take(limit + 1)
        .read_to_end(&mut bytes)
        .map_err(unreadable)?;
    if bytes.len() as u64 > limit {
        return Err(DataError::FileTooLarge {
            path: path.to_path_buf(),
            limit,
        });
    }
    decode_bytes(path, &bytes)
}

/// Decodes the content of an image file; `path` is used in messages only.
///
/// # Errors
/// [`DataError::UnknownFormat`], [`DataError::FormatNotRead`] for a format that is known and not read,
/// [`DataError::ImageTooLarge`], [`DataError::ImageTooLong`] and [`DataError::ImageTooSmall`] beyond the
/// [`limits`], or [`DataError::CorruptImage`] where the content is cut off, damaged or of an
/// unsupported kind.
pub fn decode_bytes(path: &Path, bytes: &[u8]) -> Result<Decoded, DataError> {
    let mut stored = match ::image::guess_format(bytes).ok() {
        Some(ImageFormat::Png) => png::decode(path, bytes)?,
        Some(ImageFormat::Jpeg) => jpeg::decode(path, bytes)?,
        Some(
            format @ (ImageFormat::WebP | ImageFormat::Gif | ImageFormat::Bmp | ImageFormat::Tiff),
        ) => other_formats::decode(path, bytes, format)?,
        _ if bytes.is_empty() => return Err(corrupt(path, "the file is empty".to_string())),
        _ => {
            let path = path.to_path_buf();
            return Err(match kinds::foreign_format(bytes) {
                Some(format) => DataError::FormatNotRead { path, format },
                None => DataError::UnknownFormat { path },
            });
        }
    };
    stored.pixels.apply_orientation(stored.orientation);
    let samples = match stored.pixels.color().has_color() {
        true => Samples::Rgb,
        false => Samples::Grey,
    };
    let conversion = match &stored.colours {
        Colours::Srgb => Ok(None),
        Colours::Profile(profile) => conversion(profile, samples),
        Colours::Built(profile) => of_profile(profile, samples),
        Colours::Unusable(reason) => Err(reason.clone()),
    };
    let conversion = conversion.unwrap_or_else(|reason| {
        stored.remarks.push(Remark::UnusableProfile(reason));
        None
    });
    // Of what a PNG states by itself there is a remark already.
    if conversion.is_some() && !stored.remarks.contains(&Remark::StatedColours) {
        stored.remarks.push(Remark::Converted);
    }
    if is_transparent(&stored.pixels) {
        stored.remarks.push(Remark::Transparent);
    }
    let image = over_white(&stored.pixels, conversion.as_ref())
        .ok_or_else(|| corrupt(path, "it holds samples that are not numbers".to_string()))?;
    if image.is_of_one_colour() {
        stored.remarks.push(Remark::OneColour);
    }
    Ok(Decoded {
        image,
        fingerprint: Fingerprint::of_bytes(bytes),
        remarks: stored.remarks,
    })
}

pub(super) fn corrupt(path: &Path, reason: String) -> DataError {
    DataError::CorruptImage {
        path: path.to_path_buf(),
        reason,
    }
}
