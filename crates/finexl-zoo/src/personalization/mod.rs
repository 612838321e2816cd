//! Personalizing generators in known ways.

mod direction_tuning;
mod objective;
mod pool;
mod pool_plan;
mod style_images;
mod training_images;
mod training_state;
mod tuning;
mod tuning_checks;
mod untrained_models;
mod weight_tuning;

pub use pool::make_pool;
pub use style_images::{StyledImage, paint, style_images};
pub use tuning::personalize;
