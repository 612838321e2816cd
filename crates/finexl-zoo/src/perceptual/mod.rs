//! What perceptual distances between images are measured with.

mod inception;
#[cfg(test)]
mod inception_tests;
mod lpips;
#[cfg(test)]
mod made_up_images;
#[cfg(test)]
mod parity_tests;
mod squeezenet;

pub use inception::Inception;
pub use lpips::{Lpips, PerceptualFeatures};
