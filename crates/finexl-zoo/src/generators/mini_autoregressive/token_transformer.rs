//! The causal transformer: tokens so far and a prompt -> what the next ones are likely to be.

use super::{ChannelHead, TokenShape};
use crate::generators::mini_diffusion::{MASKED, Prompts, TextMemory, TextReader};
use crate::generators::{LatentNetwork, TokenBlock};
use burn::module::{Initializer, Module, Param};
use burn::nn::{LayerNorm, LayerNormConfig, Linear, LinearConfig};
use burn::tensor::activation::log_softmax;
use burn::tensor::{Device, Tensor, TensorData};
use finexl_core::experiment::AutoregressiveArchitecture;

/// Predicts the tokens of an image in raster order (van den Oord et al. 2016; with a transformer over
/// learned tokens Esser et al. 2021), position by position and within a position channel by channel.
#[derive(Module, Debug)]
pub struct TokenTransformer {
    pub(super) text: TextReader,
    /// An embedding of every level of every channel, `[channels * levels, width]`, without bias; the
    /// input of a position is the sum of those of the position before, and nothing at the first.
    pub(super) input: Linear,
    pub(super) positions: Param<Tensor<3>>,
    pub(super) blocks: Vec<TokenBlock>,
    pub(super) norm: LayerNorm,
    pub(super) head: ChannelHead,
    #[module(skip)]
    pub(super) tokens: TokenShape,
}

/// What the blocks see of the prompts.
#[derive(Clone, Debug)]
pub struct TokenMemory(Vec<TextMemory>);

/// What the transformer makes of tokens.
pub struct Hidden {
    /// What the head reads, `[n, positions, width]`.
    pub states: Tensor<3>,
    /// Tokens after the asked-for block, `[n, positions, width]`.
    pub inner: Option<Tensor<3>>,
}

impl TokenTransformer {
    /// A transformer with fresh weights that reads `words` words.
    pub fn new(
        a: &AutoregressiveArchitecture,
        tokens: TokenShape,
        words: usize,
        device: &Device,
    ) -> Self {
        let normal = |std| Initializer::Normal { mean: 0.0, std };
        Self {
            text: TextReader::new(&a.text, words, a.width, device),
            input: LinearConfig::new(tokens.one_hot_width(), a.width)
                .with_bias(false)
                .with_initializer(normal(0.1))
                .init(device),
            positions: normal(0.1).init([1, tokens.positions, a.width], device),
            blocks: (0..a.layers)
                .map(|_| TokenBlock::new(&Self::sizes(a), device))
                .collect(),
            norm: LayerNormConfig::new(a.width).init(device),
            head: ChannelHead::new([a.width, a.head_width], tokens, device),
            tokens,
        }
    }

    /// How many tokens an image has.
    pub fn tokens(&self) -> TokenShape {
        self.tokens
    }

    /// Reads prompts.
    pub fn read(&self, prompts: &Prompts) -> TokenMemory {
        let text = self.text.forward(prompts);
        TokenMemory(self.blocks.iter().map(|b| b.remember(&text)).collect())
    }

    /// States in which a position has seen the tokens of all positions before it; of its own and later
    /// ones nothing.
    ///
    /// # Shapes
    /// - one_hot: `[n, positions, channels * levels]`
    pub fn states(
        &self,
        one_hot: Tensor<3>,
        prompts: &TokenMemory,
        inner_after: Option<usize>,
    ) -> Hidden {
        let [n, positions, width] = one_hot.dims();
        let device = one_hot.device();
        let nothing = Tensor::zeros([n, 1, width], &device);
        let before = Tensor::cat(vec![nothing, one_hot.narrow(1, 0, positions - 1)], 1);
        let causal = causal(positions, &device);
        let mut x = self.input.forward(before) + self.positions.val();
        let mut inner = None;
        for (index, (block, text)) in self.blocks.iter().zip(&prompts.0).enumerate() {
            x = block.forward(x, Some(text), Some(causal.clone()));
            if inner_after == Some(index + 1) {
                inner = Some(x.clone());
            }
        }
        Hidden {
            states: self.norm.forward(x),
            inner,
        }
    }

    /// Logits of the tokens of whole images, each given all before it (teacher forcing).
    ///
    /// # Shapes
    /// - codes: `[n, positions, channels]`, in [-1, 1]
    /// - output: `[n, positions, channels, levels]`
    pub fn logits(&self, codes: Tensor<3>, prompts: &TokenMemory) -> Tensor<4> {
        let one_hot = self.tokens.one_hot(codes);
        let hidden = self.states(one_hot.clone(), prompts, None);
        self.head.forward(hidden.states, one_hot)
    }

    /// The mean cross entropy of tokens in nats, `[1]`, and inner tokens after a block.
    ///
    /// # Shapes
    /// - codes: `[n, positions, channels]`, in [-1, 1]
    pub fn cross_entropy(
        &self,
        codes: Tensor<3>,
        prompts: &Prompts,
        inner_after: Option<usize>,
    ) -> (Tensor<1>, Option<Tensor<3>>) {
        let [n, positions, channels] = codes.dims();
        let one_hot = self.tokens.one_hot(codes);
        let memory = self.read(prompts);
        let hidden = self.states(one_hot.clone(), &memory, inner_after);
        let logits = self.head.forward(hidden.states, one_hot.clone());
        let right = one_hot.reshape([n, positions, channels, self.tokens.levels]);
        let likelihoods = (log_softmax(logits, 3) * right).sum_dim(3);
        (likelihoods.mean().neg(), hidden.inner)
    }
}

/// Zero where a position may look, far below elsewhere, `[1, 1, positions, positions]`.
fn causal(positions: usize, device: &Device) -> Tensor<4> {
    let values: Vec<f32> = (0..positions)
        .flat_map(|from| (0..positions).map(move |to| if to > from { MASKED } else { 0.0 }))
        .collect();
    let data = TensorData::new(values, [1, 1, positions, positions]);
    Tensor::from_data(data, device)
}
