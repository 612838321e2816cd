//! Confidence intervals from bootstrap replicates.
//!
//! Weights of non-negative fits are often exactly 0, in the estimate, in the replicates or both.
//! There no bootstrap is first-order correct, and the three intervals behave differently:
//! *percentile* never leaves the parameter's range and starts at 0 as soon as enough replicates do;
//! *BCa* does the same but shifts with the share of replicates below the estimate, where an atom at
//! the estimate counts half, so an estimate of 0 with mostly zero replicates stays stable and one
//! with few is pulled down hard; *studentized* is not bound to the range (cut it at 0 yourself) and
//! drops replicates of no spread, so it says nothing where an absent concept stays at 0. For
//! present concepts of skewed distribution BCa and studentized cover better than percentile.

use super::quantile::{normal_cdf, normal_quantile, quantile};
use serde::{Deserialize, Serialize};
use statrs::distribution::{ContinuousCDF, StudentsT};

/// A confidence interval.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Interval {
    /// Lower end.
    pub low: f64,
    /// Upper end.
    pub high: f64,
}

/// Quantiles of the replicates; NaN for none.
pub fn percentile(replicates: &[f64], level: f64) -> Interval {
    let sorted = sorted(replicates);
    Interval {
        low: quantile(&sorted, (1.0 - level) / 2.0),
        high: quantile(&sorted, (1.0 + level) / 2.0),
    }
}

/// Bias-corrected and accelerated interval (Efron 1987).
///
/// `pulls` are those of [`super::LeftOut`], of one sample after the other where several are resampled: the acceleration
/// is the skewness of their sum, over 6 (Davison and Hinkley 1997, eq. 5.27); constant estimates mean none. Ties of
/// replicates with the estimate count half below it. Where all lie on one side (scipy: NaN) half a replicate is
/// imagined on the other. Constant replicates give an interval of no width.
pub fn bca(estimate: f64, replicates: &[f64], pulls: &[f64], level: f64) -> Interval {
    let sorted = sorted(replicates);
    let count = sorted.len() as f64;
    let below = sorted.partition_point(|&value| value < estimate) as f64;
    let up_to = sorted.partition_point(|&value| value <= estimate) as f64;
    let half = 0.5 / count;
    let share = ((below + up_to) / (2.0 * count)).clamp(half, 1.0 - half);
    let bias = normal_quantile(share);
    let acceleration = acceleration(pulls);
    let end = |tail: f64| {
        let shifted = bias + normal_quantile(tail);
        let scale = 1.0 - acceleration * shifted;
        // Beyond the pole of the transformation lies everything.
        let place = if scale > 0.0 {
            bias + shifted / scale
        } else {
            shifted * f64::INFINITY
        };
        quantile(&sorted, normal_cdf(place))
    };
    Interval {
        low: end((1.0 - level) / 2.0),
        high: end((1.0 + level) / 2.0),
    }
}

/// Skewness of a sum of independent pulls, over 6.
fn acceleration(pulls: &[f64]) -> f64 {
    let (squares, cubes) = pulls.iter().fold((0.0, 0.0), |(squares, cubes), pull| {
        (squares + pull * pull, cubes + pull * pull * pull)
    });
    if squares > 0.0 {
        cubes / (6.0 * squares.powf(1.5))
    } else {
        0.0
    }
}

/// The factor by which the ends of an interval at `level` have to be further from the estimate than resampling says,
/// where the samples are small: it takes the spread for smaller than it is, by `(n - 1) / n`, and for known. The first
/// is put right for each sample by its own size; for the second the normal quantile gives way to that of Student's t,
/// with the degrees of freedom of a sum of such variances (Welch 1947, Satterthwaite 1946).
///
/// `samples` are the pulls of each sample. Where nothing pulls, the first decides by its size alone. Infinite where a
/// sample of one pulls, since it says nothing about spread.
pub fn widening(samples: &[&[f64]], level: f64) -> f64 {
    let energy = |pulls: &[f64]| pulls.iter().map(|pull| pull * pull).sum::<f64>();
    let all: f64 = samples.iter().map(|pulls| energy(pulls)).sum();
    let mut shares: Vec<(f64, usize)> = samples
        .iter()
        .map(|pulls| (energy(pulls) / all, pulls.len()))
        .filter(|(share, _)| *share > 0.0)
        .collect();
    if shares.is_empty() {
        shares.push((1.0, samples.first().map_or(0, |pulls| pulls.len())));
    }
    // In units of the variance that resampling gives.
    let (mut variance, mut squares) = (0.0, 0.0);
    for (share, size) in shares {
        let freedom = size as f64 - 1.0;
        let own = share * size as f64 / freedom;
        variance += own;
        squares += own * own / freedom;
    }
    let Ok(t) = StudentsT::new(0.0, 1.0, variance * variance / squares) else {
        return f64::INFINITY;
    };
    let tail = (1.0 + level) / 2.0;
    t.inverse_cdf(tail) / normal_quantile(tail) * variance.sqrt()
}

impl Interval {
    /// Everything: what is known where nothing is.
    pub const UNBOUNDED: Self = Self {
        low: f64::NEG_INFINITY,
        high: f64::INFINITY,
    };

    /// The same interval with its ends so many times as far from an estimate.
    #[must_use]
    pub fn widened(self, estimate: f64, factor: f64) -> Self {
        let end = |end: f64| match end == estimate {
            // Not even an infinite factor moves it.
            true => end,
            false => estimate + factor * (end - estimate),
        };
        Self {
            low: end(self.low),
            high: end(self.high),
        }
    }

    /// The same interval with both ends as far from an estimate inside as the farther one.
    #[must_use]
    pub fn symmetric(self, estimate: f64) -> Self {
        let reach = (estimate - self.low).max(self.high - estimate);
        Self {
            low: estimate - reach,
            high: estimate + reach,
        }
    }

    /// The smallest interval that holds this one and an estimate: whatever resampling says, an estimate lies in its own
    /// interval. An end that is not a number holds everything on its side.
    #[must_use]
    pub fn holding(self, estimate: f64) -> Self {
        Self {
            low: match self.low.is_nan() {
                true => f64::NEG_INFINITY,
                false => self.low.min(estimate),
            },
            high: match self.high.is_nan() {
                true => f64::INFINITY,
                false => self.high.max(estimate),
            },
        }
    }
}

/// Studentized (bootstrap-t) interval: `estimate - q scale` with `q` the quantiles of
/// `(replicate - estimate) / its scale`.
///
/// `scale` and `scales` are standard errors (or anything proportional) of the estimate and of each
/// replicate. Replicates of scale 0 are left out where they differ from the estimate and count as 0
/// where they equal it; with `scale` 0, or nothing left, the interval has no width.
pub fn studentized(
    estimate: f64,
    scale: f64,
    replicates: &[f64],
    scales: &[f64],
    level: f64,
) -> Interval {
    let mut pivots: Vec<f64> = replicates
        .iter()
        .zip(scales)
        .filter_map(|(&replicate, &scale)| {
            if scale > 0.0 {
                Some((replicate - estimate) / scale)
            } else {
                (replicate == estimate).then_some(0.0)
            }
        })
        .collect();
    if pivots.is_empty() || scale == 0.0 {
        return Interval {
            low: estimate,
            high: estimate,
        };
    }
    pivots.sort_by(f64::total_cmp);
    Interval {
        low: estimate - quantile(&pivots, (1.0 + level) / 2.0) * scale,
        high: estimate - quantile(&pivots, (1.0 - level) / 2.0) * scale,
    }
}

fn sorted(values: &[f64]) -> Vec<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn constant_replicates_have_no_width() {
        let point = Interval {
            low: 2.0,
            high: 2.0,
        };
        assert_eq!(percentile(&[2.0; 9], 0.95), point);
        assert_eq!(bca(2.0, &[2.0; 9], &[2.0; 5], 0.95), point);
        assert_eq!(studentized(2.0, 0.0, &[2.0; 9], &[0.0; 9], 0.95), point);
        assert_eq!(studentized(2.0, 1.0, &[2.0; 9], &[0.0; 9], 0.95), point);
    }

    #[test]
    fn one_sided_replicates_stay_finite() {
        let replicates: Vec<f64> = (1..=100).map(f64::from).collect();
        let interval = bca(0.0, &replicates, &[0.0, 0.1, -0.2], 0.95);
        assert!(interval.low.is_finite() && interval.high.is_finite());
        assert!(interval.low <= interval.high);
    }

    #[test]
    fn an_estimate_at_the_boundary_keeps_its_lower_end() {
        let mut replicates = vec![0.0; 80];
        replicates.extend((1..=20).map(|i| f64::from(i) / 20.0));
        assert_eq!(bca(0.0, &replicates, &[0.0; 10], 0.95).low, 0.0);
        assert_eq!(percentile(&replicates, 0.95).low, 0.0);
    }

    #[test]
    fn without_skew_both_ends_are_as_far_as_the_farther() {
        let skewed = Interval {
            low: 0.5,
            high: 2.0,
        };
        let expected = Interval {
            low: 0.0,
            high: 2.0,
        };
        assert_eq!(skewed.symmetric(1.0), expected);
        let unbounded = Interval {
            low: 0.5,
            high: f64::INFINITY,
        };
        assert_eq!(unbounded.symmetric(1.0), Interval::UNBOUNDED);
    }

    #[test]
    fn small_samples_are_widened_as_t_says() {
        // scipy: t.ppf(0.975, n - 1) / norm.ppf(0.975) * sqrt(n / (n - 1))
        for (count, factor) in [(4, 1.8749183612863776), (25, 1.0747430388028232)] {
            let pulls = vec![0.3; count];
            assert!((widening(&[&pulls], 0.95) - factor).abs() < 1e-9, "{count}");
            // A sample that pulls nothing changes nothing.
            assert!((widening(&[&pulls, &[0.0; 3]], 0.95) - factor).abs() < 1e-9);
            assert!((widening(&[&vec![0.0; count]], 0.95) - factor).abs() < 1e-9);
        }
        // Between the two where both pull.
        let both = widening(&[&[0.3; 4], &[0.1; 25]], 0.95);
        assert!(both > 1.1 && both < 1.87, "{both}");
        assert_eq!(widening(&[&[0.3]], 0.95), f64::INFINITY);
        assert_eq!(widening(&[&[]], 0.95), f64::INFINITY);
    }

    proptest! {
        #[test]
        fn an_interval_holds_its_estimate_at_any_scale(
            values in prop::collection::vec(-1.0..1.0f64, 2..40),
            estimate in -2.0..2.0f64,
            exponent in -200i32..200,
            kind in 0..3,
        ) {
            let scale = 2f64.powi(exponent);
            let values: Vec<f64> = values.iter().map(|v| v * scale).collect();
            let estimate = estimate * scale;
            let pulls: Vec<f64> = values.iter().map(|v| v / values.len() as f64).collect();
            let found = match kind {
                0 => percentile(&values, 0.95),
                1 => bca(estimate, &values, &pulls, 0.95),
                _ => studentized(estimate, scale, &values, &values, 0.95),
            };
            let found = found.widened(estimate, widening(&[&pulls], 0.95)).holding(estimate);
            prop_assert!(found.low <= estimate && estimate <= found.high, "{found:?} {estimate}");
        }
    }
}
