//! Control of the false discovery rate.

use crate::error::ExplainError;

/// Adjusted p-values, in the order given: findings with an adjusted value of at most `q` have an
/// expected share of at most `q` false ones.
///
/// Source: Benjamini and Hochberg 1995; equal to `scipy.stats.false_discovery_control`.
///
/// # Errors
///
/// A value outside [0, 1], NaN included.
pub fn benjamini_hochberg(p: &[f64]) -> Result<Vec<f64>, ExplainError> {
    if let Some(value) = p.iter().find(|value| !(0.0..=1.0).contains(*value)) {
        return Err(ExplainError::Setting {
            setting: "p",
            value: value.to_string(),
            allowed: "a probability in [0, 1]",
        });
    }
    let mut order: Vec<usize> = (0..p.len()).collect();
    order.sort_by(|&a, &b| p[a].total_cmp(&p[b]));
    let mut adjusted = vec![0.0; p.len()];
    let mut smallest: f64 = 1.0;
    for (rank, &place) in order.iter().enumerate().rev() {
        smallest = smallest.min(p[place] * p.len() as f64 / (rank + 1) as f64);
        adjusted[place] = smallest;
    }
    Ok(adjusted)
}
