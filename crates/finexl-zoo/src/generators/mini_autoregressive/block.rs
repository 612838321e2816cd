//! A block of the causal transformer.

use crate::generators::mini_diffusion::{TextMemory, TextTokens};
use burn::module::{Initializer, Module};
use burn::nn::{Gelu, LayerNorm, LayerNormConfig, Linear, LinearConfig};
use burn::tensor::{Device, Tensor};
use finexl_core::experiment::AutoregressiveArchitecture;

/// Positions attend to those before, to themselves and to the words of the prompt; then a feed-forward
/// layer. Norms come first.
///
/// As in the denoiser a block reads the words through its own keys and values, which can be kept.
#[derive(Module, Debug)]
pub struct TokenBlock {
    pub(super) norm_attention: LayerNorm,
    pub(super) to_q: Linear,
    pub(super) to_k: Linear,
    pub(super) to_v: Linear,
    pub(super) to_out: Linear,
    pub(super) norm_feed_forward: LayerNorm,
    pub(super) fc1: Linear,
    pub(super) fc2: Linear,
    #[module(skip)]
    pub(super) heads: usize,
    #[module(skip)]
    gelu: Gelu,
}

impl TokenBlock {
    /// A block with fresh weights.
    pub fn new(a: &AutoregressiveArchitecture, device: &Device) -> Self {
        let norm = || LayerNormConfig::new(a.width).init(device);
        let linear = |input, output, gain| {
            LinearConfig::new(input, output)
                .with_initializer(Initializer::XavierUniform { gain })
                .init(device)
        };
        // What is added to the rows begins small, the more blocks the smaller (GPT-2, Radford et al.
        // 2019).
        let added = 1.0 / (2.0 * a.layers.max(1) as f64).sqrt();
        Self {
            norm_attention: norm(),
            to_q: linear(a.width, a.width, 1.0),
            to_k: linear(a.width, a.width, 1.0),
            to_v: linear(a.width, a.width, 1.0),
            to_out: linear(a.width, a.width, added),
            norm_feed_forward: norm(),
            fc1: linear(a.width, a.hidden, 1.0),
            fc2: linear(a.hidden, a.width, added),
            heads: a.heads,
            gelu: Gelu::new_approximate(),
        }
    }

    /// What positions will see of the text.
    pub fn remember(&self, text: &TextTokens) -> TextMemory {
        TextMemory::new(text, [&self.to_k, &self.to_v], self.heads)
    }

    /// # Shapes
    /// - x, output: `[n, positions, width]`
    /// - causal: added to the logits of positions among themselves, `[1, 1, positions, positions]`
    pub fn forward(&self, x: Tensor<3>, text: &TextMemory, causal: Tensor<4>) -> Tensor<3> {
        let seen = self.norm_attention.forward(x.clone());
        let qkv = [&self.to_q, &self.to_k, &self.to_v].map(|layer| layer.forward(seen.clone()));
        let x = x + self.to_out.forward(text.mix(qkv, self.heads, Some(causal)));
        let seen = self.norm_feed_forward.forward(x.clone());
        let inner = self.gelu.forward(self.fc1.forward(seen));
        x + self.fc2.forward(inner)
    }
}
