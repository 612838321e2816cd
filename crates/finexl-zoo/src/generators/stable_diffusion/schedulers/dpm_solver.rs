//! DPM-Solver++ of first or second order.

use super::config::{FinalSigma, SchedulerConfig, SolverType};
use super::karras_sigmas::{karras_sigmas, timestep};
use super::noise_table::NoiseTable;
use super::schedule::Steps;
use super::timesteps;
use crate::ZooError;
use crate::sampling::Prediction;
use burn::tensor::Tensor;

/// Below so many steps the last one may be of first order.
const FEW: usize = 15;

/// Algorithm 2 of Lu et al. 2022 (DPM-Solver++).
#[derive(Clone, Debug)]
pub(super) struct DpmSolver {
    prediction: Prediction,
    solver: SolverType,
    sigmas: Vec<f32>,
    /// Whether a call's step uses the past estimate.
    second_order: Vec<bool>,
}

/// Parts of image and noise, and the logarithm of their ratio.
#[derive(Clone, Copy)]
struct Level {
    alpha: f64,
    sigma: f64,
    lambda: f64,
}

impl Level {
    fn new(sigma: f32) -> Self {
        let sigma = f64::from(sigma);
        let alpha = 1.0 / (sigma.powi(2) + 1.0).sqrt();
        Self {
            alpha,
            sigma: sigma * alpha,
            lambda: -sigma.ln(),
        }
    }
}

impl DpmSolver {
    pub fn new(config: &SchedulerConfig, steps: usize) -> Result<(Vec<i64>, Self), ZooError> {
        let table = NoiseTable::new(config)?.sigmas();
        let mut timesteps = timesteps::without_last(config, steps);
        let mut sigmas = Vec::new();
        if config.karras {
            let ends = [table[table.len() - 1], table[0]].map(f64::from);
            sigmas = karras_sigmas(config, steps, ends)?;
            let whole = |sigma: &f64| timestep(*sigma, &table).round_ties_even() as i64;
            timesteps = sigmas.iter().map(whole).collect();
        } else {
            for t in &timesteps {
                let sigma = usize::try_from(*t).ok().and_then(|t| table.get(t));
                sigmas.push(f64::from(*sigma.ok_or_else(|| {
                    ZooError::Config(format!(
                        "timestep {t} is past the last of {}; take fewer steps, or another timestep_spacing",
                        table.len()
                    ))
                })?));
            }
        }
        sigmas.push(match config.final_sigma {
            FinalSigma::Min => f64::from(table[0]),
            FinalSigma::Zero => 0.0,
        });
        let first_at_last = config.euler_at_final
            || (config.lower_order_final && steps < FEW)
            || config.final_sigma == FinalSigma::Zero;
        let second_order = (0..steps)
            .map(|call| config.order > 1 && call > 0 && !(call + 1 == steps && first_at_last));
        let solver = Self {
            prediction: config.prediction,
            solver: config.solver,
            second_order: second_order.collect(),
            sigmas: sigmas.into_iter().map(|sigma| sigma as f32).collect(),
        };
        Ok((timesteps, solver))
    }

    pub fn sigmas(&self) -> &[f32] {
        &self.sigmas
    }

    pub fn step<const D: usize>(
        &self,
        call: usize,
        memory: &mut Steps<'_, D>,
        predicted: Tensor<D>,
        x: Tensor<D>,
    ) -> Tensor<D> {
        let now = Level::new(self.sigmas[call]);
        let next = Level::new(self.sigmas[call + 1]);
        let image = match self.prediction {
            Prediction::Sample => predicted,
            Prediction::V => x.clone().mul_scalar(now.alpha) - predicted.mul_scalar(now.sigma),
            Prediction::Noise | Prediction::Velocity => {
                (x.clone() - predicted.mul_scalar(now.sigma)).div_scalar(now.alpha)
            }
        };
        let length = next.lambda - now.lambda;
        let shrunk = (-length).exp() - 1.0;
        let past = memory.past.pop();
        memory.past.push(image.clone());
        let moved =
            x.mul_scalar(next.sigma / now.sigma) - image.clone().mul_scalar(next.alpha * shrunk);
        match past {
            Some(past) if self.second_order[call] => {
                let before = Level::new(self.sigmas[call - 1]);
                let ratio = (now.lambda - before.lambda) / length;
                let change = (image - past).div_scalar(ratio);
                let weight = match self.solver {
                    SolverType::Midpoint => -0.5 * next.alpha * shrunk,
                    SolverType::Heun => next.alpha * (shrunk / length + 1.0),
                };
                moved + change.mul_scalar(weight)
            }
            _ => moved,
        }
    }
}
