//! Linear layers.

use super::plain::{plain, tensor};
use crate::transformer::{Finish, multiply_rows};
use burn::nn::Linear;
use burn::tensor::{DType, Tensor, module};

/// `x W + b`, `[.., inputs]` to `[.., outputs]`.
pub fn linear<const D: usize>(layer: &Linear, x: Tensor<D>) -> Tensor<D> {
    if let Some(y) = on_processor(layer, &x) {
        return y;
    }
    let bias = layer.bias.as_ref().map(|bias| wide(bias.val()));
    module::linear(x, wide(layer.weight.val()), bias)
}

/// In single precision.
pub fn wide<const D: usize>(x: Tensor<D>) -> Tensor<D> {
    match x.dtype() {
        DType::F32 => x,
        _ => x.cast(DType::F32),
    }
}

fn on_processor<const D: usize>(layer: &Linear, x: &Tensor<D>) -> Option<Tensor<D>> {
    let weight = layer.weight.val();
    let [inputs, outputs] = weight.dims();
    let weight = plain(&weight)?;
    let weight = weight.stored(&[1, inputs])?;
    let bias = match &layer.bias {
        Some(bias) => Some(plain(&wide(bias.val()))?.in_rows()?),
        None => None,
    };
    let rows = plain(x)?.in_rows()?;
    let finish = Finish {
        bias: bias.as_ref().map(|bias| bias.singles()),
    };
    let values = multiply_rows(rows.singles(), inputs, weight, outputs, finish);
    let mut dims = x.dims();
    dims[D - 1] = outputs;
    Some(tensor(values, dims))
}
