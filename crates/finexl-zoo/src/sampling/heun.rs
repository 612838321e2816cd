//! Heun's method.

use super::noise_level::{NoiseLevel, check_levels};
use crate::ZooError;
use burn::tensor::Tensor;

/// Samples by Heun's method: every step is tried as Euler's and then repeated with the mean of the
/// derivatives at both ends. Two calls of the network per step; the error falls with the square of the
/// number of steps.
///
/// Algorithm 1 of Karras et al. 2022 without fresh noise, where the step to `sigma = 0` stays Euler's,
/// since there is no derivative at its end. The derivative is taken along the straight line between the
/// two levels. For rectified flow that is the derivative by `t` and for EDM the one by sigma, as
/// published. Variance-preserving levels can be sampled as they are, or, as is usual elsewhere, divided
/// by their `alpha` (with `x`), which makes EDM's of them and differs within the error of the method.
///
/// Arguments are those of [`euler`](super::euler()).
///
/// # Shapes
/// `x`, the estimates and the result all have the shape of `x`.
///
/// # Errors
/// What `denoise` returns, or [`ZooError::Config`] for levels that [`check_levels`] refuses.
pub fn heun<const D: usize, E: From<ZooError>>(
    denoise: &mut impl FnMut(Tensor<D>, NoiseLevel) -> Result<Tensor<D>, E>,
    mut x: Tensor<D>,
    levels: &[NoiseLevel],
    progress: &mut impl FnMut(usize),
) -> Result<Tensor<D>, E> {
    check_levels(levels)?;
    for (done, pair) in levels.windows(2).enumerate() {
        let (level, next) = (pair[0], pair[1]);
        let mut x0 = denoise(x.clone(), level)?;
        if next.sigma > 0.0 {
            let tried = level.step(next, x.clone(), x0.clone());
            // The mean of both derivatives, written as a first-order step with a mixed estimate: on a
            // line the derivative at either end is (sigma_dot x + c x0) / sigma with the same c.
            let share = level.sigma / (2.0 * next.sigma);
            let at_end = denoise(tried, next)?;
            x0 = x0.mul_scalar(1.0 - share) + at_end.mul_scalar(share);
        }
        x = level.step(next, x, x0);
        progress(done + 1);
    }
    Ok(x)
}
