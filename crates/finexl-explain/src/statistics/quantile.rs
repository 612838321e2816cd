//! Quantiles of samples and of the normal distribution.

use statrs::distribution::{ContinuousCDF, Normal, StudentsT};

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

/// The level at which quantiles of replicates of a mean over `count` have to be taken to hold the mean as often as
/// `level` says: resampling takes the spread for smaller than it is, by `(n - 1) / n`, and for known (the expanded
/// percentile interval, Hesterberg 2015). `level` itself for fewer than two.
pub fn expanded(level: f64, count: usize) -> f64 {
    let freedom = count as f64 - 1.0;
    let Ok(t) = StudentsT::new(0.0, 1.0, freedom) else {
        return level;
    };
    let end = t.inverse_cdf((1.0 + level) / 2.0) * (1.0 + 1.0 / freedom).sqrt();
    // At the very ends there is nothing to tell apart.
    (1.0 - 2.0 * normal_cdf(-end)).min(1.0 - 1e-9)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_pairs_take_wider_intervals() {
        // scipy: 1 - 2 norm.cdf(-sqrt(n / (n - 1)) t.ppf(0.975, n - 1))
        let wanted = [
            (5, 0.998091798896235),
            (25, 0.9648353817836411),
            (1000, 0.9503913881888714),
        ];
        for (count, level) in wanted {
            assert!((expanded(0.95, count) - level).abs() < 1e-9, "{count}");
        }
        assert!(expanded(0.95, 2) < 1.0);
        assert_eq!(expanded(0.95, 1), 0.95);
    }
}
