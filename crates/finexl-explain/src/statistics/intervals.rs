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
/// `leave_one_out` are the estimates without each probe in turn ([`super::jackknife`]); constant
/// ones mean no acceleration. Ties of replicates with the estimate count half below it. Where all
/// lie on one side (scipy: NaN) half a replicate is imagined on the other. Constant replicates give
/// an interval of no width.
pub fn bca(estimate: f64, replicates: &[f64], leave_one_out: &[f64], level: f64) -> Interval {
    let sorted = sorted(replicates);
    let count = sorted.len() as f64;
    let below = sorted.partition_point(|&value| value < estimate) as f64;
    let up_to = sorted.partition_point(|&value| value <= estimate) as f64;
    let half = 0.5 / count;
    let share = ((below + up_to) / (2.0 * count)).clamp(half, 1.0 - half);
    let bias = normal_quantile(share);
    let acceleration = acceleration(leave_one_out);
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

/// Skewness of the jackknife's influence values, over 6.
fn acceleration(leave_one_out: &[f64]) -> f64 {
    let count = leave_one_out.len() as f64;
    let mean = leave_one_out.iter().sum::<f64>() / count;
    let (mut squares, mut cubes) = (0.0, 0.0);
    for value in leave_one_out {
        let influence = mean - value;
        squares += influence * influence;
        cubes += influence * influence * influence;
    }
    // Values that differ by rounding only have no skewness worth the name.
    let rounding = (1e-13 * mean.abs()).powi(2) * count;
    if squares > rounding {
        cubes / (6.0 * squares.powf(1.5))
    } else {
        0.0
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
}
