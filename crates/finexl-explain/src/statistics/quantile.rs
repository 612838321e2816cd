//! Quantiles of samples and of the normal distribution.

use statrs::distribution::{ContinuousCDF, Normal};

/// The quantile `at` (in [0, 1], clamped) of sorted values, linear between order statistics as
/// `numpy.quantile` does by default. NaN for no values.
pub fn quantile(sorted: &[f64], at: f64) -> f64 {
    let Some(last) = sorted.len().checked_sub(1) else {
        return f64::NAN;
    };
    let place = at.clamp(0.0, 1.0) * last as f64;
    let below = (place.floor() as usize).min(last);
    let above = (below + 1).min(last);
    let share = place - below as f64;
    sorted[below] + share * (sorted[above] - sorted[below])
}

/// Cumulative probability of the standard normal distribution.
pub(super) fn normal_cdf(x: f64) -> f64 {
    Normal::standard().cdf(x)
}

/// Its inverse, for `p` in (0, 1).
pub(super) fn normal_quantile(p: f64) -> f64 {
    Normal::standard().inverse_cdf(p)
}
