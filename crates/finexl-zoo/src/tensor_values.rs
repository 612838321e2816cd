//! Tensors as plain numbers.

use crate::ZooError;
use burn::tensor::Tensor;

/// The values of a tensor, row-major; `what` says what it was computed for.
///
/// # Errors
/// [`ZooError::Backend`] where the device fails.
pub fn values<const D: usize>(tensor: Tensor<D>, what: &'static str) -> Result<Vec<f32>, ZooError> {
    let failed = |message: String| ZooError::Backend { what, message };
    let data = tensor
        .try_into_data()
        .map_err(|e| failed(format!("{e:?}")))?;
    data.try_into_vec::<f32>()
        .map_err(|e| failed(format!("{e:?}")))
}
