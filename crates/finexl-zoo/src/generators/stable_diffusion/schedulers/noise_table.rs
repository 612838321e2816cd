//! How much of an image is left at every timestep of the training.

use super::config::{BetaSchedule, SchedulerConfig};
use crate::ZooError;

/// What stands for nothing where sigmas have to stay finite: 2^-24.
const LEAST: f32 = 1.0 / 16_777_216.0;

/// Noise by timestep, in f32 as diffusers has it.
#[derive(Clone, Debug)]
pub(super) struct NoiseTable {
    /// The variance that is left of the image, from 1 to 0.
    pub kept: Vec<f32>,
}

impl NoiseTable {
    /// The table of a training.
    pub fn new(config: &SchedulerConfig) -> Result<Self, ZooError> {
        let (start, end, count) = (config.beta_start, config.beta_end, config.train_timesteps);
        /// No published model was trained with more.
        const MOST: usize = 100_000;
        if !(start > 0.0 && start <= end && end < 1.0 && (2..=MOST).contains(&count)) {
            return Err(ZooError::Config(format!(
                "a scheduler needs 0 < beta_start <= beta_end < 1 and 2 to {MOST} num_train_timesteps, not {start}, {end} and {count}"
            )));
        }
        let betas: Vec<f32> = match config.beta_schedule {
            BetaSchedule::Linear => linspace(start as f32, end as f32, count),
            BetaSchedule::ScaledLinear => {
                let roots = linspace(start.sqrt() as f32, end.sqrt() as f32, count);
                roots.into_iter().map(|root| root * root).collect()
            }
            BetaSchedule::SquaredCosine => squared_cosine(count),
        };
        let mut kept = products(&betas);
        if config.zero_snr {
            kept = rescaled(&kept);
            if config.class.speaks_of_sigmas()
                && let Some(last) = kept.last_mut()
            {
                *last = LEAST;
            }
        }
        Ok(Self { kept })
    }

    /// Noise in proportion to the image, of every timestep.
    pub fn sigmas(&self) -> Vec<f32> {
        let kept = self.kept.iter();
        kept.map(|kept| ((1.0 - kept) / kept).sqrt()).collect()
    }

    /// The variance that is left of the image at a timestep, `after` below the first.
    pub fn at(&self, timestep: i64, after: f64) -> Result<f64, ZooError> {
        if timestep < 0 {
            return Ok(after);
        }
        match self.kept.get(timestep as usize) {
            Some(kept) => Ok(f64::from(*kept)),
            None => Err(ZooError::Config(format!(
                "timestep {timestep} is past the last of {}; take fewer steps, or another timestep_spacing",
                self.kept.len()
            ))),
        }
    }

    /// The variance that is left after the last step of PNDM, DDIM and LCM.
    pub fn after(&self, config: &SchedulerConfig) -> f64 {
        match config.alpha_to_one {
            true => 1.0,
            false => f64::from(self.kept[0]),
        }
    }
}

/// The variance that is left of an image at every timestep of a training.
///
/// # Errors
/// [`ZooError::Config`] for betas out of their range.
pub(in super::super) fn noise_kept(config: &SchedulerConfig) -> Result<Vec<f32>, ZooError> {
    Ok(NoiseTable::new(config)?.kept)
}

/// Equal distances in f32, from both ends to the middle, as PyTorch makes them.
fn linspace(start: f32, end: f32, count: usize) -> Vec<f32> {
    let step = (end - start) / (count - 1) as f32;
    (0..count)
        .map(|i| match i < count / 2 {
            true => start + step * i as f32,
            false => end - step * (count - 1 - i) as f32,
        })
        .collect()
}

fn squared_cosine(count: usize) -> Vec<f32> {
    const MOST: f64 = 0.999;
    let left = |t: f64| {
        let angle = (t + 0.008) / 1.008 * std::f64::consts::FRAC_PI_2;
        angle.cos().powi(2)
    };
    let share = |i: usize| i as f64 / count as f64;
    (0..count)
        .map(|i| (1.0 - left(share(i + 1)) / left(share(i))).min(MOST) as f32)
        .collect()
}

/// Products of what betas leave, gathered in f64 and kept in f32.
fn products(betas: &[f32]) -> Vec<f32> {
    let mut product = 1.0f64;
    betas
        .iter()
        .map(|beta| {
            product *= f64::from(1.0 - beta);
            product as f32
        })
        .collect()
}

/// The same with nothing left at the end: algorithm 1 of Lin et al. 2024.
fn rescaled(kept: &[f32]) -> Vec<f32> {
    let roots: Vec<f32> = kept.iter().map(|kept| kept.sqrt()).collect();
    let (first, last) = (roots[0], roots[roots.len() - 1]);
    let squares: Vec<f32> = roots
        .iter()
        .map(|root| {
            let moved = (root - last) * (first / (first - last));
            moved * moved
        })
        .collect();
    let before = std::iter::once(1.0).chain(squares.iter().copied());
    let betas: Vec<f32> = squares
        .iter()
        .zip(before)
        .map(|(now, before)| 1.0 - now / before)
        .collect();
    products(&betas)
}
