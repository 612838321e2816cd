//! Personalizing generators in known ways.

mod pool;
mod style_images;
mod training_state;
mod tuning;

pub use pool::make_pool;
pub use style_images::{StyledImage, style_images};
pub use tuning::personalize;
