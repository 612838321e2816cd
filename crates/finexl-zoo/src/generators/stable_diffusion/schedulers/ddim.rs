//! DDIM without fresh noise.

use super::config::SchedulerConfig;
use super::noise_table::NoiseTable;
use super::schedule::check_image_left;
use super::timesteps;
use crate::ZooError;
use crate::sampling::Prediction;
use burn::tensor::Tensor;

/// Equation 12 of Song et al. 2021. Noise is what the network predicts even where the estimate of the image is clipped.
#[derive(Clone, Debug)]
pub(super) struct Ddim {
    prediction: Prediction,
    clip: Option<f64>,
    /// What is left of the image before and after every call.
    kept: Vec<[f64; 2]>,
}

impl Ddim {
    pub fn new(config: &SchedulerConfig, steps: usize) -> Result<(Vec<i64>, Self), ZooError> {
        let table = NoiseTable::new(config)?;
        let after = table.after(config);
        let ratio = (config.train_timesteps / steps) as i64;
        let timesteps = timesteps::whole(config, steps)?;
        let kept = |t: &i64| {
            let now = table.at(*t, after)?;
            check_image_left(config, *t, now)?;
            Ok([now, table.at(t - ratio, after)?])
        };
        let kept = timesteps
            .iter()
            .map(kept)
            .collect::<Result<_, ZooError>>()?;
        let solver = Self {
            prediction: config.prediction,
            clip: config.clip,
            kept,
        };
        Ok((timesteps, solver))
    }

    pub fn step<const D: usize>(
        &self,
        call: usize,
        predicted: Tensor<D>,
        x: Tensor<D>,
    ) -> Tensor<D> {
        let [now, next] = self.kept[call];
        let (alpha, sigma) = (now.sqrt(), (1.0 - now).sqrt());
        let (image, noise) = match self.prediction {
            Prediction::Sample => {
                let noise = (x - predicted.clone().mul_scalar(alpha)).div_scalar(sigma);
                (predicted, noise)
            }
            Prediction::V => (
                x.clone().mul_scalar(alpha) - predicted.clone().mul_scalar(sigma),
                predicted.mul_scalar(alpha) + x.mul_scalar(sigma),
            ),
            Prediction::Noise | Prediction::Velocity => {
                let image = (x - predicted.clone().mul_scalar(sigma)).div_scalar(alpha);
                (image, predicted)
            }
        };
        let image = match self.clip {
            Some(bound) => image.clamp(-bound, bound),
            None => image,
        };
        image.mul_scalar(next.sqrt()) + noise.mul_scalar((1.0 - next).sqrt())
    }
}
