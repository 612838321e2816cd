//! The noise that sampling begins with.

use burn::tensor::TensorData;
use finexl_core::seed::{ChaCha8Rng, generator, key};
use rand::distr::Distribution;
use rand_distr::StandardNormal;

/// Standard normal noise of prompt `index` under a seed, in f32, row-major.
///
/// A function of seed and index alone, drawn on the CPU: which prompts share a batch, the number of
/// threads and the device change nothing. Base and personalized model get the same noise for the same
/// prompt by asking for the same index. The first numbers of a larger shape are those of a smaller one.
///
/// # Shapes
/// The result has the shape given, usually `[1, channels, height, width]`, so that prompts are
/// concatenated along the first dimension.
pub fn noise<const D: usize>(seed: u64, index: u64, shape: [usize; D]) -> TensorData {
    let mut rng = generator(seed, &[key("sampling noise"), index]);
    let count = shape.iter().product();
    TensorData::new(standard_normal(&mut rng, count), shape)
}

/// Fresh standard normal noise of prompt `index` at a step of its sampling, counted from 0.
///
/// As [`noise()`], and of the step beside: nothing that is drawn for one step depends on how many there are.
///
/// # Shapes
/// As [`noise()`].
pub fn step_noise<const D: usize>(
    seed: u64,
    index: u64,
    step: usize,
    shape: [usize; D],
) -> TensorData {
    let keys = [key("noise of a sampling step"), index, step as u64];
    let mut rng = generator(seed, &keys);
    let count = shape.iter().product();
    TensorData::new(standard_normal(&mut rng, count), shape)
}

/// Standard normal numbers in f32, drawn on the CPU.
pub(crate) fn standard_normal(random: &mut ChaCha8Rng, count: usize) -> Vec<f32> {
    // The ziggurat in f64, rounded once: its tails reach as far as f64 does, and nearly all of its
    // numbers are products of exact table entries, so no platform's logarithm is in them.
    (0..count)
        .map(|_| {
            let value: f64 = StandardNormal.sample(random);
            value as f32
        })
        .collect()
}
