//! What image tokens see of the words of the prompt.

use super::text_reader::TextTokens;
use burn::nn::Linear;
use burn::tensor::Tensor;
use burn::tensor::activation::softmax;

/// What a hidden token's attention logit is lowered by.
pub const MASKED: f32 = -1e4;

/// Keys and values of the text tokens in one block, `[n, heads, length, width / heads]` each, and
/// what is added to their logits, `[n, 1, 1, length]`.
#[derive(Clone, Debug)]
pub struct TextMemory {
    keys: Tensor<4>,
    values: Tensor<4>,
    bias: Tensor<4>,
}

impl TextMemory {
    /// Text tokens through a block's keys and values.
    pub fn new(text: &TextTokens, [to_k, to_v]: [&Linear; 2], heads: usize) -> Self {
        let [n, length] = text.padding.dims();
        let bias = text.padding.clone().float().mul_scalar(MASKED);
        Self {
            keys: split(to_k.forward(text.values.clone()), heads),
            values: split(to_v.forward(text.values.clone()), heads),
            bias: bias.reshape([n, 1, 1, length]),
        }
    }

    /// What queries see of the text and, by their logits `own`, of their own values,
    /// `[n, heads, tokens, width / heads]`.
    fn mixed(&self, q: Tensor<4>, own: Tensor<4>, v: Tensor<4>) -> Tensor<4> {
        let tokens = own.dims()[3];
        let to_text = q.matmul(self.keys.clone().swap_dims(2, 3)) + self.bias.clone();
        let weights = softmax(Tensor::cat(vec![own, to_text], 3), 3);
        let length = weights.dims()[3] - tokens;
        weights.clone().narrow(3, 0, tokens).matmul(v)
            + weights
                .narrow(3, tokens, length)
                .matmul(self.values.clone())
    }
}

/// Softmax attention of queries to their own keys and values and, where there is one, to the text;
/// `among` is added to the logits of the first, `[1, 1, tokens, tokens]`.
///
/// # Shapes
/// - queries, keys, values: `[n, tokens, width]`
/// - output: the same
pub fn mix(
    [q, k, v]: [Tensor<3>; 3],
    heads: usize,
    text: Option<&TextMemory>,
    among: Option<Tensor<4>>,
) -> Tensor<3> {
    let [n, tokens, width] = q.dims();
    let scale = ((width / heads) as f32).powf(-0.5);
    let q = split(q, heads).mul_scalar(scale);
    let (k, v) = (split(k, heads), split(v, heads));
    let own = q.clone().matmul(k.swap_dims(2, 3));
    let own = match among {
        Some(among) => own + among,
        None => own,
    };
    let mixed = match text {
        Some(text) => text.mixed(q, own, v),
        None => softmax(own, 3).matmul(v),
    };
    mixed.swap_dims(1, 2).reshape([n, tokens, width])
}

/// `[n, tokens, width]` -> `[n, heads, tokens, width / heads]`
fn split(x: Tensor<3>, heads: usize) -> Tensor<4> {
    let [n, tokens, width] = x.dims();
    x.reshape([n, tokens, heads, width / heads]).swap_dims(1, 2)
}
