//! The activation of feed-forward layers.

use burn::tensor::Tensor;
use burn::tensor::activation::sigmoid;

/// GELU by the hyperbolic tangent, `x (1 + tanh u) / 2 = x sigmoid(2 u)` with
/// `u = sqrt(2 / pi) (x + 0.044715 x^3)`: burn's own goes through powers and tangents one number at a
/// time, which took a seventh of a training step.
pub fn gelu_tanh<const D: usize>(x: Tensor<D>) -> Tensor<D> {
    const LINEAR: f32 = 1.595_769_2;
    const CUBIC: f32 = 0.071_354_814;
    let square = x.clone() * x.clone();
    let inner = x.clone() * square.mul_scalar(CUBIC).add_scalar(LINEAR);
    x * sigmoid(inner)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::gelu_tanh;
    use burn::nn::Gelu;
    use burn::tensor::{Device, Tensor};

    #[test]
    fn it_is_that_of_burn() {
        let values: Vec<f32> = (-40..=40).map(|i| i as f32 / 8.0).collect();
        let x = Tensor::<1>::from_data(values.as_slice(), &Device::flex());
        let difference = gelu_tanh(x.clone()) - Gelu::new_approximate().forward(x);
        let largest: f32 = difference.abs().max().into_scalar();
        assert!(largest < 1e-5, "{largest}");
    }
}
