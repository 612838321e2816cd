//! Wilson's score interval for proportions.

use super::intervals::Interval;
use super::quantile::normal_quantile;

/// The interval of a proportion of `successes` in `trials` at confidence `level` (e.g. 0.95).
///
/// Wilson 1927, without continuity correction. No trials say nothing: [0, 1].
pub fn wilson(successes: usize, trials: usize, level: f64) -> Interval {
    if trials == 0 {
        return Interval {
            low: 0.0,
            high: 1.0,
        };
    }
    let n = trials as f64;
    let share = successes as f64 / n;
    let z = normal_quantile(0.5 + level / 2.0);
    let scale = 1.0 + z * z / n;
    let centre = (share + z * z / (2.0 * n)) / scale;
    let half = z * (share * (1.0 - share) / n + z * z / (4.0 * n * n)).sqrt() / scale;
    Interval {
        low: (centre - half).clamp(0.0, share),
        high: (centre + half).clamp(share, 1.0),
    }
}
