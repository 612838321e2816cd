//! How much of a baseline's error a method removes.

use super::Clustered;
use crate::EvalError;
use finexl_explain::statistics::Interval;
use serde::{Deserialize, Serialize};

/// `1 - (ceiling - ours) / (ceiling - baseline)`: 0 is as good as the baseline, 1 as good as can be.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct ErrorRemoved {
    /// The share; none where the baseline makes no error.
    pub share: Option<f64>,
    /// Lower end of its 95% interval over runs.
    pub low: f64,
    /// Upper end of its 95% interval over runs.
    pub high: f64,
}

/// `ours / baseline - 1`, as the paper reports it.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct RelativeGain {
    /// The gain; none where the baseline is never right.
    pub gain: Option<f64>,
    /// What it is at the ceiling.
    pub possible: Option<f64>,
}

/// Both figures of the accuracies `[ours, baseline, ceiling]` per target.
///
/// # Errors
/// Where there is no run.
pub fn error_removed(accuracies: &Clustered) -> Result<(ErrorRemoved, RelativeGain), EvalError> {
    let means = accuracies.means();
    let Interval { low, high } = accuracies.interval(|means| share(means).unwrap_or(f64::NAN))?;
    let [ours, baseline, ceiling] = [0, 1, 2].map(|kind| means.get(kind).copied().unwrap_or(0.0));
    let gain = |value: f64| (baseline > 0.0).then(|| value / baseline - 1.0);
    let removed = ErrorRemoved {
        share: share(&means),
        low,
        high,
    };
    let relative = RelativeGain {
        gain: gain(ours),
        possible: gain(ceiling),
    };
    Ok((removed, relative))
}

fn share(means: &[f64]) -> Option<f64> {
    let [ours, baseline, ceiling] = means else {
        return None;
    };
    let error = ceiling - baseline;
    (error > 0.0).then(|| 1.0 - (ceiling - ours) / error)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn half_of_the_error_is_half() {
        let values = [[0.9, 0.8, 1.0], [0.8, 0.6, 1.0]];
        let runs = ["a", "b"].into_iter().zip(values.map(Vec::from));
        let (removed, relative) = error_removed(&Clustered::new(runs)).unwrap();
        assert!((removed.share.unwrap() - 0.5).abs() < 1e-12);
        assert!((removed.low - 0.5).abs() < 1e-12 && (removed.high - 0.5).abs() < 1e-12);
        assert!((relative.gain.unwrap() - (0.85 / 0.7 - 1.0)).abs() < 1e-12);
        assert!((relative.possible.unwrap() - (1.0 / 0.7 - 1.0)).abs() < 1e-12);
    }

    #[test]
    fn a_baseline_without_error_leaves_nothing_to_remove() {
        let runs = [("a", vec![1.0, 1.0, 1.0])].into_iter();
        assert_eq!(error_removed(&Clustered::new(runs)).unwrap().0.share, None);
    }
}
