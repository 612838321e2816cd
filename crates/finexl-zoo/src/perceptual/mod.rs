//! Perceptual distances between images.

mod lpips;
#[cfg(test)]
mod parity_tests;
mod squeezenet;

pub use lpips::{Lpips, PerceptualFeatures};
