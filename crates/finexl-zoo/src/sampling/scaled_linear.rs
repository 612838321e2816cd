//! The schedule of Stable Diffusion.

use super::noise_level::NoiseLevel;
use crate::ZooError;

/// Which of the training's timesteps are sampled; table 2 of Lin et al. 2024 (Common Diffusion Noise
/// Schedules and Sample Steps are Flawed).
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Spacing {
    /// Multiples of a whole number, plus [`ScaledLinear::offset`]. What Stable Diffusion 1 and 2 were
    /// published with; never begins at the last timestep.
    Leading,
    /// Counted down from the last timestep, rounded. Better at few steps.
    Trailing,
}

/// Variance-preserving diffusion whose betas are squares of equally spaced numbers (Rombach et al.
/// 2022). The default is that of Stable Diffusion 1 and 2.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct ScaledLinear {
    /// The variance that the first timestep adds, above 0 and below 1.
    pub beta_start: f64,
    /// The variance that the last timestep adds, not below the first and below 1.
    pub beta_end: f64,
    /// Timesteps of the training, at least 2.
    pub timesteps: usize,
    /// Added to every timestep of [`Spacing::Leading`].
    pub offset: usize,
}

impl Default for ScaledLinear {
    fn default() -> Self {
        Self {
            beta_start: 0.00085,
            beta_end: 0.012,
            timesteps: 1000,
            offset: 1,
        }
    }
}

impl ScaledLinear {
    /// The level of every timestep of the training, from little noise to much.
    ///
    /// # Errors
    /// [`ZooError::Config`] for settings outside their ranges.
    pub fn table(&self) -> Result<Vec<NoiseLevel>, ZooError> {
        let (start, end) = (self.beta_start, self.beta_end);
        if !(start > 0.0 && start <= end && end < 1.0) || self.timesteps < 2 {
            return Err(ZooError::Config(format!(
                "scaled-linear betas need 0 < beta-start <= beta-end < 1 and at least two timesteps, not {start}, {end} and {}",
                self.timesteps
            )));
        }
        let last = (self.timesteps - 1) as f64;
        let mut kept = 1.0;
        let level = |i: usize| {
            let root = start.sqrt() + i as f64 / last * (end.sqrt() - start.sqrt());
            kept *= 1.0 - root * root;
            NoiseLevel {
                alpha: f64::sqrt(kept),
                sigma: f64::sqrt(1.0 - kept),
            }
        };
        Ok((0..self.timesteps).map(level).collect())
    }

    /// The timesteps to sample, falling, counted from 0.
    ///
    /// # Errors
    /// [`ZooError::Config`] for no steps or more than the training has.
    pub fn sampled(&self, steps: usize, spacing: Spacing) -> Result<Vec<usize>, ZooError> {
        let count = self.timesteps;
        if steps == 0 || steps > count {
            return Err(ZooError::Config(format!(
                "a schedule of {count} timesteps can be sampled in 1 to {count} steps, not in {steps}"
            )));
        }
        let sampled: Vec<usize> = match spacing {
            Spacing::Leading => (0..steps)
                .rev()
                .map(|i| i * (count / steps) + self.offset)
                .collect(),
            Spacing::Trailing => (0..steps)
                .map(|i| {
                    let t = count as f64 - i as f64 * (count as f64 / steps as f64);
                    // Halves to even, as numpy rounds, by which published timesteps were made.
                    (t.round_ties_even() as usize).saturating_sub(1)
                })
                .collect(),
        };
        match sampled.first() {
            Some(first) if *first < count => Ok(sampled),
            _ => Err(ZooError::Config(format!(
                "leading timesteps of {steps} steps and an offset of {} pass the last of {count}; take fewer steps or trailing ones",
                self.offset
            ))),
        }
    }

    /// The levels of [`ScaledLinear::sampled`] timesteps, then the image. Returns `steps + 1` levels.
    ///
    /// The first level is not quite pure noise, but these models are given noise of standard deviation 1
    /// all the same. The last step begins at a variance that falls only with the number of steps, and so
    /// does its error, whatever the sampler.
    ///
    /// # Errors
    /// [`ZooError::Config`] for settings outside their ranges.
    pub fn levels(&self, steps: usize, spacing: Spacing) -> Result<Vec<NoiseLevel>, ZooError> {
        let table = self.table()?;
        let sampled = self.sampled(steps, spacing)?;
        let levels = sampled.into_iter().map(|t| table[t]);
        Ok(levels.chain([NoiseLevel::IMAGE]).collect())
    }

    /// The timestep of a level, from 0 to `timesteps - 1`: what the network is told. Between two
    /// timesteps it is interpolated in the logarithm of `alpha / sigma`; levels of other diffusions
    /// count by their proportion of image and noise.
    ///
    /// # Errors
    /// [`ZooError::Config`] for settings outside their ranges.
    pub fn timestep(&self, level: NoiseLevel) -> Result<f64, ZooError> {
        let table = self.table()?;
        let place = |level: NoiseLevel| (level.alpha / level.sigma).ln();
        let sought = place(level);
        let above = table.partition_point(|known| place(*known) > sought);
        if above == 0 {
            return Ok(0.0);
        }
        if above == table.len() {
            return Ok((table.len() - 1) as f64);
        }
        let (low, high) = (place(table[above - 1]), place(table[above]));
        Ok((above - 1) as f64 + (low - sought) / (low - high))
    }
}
