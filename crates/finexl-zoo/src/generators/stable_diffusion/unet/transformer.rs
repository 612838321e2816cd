//! Attention of places to each other and to the text.

use super::super::layers::{FeedForward, GroupNorm, LayerNorm, attend, linear, sum};
use burn::module::Module;
use burn::nn::Linear;
use burn::tensor::Tensor;

/// `Attention` of diffusers: queries, keys and values without a bias.
#[derive(Module, Debug)]
pub struct Attention {
    pub(super) to_q: Linear,
    pub(super) to_k: Linear,
    pub(super) to_v: Linear,
    /// `to_out.0` of diffusers.
    pub(super) to_out: Linear,
    #[module(skip)]
    pub(super) heads: usize,
}

impl Attention {
    /// # Shapes
    /// - x: `[n, length, width]`
    /// - seen: `[n, seen, context]`
    /// - output: `[n, length, width]`
    fn forward(&self, x: Tensor<3>, seen: Tensor<3>) -> Tensor<3> {
        let queries = linear(&self.to_q, x);
        let keys = linear(&self.to_k, seen.clone());
        let values = linear(&self.to_v, seen);
        linear(&self.to_out, attend([queries, keys, values], self.heads))
    }
}

/// `BasicTransformerBlock` of diffusers.
#[derive(Module, Debug)]
pub struct TransformerBlock {
    pub(super) norm1: LayerNorm,
    pub(super) attn1: Attention,
    pub(super) norm2: LayerNorm,
    pub(super) attn2: Attention,
    pub(super) norm3: LayerNorm,
    pub(super) ff: FeedForward,
}

impl TransformerBlock {
    fn forward(&self, x: Tensor<3>, text: &Tensor<3>) -> Tensor<3> {
        let own = self.norm1.forward(x.clone());
        let x = sum(x, self.attn1.forward(own.clone(), own));
        let x = sum(
            x.clone(),
            self.attn2.forward(self.norm2.forward(x), text.clone()),
        );
        sum(x.clone(), self.ff.forward(self.norm3.forward(x)))
    }
}

/// `Transformer2DModel` of diffusers.
#[derive(Module, Debug)]
pub struct Transformer {
    pub(super) norm: GroupNorm,
    /// A matrix, which may be stored as a convolution of single places: both compute the same.
    pub(super) proj_in: Linear,
    pub(super) transformer_blocks: Vec<TransformerBlock>,
    pub(super) proj_out: Linear,
}

impl Transformer {
    /// # Shapes
    /// - x, output: `[n, height, width, channels]`
    /// - text: `[n, tokens, context]`
    pub fn forward(&self, x: Tensor<4>, text: &Tensor<3>) -> Tensor<4> {
        let [n, height, width, channels] = x.dims();
        let rows = self
            .norm
            .forward(x.clone())
            .reshape([n, height * width, channels]);
        let mut rows = linear(&self.proj_in, rows);
        for block in &self.transformer_blocks {
            rows = block.forward(rows, text);
        }
        let rows = linear(&self.proj_out, rows);
        sum(x, rows.reshape([n, height, width, channels]))
    }
}
