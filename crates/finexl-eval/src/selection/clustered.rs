//! Means over targets whose runs are resampled.

use crate::EvalError;
use crate::summary::CONFIDENCE;
use finexl_explain::statistics::{Estimate, Interval, Resampling, bootstrap, percentile};
use std::collections::BTreeMap;

/// Values of targets, several kinds each, by the run that the target belongs to: the models of a
/// training are not independent, so resampling takes or leaves all of them together.
#[derive(Clone, Debug)]
pub struct Clustered {
    /// Per run and kind: the sum over its targets; behind them the number of targets.
    runs: Vec<(Vec<f64>, f64)>,
}

impl Clustered {
    /// Values `[targets][kinds]` with the runs of the targets.
    pub fn new<'a>(values: impl Iterator<Item = (&'a str, Vec<f64>)>) -> Self {
        let mut runs: BTreeMap<&str, (Vec<f64>, f64)> = BTreeMap::new();
        for (run, values) in values {
            let (sums, count) = runs
                .entry(run)
                .or_insert_with(|| (vec![0.0; values.len()], 0.0));
            for (sum, value) in sums.iter_mut().zip(&values) {
                *sum += value;
            }
            *count += 1.0;
        }
        Self {
            runs: runs.into_values().collect(),
        }
    }

    /// Number of runs.
    pub fn runs(&self) -> usize {
        self.runs.len()
    }

    /// The means over all targets, `[kinds]`.
    pub fn means(&self) -> Vec<f64> {
        let all: Vec<usize> = (0..self.runs.len()).collect();
        self.of(&all)
    }

    /// Means of each run by itself, `[runs][kinds]`.
    pub fn by_run(&self) -> Vec<Vec<f64>> {
        (0..self.runs.len()).map(|run| self.of(&[run])).collect()
    }

    /// The means over the targets of some runs, which may be repeated.
    fn of(&self, runs: &[usize]) -> Vec<f64> {
        let kinds = self.runs.first().map_or(0, |(sums, _)| sums.len());
        let mut means = vec![0.0; kinds];
        let count: f64 = runs.iter().map(|run| self.runs[*run].1).sum();
        for run in runs {
            for (mean, sum) in means.iter_mut().zip(&self.runs[*run].0) {
                *mean += sum / count.max(1.0);
            }
        }
        means
    }

    /// The percentile bootstrap interval over runs of a function of the means, at 95%.
    ///
    /// # Errors
    /// Where there is no run.
    pub fn interval(&self, of: impl Fn(&[f64]) -> f64 + Sync) -> Result<Interval, EvalError> {
        let replicates = bootstrap(self.runs.len(), &Resampling::default(), |runs| {
            Ok(Estimate::from(vec![of(&self.of(runs))]))
        })?;
        let finite: Vec<f64> = replicates
            .values(0)
            .iter()
            .copied()
            .filter(|value| value.is_finite())
            .collect();
        Ok(percentile(&finite, CONFIDENCE))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn runs_are_taken_as_a_whole() {
        let values = [("a", 1.0), ("a", 1.0), ("a", 1.0), ("b", 0.0)];
        let clustered = Clustered::new(values.iter().map(|(run, v)| (*run, vec![*v])));
        assert_eq!(clustered.runs(), 2);
        assert_eq!(clustered.means(), [0.75]);
        assert_eq!(clustered.by_run(), [[1.0], [0.0]]);
        let interval = clustered.interval(|means| means[0]).unwrap();
        assert_eq!((interval.low, interval.high), (0.0, 1.0));
    }

    #[test]
    fn one_run_has_no_spread_and_none_is_an_error() {
        let one = Clustered::new([("a", vec![0.2])].into_iter());
        let interval = one.interval(|means| means[0]).unwrap();
        assert_eq!((interval.low, interval.high), (0.2, 0.2));
        let none = Clustered::new(std::iter::empty());
        assert!(none.interval(|_| 0.0).is_err());
    }
}
