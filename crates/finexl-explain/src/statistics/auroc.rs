//! Separation of two samples.

use super::spearman::ranks;

/// Area under the ROC curve: the probability that a random value of `higher` lies above one of `lower`,
/// equal ones counting half (the Mann-Whitney U statistic over the number of pairs).
///
/// None where it is not defined: an empty side or a NaN.
pub fn auroc(higher: &[f64], lower: &[f64]) -> Option<f64> {
    let all: Vec<f64> = higher.iter().chain(lower).copied().collect();
    if higher.is_empty() || lower.is_empty() || all.iter().any(|value| value.is_nan()) {
        return None;
    }
    let (m, n) = (higher.len() as f64, lower.len() as f64);
    let sum: f64 = ranks(&all)[..higher.len()].iter().sum();
    Some((sum - m * (m - 1.0) / 2.0) / (m * n))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn it_counts_pairs_and_halves_of_ties() {
        assert_eq!(auroc(&[3.0, 4.0], &[1.0, 2.0]), Some(1.0));
        assert_eq!(auroc(&[1.0], &[2.0, 3.0]), Some(0.0));
        assert_eq!(auroc(&[5.0; 3], &[5.0; 4]), Some(0.5));
        // Pairs: 2 > 1, 2 = 2, 4 > 1, 4 > 2.
        assert_eq!(auroc(&[2.0, 4.0], &[1.0, 2.0]), Some(0.875));
        assert_eq!(auroc(&[1.0], &[]), None);
        assert_eq!(auroc(&[f64::NAN], &[1.0]), None);
    }

    #[test]
    fn sides_are_complements() {
        let (a, b) = ([0.3, -1.0, 2.5, 0.3], [0.3, 0.0, 9.0]);
        let both = auroc(&a, &b).unwrap() + auroc(&b, &a).unwrap();
        assert!((both - 1.0).abs() < 1e-12);
    }
}
