//! The network of a learned head.

use super::cues::CUES;
use burn::module::{Module, Param};
use burn::nn::transformer::{
    TransformerEncoder, TransformerEncoderConfig, TransformerEncoderInput,
};
use burn::nn::{LayerNorm, LayerNormConfig, Linear, LinearConfig};
use burn::tensor::activation::{gelu, sigmoid, softplus};
use burn::tensor::{Device, Tensor};
use finexl_core::experiment::HeadArchitecture;

/// Added to the logit of an aspect's presence: most aspects are absent from most sets.
const ABSENT: f64 = -3.0;
/// Smallest spread of a level.
const LEAST_SPREAD: f64 = 0.02;

/// Two layers with a GELU between them.
#[derive(Module, Debug)]
struct Perceptron {
    first: Linear,
    second: Linear,
}

impl Perceptron {
    fn new([input, hidden, output]: [usize; 3], device: &Device) -> Self {
        Self {
            first: LinearConfig::new(input, hidden).init(device),
            second: LinearConfig::new(hidden, output).init(device),
        }
    }

    fn forward<const D: usize>(&self, x: Tensor<D>) -> Tensor<D> {
        self.second.forward(gelu(self.first.forward(x)))
    }
}

/// What a network sees of B sets with N concepts each.
#[derive(Clone, Debug)]
pub(super) struct HeadInput {
    /// `[B, N, CUES]`
    pub cues: Tensor<3>,
    /// Text directions in units of the head's scale, `[B, N, d]`.
    pub texts: Tensor<3>,
    /// How far each concept is known, in [0, 1], `[B, N, 1]`.
    pub known: Tensor<3>,
    /// Divergences in units of the head's scale, `[B, d]`.
    pub divergence: Tensor<2>,
}

/// What it says of every concept, `[B, N]` each.
#[derive(Clone, Debug)]
pub(super) struct HeadOutput {
    /// Logit of the aspect being there at all.
    pub logit: Tensor<2>,
    /// Level if it is there.
    pub level: Tensor<2>,
    /// Scale of the level's error (Laplace) if it is there.
    pub spread: Tensor<2>,
}

impl HeadOutput {
    /// Of V views of each set, whose rows follow each other, `[V B, N]`, what the view says of every concept that
    /// shows it more strongly, the first where they are alike, `[B, N]`. With one view it is the same.
    pub fn merged(self, views: usize) -> Self {
        let [rows, n] = self.logit.dims();
        let sets = rows / views.max(1);
        let of = |tensor: &Tensor<2>, view: usize| -> Tensor<2> {
            let tensor = tensor.clone().reshape([sets, views, n]);
            tensor.narrow(1, view, 1).reshape([sets, n])
        };
        let view = |view: usize| Self {
            logit: of(&self.logit, view),
            level: of(&self.level, view),
            spread: of(&self.spread, view),
        };
        (1..views).map(view).fold(view(0), |all, view| {
            let stronger = view.expected().greater(all.expected());
            let pick = |own: Tensor<2>, other| own.mask_where(stronger.clone(), other);
            Self {
                logit: pick(all.logit, view.logit),
                level: pick(all.level, view.level),
                spread: pick(all.spread, view.spread),
            }
        })
    }

    /// The expected level, `[B, N]`.
    pub fn expected(&self) -> Tensor<2> {
        sigmoid(self.logit.clone()) * self.level.clone()
    }
}

/// A transformer over the concepts on offer and the divergence.
///
/// A concept's token is made of its cues, of what its words mean, and of both together with the divergence;
/// attention lets concepts explain each other away. What is made of words alone is left out as far as the
/// concept is not known, so that one that was never trained on is judged by its cues. There are no positions:
/// the order of concepts does not matter.
#[derive(Module, Debug)]
pub(super) struct HeadNetwork {
    cues: Perceptron,
    query: Perceptron,
    reading: Perceptron,
    product: Linear,
    unknown: Param<Tensor<1>>,
    encoder: TransformerEncoder,
    norm: LayerNorm,
    output: Perceptron,
}

impl HeadNetwork {
    /// Fresh weights for features of a dimension.
    pub fn new(a: &HeadArchitecture, dimension: usize, device: &Device) -> Self {
        let w = a.width;
        let encoder = TransformerEncoderConfig::new(w, a.hidden, a.heads, a.layers)
            .with_norm_first(true)
            .with_dropout(0.0);
        Self {
            cues: Perceptron::new([CUES, w, w], device),
            query: Perceptron::new([dimension, w, w], device),
            reading: Perceptron::new([dimension, 2 * w, w], device),
            product: LinearConfig::new(w, w).init(device),
            unknown: Param::from_tensor(Tensor::zeros([w], device)),
            encoder: encoder.init(device),
            norm: LayerNormConfig::new(w).init(device),
            output: Perceptron::new([w, w, 3], device),
        }
    }

    /// Reads sets.
    pub fn forward(&self, input: HeadInput) -> HeadOutput {
        let [b, n, _] = input.cues.dims();
        let known = input.known;
        let query = self.query.forward(input.texts);
        let w = query.dims()[2];
        let reading = self.reading.forward(input.divergence).reshape([b, 1, w]);
        let unknown = self.unknown.val().reshape([1, 1, w]);
        let words = query.clone() + self.product.forward(query * reading.clone());
        let tokens =
            self.cues.forward(input.cues) + words * known.clone() + unknown * (known.neg() + 1.0);
        let tokens = Tensor::cat(vec![tokens, reading], 1);
        let tokens = self.encoder.forward(TransformerEncoderInput::new(tokens));
        let tokens = self.norm.forward(tokens.narrow(1, 0, n));
        let output = self.output.forward(tokens);
        let of = |index: usize| output.clone().narrow(2, index, 1).reshape([b, n]);
        HeadOutput {
            logit: of(0) + ABSENT,
            level: softplus(of(1), 1.0),
            spread: softplus(of(2), 1.0) + LEAST_SPREAD,
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn each_concept_is_read_off_the_view_that_shows_it_more_strongly() {
        let device = Device::flex();
        let of = |values: [f32; 8]| Tensor::<1>::from_floats(values, &device).reshape([4, 2]);
        // Two sets of two views each, and two concepts.
        let output = HeadOutput {
            logit: of([0.0, 2.0, 1.0, -5.0, 3.0, 3.0, 3.0, 3.0]),
            level: of([0.5, 0.5, 0.5, 0.5, 0.2, 0.4, 0.3, 0.4]),
            spread: of([0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8]),
        };
        let spreads = |output: &HeadOutput| {
            finexl_zoo::tensor_values::values(output.spread.clone(), "a test").unwrap()
        };
        assert_eq!(spreads(&output.clone().merged(1)).len(), 8);
        let merged = output.merged(2);
        assert_eq!(merged.logit.dims(), [2, 2]);
        assert_eq!(spreads(&merged), [0.3, 0.2, 0.7, 0.6]);
    }
}
