//! Latent consistency models.

use super::config::SchedulerConfig;
use super::noise_table::NoiseTable;
use super::schedule::{FreshNoise, check_image_left};
use crate::ZooError;
use crate::sampling::Prediction;
use burn::tensor::Tensor;

/// The data's standard deviation in the boundary condition.
const DATA: f64 = 0.5;

/// Multistep sampling of Luo et al. 2023: an estimate of the image, then fresh noise up to the next timestep.
#[derive(Clone, Debug)]
pub(super) struct Lcm {
    prediction: Prediction,
    clip: Option<f64>,
    moves: Vec<Move>,
}

#[derive(Clone, Copy, Debug)]
struct Move {
    kept: f64,
    /// What is left of the image at the next timestep; none after the last.
    next: Option<f64>,
    of_x: f64,
    of_image: f64,
}

impl Lcm {
    pub fn new(config: &SchedulerConfig, steps: usize) -> Result<(Vec<i64>, Self), ZooError> {
        let table = NoiseTable::new(config)?;
        let timesteps = subset(config, steps)?;
        let scaling = |t: i64| {
            let scaled = t as f64 * config.timestep_scaling;
            let sum = scaled.powi(2) + DATA.powi(2);
            (DATA.powi(2) / sum, scaled / sum.sqrt())
        };
        let after = table.after(config);
        let moves = timesteps.iter().enumerate().map(|(call, t)| {
            let (of_x, of_image) = scaling(*t);
            let kept = table.at(*t, after)?;
            check_image_left(config, *t, kept)?;
            let next = timesteps.get(call + 1).map(|next| table.at(*next, after));
            Ok(Move {
                kept,
                next: next.transpose()?,
                of_x,
                of_image,
            })
        });
        let solver = Self {
            prediction: config.prediction,
            clip: config.clip,
            moves: moves.collect::<Result<_, ZooError>>()?,
        };
        Ok((timesteps, solver))
    }

    pub fn step<const D: usize>(
        &self,
        call: usize,
        predicted: Tensor<D>,
        x: Tensor<D>,
        fresh: &mut FreshNoise<'_, D>,
    ) -> Tensor<D> {
        let Move {
            kept,
            next,
            of_x,
            of_image,
        } = self.moves[call];
        let (alpha, sigma) = (kept.sqrt(), (1.0 - kept).sqrt());
        let image = match self.prediction {
            Prediction::Sample => predicted,
            Prediction::V => x.clone().mul_scalar(alpha) - predicted.mul_scalar(sigma),
            Prediction::Noise | Prediction::Velocity => {
                (x.clone() - predicted.mul_scalar(sigma)).div_scalar(alpha)
            }
        };
        let image = match self.clip {
            Some(bound) => image.clamp(-bound, bound),
            None => image,
        };
        let denoised = image.mul_scalar(of_image) + x.mul_scalar(of_x);
        match next {
            Some(next) => {
                denoised.mul_scalar(next.sqrt()) + fresh(call).mul_scalar((1.0 - next).sqrt())
            }
            None => denoised,
        }
    }
}

/// Timesteps at equal distances among those of the teacher.
fn subset(config: &SchedulerConfig, steps: usize) -> Result<Vec<i64>, ZooError> {
    let original = config.original_steps;
    if original == 0 || original > config.train_timesteps {
        return Err(ZooError::Config(format!(
            "original_inference_steps is {original}; a model of {} timesteps has 1 to as many",
            config.train_timesteps
        )));
    }
    if steps > original {
        return Err(ZooError::Config(format!(
            "the scheduler lcm takes at most {original} steps (original_inference_steps), not {steps}"
        )));
    }
    let distance = config.train_timesteps / original;
    let step = original as f64 / steps as f64;
    let place = |i: usize| (i as f64 * step).floor() as usize;
    Ok((0..steps)
        .map(|i| ((original - place(i)) * distance) as i64 - 1)
        .collect())
}
