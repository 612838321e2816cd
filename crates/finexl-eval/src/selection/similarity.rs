//! The most similar explanations.

use finexl_explain::decompose::cosine;

/// Similarities that differ by less are equal.
const ROUNDING: f64 = 1e-12;

/// Those of `eligible` whose vectors have the largest cosine with that of the target; several where
/// they tie. A target without an explanation (a vector of zeros) has no preference: all tie.
///
/// # Panics
/// If an index is none of a vector.
pub fn nearest(vectors: &[Vec<f64>], target: usize, eligible: &[usize]) -> Vec<usize> {
    let similarities: Vec<(usize, f64)> = eligible
        .iter()
        .map(|other| (*other, cosine(&vectors[target], &vectors[*other])))
        .collect();
    let best = similarities
        .iter()
        .map(|(_, similarity)| *similarity)
        .fold(f64::NEG_INFINITY, f64::max);
    similarities
        .into_iter()
        .filter(|(_, similarity)| *similarity >= best - ROUNDING)
        .map(|(other, _)| other)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn directions_count_and_lengths_do_not() {
        let vectors = vec![
            vec![1.0, 0.1],
            vec![0.0, 1.0],
            vec![9.0, 0.0],
            vec![0.1, 0.0],
        ];
        assert_eq!(nearest(&vectors, 0, &[1, 2, 3]), [2, 3]);
        assert_eq!(nearest(&vectors, 0, &[1]), [1]);
    }

    #[test]
    fn without_an_explanation_there_is_no_preference() {
        let vectors = vec![vec![0.0, 0.0], vec![0.0, 1.0], vec![1.0, 0.0]];
        assert_eq!(nearest(&vectors, 0, &[1, 2]), [1, 2]);
    }
}
