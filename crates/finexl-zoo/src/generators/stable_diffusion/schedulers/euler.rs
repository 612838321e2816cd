//! Euler's method in sigma, with fresh noise or without.

use super::class::SchedulerClass;
use super::config::{FinalSigma, SchedulerConfig, Spacing};
use super::karras_sigmas::{karras_sigmas, timestep};
use super::noise_table::NoiseTable;
use super::schedule::{Call, FreshNoise};
use super::timesteps;
use crate::ZooError;
use crate::sampling::Prediction;
use burn::tensor::Tensor;

/// Algorithm 1 of Karras et al. 2022 without its correction; `ancestral` puts fresh noise in for a part of what a step
/// takes away.
#[derive(Clone, Debug)]
pub(super) struct Euler {
    prediction: Prediction,
    ancestral: bool,
    sigmas: Vec<f32>,
}

impl Euler {
    pub fn new(config: &SchedulerConfig, steps: usize) -> Result<(Vec<Call>, Self), ZooError> {
        let table = NoiseTable::new(config)?.sigmas();
        let mut timesteps = timesteps::real(config, steps);
        let mut sigmas = interpolated(&timesteps, &table)?;
        if config.karras {
            sigmas = karras_sigmas(config, steps, [sigmas[0], sigmas[steps - 1]])?;
            timesteps = sigmas.iter().map(|s| timestep(*s, &table)).collect();
        }
        let ancestral = config.class == SchedulerClass::EulerAncestral;
        sigmas.push(match config.final_sigma {
            FinalSigma::Min if !ancestral => f64::from(table[0]),
            _ => 0.0,
        });
        let sigmas: Vec<f32> = sigmas.into_iter().map(|sigma| sigma as f32).collect();
        let call = |(timestep, sigma): (&f64, &f32)| Call {
            timestep: *timestep,
            input_scale: 1.0 / (f64::from(*sigma).powi(2) + 1.0).sqrt(),
        };
        let calls = timesteps.iter().zip(&sigmas).map(call).collect();
        let solver = Self {
            prediction: config.prediction,
            ancestral,
            sigmas,
        };
        Ok((calls, solver))
    }

    pub fn sigmas(&self) -> &[f32] {
        &self.sigmas
    }

    /// The standard deviation of what sampling begins with.
    pub fn start(&self, spacing: Spacing) -> f64 {
        let largest = self.sigmas.iter().copied().fold(0.0, f32::max);
        let largest = f64::from(largest);
        match spacing {
            Spacing::Leading => (largest.powi(2) + 1.0).sqrt(),
            Spacing::Trailing | Spacing::Linspace => largest,
        }
    }

    pub fn step<const D: usize>(
        &self,
        call: usize,
        predicted: Tensor<D>,
        x: Tensor<D>,
        fresh: &mut FreshNoise<'_, D>,
    ) -> Tensor<D> {
        let (from, to) = (
            f64::from(self.sigmas[call]),
            f64::from(self.sigmas[call + 1]),
        );
        let squared = from.powi(2) + 1.0;
        let image = match self.prediction {
            Prediction::Sample => predicted,
            Prediction::V => {
                predicted.mul_scalar(-from / squared.sqrt()) + x.clone().div_scalar(squared)
            }
            Prediction::Noise | Prediction::Velocity => x.clone() - predicted.mul_scalar(from),
        };
        let (down, up) = match self.ancestral {
            true => split(self.sigmas[call], self.sigmas[call + 1]),
            false => (to, 0.0),
        };
        let slope = (x.clone() - image).div_scalar(from);
        let moved = x + slope.mul_scalar(down - from);
        match up > 0.0 {
            true => moved + fresh(call).mul_scalar(up),
            false => moved,
        }
    }
}

/// The sigma that a step goes down to and that of its fresh noise. In f32 as in diffusers: from much noise to little
/// the first is a small difference of large numbers, and its rounding is part of the result.
fn split(from: f32, to: f32) -> (f64, f64) {
    let up = (to * to * (from * from - to * to) / (from * from)).sqrt();
    let down = (to * to - up * up).max(0.0).sqrt();
    (f64::from(down), f64::from(up))
}

/// Sigmas of timesteps between those of the training.
fn interpolated(timesteps: &[f64], table: &[f32]) -> Result<Vec<f64>, ZooError> {
    let last = table.len() - 1;
    let at = |t: &f64| {
        if *t > last as f64 {
            return Err(ZooError::Config(format!(
                "timestep {t} is past the last of {}; take fewer steps, or another timestep_spacing",
                table.len()
            )));
        }
        let low = (t.floor().max(0.0) as usize).min(last);
        let high = (low + 1).min(last);
        let (from, to) = (f64::from(table[low]), f64::from(table[high]));
        Ok(from + (to - from) * (t - low as f64))
    };
    timesteps.iter().map(at).collect()
}
