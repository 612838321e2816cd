//! Edge aspects: blurry, sharp, outlined, line art, embossed.
//!
//! Each has a training implementation with several sub-variants and a held-out one that makes the
//! same look by other means; the held-out ones are for tests only.

mod contour;
mod focus;
mod relief;

pub use contour::{line_art_held_out, line_art_training, outlined_held_out, outlined_training};
pub use focus::{blurry_held_out, blurry_training, sharp_held_out, sharp_training};
pub use relief::{embossed_held_out, embossed_training};
