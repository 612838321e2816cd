//! DPM-Solver++ with two past estimates.

use super::noise_level::{NoiseLevel, check_levels};
use crate::ZooError;
use burn::tensor::Tensor;

/// Samples by DPM-Solver++(2M): first-order steps with an estimate of `x0` that is extrapolated, in the
/// logarithm of `alpha / sigma`, from the last two. One call of the network per step; the error falls
/// with the square of the number of steps, times a logarithm of it where steps near pure noise or near
/// the image stay long in that logarithm (times of a flow at equal distances).
///
/// Algorithm 2 of Lu et al. 2022 (DPM-Solver++). The first step is of first order for want of a past
/// estimate, the step to `sigma = 0` because it is infinitely long in that logarithm, and the step
/// after pure noise because the one before it was.
///
/// Arguments are those of [`euler`](super::euler()).
///
/// # Shapes
/// `x`, the estimates and the result all have the shape of `x`.
///
/// # Errors
/// What `denoise` returns, or [`ZooError::Config`] for levels that [`check_levels`] refuses.
pub fn dpm_solver_pp_2m<const D: usize, E: From<ZooError>>(
    denoise: &mut impl FnMut(Tensor<D>, NoiseLevel) -> Result<Tensor<D>, E>,
    mut x: Tensor<D>,
    levels: &[NoiseLevel],
    progress: &mut impl FnMut(usize),
) -> Result<Tensor<D>, E> {
    check_levels(levels)?;
    let mut past: Option<(Tensor<D>, f64)> = None;
    for (done, pair) in levels.windows(2).enumerate() {
        let (level, next) = (pair[0], pair[1]);
        let x0 = denoise(x.clone(), level)?;
        let length = length(level, next);
        let share = past
            .as_ref()
            .map_or(0.0, |(_, before)| length / (2.0 * before));
        let estimate = match past {
            Some((before, _)) if share > 0.0 && share.is_finite() => {
                x0.clone().mul_scalar(1.0 + share) - before.mul_scalar(share)
            }
            _ => x0.clone(),
        };
        x = level.step(next, x, estimate);
        past = Some((x0, length));
        progress(done + 1);
    }
    Ok(x)
}

/// The length of a step in `log(alpha / sigma)`; infinite from pure noise and to an image.
fn length(level: NoiseLevel, next: NoiseLevel) -> f64 {
    (next.alpha / level.alpha).ln() + (level.sigma / next.sigma).ln()
}
