//! The denoising transformer: latents at a noise level and a prompt -> velocity.

use super::denoiser_block::{DenoiserBlock, MODULATIONS, modulated};
use super::text_memory::TextMemory;
use super::text_reader::{Prompts, TextReader, TextTokens};
use crate::generators::LatentNetwork;
use burn::module::{Initializer, Module, Param};
use burn::nn::{LayerNorm, LayerNormConfig, Linear, LinearConfig};
use burn::tensor::activation::silu;
use burn::tensor::{Device, Tensor};
use finexl_core::experiment::DenoiserArchitecture;

/// Longest period of the time features, in units of time 0..1 times 1000, as usual for diffusion.
const LONGEST_PERIOD: f32 = 10_000.0;

/// Predicts the velocity of rectified flow (Liu et al. 2023; Lipman et al. 2023): noise minus data.
#[derive(Module, Debug)]
pub struct Denoiser {
    pub(super) text: TextReader,
    pub(super) input: Linear,
    pub(super) positions: Param<Tensor<3>>,
    time_input: Linear,
    time_output: Linear,
    pub(super) blocks: Vec<DenoiserBlock>,
    pub(super) norm: LayerNorm,
    /// Shift and scale before the last layer, `[1, 2, width]`, added to time's first two.
    pub(super) modulation: Param<Tensor<3>>,
    pub(super) output: Linear,
}

/// What the blocks see of the prompts; made once, used at every step.
#[derive(Clone, Debug)]
pub struct PromptMemory(Vec<TextMemory>);

/// A forward pass with what is inside.
pub struct Denoised {
    /// The predicted velocity, `[n, tokens, channels]`.
    pub velocity: Tensor<3>,
    /// Tokens after the asked-for block, `[n, tokens, width]`.
    pub inner: Option<Tensor<3>>,
}

impl Denoiser {
    /// A denoiser with fresh weights of latents `[tokens, channels]` that reads `words` words.
    pub fn new(
        a: &DenoiserArchitecture,
        [tokens, channels]: [usize; 2],
        words: usize,
        device: &Device,
    ) -> Self {
        let zeros = |input, output| {
            LinearConfig::new(input, output)
                .with_initializer(Initializer::Zeros)
                .init(device)
        };
        let normal = Initializer::Normal {
            mean: 0.0,
            std: 0.02,
        };
        Self {
            text: TextReader::new(&a.text, words, a.width, device),
            input: LinearConfig::new(channels, a.width).init(device),
            positions: normal.init([1, tokens, a.width], device),
            time_input: LinearConfig::new(a.time_width, a.time_width).init(device),
            time_output: zeros(a.time_width, MODULATIONS * a.width),
            blocks: (0..a.layers)
                .map(|_| DenoiserBlock::new(&Self::sizes(a), 0.0, device))
                .collect(),
            norm: LayerNormConfig::new(a.width).init(device),
            modulation: Initializer::Zeros.init([1, 2, a.width], device),
            output: zeros(a.width, channels),
        }
    }

    /// Reads prompts.
    pub fn read(&self, prompts: &Prompts) -> PromptMemory {
        self.remember(&self.text.forward(prompts))
    }

    fn remember(&self, text: &TextTokens) -> PromptMemory {
        PromptMemory(self.blocks.iter().map(|b| b.remember(text)).collect())
    }

    /// # Shapes
    /// - latents: `[n, tokens, channels]`
    /// - times: `[n]`, 0 for data, 1 for noise
    /// - output: `[n, tokens, channels]`; inner tokens after block `inner_after` (from 1)
    pub fn forward(
        &self,
        latents: Tensor<3>,
        times: Tensor<1>,
        prompts: &PromptMemory,
        inner_after: Option<usize>,
    ) -> Denoised {
        let time = self.time(times);
        let mut x = self.input.forward(latents) + self.positions.val();
        let mut inner = None;
        for (index, (block, text)) in self.blocks.iter().zip(&prompts.0).enumerate() {
            x = block.forward(x, text, time.clone());
            if inner_after == Some(index + 1) {
                inner = Some(x.clone());
            }
        }
        let last = time.narrow(1, 0, 2) + self.modulation.val();
        let (shift, scale) = (last.clone().narrow(1, 0, 1), last.narrow(1, 1, 1));
        let x = modulated(self.norm.forward(x), shift, scale);
        Denoised {
            velocity: self.output.forward(x),
            inner,
        }
    }

    /// Times `[n]` -> modulations `[n, 6, width]`.
    pub(super) fn time(&self, times: Tensor<1>) -> Tensor<3> {
        let half = self.time_input.weight.dims()[0] / 2;
        let device = times.device();
        let rates: Vec<f32> = (0..half)
            .map(|i| 1000.0 * (-LONGEST_PERIOD.ln() * i as f32 / half as f32).exp())
            .collect();
        let rates = Tensor::<1>::from_data(rates.as_slice(), &device).unsqueeze::<2>();
        let angles = times.clone().unsqueeze_dim::<2>(1).matmul(rates);
        let features = Tensor::cat(vec![angles.clone().cos(), angles.sin()], 1);
        let x = self
            .time_output
            .forward(silu(self.time_input.forward(features)));
        let [n, all] = x.dims();
        x.reshape([n, MODULATIONS, all / MODULATIONS])
    }
}
