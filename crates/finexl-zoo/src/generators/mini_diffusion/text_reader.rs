//! The words of a prompt as tokens that image tokens attend to.

use crate::encoders::mini_clip::Tokenizer;
use burn::module::{Initializer, Module, Param};
use burn::nn::transformer::{
    TransformerEncoder, TransformerEncoderConfig, TransformerEncoderInput,
};
use burn::nn::{Embedding, EmbeddingConfig, LayerNorm, LayerNormConfig, Linear, LinearConfig};
use burn::tensor::{Bool, Device, Int, Tensor, TensorData};
use finexl_core::experiment::TextReader as TextReaderConfig;

/// Word tokens -> text tokens of the width of image tokens.
#[derive(Module, Debug)]
pub struct TextReader {
    embedding: Embedding,
    positions: Param<Tensor<3>>,
    transformer: TransformerEncoder,
    projection: Linear,
    norm: LayerNorm,
}

/// Text tokens of several prompts.
#[derive(Clone, Debug)]
pub struct TextTokens {
    /// `[n, length, width]`
    pub values: Tensor<3>,
    /// True where a token is padding, `[n, length]`.
    pub padding: Tensor<2, Bool>,
}

impl TextTokens {
    /// The mean of the tokens of every prompt, `[n, width]`.
    pub fn mean(&self) -> Tensor<2> {
        let [n, length, width] = self.values.dims();
        let kept = self.padding.clone().bool_not().float();
        let count = kept.clone().sum_dim(1);
        let sum = (self.values.clone() * kept.reshape([n, length, 1])).sum_dim(1);
        sum.reshape([n, width]) / count
    }
}

/// Prompts as word tokens, padded to the longest.
#[derive(Clone, Debug)]
pub struct Prompts {
    sequences: Vec<Vec<i32>>,
}

impl Prompts {
    /// Sequences of at least one token each.
    pub fn new(sequences: Vec<Vec<i32>>) -> Self {
        Self { sequences }
    }

    /// Number of prompts.
    pub fn len(&self) -> usize {
        self.sequences.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.sequences.is_empty()
    }

    /// Tokens of each.
    pub fn lengths(&self) -> Vec<usize> {
        self.sequences.iter().map(Vec::len).collect()
    }

    /// Those of a range of rows.
    pub fn rows(&self, start: usize, end: usize) -> Self {
        Self::new(self.sequences[start..end].to_vec())
    }

    /// Which of `words` known words every prompt has: ones and zeros, `[n, words]`.
    pub fn presence(&self, words: usize, device: &Device) -> Tensor<2> {
        let mut found = vec![0.0f32; self.len() * words];
        for (row, sequence) in found.chunks_exact_mut(words).zip(&self.sequences) {
            for token in sequence {
                let word = usize::try_from(*token).ok();
                let word = word.and_then(|token| token.checked_sub(Tokenizer::SPECIAL));
                if let Some(found) = word.and_then(|word| row.get_mut(word)) {
                    *found = 1.0;
                }
            }
        }
        Tensor::from_data(TensorData::new(found, [self.len(), words]), device)
    }

    /// `[n, length]` tokens, and where they are padding.
    fn tensors(&self, device: &Device) -> (Tensor<2, Int>, Tensor<2, Bool>) {
        let length = self
            .sequences
            .iter()
            .map(Vec::len)
            .max()
            .unwrap_or(1)
            .max(1);
        let mut tokens = vec![Tokenizer::PADDING; length * self.len()];
        for (row, sequence) in tokens.chunks_exact_mut(length).zip(&self.sequences) {
            row[..sequence.len()].copy_from_slice(sequence);
        }
        let data = TensorData::new(tokens, [self.len(), length]);
        let tokens = Tensor::<2, Int>::from_data(data, device);
        let padding = tokens.clone().equal_elem(Tokenizer::PADDING);
        (tokens, padding)
    }
}

impl TextReader {
    /// A reader with fresh weights for `words` known words, giving tokens of `output` values.
    pub fn new(config: &TextReaderConfig, words: usize, output: usize, device: &Device) -> Self {
        let normal = |std| Initializer::Normal { mean: 0.0, std };
        let transformer =
            TransformerEncoderConfig::new(config.width, config.hidden, config.heads, config.layers)
                .with_dropout(0.0)
                .with_norm_first(true)
                .init(device);
        Self {
            embedding: EmbeddingConfig::new(words + Tokenizer::SPECIAL, config.width)
                .with_initializer(normal(0.3))
                .init(device),
            positions: normal(0.05).init([1, config.context, config.width], device),
            transformer,
            projection: LinearConfig::new(config.width, output).init(device),
            norm: LayerNormConfig::new(output).init(device),
        }
    }

    /// Longest prompt in tokens.
    pub fn context(&self) -> usize {
        self.positions.dims()[1]
    }

    /// # Shapes
    /// - prompts: n sequences of at most `context` tokens
    /// - output: `[n, length, output]`
    pub fn forward(&self, prompts: &Prompts) -> TextTokens {
        let device = self.positions.val().device();
        let (tokens, padding) = prompts.tensors(&device);
        let positions = self.positions.val().narrow(1, 0, tokens.dims()[1]);
        let x = self.embedding.forward(tokens) + positions;
        let input = TransformerEncoderInput::new(x).mask_pad(padding.clone());
        let x = self.transformer.forward(input);
        TextTokens {
            values: self.norm.forward(self.projection.forward(x)),
            padding,
        }
    }
}
