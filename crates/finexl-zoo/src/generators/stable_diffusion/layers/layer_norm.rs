//! Layer normalisation.

use super::linear::wide;
use super::normalise::layer_norm;
use super::plain::{plain, tensor};
use burn::module::{Module, Param};
use burn::tensor::Tensor;

/// Normalises the channels of every place.
#[derive(Module, Debug)]
pub struct LayerNorm {
    /// `[channels]`
    pub weight: Param<Tensor<1>>,
    /// `[channels]`
    pub bias: Param<Tensor<1>>,
    #[module(skip)]
    pub(super) epsilon: f32,
}

impl LayerNorm {
    /// # Shapes
    /// - x, output: `[n, length, channels]`
    pub fn forward(&self, x: Tensor<3>) -> Tensor<3> {
        if let Some(y) = self.on_processor(&x) {
            return y;
        }
        let channels = x.dims()[2];
        let centred = x.clone() - x.mean_dim(2);
        let variance = centred.clone().powi_scalar(2).mean_dim(2);
        let row = |p: &Param<Tensor<1>>| wide(p.val()).reshape([1, 1, channels]);
        centred / (variance + self.epsilon).sqrt() * row(&self.weight) + row(&self.bias)
    }

    fn on_processor(&self, x: &Tensor<3>) -> Option<Tensor<3>> {
        let [weight, bias] = [&self.weight, &self.bias].map(|p| plain(&wide(p.val())));
        let (weight, bias) = (weight?.in_rows()?, bias?.in_rows()?);
        let dims = x.dims();
        let x = plain(x)?.in_rows()?;
        let values = layer_norm(
            x.singles(),
            [weight.singles(), bias.singles()],
            self.epsilon,
        );
        Some(tensor(values, dims))
    }
}
