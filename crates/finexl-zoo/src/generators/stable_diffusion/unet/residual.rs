//! Residual blocks.

use super::super::layers::{Builder, Convolution, GroupNorm, linear, sum, sum_rows};
use crate::ZooError;
use burn::module::Module;
use burn::nn::Linear;
use burn::tensor::Tensor;
use burn::tensor::activation::silu;

/// Two convolutions and a way around them; `ResnetBlock2D` of diffusers.
#[derive(Module, Debug)]
pub struct Residual {
    pub(in super::super) norm1: GroupNorm,
    pub(in super::super) conv1: Convolution,
    /// None in an autoencoder.
    pub(in super::super) time_emb_proj: Option<Linear>,
    pub(in super::super) norm2: GroupNorm,
    pub(in super::super) conv2: Convolution,
    /// Where inputs and outputs are not equally many.
    pub(in super::super) conv_shortcut: Option<Convolution>,
    /// What the sum is divided by.
    #[module(skip)]
    pub(in super::super) scale: f64,
}

impl Residual {
    /// Takes the tensors of a block; `time` is how many numbers embed time, if it steers the block.
    ///
    /// # Errors
    /// As [`crate::checkpoint::Checkpoint::matrix`].
    pub fn load(
        build: &mut Builder<'_>,
        name: &str,
        [inputs, outputs]: [usize; 2],
        time: Option<usize>,
        epsilon: f32,
    ) -> Result<Self, ZooError> {
        let inner = |part: &str| format!("{name}.{part}");
        Ok(Self {
            norm1: build.group_norm(&inner("norm1"), inputs, epsilon)?,
            conv1: build.convolution(&inner("conv1"), [inputs, outputs], 3)?,
            time_emb_proj: match time {
                Some(time) => Some(build.linear(&inner("time_emb_proj"), time, outputs)?),
                None => None,
            },
            norm2: build.group_norm(&inner("norm2"), outputs, epsilon)?,
            conv2: build.convolution(&inner("conv2"), [outputs; 2], 3)?,
            conv_shortcut: match inputs == outputs {
                true => None,
                false => Some(build.convolution(&inner("conv_shortcut"), [inputs, outputs], 1)?),
            },
            scale: 1.0,
        })
    }

    /// # Shapes
    /// - x: `[n, height, width, inputs]`
    /// - time: `[n, embedded]`
    /// - output: `[n, height, width, outputs]`
    pub fn forward(&self, x: Tensor<4>, time: Option<&Tensor<2>>) -> Tensor<4> {
        let mut inner = self.conv1.forward(self.norm1.forward_silu(x.clone()));
        if let (Some(layer), Some(time)) = (&self.time_emb_proj, time) {
            inner = sum_rows(inner, linear(layer, silu(time.clone())));
        }
        let inner = self.conv2.forward(self.norm2.forward_silu(inner));
        let around = match &self.conv_shortcut {
            Some(shortcut) => shortcut.forward(x),
            None => x,
        };
        let sum = sum(around, inner);
        match self.scale == 1.0 {
            true => sum,
            false => sum / self.scale,
        }
    }
}
