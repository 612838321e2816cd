//! Texture aspects: grainy, halftone, hatched, paper, mosaic.
//!
//! Each has a training implementation with several sub-variants and a held-out one that makes the
//! same look by other means; the held-out ones are for tests only.

mod grain;
mod halftone;
mod hatching;
mod mosaic;
mod paper;

pub use grain::{grainy_held_out, grainy_training};
pub use halftone::{halftone_held_out, halftone_training};
pub use hatching::{hatched_held_out, hatched_training};
pub use mosaic::{mosaic_held_out, mosaic_training};
pub use paper::{paper_held_out, paper_training};
