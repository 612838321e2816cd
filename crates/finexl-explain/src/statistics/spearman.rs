//! Rank correlation.

/// Spearman's rank correlation of pairs, ties sharing their mean rank (as `scipy.stats.spearmanr`).
///
/// None where it is not defined: fewer than two pairs, unequal lengths, a NaN, or a constant side.
pub fn spearman(x: &[f64], y: &[f64]) -> Option<f64> {
    let nan = x.iter().chain(y).any(|value| value.is_nan());
    if x.len() != y.len() || x.len() < 2 || nan {
        return None;
    }
    let (x, y) = (ranks(x), ranks(y));
    // Ranks always have this mean, with ties or without.
    let mean = (x.len() as f64 - 1.0) / 2.0;
    let product = |a: &[f64], b: &[f64]| -> f64 {
        a.iter().zip(b).map(|(a, b)| (a - mean) * (b - mean)).sum()
    };
    let size = (product(&x, &x) * product(&y, &y)).sqrt();
    (size > 0.0).then(|| (product(&x, &y) / size).clamp(-1.0, 1.0))
}

/// Ranks from 0, ties sharing their mean.
pub(super) fn ranks(values: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|&a, &b| values[a].total_cmp(&values[b]));
    let mut ranks = vec![0.0; values.len()];
    let mut first = 0;
    for tied in order.chunk_by(|&a, &b| values[a] == values[b]) {
        let mean = first as f64 + (tied.len() - 1) as f64 / 2.0;
        tied.iter().for_each(|&place| ranks[place] = mean);
        first += tied.len();
    }
    ranks
}
