//! The schedule of rectified flow.

use super::noise_level::NoiseLevel;
use crate::ZooError;

/// Levels of rectified flow from pure noise to the image: times at equal distances from 1 to 0, shifted
/// by `t' = shift t / (1 + (shift - 1) t)`; `alpha = 1 - t'`, `sigma = t'`. Returns `steps + 1` levels.
///
/// Liu et al. 2023 (rectified flow); the shift is equation 23 of Esser et al. 2024 (Stable Diffusion 3),
/// where larger images need a `shift` above 1, which spends more steps at high noise. A shift of 1
/// changes nothing.
///
/// # Errors
/// [`ZooError::Config`] for no steps or a shift that is not a positive number.
pub fn rectified_flow(steps: usize, shift: f64) -> Result<Vec<NoiseLevel>, ZooError> {
    if steps == 0 {
        return Err(ZooError::Config(
            "a schedule of rectified flow needs at least one step".to_string(),
        ));
    }
    if !(shift.is_finite() && shift > 0.0) {
        return Err(ZooError::Config(format!(
            "the time shift of rectified flow has to be a positive number, not {shift}; 1 is no shift"
        )));
    }
    let level = |left: usize| {
        let t = left as f64 / steps as f64;
        let scale = 1.0 + (shift - 1.0) * t;
        NoiseLevel {
            // Not 1 - sigma, which loses digits near pure noise.
            alpha: (steps - left) as f64 / steps as f64 / scale,
            sigma: shift * t / scale,
        }
    };
    Ok((0..=steps).rev().map(level).collect())
}
