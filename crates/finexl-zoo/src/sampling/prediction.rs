//! What a network was trained to give.

use super::noise_level::NoiseLevel;
use crate::ZooError;
use burn::tensor::Tensor;

/// What a network predicts of `x = alpha * x0 + sigma * noise`.
///
/// At one `x` and level all four are the same estimate in other units: each is linear in `x0`, with
/// coefficients that depend on the level alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Prediction {
    /// The image `x0`.
    Sample,
    /// The noise (Ho et al. 2020).
    Noise,
    /// The velocity of rectified flow, `noise - x0` (Liu et al. 2023).
    Velocity,
    /// `alpha * noise - sigma * x0` of variance-preserving diffusion (Salimans and Ho 2022).
    V,
}

impl Prediction {
    /// All kinds.
    pub const ALL: [Self; 4] = [Self::Sample, Self::Noise, Self::Velocity, Self::V];

    /// What the network should have given: the target of training.
    ///
    /// # Shapes
    /// Both tensors and the result have the same shape.
    pub fn target<const D: usize>(
        self,
        x0: Tensor<D>,
        noise: Tensor<D>,
        level: NoiseLevel,
    ) -> Tensor<D> {
        match self {
            Self::Sample => x0,
            Self::Noise => noise,
            Self::Velocity => noise - x0,
            Self::V => noise.mul_scalar(level.alpha) - x0.mul_scalar(level.sigma),
        }
    }

    /// The estimate of `x0` from what the network gave for `x` at a level.
    ///
    /// # Shapes
    /// Both tensors and the result have the same shape.
    ///
    /// # Errors
    /// [`ZooError::Config`] for predicted noise where `alpha` is 0: all of `x` is noise there, and
    /// knowing it says nothing of the image.
    pub fn to_x0<const D: usize>(
        self,
        prediction: Tensor<D>,
        x: Tensor<D>,
        level: NoiseLevel,
    ) -> Result<Tensor<D>, ZooError> {
        let NoiseLevel { alpha, sigma } = level;
        // x0 = (of_x * x - of_prediction * prediction) / scale
        let (of_x, of_prediction, scale) = match self {
            Self::Sample => return Ok(prediction),
            Self::Noise => (1.0, sigma, alpha),
            Self::Velocity => (1.0, sigma, alpha + sigma),
            Self::V => (alpha, sigma, alpha * alpha + sigma * sigma),
        };
        if scale == 0.0 {
            return Err(ZooError::Config(format!(
                "a {self:?} prediction at alpha {alpha} and sigma {sigma} says nothing of the image; begin below pure noise, or use a model that predicts samples or velocities"
            )));
        }
        Ok(x.mul_scalar(of_x / scale) - prediction.mul_scalar(of_prediction / scale))
    }
}
