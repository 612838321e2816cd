//! The text side.

use super::tokenizer::Tokenizer;
use burn::module::{Initializer, Module, Param};
use burn::nn::attention::generate_autoregressive_mask;
use burn::nn::transformer::{
    TransformerEncoder, TransformerEncoderConfig, TransformerEncoderInput,
};
use burn::nn::{Embedding, EmbeddingConfig, LayerNorm, LayerNormConfig, Linear, LinearConfig};
use burn::tensor::{Device, Int, Tensor, TensorData};
use finexl_core::experiment::TextTower as TextTowerConfig;

/// Tokens -> embedding, not yet normalised.
#[derive(Module, Debug)]
pub struct TextTower {
    token_embedding: Embedding,
    positions: Param<Tensor<3>>,
    transformer: TransformerEncoder,
    norm: LayerNorm,
    projection: Linear,
}

/// Token sequences of one batch, padded behind their end tokens.
#[derive(Clone, Debug)]
pub struct TokenBatch {
    /// `[n, length]`, row-major.
    tokens: Vec<i32>,
    length: usize,
}

impl TokenBatch {
    /// Pads sequences to the longest of them; none may be empty.
    pub fn new(sequences: &[Vec<i32>]) -> Self {
        let length = sequences.iter().map(Vec::len).max().unwrap_or(1).max(1);
        let mut tokens = vec![Tokenizer::PADDING; length * sequences.len()];
        for (row, sequence) in tokens.chunks_exact_mut(length).zip(sequences) {
            row[..sequence.len()].copy_from_slice(sequence);
        }
        Self { tokens, length }
    }

    /// Number of sequences.
    pub fn len(&self) -> usize {
        self.tokens.len() / self.length
    }

    /// Whether there is no sequence.
    pub fn is_empty(&self) -> bool {
        self.tokens.is_empty()
    }

    /// One sequence without its padding.
    pub(crate) fn sequence(&self, row: usize) -> &[i32] {
        let padded = &self.tokens[row * self.length..][..self.length];
        let end = padded.iter().position(|t| *t == Tokenizer::END);
        &padded[..end.map_or(self.length, |end| end + 1)]
    }

    /// The given sequences, padded to the longest of them alone.
    pub(crate) fn select(&self, rows: &[usize]) -> Self {
        let sequences: Vec<Vec<i32>> = rows.iter().map(|r| self.sequence(*r).to_vec()).collect();
        Self::new(&sequences)
    }

    /// `[n, length]`
    pub(crate) fn tensor(&self, device: &Device) -> Tensor<2, Int> {
        Tensor::from_data(
            TensorData::new(self.tokens.clone(), [self.len(), self.length]),
            device,
        )
    }

    /// Positions of the end tokens in the flattened `[n * length]`.
    fn ends(&self, device: &Device) -> Tensor<1, Int> {
        let ends: Vec<i32> = self
            .tokens
            .chunks_exact(self.length)
            .enumerate()
            .map(|(row, sequence)| {
                let end = sequence.iter().position(|t| *t == Tokenizer::END);
                (row * self.length + end.unwrap_or(0)) as i32
            })
            .collect();
        Tensor::from_data(TensorData::new(ends, [self.len()]), device)
    }
}

impl TextTower {
    /// A tower with fresh weights for `words` known words.
    pub fn new(config: &TextTowerConfig, words: usize, embedding: usize, device: &Device) -> Self {
        let transformer =
            TransformerEncoderConfig::new(config.width, config.hidden, config.heads, config.layers)
                .with_dropout(0.0)
                .with_norm_first(true)
                .init(device);
        Self {
            token_embedding: EmbeddingConfig::new(words + Tokenizer::SPECIAL, config.width)
                .with_initializer(Initializer::Normal {
                    mean: 0.0,
                    std: 0.3,
                })
                .init(device),
            positions: Initializer::Normal {
                mean: 0.0,
                std: 0.05,
            }
            .init([1, config.context, config.width], device),
            transformer,
            norm: LayerNormConfig::new(config.width).init(device),
            projection: LinearConfig::new(config.width, embedding)
                .with_bias(false)
                .init(device),
        }
    }

    /// # Shapes
    /// - batch: `[n, length]` tokens
    /// - output: `[n, embedding]`
    pub fn forward(&self, batch: &TokenBatch) -> Tensor<2> {
        let device = self.positions.val().device();
        let (n, length) = (batch.len(), batch.length);
        let positions = self.positions.val().narrow(1, 0, length);
        let x = self.token_embedding.forward(batch.tensor(&device)) + positions;
        let width = x.dims()[2];
        // Under the causal mask nothing before the end token sees the padding behind it.
        let mask = generate_autoregressive_mask(n, length, &device);
        let x = self
            .transformer
            .forward(TransformerEncoderInput::new(x).mask_attn(mask));
        let read = x
            .reshape([n * length, width])
            .select(0, batch.ends(&device));
        self.projection.forward(self.norm.forward(read))
    }
}
