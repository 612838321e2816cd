//! Where an aspect operator gets its numbers: a stream for the style, a stream for the image.

use finexl_core::seed::{self, ChaCha8Rng};
use rand::RngExt;

use crate::image::Image;

/// An image operator with a strength.
///
/// `level` is in [0, 1]: 0 returns an exact copy, 0.5 is plain to see, 1 is extreme. The result has
/// the size of the input and values in [0, 1].
pub type Operator = fn(image: &Image, level: f32, draw: &mut Draw) -> Image;

/// The two random streams of one application of one operator.
///
/// A personalized model is one style seed with many noise seeds: the block size, angle, hue or
/// kernel stays the same over its images, grain and jitter do not.
#[derive(Clone, Debug)]
pub struct Draw {
    /// Parameters of the style: the same for every image of one model.
    pub style: ChaCha8Rng,
    /// What differs from image to image.
    pub noise: ChaCha8Rng,
}

impl Draw {
    /// Both streams from their seeds.
    pub fn new(style_seed: u64, noise_seed: u64) -> Self {
        Self::keyed(style_seed, noise_seed, 0)
    }

    /// Both streams from their seeds and the key of an aspect, so that several aspects on one image
    /// draw independently of each other and of their order.
    pub fn keyed(style_seed: u64, noise_seed: u64, key: u64) -> Self {
        Self {
            style: seed::generator(style_seed, &[key, 0]),
            noise: seed::generator(noise_seed, &[key, 1]),
        }
    }

    /// A style parameter, uniform in [low, high).
    pub fn style_in(&mut self, low: f32, high: f32) -> f32 {
        low + (high - low) * self.style.random::<f32>()
    }

    /// One of `count` style variants, from 0; `count` is at least 1.
    pub fn variant(&mut self, count: usize) -> usize {
        self.style.random_range(0..count.max(1))
    }

    /// A number for this image alone, uniform in [low, high).
    pub fn noise_in(&mut self, low: f32, high: f32) -> f32 {
        low + (high - low) * self.noise.random::<f32>()
    }
}
