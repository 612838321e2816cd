//! Attention of all places to each other, with one head.

use super::super::layers::{GroupNorm, attend, linear, sum};
use burn::module::Module;
use burn::nn::Linear;
use burn::tensor::Tensor;

/// In the middle of encoder and decoder.
#[derive(Module, Debug)]
pub struct PlaceAttention {
    pub(super) group_norm: GroupNorm,
    pub(super) to_q: Linear,
    pub(super) to_k: Linear,
    pub(super) to_v: Linear,
    /// `to_out.0` of diffusers.
    pub(super) to_out: Linear,
}

impl PlaceAttention {
    /// `[n, height, width, channels]` to the same.
    pub fn forward(&self, x: Tensor<4>) -> Tensor<4> {
        let [n, height, width, channels] = x.dims();
        let rows = self
            .group_norm
            .forward(x.clone())
            .reshape([n, height * width, channels]);
        let qkv = [&self.to_q, &self.to_k, &self.to_v].map(|layer| linear(layer, rows.clone()));
        let rows = linear(&self.to_out, attend(qkv, 1));
        sum(x, rows.reshape([n, height, width, channels]))
    }
}
