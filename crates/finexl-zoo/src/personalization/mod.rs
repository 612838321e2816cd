//! Personalizing generators in known ways.

mod style_images;
mod tuning;

pub use style_images::{StyledImage, style_images};
pub use tuning::personalize;
