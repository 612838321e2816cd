//! How much of an image and how much noise there is.

use crate::ZooError;
use burn::tensor::Tensor;

/// A noise level: `x = alpha * x0 + sigma * noise`, with standard normal noise.
///
/// Rectified flow has `alpha = 1 - t` and `sigma = t`, EDM has `alpha = 1`, variance-preserving
/// diffusion has `alpha^2 + sigma^2 = 1`. Pure noise is `alpha = 0`, an image is `sigma = 0`.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NoiseLevel {
    /// The factor of the image, at least 0.
    pub alpha: f64,
    /// The standard deviation of the noise, at least 0.
    pub sigma: f64,
}

impl NoiseLevel {
    /// The image itself, without noise: where every schedule ends.
    pub const IMAGE: Self = Self {
        alpha: 1.0,
        sigma: 0.0,
    };

    /// An image brought to this level, `alpha * x0 + sigma * noise`.
    ///
    /// # Shapes
    /// Both tensors and the result have the same shape.
    pub fn mix<const D: usize>(self, x0: Tensor<D>, noise: Tensor<D>) -> Tensor<D> {
        x0.mul_scalar(self.alpha) + noise.mul_scalar(self.sigma)
    }

    /// A first-order step from this level to `next`, exact where the estimate `x0` is right all the
    /// way: the noise that `x0` implies stays as it is.
    ///
    /// `(sigma' / sigma) x + (alpha' - alpha sigma' / sigma) x0`; equation 12 of DDIM without fresh
    /// noise (Song et al. 2021). No logarithm of `alpha` is needed, so `alpha = 0` is nothing special,
    /// and at `sigma' = 0` only `x0` is left, even where `x` overflowed.
    pub(super) fn step<const D: usize>(self, next: Self, x: Tensor<D>, x0: Tensor<D>) -> Tensor<D> {
        if next.sigma == 0.0 {
            return x0.mul_scalar(next.alpha);
        }
        let kept = next.sigma / self.sigma;
        x.mul_scalar(kept) + x0.mul_scalar(next.alpha - self.alpha * kept)
    }
}

/// Checks that a sampler can follow these levels: finite, not negative, and with less noise in
/// proportion to the image at every step. Only the last may be free of noise.
///
/// # Errors
/// [`ZooError::Config`] that names the first level that is not so, or says that there are fewer than
/// two.
pub fn check_levels(levels: &[NoiseLevel]) -> Result<(), ZooError> {
    if levels.len() < 2 {
        return Err(ZooError::Config(format!(
            "a sampler needs at least two noise levels and got {}; ask for one step or more",
            levels.len()
        )));
    }
    let problem = |index: usize, what: &str| {
        let NoiseLevel { alpha, sigma } = levels[index];
        Err(ZooError::Config(format!(
            "noise level {index} (alpha {alpha}, sigma {sigma}) {what}"
        )))
    };
    for (index, level) in levels.iter().enumerate() {
        let valid = |v: f64| v.is_finite() && v >= 0.0;
        if !valid(level.alpha) || !valid(level.sigma) {
            return problem(index, "has to be finite and not negative");
        }
        if level.sigma == 0.0 && (level.alpha == 0.0 || index + 1 < levels.len()) {
            return problem(
                index,
                "leaves nothing to sample; only the last has no noise",
            );
        }
    }
    for (index, pair) in levels.windows(2).enumerate() {
        // A comparison of sigma / alpha that knows alpha = 0.
        if pair[1].alpha * pair[0].sigma <= pair[0].alpha * pair[1].sigma {
            return problem(index + 1, "has no less noise than the level before it");
        }
    }
    Ok(())
}
