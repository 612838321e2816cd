//! Euler's method.

use super::noise_level::{NoiseLevel, check_levels};
use crate::ZooError;
use burn::tensor::Tensor;

/// Samples by first-order steps, one call of the network each.
///
/// For rectified flow this is Euler's method on the velocity (Liu et al. 2023), for EDM on the
/// derivative by sigma (Karras et al. 2022), for variance-preserving diffusion DDIM without fresh noise
/// (Song et al. 2021): all three are the same step. Its error falls with the number of steps.
///
/// - `denoise` gets `x` and its level and returns the estimate of `x0`;
/// - `x` is what `levels[0]` says: noise times its sigma where nothing of the image is left;
/// - `levels` come from a schedule; they may end above `sigma = 0`;
/// - `progress` gets the number of finished steps, 1 to `levels.len() - 1`.
///
/// # Shapes
/// `x`, the estimates and the result all have the shape of `x`.
///
/// # Errors
/// What `denoise` returns, or [`ZooError::Config`] for levels that [`check_levels`] refuses.
pub fn euler<const D: usize, E: From<ZooError>>(
    denoise: &mut impl FnMut(Tensor<D>, NoiseLevel) -> Result<Tensor<D>, E>,
    mut x: Tensor<D>,
    levels: &[NoiseLevel],
    progress: &mut impl FnMut(usize),
) -> Result<Tensor<D>, E> {
    check_levels(levels)?;
    for (done, pair) in levels.windows(2).enumerate() {
        let x0 = denoise(x.clone(), pair[0])?;
        x = pair[0].step(pair[1], x, x0);
        progress(done + 1);
    }
    Ok(x)
}
