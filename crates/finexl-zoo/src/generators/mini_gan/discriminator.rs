//! The discriminator: latents and a prompt -> how real they look, and which words they show.

use crate::generators::mini_diffusion::{Prompts, TextMemory, TextReader};
use crate::generators::{NetworkSizes, TokenBlock};
use burn::module::{Initializer, Module, Param};
use burn::nn::{LayerNorm, LayerNormConfig, Linear, LinearConfig};
use burn::tensor::{Device, Tensor};
use finexl_core::experiment::GanArchitecture;

/// Blocks that see the latents alone, behind which the words are read off (AC-GAN, Odena et al. 2017),
/// then blocks that see the prompt too, behind which real is told from generated.
///
/// What the words are read off so never sees them.
#[derive(Module, Debug)]
pub struct Discriminator {
    text: TextReader,
    pub(super) input: Linear,
    positions: Param<Tensor<3>>,
    trunk: Vec<TokenBlock>,
    words_norm: LayerNorm,
    words: Linear,
    blocks: Vec<TokenBlock>,
    norm: LayerNorm,
    pub(super) output: Linear,
}

/// What the blocks see of the prompts.
#[derive(Clone, Debug)]
pub struct WordMemory(Vec<TextMemory>);

/// What the discriminator makes of latents.
pub struct Judged {
    /// The larger, the more real, `[n]`.
    pub logits: Tensor<1>,
    /// A logit per known word, `[n, words]`.
    pub words: Tensor<2>,
}

impl Discriminator {
    /// A discriminator with fresh weights of latents `[positions, channels]` that knows `words` words.
    pub fn new(
        a: &GanArchitecture,
        [positions, channels]: [usize; 2],
        words: usize,
        device: &Device,
    ) -> Self {
        let sizes = Self::sizes(a);
        let width = sizes.width;
        let norm = || LayerNormConfig::new(width).init(device);
        let blocks = |count| {
            (0..count)
                .map(|_| TokenBlock::new(&sizes, device))
                .collect()
        };
        let positions = Initializer::Normal {
            mean: 0.0,
            std: 0.1,
        }
        .init([1, positions, width], device);
        Self {
            text: TextReader::new(&a.text, words, width, device),
            input: LinearConfig::new(channels, width).init(device),
            positions,
            trunk: blocks(a.discriminator.trunk),
            words_norm: norm(),
            words: LinearConfig::new(width, words).init(device),
            blocks: blocks(a.discriminator.layers),
            norm: norm(),
            output: LinearConfig::new(width, 1).init(device),
        }
    }

    /// Widths and counts.
    pub fn sizes(a: &GanArchitecture) -> NetworkSizes {
        let d = &a.discriminator;
        NetworkSizes {
            width: d.width,
            layers: d.trunk + d.layers,
            heads: d.heads,
            hidden: d.hidden,
            context: a.text.context,
        }
    }

    /// How many words it knows.
    pub fn known_words(&self) -> usize {
        self.words.weight.dims()[1]
    }

    /// Reads prompts.
    pub fn read(&self, prompts: &Prompts) -> WordMemory {
        let text = self.text.forward(prompts);
        WordMemory(self.blocks.iter().map(|b| b.remember(&text)).collect())
    }

    /// # Shapes
    /// - latents: `[n, positions, channels]`
    pub fn judge(&self, latents: Tensor<3>, prompts: &WordMemory) -> Judged {
        let x = self.input.forward(latents) + self.positions.val();
        let x = self
            .trunk
            .iter()
            .fold(x, |x, block| block.forward(x, None, None));
        let words = self.words.forward(mean(self.words_norm.forward(x.clone())));
        let blocks = self.blocks.iter().zip(&prompts.0);
        let x = blocks.fold(x, |x, (block, text)| block.forward(x, Some(text), None));
        let logits = self.output.forward(mean(self.norm.forward(x)));
        let n = logits.dims()[0];
        Judged {
            logits: logits.reshape([n]),
            words,
        }
    }
}

/// Over tokens: `[n, tokens, width]` to `[n, width]`.
fn mean(x: Tensor<3>) -> Tensor<2> {
    let [n, _, width] = x.dims();
    x.mean_dim(1).reshape([n, width])
}
