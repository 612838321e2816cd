//! Images in: any common file to [`Image`](crate::image::Image), or an error that says what to do.
//!
//! - The format is told by the content, never by the extension: PNG, JPEG, WebP, BMP, GIF, TIFF. Of an
//!   animation the first picture counts, with a remark.
//! - Embedded colour profiles are converted to sRGB, relative colorimetric; so are the colours that PNG
//!   states in other ways. A profile that says sRGB changes nothing, one that cannot be used is a remark.
//! - 16-bit and floating-point samples keep their precision; grey and palette images become RGB;
//!   CMYK without a profile becomes RGB by the plain formula `(1 - C)(1 - K)`, as Pillow does it.
//! - Transparent pixels are composited over white, in encoded values: what a page or a viewer shows.
//! - The EXIF orientation is applied.
//! - Sizes and shapes are checked from the header, before any pixel is decoded ([`limits`]), and what
//!   a file may say of its colours is bounded. A file that is cut off is an error in every format, and a JPEG whose
//!   compressed data do not make its picture is one too.

mod colour_profile;
mod composite;
mod embedded;
mod jpeg;
mod jpeg_bits;
mod jpeg_blocks;
mod jpeg_end;
mod jpeg_scans;
mod kinds;
pub mod limits;
mod other_formats;
mod png;
mod png_colours;
mod read;
mod remarks;
mod source;

pub use kinds::{PictureKind, kind_of_extension};
pub use limits::{MOST_BYTES, MOST_PIXELS, SMALLEST_SIDE, check_size};
pub use read::{Decoded, decode_bytes, decode_file};
pub use remarks::{Remark, remarks_in_words};
pub use source::{PictureSource, Pictures};

/// Version of the decoding: what the same file becomes. It belongs into every key of features of files;
/// raise it when pixels or remarks change.
pub const VERSION: u32 = 4;
