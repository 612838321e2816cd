//! The schedule of EDM.

use super::noise_level::NoiseLevel;
use crate::ZooError;

/// Levels of EDM: `alpha = 1` and sigmas whose `1 / rho`-th powers are equally far apart, from
/// `sigma_max` to `sigma_min` and then 0. Returns `steps + 1` levels; one step goes from `sigma_max`
/// to 0.
///
/// Equation 5 of Karras et al. 2022, who use 0.002, 80 and 7 for data with a standard deviation of 0.5.
///
/// # Errors
/// [`ZooError::Config`] for no steps, or unless `0 < sigma_min < sigma_max` and `rho > 0`.
pub fn karras(
    steps: usize,
    sigma_min: f64,
    sigma_max: f64,
    rho: f64,
) -> Result<Vec<NoiseLevel>, ZooError> {
    if steps == 0 {
        return Err(ZooError::Config(
            "a schedule of EDM needs at least one step".to_string(),
        ));
    }
    let positive = |v: f64| v.is_finite() && v > 0.0;
    if !positive(sigma_min) || !positive(sigma_max) || !positive(rho) || sigma_min >= sigma_max {
        return Err(ZooError::Config(format!(
            "a schedule of EDM needs 0 < sigma_min < sigma_max and rho > 0, not sigma_min {sigma_min}, sigma_max {sigma_max}, rho {rho}"
        )));
    }
    let (first, last) = (sigma_max.powf(1.0 / rho), sigma_min.powf(1.0 / rho));
    let sigma = |index: usize| match index {
        // Both ends exactly; the power of a root is off by rounding.
        0 => sigma_max,
        i if i + 1 == steps => sigma_min,
        i => (first + i as f64 / (steps - 1) as f64 * (last - first)).powf(rho),
    };
    let levels = (0..steps).map(|i| NoiseLevel {
        alpha: 1.0,
        sigma: sigma(i),
    });
    Ok(levels.chain([NoiseLevel::IMAGE]).collect())
}
