//! burn's layers as those of [`crate::transformer`].

use crate::ZooError;
use crate::transformer::{Linear, Matrix, Norm, RowLinear};
use burn::nn;
use burn::tensor::{Device, Tensor};

/// That of burn's layer norms by default.
const EPSILON: f32 = 1e-5;

/// The values of a tensor, row-major.
pub fn values<const D: usize>(tensor: Tensor<D>) -> Result<Vec<f32>, ZooError> {
    crate::tensor_values::values(tensor, "generating")
}

/// Weight `[outputs, inputs]` and bias of layers of the same input as one, and the inputs.
fn stacked(layers: &[&nn::Linear]) -> Result<(Vec<f32>, Vec<f32>, usize), ZooError> {
    let (mut weight, mut bias, mut inputs) = (Vec::new(), Vec::new(), 0);
    for layer in layers {
        inputs = layer.weight.dims()[0];
        weight.extend(values(layer.weight.val().transpose())?);
        match &layer.bias {
            Some(values_of) => bias.extend(values(values_of.val())?),
            None => bias.extend(vec![0.0; layer.weight.dims()[1]]),
        }
    }
    Ok((weight, bias, inputs))
}

/// Layers of the same input as one.
pub fn linear(layers: &[&nn::Linear]) -> Result<Linear, ZooError> {
    let (weight, bias, inputs) = stacked(layers)?;
    let weight = Matrix::F32(weight);
    Ok(Linear::new(weight, Some(bias), inputs, &Device::flex()))
}

/// The same for few rows.
pub fn row_linear(layers: &[&nn::Linear]) -> Result<RowLinear, ZooError> {
    let (weight, bias, inputs) = stacked(layers)?;
    Ok(RowLinear::new(weight, bias, inputs))
}

/// A layer norm.
pub fn norm(layer: &nn::LayerNorm) -> Result<Norm, ZooError> {
    let scale = values(layer.gamma.val())?;
    let shift = match &layer.beta {
        Some(beta) => values(beta.val())?,
        None => vec![0.0; scale.len()],
    };
    Ok(Norm::new(scale, shift, EPSILON))
}
