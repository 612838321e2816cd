//! Guidance: predictions pushed beyond what the network says.
//!
//! Both kinds combine predictions of one `x` at one level with weights that sum to one. Every
//! [`Prediction`](super::Prediction) is linear in every other, with coefficients that depend on `x` and
//! the level alone, so guidance commutes with the change from one to another: guiding noise, velocities
//! or estimates of `x0` by the same scale gives the same sample.

use burn::tensor::Tensor;

/// Classifier-free guidance: `unconditional + scale * (conditional - unconditional)`.
///
/// Ho and Salimans 2022, whose `w` is `scale - 1`. A scale of 1 gives the conditional prediction, 0 the
/// unconditional one; the network need be asked only once then.
///
/// # Shapes
/// Both tensors and the result have the same shape.
pub fn classifier_free<const D: usize>(
    conditional: Tensor<D>,
    unconditional: Tensor<D>,
    scale: f64,
) -> Tensor<D> {
    towards(unconditional, conditional, scale)
}

/// Concept guidance: `prediction + lambda * (with_concept - prediction)`, where `with_concept` was
/// conditioned on the prompt and the concept, `prediction` on the prompt alone.
///
/// Equation 12 of the FineXL paper, after NoiseCLR (Dalva and Yanardag 2024). There `lambda` runs from
/// -5 to 10: below 0 the concept is taken away, at 0 nothing changes. Other values are not refused. For
/// several concepts use the result as the prediction of the next, or add the differences.
///
/// # Shapes
/// Both tensors and the result have the same shape.
pub fn concept<const D: usize>(
    prediction: Tensor<D>,
    with_concept: Tensor<D>,
    lambda: f64,
) -> Tensor<D> {
    towards(prediction, with_concept, lambda)
}

fn towards<const D: usize>(from: Tensor<D>, to: Tensor<D>, scale: f64) -> Tensor<D> {
    let difference = to - from.clone();
    from + difference.mul_scalar(scale)
}
