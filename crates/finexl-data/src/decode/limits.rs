//! What is too large, too small or too long to be decoded.

use crate::DataError;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

/// Most pixels that are decoded unless told otherwise (100 megapixels; 1.2 GB once decoded).
pub const MOST_PIXELS: u64 = 100_000_000;
/// Smallest side, in pixels, that is accepted.
pub const SMALLEST_SIDE: u32 = 8;
/// Longest side, in pixels, that is accepted: that of JPEG.
pub const LONGEST_SIDE: u32 = 65_535;
/// How many times as long as the shorter side the longer one may be. Encoders see a square, into which
/// nothing of such a strip would come.
pub const MOST_ELONGATED: u32 = 100;
/// Longest file that is read by default: [`MOST_PIXELS`] of 16-bit RGBA, with room for metadata.
pub const MOST_BYTES: u64 = bytes_for(MOST_PIXELS);

/// The limit of this process. Not a parameter, since it is one of memory and not of the result: an
/// image is the same under any limit that accepts it.
static LIMIT: AtomicU64 = AtomicU64::new(MOST_PIXELS);

/// Sets how many pixels an image may have from now on in this process (`--max-pixels`).
pub fn set_most_pixels(pixels: u64) {
    LIMIT.store(pixels.max(1), Ordering::Relaxed);
}

/// How many pixels an image may have. What is left out because of it depends on it, so it belongs into
/// keys of features where images may be left out.
pub fn most_pixels() -> u64 {
    LIMIT.load(Ordering::Relaxed)
}

/// Longest file that is read.
pub(super) fn most_bytes() -> u64 {
    bytes_for(most_pixels())
}

const fn bytes_for(pixels: u64) -> u64 {
    pixels.saturating_mul(8).saturating_add(64 << 20)
}

/// What a decoder may allocate for an image: 16 bytes per pixel (floating-point RGBA), and room for
/// tables and metadata.
pub(super) fn allocation(width: u32, height: u32) -> u64 {
    (u64::from(width) * u64::from(height))
        .saturating_mul(16)
        .saturating_add(32 << 20)
}

/// Refuses sizes and shapes out of bounds.
///
/// # Errors
/// [`DataError::ImageTooLarge`], [`DataError::ImageTooSmall`] or [`DataError::ImageTooLong`].
pub fn check_size(path: &Path, (width, height): (u32, u32)) -> Result<(), DataError> {
    let limit = most_pixels();
    let path = path.to_path_buf();
    let (shorter, longer) = (width.min(height), width.max(height));
    if longer > LONGEST_SIDE || longer / MOST_ELONGATED > shorter.max(1) {
        return Err(DataError::ImageTooLong {
            path,
            width,
            height,
            longest: LONGEST_SIDE,
            ratio: MOST_ELONGATED,
        });
    }
    if u64::from(width) * u64::from(height) > limit {
        return Err(DataError::ImageTooLarge {
            path,
            width,
            height,
            limit,
        });
    }
    if shorter < SMALLEST_SIDE {
        return Err(DataError::ImageTooSmall {
            path,
            width,
            height,
            smallest: SMALLEST_SIDE,
        });
    }
    Ok(())
}
