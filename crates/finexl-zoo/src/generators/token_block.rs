//! A pre-norm block of tokens that attend to each other and, where there are any, to words.

use super::NetworkSizes;
use super::gelu::gelu_tanh;
use super::mini_diffusion::{TextMemory, TextTokens, mix};
use burn::module::{Initializer, Module};
use burn::nn::{LayerNorm, LayerNormConfig, Linear, LinearConfig};
use burn::tensor::{Device, Tensor};

/// Tokens attend to each other and to the words of the prompt; then a feed-forward layer. Norms come
/// first.
///
/// As in the denoiser a block reads the words through its own keys and values, which can be kept.
#[derive(Module, Debug)]
pub struct TokenBlock {
    pub(in crate::generators) norm_attention: LayerNorm,
    pub(in crate::generators) to_q: Linear,
    pub(in crate::generators) to_k: Linear,
    pub(in crate::generators) to_v: Linear,
    pub(in crate::generators) to_out: Linear,
    pub(in crate::generators) norm_feed_forward: LayerNorm,
    pub(in crate::generators) fc1: Linear,
    pub(in crate::generators) fc2: Linear,
    #[module(skip)]
    pub(in crate::generators) heads: usize,
}

impl TokenBlock {
    /// A block with fresh weights, one of `layers`.
    pub fn new(sizes: &NetworkSizes, device: &Device) -> Self {
        let norm = || LayerNormConfig::new(sizes.width).init(device);
        let linear = |input, output, gain| {
            LinearConfig::new(input, output)
                .with_initializer(Initializer::XavierUniform { gain })
                .init(device)
        };
        // What is added to the rows begins small, the more blocks the smaller (GPT-2, Radford et al.
        // 2019).
        let added = 1.0 / (2.0 * sizes.layers.max(1) as f64).sqrt();
        Self {
            norm_attention: norm(),
            to_q: linear(sizes.width, sizes.width, 1.0),
            to_k: linear(sizes.width, sizes.width, 1.0),
            to_v: linear(sizes.width, sizes.width, 1.0),
            to_out: linear(sizes.width, sizes.width, added),
            norm_feed_forward: norm(),
            fc1: linear(sizes.width, sizes.hidden, 1.0),
            fc2: linear(sizes.hidden, sizes.width, added),
            heads: sizes.heads,
        }
    }

    /// What tokens will see of the text.
    pub fn remember(&self, text: &TextTokens) -> TextMemory {
        TextMemory::new(text, [&self.to_k, &self.to_v], self.heads)
    }

    /// # Shapes
    /// - x, output: `[n, tokens, width]`
    /// - among: added to the logits of tokens among themselves, `[1, 1, tokens, tokens]`
    pub fn forward(
        &self,
        x: Tensor<3>,
        text: Option<&TextMemory>,
        among: Option<Tensor<4>>,
    ) -> Tensor<3> {
        let seen = self.norm_attention.forward(x.clone());
        let qkv = [&self.to_q, &self.to_k, &self.to_v].map(|layer| layer.forward(seen.clone()));
        let x = x + self.to_out.forward(mix(qkv, self.heads, text, among));
        let seen = self.norm_feed_forward.forward(x.clone());
        let inner = gelu_tanh(self.fc1.forward(seen));
        x + self.fc2.forward(inner)
    }
}
