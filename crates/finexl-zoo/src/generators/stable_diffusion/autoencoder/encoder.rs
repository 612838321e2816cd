//! Pictures to latents.

use super::super::layers::{Convolution, GroupNorm};
use super::blocks::{EncoderBlock, MiddleBlock};
use burn::module::Module;
use burn::tensor::Tensor;

/// The encoder.
#[derive(Module, Debug)]
pub struct Encoder {
    pub(super) conv_in: Convolution,
    pub(super) down_blocks: Vec<EncoderBlock>,
    pub(super) mid_block: MiddleBlock,
    pub(super) conv_norm_out: GroupNorm,
    pub(super) conv_out: Convolution,
}

impl Encoder {
    /// `[n, height, width, 3]` in [-1, 1] to `[n, height / factor, width / factor, 2 channels]`.
    pub fn forward(&self, x: Tensor<4>) -> Tensor<4> {
        let x = self.conv_in.forward(x);
        let x = self.down_blocks.iter().fold(x, |x, block| block.forward(x));
        let x = self.mid_block.forward(x);
        self.conv_out.forward(self.conv_norm_out.forward_silu(x))
    }
}
