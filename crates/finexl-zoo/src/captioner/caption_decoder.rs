//! The network: words so far and image tokens -> the next word.

use crate::encoders::clip::TreeBatch;
use crate::encoders::mini_clip::{TokenBatch, Tokenizer};
use burn::module::{Initializer, Module, Param};
use burn::nn::attention::generate_autoregressive_mask;
use burn::nn::loss::CrossEntropyLoss;
use burn::nn::transformer::{
    TransformerDecoder, TransformerDecoderConfig, TransformerDecoderInput,
};
use burn::nn::{Embedding, EmbeddingConfig, LayerNorm, LayerNormConfig, Linear, LinearConfig};
use burn::tensor::{Bool, Device, Int, Tensor, TensorData};
use finexl_core::experiment::CaptionerArchitecture;

/// A causal pre-norm transformer over words; every layer also attends to the image tokens.
#[derive(Module, Debug)]
pub struct CaptionDecoder {
    words: Embedding,
    /// `[context, width]`
    positions: Param<Tensor<2>>,
    /// From image tokens to the decoder's width.
    image: Linear,
    decoder: TransformerDecoder,
    norm: LayerNorm,
    output: Linear,
}

/// Words that the decoder reads at once.
struct Words {
    /// `[n, rows]`
    tokens: Tensor<2, Int>,
    /// Place of every row in its caption, `[rows]`.
    positions: Tensor<1, Int>,
    /// True where a row (second axis) must not see another (third), `[n, rows, rows]`.
    hidden: Tensor<3, Bool>,
}

impl Words {
    /// Captions side by side, padded behind their ends.
    fn sequences(captions: &[Vec<i32>], device: &Device) -> Self {
        let tokens = TokenBatch::new(captions).tensor(device);
        let [n, rows] = tokens.dims();
        Self {
            tokens,
            positions: Tensor::arange(0..rows as i64, device),
            // Nothing before the end sees the padding behind it.
            hidden: generate_autoregressive_mask(n, rows, device),
        }
    }

    /// Captions of one image as a tree.
    fn tree(tree: &TreeBatch, device: &Device) -> Self {
        let rows = tree.tokens.len();
        let mut hidden = vec![true; rows * rows];
        for (row, sees) in hidden.chunks_exact_mut(rows.max(1)).enumerate() {
            tree.paths.path(row).iter().for_each(|at| sees[*at] = false);
        }
        let tokens: Vec<i32> = tree.tokens.iter().map(|t| t.cast_signed()).collect();
        let positions: Vec<i32> = tree.positions.iter().map(|p| *p as i32).collect();
        Self {
            tokens: Tensor::from_data(TensorData::new(tokens, [1, rows]), device),
            positions: Tensor::from_data(TensorData::new(positions, [rows]), device),
            hidden: Tensor::from_data(TensorData::new(hidden, [1, rows, rows]), device),
        }
    }
}

impl CaptionDecoder {
    /// A decoder with fresh weights for `words` known words and image tokens of `token_width` values.
    pub fn new(
        a: &CaptionerArchitecture,
        token_width: usize,
        words: usize,
        device: &Device,
    ) -> Self {
        let normal = |std| Initializer::Normal { mean: 0.0, std };
        let vocabulary = words + Tokenizer::SPECIAL;
        Self {
            words: EmbeddingConfig::new(vocabulary, a.width)
                .with_initializer(normal(0.3))
                .init(device),
            positions: normal(0.05).init([a.context, a.width], device),
            image: LinearConfig::new(token_width, a.width).init(device),
            decoder: TransformerDecoderConfig::new(a.width, a.hidden, a.heads, a.layers)
                .with_dropout(0.0)
                .with_norm_first(true)
                .init(device),
            norm: LayerNormConfig::new(a.width).init(device),
            output: LinearConfig::new(a.width, vocabulary).init(device),
        }
    }

    /// The next-word logits of every row of a tree of captions of one image, `[rows, vocabulary]`.
    ///
    /// # Shapes
    /// - image: `[1, tokens, token width]`
    pub(super) fn read_tree(&self, tree: &TreeBatch, image: Tensor<3>) -> Tensor<2> {
        let words = Words::tree(tree, &image.device());
        self.forward(words, image).squeeze_dim(0)
    }

    /// Mean negative log-likelihood of every caption's next word, in nats, `[1]`.
    ///
    /// # Shapes
    /// - captions: n sequences of at least two tokens, start and end included
    /// - images: `[n, tokens, token width]`
    pub fn loss(&self, captions: &[Vec<i32>], images: Tensor<3>) -> Tensor<1> {
        let device = images.device();
        let read: Vec<Vec<i32>> = captions.iter().map(|c| c[..c.len() - 1].to_vec()).collect();
        let next: Vec<Vec<i32>> = captions.iter().map(|c| c[1..].to_vec()).collect();
        let logits = self.forward(Words::sequences(&read, &device), images);
        let [n, rows, vocabulary] = logits.dims();
        let targets = TokenBatch::new(&next).tensor(&device);
        CrossEntropyLoss::new(Some(Tokenizer::PADDING as usize), &device).forward(
            logits.reshape([n * rows, vocabulary]),
            targets.reshape([n * rows]),
        )
    }

    /// # Shapes
    /// - words: n times `rows` words
    /// - images: `[n, tokens, token width]`
    /// - output: logits, `[n, rows, vocabulary]`
    fn forward(&self, words: Words, images: Tensor<3>) -> Tensor<3> {
        let positions = self.positions.val().select(0, words.positions);
        let x = self.words.forward(words.tokens) + positions.unsqueeze::<3>();
        let input = TransformerDecoderInput::new(x, self.image.forward(images))
            .target_mask_attn(words.hidden);
        let x = self.decoder.forward(input);
        self.output.forward(self.norm.forward(x))
    }
}
