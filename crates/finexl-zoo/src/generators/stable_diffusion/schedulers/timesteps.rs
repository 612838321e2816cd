//! Which timesteps are sampled.

use super::config::{SchedulerConfig, Spacing};
use crate::ZooError;

/// Falling timesteps of PNDM, DDIM and DPM-Solver++, whole numbers.
pub(super) fn whole(config: &SchedulerConfig, steps: usize) -> Result<Vec<i64>, ZooError> {
    let falling = match config.spacing {
        Spacing::Linspace => linspace(config.train_timesteps, steps)
            .into_iter()
            .map(f64::round_ties_even)
            .collect(),
        Spacing::Leading => leading(config.train_timesteps / steps, steps, config.offset),
        Spacing::Trailing => trailing(config.train_timesteps, steps),
    };
    Ok(falling.into_iter().map(|t| t as i64).collect())
}

/// Falling timesteps of Euler's method, which lie between those of the training where they are at equal distances.
pub(super) fn real(config: &SchedulerConfig, steps: usize) -> Vec<f64> {
    match config.spacing {
        Spacing::Linspace => linspace(config.train_timesteps, steps)
            .into_iter()
            .map(|t| f64::from(t as f32))
            .collect(),
        Spacing::Leading => leading(config.train_timesteps / steps, steps, config.offset),
        Spacing::Trailing => trailing(config.train_timesteps, steps),
    }
}

/// Those of DPM-Solver++, which counts one step more and leaves the last out.
pub(super) fn without_last(config: &SchedulerConfig, steps: usize) -> Vec<i64> {
    let mut falling = match config.spacing {
        Spacing::Linspace => linspace(config.train_timesteps, steps + 1)
            .into_iter()
            .map(f64::round_ties_even)
            .collect(),
        Spacing::Leading => leading(
            config.train_timesteps / (steps + 1),
            steps + 1,
            config.offset,
        ),
        Spacing::Trailing => trailing(config.train_timesteps, steps),
    };
    if config.spacing != Spacing::Trailing {
        falling.truncate(steps);
    }
    falling.into_iter().map(|t| t as i64).collect()
}

fn linspace(count: usize, steps: usize) -> Vec<f64> {
    let last = (count - 1) as f64;
    let step = match steps {
        0 | 1 => 0.0,
        _ => last / (steps - 1) as f64,
    };
    let at = |i: usize| match i > 0 && i + 1 == steps {
        true => last,
        false => i as f64 * step,
    };
    (0..steps).rev().map(at).collect()
}

fn leading(ratio: usize, steps: usize, offset: usize) -> Vec<f64> {
    (0..steps)
        .rev()
        .map(|i| (i * ratio + offset) as f64)
        .collect()
}

/// Where rounding lets numpy count one number more, diffusers goes on to a timestep -1; that is left out here.
fn trailing(count: usize, steps: usize) -> Vec<f64> {
    let count = count as f64;
    let ratio = count / steps as f64;
    // The distance as numpy takes it, from its first two numbers.
    let distance = count - (count - ratio);
    (0..steps)
        .map(|i| (count - i as f64 * distance).round_ties_even() - 1.0)
        .collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::generators::stable_diffusion::schedulers::SchedulerClass;

    #[test]
    fn trailing_timesteps_begin_at_the_last() {
        let config = SchedulerConfig {
            spacing: Spacing::Trailing,
            ..SchedulerConfig::of_class(SchedulerClass::Ddim)
        };
        assert_eq!(whole(&config, 4).unwrap(), [999, 749, 499, 249]);
        assert_eq!(whole(&config, 3).unwrap(), [999, 666, 332]);
    }

    #[test]
    fn the_solver_leaves_the_last_of_one_step_more_out() {
        let config = SchedulerConfig::of_class(SchedulerClass::DpmSolverPp2M);
        assert_eq!(without_last(&config, 3), [999, 666, 333]);
    }
}
