//! Sigmas of Karras et al. 2022 and the timesteps that they stand for.

use super::config::SchedulerConfig;
use crate::ZooError;
use crate::sampling::karras;

/// The exponent of the paper.
const RHO: f64 = 7.0;

/// So many falling sigmas between those given, unless the config has its own.
pub(super) fn karras_sigmas(
    config: &SchedulerConfig,
    steps: usize,
    [largest, least]: [f64; 2],
) -> Result<Vec<f64>, ZooError> {
    let largest = config.sigma_max.unwrap_or(largest);
    let least = config.sigma_min.unwrap_or(least);
    if steps == 1 {
        return Ok(vec![largest]);
    }
    let levels = karras(steps, least, largest, RHO)?;
    Ok(levels.iter().take(steps).map(|level| level.sigma).collect())
}

/// The timestep of a sigma, interpolated in its logarithm.
pub(super) fn timestep(sigma: f64, table: &[f32]) -> f64 {
    let sought = sigma.max(1e-10).ln();
    let logarithm = |index: usize| f64::from(table[index].ln());
    let below = table.partition_point(|known| f64::from(known.ln()) <= sought);
    let low = below.saturating_sub(1).min(table.len() - 2);
    let (from, to) = (logarithm(low), logarithm(low + 1));
    let share = ((from - sought) / (from - to)).clamp(0.0, 1.0);
    low as f64 + share
}
