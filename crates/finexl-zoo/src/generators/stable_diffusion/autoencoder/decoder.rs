//! Latents to pictures.

use super::super::layers::{Convolution, GroupNorm};
use super::blocks::{DecoderBlock, MiddleBlock};
use burn::module::Module;
use burn::tensor::Tensor;

/// The decoder.
#[derive(Module, Debug)]
pub struct Decoder {
    pub(super) conv_in: Convolution,
    pub(super) mid_block: MiddleBlock,
    pub(super) up_blocks: Vec<DecoderBlock>,
    pub(super) conv_norm_out: GroupNorm,
    pub(super) conv_out: Convolution,
}

impl Decoder {
    /// `[n, height, width, channels]` to `[n, factor height, factor width, 3]`, about [-1, 1].
    pub fn forward(&self, x: Tensor<4>) -> Tensor<4> {
        let x = self.mid_block.forward(self.conv_in.forward(x));
        let x = self.up_blocks.iter().fold(x, |x, block| block.forward(x));
        self.conv_out.forward(self.conv_norm_out.forward_silu(x))
    }
}
