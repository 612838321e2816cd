//! A block of the denoising transformer.

use super::text_memory::{TextMemory, mix};
use super::text_reader::TextTokens;
use crate::generators::NetworkSizes;
use crate::generators::gelu::gelu_tanh;
use burn::module::{Initializer, Module, Param};
use burn::nn::{LayerNorm, LayerNormConfig, Linear, LinearConfig};
use burn::tensor::{Device, Tensor, TensorData};

/// Numbers by which time steers a block: shift, scale and gate of attention and of feed-forward.
pub const MODULATIONS: usize = 6;
/// Which of them are gates.
const GATES: [usize; 2] = [2, 5];

/// Image tokens attend to themselves and to the text tokens; time steers it (adaLN-single, Chen et
/// al. 2024, PixArt-alpha, after Peebles and Xie 2023, DiT).
///
/// The text tokens are the same in all blocks and at all times: each block only reads them through
/// its own keys and values, which can be kept from step to step.
#[derive(Module, Debug)]
pub struct DenoiserBlock {
    pub(super) norm_attention: LayerNorm,
    pub(super) to_q: Linear,
    pub(super) to_k: Linear,
    pub(super) to_v: Linear,
    pub(super) to_out: Linear,
    pub(super) norm_feed_forward: LayerNorm,
    pub(super) fc1: Linear,
    pub(super) fc2: Linear,
    /// Added to the modulation that all blocks share, `[1, 6, width]`.
    pub(super) modulation: Param<Tensor<3>>,
    #[module(skip)]
    pub(super) heads: usize,
}

impl DenoiserBlock {
    /// A block with fresh weights whose gates begin at a number: nothing passes at zero.
    pub fn new(a: &NetworkSizes, gates: f32, device: &Device) -> Self {
        let norm = || LayerNormConfig::new(a.width).init(device);
        let linear = |input, output| {
            LinearConfig::new(input, output)
                .with_initializer(Initializer::XavierUniform { gain: 1.0 })
                .init(device)
        };
        Self {
            norm_attention: norm(),
            to_q: linear(a.width, a.width),
            to_k: linear(a.width, a.width),
            to_v: linear(a.width, a.width),
            to_out: linear(a.width, a.width),
            norm_feed_forward: norm(),
            fc1: linear(a.width, a.hidden),
            fc2: linear(a.hidden, a.width),
            modulation: Param::from_tensor(opened(a.width, gates, device)),
            heads: a.heads,
        }
    }

    /// What image tokens will see of the text.
    ///
    /// # Shapes
    /// - text: `[n, length, width]`
    pub fn remember(&self, text: &TextTokens) -> TextMemory {
        TextMemory::new(text, [&self.to_k, &self.to_v], self.heads)
    }

    /// # Shapes
    /// - x: `[n, tokens, width]`
    /// - time: what steers it beside its own modulation, `[n, 6, width]`
    /// - output: `[n, tokens, width]`
    pub fn forward(&self, x: Tensor<3>, text: &TextMemory, time: Tensor<3>) -> Tensor<3> {
        let time = time + self.modulation.val();
        let part = |index| time.clone().narrow(1, index, 1);
        let seen = modulated(self.norm_attention.forward(x.clone()), part(0), part(1));
        let x = x + self.attend(seen, text) * part(2);
        let seen = modulated(self.norm_feed_forward.forward(x.clone()), part(3), part(4));
        let inner = gelu_tanh(self.fc1.forward(seen));
        x + self.fc2.forward(inner) * part(5)
    }

    fn attend(&self, x: Tensor<3>, text: &TextMemory) -> Tensor<3> {
        let qkv = [&self.to_q, &self.to_k, &self.to_v].map(|layer| layer.forward(x.clone()));
        self.to_out.forward(mix(qkv, self.heads, Some(text), None))
    }
}

/// `x * (1 + scale) + shift`, with shift and scale `[n, 1, width]`.
pub fn modulated(x: Tensor<3>, shift: Tensor<3>, scale: Tensor<3>) -> Tensor<3> {
    x * scale.add_scalar(1.0) + shift
}

/// Modulations `[1, 6, width]` that are zero but for the gates.
fn opened(width: usize, gates: f32, device: &Device) -> Tensor<3> {
    let values: Vec<f32> = (0..MODULATIONS * width)
        .map(|at| {
            if GATES.contains(&(at / width)) {
                gates
            } else {
                0.0
            }
        })
        .collect();
    Tensor::from_data(TensorData::new(values, [1, MODULATIONS, width]), device)
}
