//! Group normalisation.

use super::linear::wide;
use super::normalise::group_norm;
use super::plain::{plain, tensor};
use burn::module::{Module, Param};
use burn::tensor::Tensor;
use burn::tensor::activation::silu;

/// Normalises groups of channels over all places, then scales and shifts every channel.
#[derive(Module, Debug)]
pub struct GroupNorm {
    /// `[channels]`
    pub weight: Param<Tensor<1>>,
    /// `[channels]`
    pub bias: Param<Tensor<1>>,
    #[module(skip)]
    pub(super) groups: usize,
    #[module(skip)]
    pub(super) epsilon: f32,
}

impl GroupNorm {
    /// # Shapes
    /// - x, output: `[n, height, width, channels]`
    pub fn forward(&self, x: Tensor<4>) -> Tensor<4> {
        match self.on_processor(&x, false) {
            Some(y) => y,
            None => self.on_device(x),
        }
    }

    /// The same followed by SiLU.
    pub fn forward_silu(&self, x: Tensor<4>) -> Tensor<4> {
        match self.on_processor(&x, true) {
            Some(y) => y,
            None => silu(self.on_device(x)),
        }
    }

    fn on_processor(&self, x: &Tensor<4>, silu: bool) -> Option<Tensor<4>> {
        let dims = x.dims();
        let [weight, bias] = [&self.weight, &self.bias].map(|p| plain(&wide(p.val())));
        let (weight, bias) = (weight?.in_rows()?, bias?.in_rows()?);
        let x = plain(x)?.in_rows()?;
        let affine = [weight.singles(), bias.singles()];
        let values = group_norm(
            x.singles(),
            dims[0],
            self.groups,
            affine,
            self.epsilon,
            silu,
        );
        Some(tensor(values, dims))
    }

    fn on_device(&self, x: Tensor<4>) -> Tensor<4> {
        let [n, height, width, channels] = x.dims();
        let x = x.reshape([n, height * width, self.groups, channels / self.groups]);
        let centred = x.clone() - x.mean_dim(1).mean_dim(3);
        let variance = centred.clone().powi_scalar(2).mean_dim(1).mean_dim(3);
        let x = centred / (variance + self.epsilon).sqrt();
        let x = x.reshape([n, height, width, channels]);
        let row = |p: &Param<Tensor<1>>| wide(p.val()).reshape([1, 1, 1, channels]);
        x * row(&self.weight) + row(&self.bias)
    }
}
