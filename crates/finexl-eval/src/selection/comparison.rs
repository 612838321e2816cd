//! Whether one method is better than another.

use super::Clustered;
use crate::EvalError;
use finexl_explain::statistics::{Tail, sign_flip_test};
use serde::{Deserialize, Serialize};

/// Random sign flips where there are too many runs to try all.
const FLIPS: usize = 100_000;

/// A difference of two methods on the same targets.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Comparison {
    /// Mean difference over targets.
    pub difference: f64,
    /// Lower end of its 95% bootstrap interval over runs.
    pub low: f64,
    /// Upper end of its 95% bootstrap interval over runs.
    pub high: f64,
    /// Two-sided p of a sign-flip test of the runs' differences.
    pub p: f64,
    /// Runs behind it.
    pub runs: usize,
}

/// Compares values `[first, second]` per target.
///
/// # Errors
/// Where there is no run.
pub fn compare(values: &Clustered) -> Result<Comparison, EvalError> {
    let difference = |means: &[f64]| means[0] - means[1];
    let interval = values.interval(difference)?;
    let by_run: Vec<f64> = values.by_run().iter().map(|m| difference(m)).collect();
    let p = sign_flip_test(&by_run, by_run.len(), Tail::Both, FLIPS, 0)?;
    Ok(Comparison {
        difference: difference(&values.means()),
        low: interval.low,
        high: interval.high,
        p: p[0],
        runs: values.runs(),
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn better_in_every_run_is_significant_once_there_are_enough() {
        let names: Vec<String> = (0..8).map(|run| format!("run {run}")).collect();
        let values = |runs: usize| {
            let runs = names.iter().take(runs).enumerate();
            Clustered::new(runs.map(|(i, run)| (run.as_str(), vec![0.9, 0.5 + 0.01 * i as f64])))
        };
        let many = compare(&values(8)).unwrap();
        assert!(many.low > 0.3 && many.high < 0.4, "{many:?}");
        assert_eq!(many.p, 2.0 / 256.0);
        assert_eq!(compare(&values(2)).unwrap().p, 0.5);
    }
}
