//! Tokens: the levels of every channel at every position.

use crate::ZooError;
use crate::generators::mini_diffusion::{LatentSpace, code};
use burn::tensor::{Device, Tensor, TensorData};

/// How many tokens an image has and of how many kinds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TokenShape {
    /// Positions, row by row from the top left.
    pub positions: usize,
    /// Channels of a position.
    pub channels: usize,
    /// Levels of a channel.
    pub levels: usize,
}

impl TokenShape {
    /// That of an autoencoder.
    ///
    /// # Errors
    /// [`ZooError::Config`] where its latents are not quantised.
    pub fn of(latents: &LatentSpace) -> Result<Self, ZooError> {
        let [positions, channels] = latents.shape();
        match latents.levels() {
            Some(levels) => Ok(Self {
                positions,
                channels,
                levels,
            }),
            None => Err(ZooError::Config(format!(
                "an autoregressive model draws tokens, but the latents of {} are not quantised; train \
                 an autoencoder with architecture.levels",
                latents.config().name
            ))),
        }
    }

    /// Numbers of a position as ones and zeros.
    pub fn one_hot_width(self) -> usize {
        self.channels * self.levels
    }

    /// Codes in [-1, 1] as ones and zeros, which makes of every embedding a product.
    ///
    /// # Shapes
    /// - codes: `[n, positions, channels]`
    /// - output: `[n, positions, channels * levels]`
    pub fn one_hot(self, codes: Tensor<3>) -> Tensor<3> {
        let [n, positions, channels] = codes.dims();
        let levels: Vec<f32> = (0..self.levels).map(|level| level as f32).collect();
        let levels = TensorData::new(levels, [1, 1, 1, self.levels]);
        let levels = Tensor::<4>::from_data(levels, &codes.device());
        let steps = (self.levels - 1) as f32 / 2.0;
        let indices = codes.add_scalar(1.0).mul_scalar(steps).round();
        let distance = (indices.unsqueeze_dim::<4>(3) - levels).abs();
        distance.neg().add_scalar(1.0).clamp(0.0, 1.0).reshape([
            n,
            positions,
            channels * self.levels,
        ])
    }

    /// The codes of tokens of images, `[positions * channels]` each: `[n, positions, channels]`.
    pub fn codes(self, tokens: &[Vec<u8>], device: &Device) -> Tensor<3> {
        let values: Vec<f32> = tokens
            .iter()
            .flatten()
            .map(|token| code(*token, self.levels))
            .collect();
        let shape = [tokens.len(), self.positions, self.channels];
        Tensor::from_data(TensorData::new(values, shape), device)
    }
}
