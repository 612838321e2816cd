//! The block of an MLP-Mixer (Tolstikhin et al. 2021): mixes tokens, then channels.

use burn::module::Module;
use burn::nn::{LayerNorm, LayerNormConfig, Linear, LinearConfig};
use burn::tensor::activation::gelu;
use burn::tensor::{Device, Tensor};

/// Sizes of a block.
#[derive(Clone, Debug)]
pub(super) struct MixerBlockConfig {
    pub tokens: usize,
    pub width: usize,
    pub token_hidden: usize,
    pub hidden: usize,
}

/// One block.
#[derive(Module, Debug)]
pub struct MixerBlock {
    token_norm: LayerNorm,
    token_in: Linear,
    token_out: Linear,
    channel_norm: LayerNorm,
    channel_in: Linear,
    channel_out: Linear,
}

impl MixerBlockConfig {
    /// A block with fresh weights.
    pub fn init(&self, device: &Device) -> MixerBlock {
        MixerBlock {
            token_norm: LayerNormConfig::new(self.width).init(device),
            token_in: LinearConfig::new(self.tokens, self.token_hidden).init(device),
            token_out: LinearConfig::new(self.token_hidden, self.tokens).init(device),
            channel_norm: LayerNormConfig::new(self.width).init(device),
            channel_in: LinearConfig::new(self.width, self.hidden).init(device),
            channel_out: LinearConfig::new(self.hidden, self.width).init(device),
        }
    }
}

impl MixerBlock {
    /// # Shapes
    /// - x, output: `[n, tokens, width]`
    pub fn forward(&self, x: Tensor<3>) -> Tensor<3> {
        let tokens = self.token_norm.forward(x.clone()).swap_dims(1, 2);
        let mixed = self
            .token_out
            .forward(gelu(self.token_in.forward(tokens)))
            .swap_dims(1, 2);
        let x = x + mixed;
        let channels = self.channel_norm.forward(x.clone());
        x + self
            .channel_out
            .forward(gelu(self.channel_in.forward(channels)))
    }
}
