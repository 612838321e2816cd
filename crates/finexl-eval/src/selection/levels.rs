//! Whether the strengths of explanations follow the levels of a run.

use crate::EvalError;
use crate::summary::mean;
use finexl_explain::statistics::{Interval, spearman};

/// Figures over runs.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LevelRecovery {
    /// Mean rank correlation of true level and strength, with its interval over runs.
    pub spearman: (f64, Interval),
    /// Mean absolute difference of true and predicted rank, in levels, with its interval over runs.
    pub rank_error: (f64, Interval),
    /// Runs behind them.
    pub runs: usize,
}

/// Figures of runs, each the strengths of its models in the order of their levels. Runs of fewer than
/// three models are left out; a run whose strengths are all equal has correlation 0.
///
/// # Errors
/// Where no run is left.
pub fn level_recovery(runs: &[Vec<f64>]) -> Result<LevelRecovery, EvalError> {
    const FEWEST: usize = 3;
    let runs: Vec<&Vec<f64>> = runs.iter().filter(|run| run.len() >= FEWEST).collect();
    let levels = |run: &[f64]| -> Vec<f64> { (0..run.len()).map(|level| level as f64).collect() };
    let correlations: Vec<f64> = runs
        .iter()
        .map(|run| spearman(&levels(run), run).unwrap_or(0.0))
        .collect();
    let errors: Vec<f64> = runs.iter().map(|run| rank_error(run)).collect();
    Ok(LevelRecovery {
        spearman: mean(&correlations)?,
        rank_error: mean(&errors)?,
        runs: runs.len(),
    })
}

/// Mean absolute difference of place and rank; equal strengths share their mean rank.
fn rank_error(strengths: &[f64]) -> f64 {
    let rank = |strength: f64| {
        let below = strengths.iter().filter(|s| **s < strength).count();
        let equal = strengths.iter().filter(|s| **s == strength).count();
        below as f64 + (equal.saturating_sub(1)) as f64 / 2.0
    };
    let errors = strengths.iter().enumerate();
    let sum: f64 = errors
        .map(|(place, s)| (rank(*s) - place as f64).abs())
        .sum();
    sum / strengths.len().max(1) as f64
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn rising_strengths_are_recovered_and_equal_ones_are_not() {
        let rising = level_recovery(&[vec![0.1, 0.2, 0.9], vec![1.0, 2.0]]).unwrap();
        assert_eq!(
            (rising.spearman.0, rising.rank_error.0, rising.runs),
            (1.0, 0.0, 1)
        );
        let equal = level_recovery(&[vec![0.5; 3]]).unwrap();
        assert_eq!((equal.spearman.0, equal.rank_error.0), (0.0, 2.0 / 3.0));
        let falling = level_recovery(&[vec![0.9, 0.5, 0.1]]).unwrap();
        assert_eq!(
            (falling.spearman.0, falling.rank_error.0),
            (-1.0, 4.0 / 3.0)
        );
        assert!(level_recovery(&[]).is_err());
    }
}
