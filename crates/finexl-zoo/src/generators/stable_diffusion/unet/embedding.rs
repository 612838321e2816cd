//! Numbers as waves: time, sizes, the scale of guidance.

use super::super::layers::linear;
use burn::module::Module;
use burn::nn::Linear;
use burn::tensor::activation::silu;
use burn::tensor::{Device, Tensor, TensorData};

/// Longest wave.
const LONGEST: f32 = 10_000.0;

/// Two layers over embedded numbers.
#[derive(Module, Debug)]
pub struct Embedding {
    pub(super) linear_1: Linear,
    pub(super) linear_2: Linear,
    /// Adds an embedded guidance scale before the first layer.
    pub(super) cond_proj: Option<Linear>,
}

impl Embedding {
    /// # Shapes
    /// - x: `[n, inputs]`
    /// - guidance: `[n, channels]`, only for models that read it
    /// - output: `[n, width]`
    pub fn forward(&self, x: Tensor<2>, guidance: Option<Tensor<2>>) -> Tensor<2> {
        let x = match (&self.cond_proj, guidance) {
            (Some(layer), Some(guidance)) => x + linear(layer, guidance),
            _ => x,
        };
        linear(&self.linear_2, silu(linear(&self.linear_1, x)))
    }
}

/// `get_timestep_embedding` of diffusers: `[n, channels]`.
///
/// Computed in single precision in the same order, since a wave at time 999 turns its rounding into the angle.
pub fn waves(
    numbers: &[f64],
    channels: usize,
    cosines_first: bool,
    shift: f32,
    device: &Device,
) -> Tensor<2> {
    let half = channels / 2;
    let frequency = |i: usize| (-LONGEST.ln() * i as f32 / (half as f32 - shift)).exp();
    let frequencies: Vec<f32> = (0..half).map(frequency).collect();
    let mut values = Vec::with_capacity(numbers.len() * channels);
    for number in numbers {
        let angles: Vec<f64> = (frequencies.iter())
            .map(|f| f64::from(*number as f32 * f))
            .collect();
        let sines = angles.iter().map(|angle| angle.sin() as f32);
        let cosines = angles.iter().map(|angle| angle.cos() as f32);
        match cosines_first {
            true => values.extend(cosines.chain(sines)),
            false => values.extend(sines.chain(cosines)),
        }
        values.resize(values.len() + channels % 2, 0.0);
    }
    Tensor::from_data(TensorData::new(values, [numbers.len(), channels]), device)
}

/// The scale of guidance as models read it that were trained for few steps (`get_guidance_scale_embedding`).
pub fn guidance_waves(scales: &[f64], channels: usize, device: &Device) -> Tensor<2> {
    let scaled: Vec<f64> = scales.iter().map(|scale| (scale - 1.0) * 1000.0).collect();
    waves(&scaled, channels, false, 1.0, device)
}
