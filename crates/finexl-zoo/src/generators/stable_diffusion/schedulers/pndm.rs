//! PNDM without Runge-Kutta steps.

use super::config::SchedulerConfig;
use super::noise_table::NoiseTable;
use super::schedule::Steps;
use super::timesteps;
use crate::ZooError;
use crate::sampling::Prediction;
use burn::tensor::Tensor;

/// Predictions that are remembered.
const REMEMBERED: usize = 4;

/// Equation 9 of Liu et al. 2022 with a linear combination of the last predictions. The second call repeats the first
/// step with the mean of the predictions at both its ends.
#[derive(Clone, Debug)]
pub(super) struct Pndm {
    v: bool,
    transfers: Vec<Transfer>,
}

/// From one amount of noise to another.
#[derive(Clone, Copy, Debug)]
struct Transfer {
    alpha: f64,
    sigma: f64,
    of_x: f64,
    of_noise: f64,
}

impl Transfer {
    fn new(kept: f64, next: f64) -> Self {
        let (lost, next_lost) = (1.0 - kept, 1.0 - next);
        let divisor = kept * next_lost.sqrt() + (kept * lost * next).sqrt();
        Self {
            alpha: kept.sqrt(),
            sigma: lost.sqrt(),
            of_x: (next / kept).sqrt(),
            of_noise: (next - kept) / divisor,
        }
    }
}

impl Pndm {
    pub fn new(config: &SchedulerConfig, steps: usize) -> Result<(Vec<i64>, Self), ZooError> {
        let table = NoiseTable::new(config)?;
        let after = table.after(config);
        let ratio = (config.train_timesteps / steps) as i64;
        let falling = timesteps::whole(config, steps)?;
        let mut called = falling.clone();
        if let Some(second) = falling.get(1) {
            called.insert(1, *second);
        }
        let transfer = |(call, t): (usize, &i64)| {
            let (from, to) = match call {
                1 => (t + ratio, *t),
                _ => (*t, t - ratio),
            };
            Ok(Transfer::new(table.at(from, after)?, table.at(to, after)?))
        };
        let transfers = called.iter().enumerate().map(transfer);
        let transfers = transfers.collect::<Result<_, ZooError>>()?;
        let v = config.prediction == Prediction::V;
        Ok((called, Self { v, transfers }))
    }

    pub fn step<const D: usize>(
        &self,
        call: usize,
        memory: &mut Steps<'_, D>,
        predicted: Tensor<D>,
        mut x: Tensor<D>,
    ) -> Tensor<D> {
        if call != 1 {
            if memory.past.len() == REMEMBERED {
                memory.past.remove(0);
            }
            memory.past.push(predicted.clone());
        }
        if call == 0 {
            memory.start = Some(x.clone());
        }
        let past = |back: usize| memory.past[memory.past.len() - 1 - back].clone();
        let combined = match (call, memory.past.len()) {
            (0, _) => predicted,
            (1, _) => {
                let mean = (predicted + past(0)).div_scalar(2.0);
                if let Some(start) = memory.start.take() {
                    x = start;
                }
                mean
            }
            (_, 0 | 1) => predicted,
            (_, 2) => (past(0).mul_scalar(3.0) - past(1)).div_scalar(2.0),
            (_, 3) => {
                let sum = past(0).mul_scalar(23.0) - past(1).mul_scalar(16.0);
                (sum + past(2).mul_scalar(5.0)).div_scalar(12.0)
            }
            _ => {
                let sum = past(0).mul_scalar(55.0) - past(1).mul_scalar(59.0);
                (sum + past(2).mul_scalar(37.0) - past(3).mul_scalar(9.0)).div_scalar(24.0)
            }
        };
        let transfer = self.transfers[call];
        let noise = match self.v {
            true => combined.mul_scalar(transfer.alpha) + x.clone().mul_scalar(transfer.sigma),
            false => combined,
        };
        x.mul_scalar(transfer.of_x) - noise.mul_scalar(transfer.of_noise)
    }
}
