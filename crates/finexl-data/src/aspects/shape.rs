//! Shape aspects: pixelated, flat colour, wavy, painterly.
//!
//! Each has a training implementation with several sub-variants and a held-out one that makes the
//! same look by other means; the held-out ones are for tests only.

mod blocks;
mod brush;
mod flat;
mod wave;

pub use blocks::{pixelated_held_out, pixelated_training};
pub use brush::{painterly_held_out, painterly_training};
pub use flat::{flat_colour_held_out, flat_colour_training};
pub use wave::{wavy_held_out, wavy_training};
