//! Split conformal prediction: half-widths that hold what comes next.

/// The half-width that holds the next miss with probability `level`, where these `misses` and it are exchangeable: the
/// `ceil((n + 1) level)`-th smallest of `n` (Vovk et al. 2005; Lei et al. 2018). Infinite where there are too few misses
/// for such a promise, see [`least_for`]; a miss that is not a number counts as the largest.
///
/// They have to be misses on what the fit did not see.
pub fn conformal_width(misses: &[f64], level: f64) -> f64 {
    let mut sorted = misses.to_vec();
    sorted.sort_by(f64::total_cmp);
    let width = rank(sorted.len(), level)
        .checked_sub(1)
        .and_then(|place| sorted.get(place));
    match width {
        Some(width) if !width.is_nan() => *width,
        _ => f64::INFINITY,
    }
}

/// The fewest misses of which [`conformal_width`] is finite.
pub fn least_for(level: f64) -> usize {
    // At n misses the rank is n at last; beyond a million there is no such level.
    (1..1_000_000)
        .find(|count| rank(*count, level) <= *count)
        .unwrap_or(usize::MAX)
}

fn rank(count: usize, level: f64) -> usize {
    // (19 + 1) 0.95 is 19, rounding apart.
    ((count as f64 + 1.0) * level - 1e-9).ceil().max(0.0) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_an_order_statistic() {
        let misses: Vec<f64> = (1..=19).rev().map(f64::from).collect();
        assert_eq!(conformal_width(&misses, 0.95), 19.0);
        assert_eq!(conformal_width(&misses[1..], 0.95), f64::INFINITY);
        assert_eq!(conformal_width(&[], 0.95), f64::INFINITY);
        let misses: Vec<f64> = (1..=20).map(f64::from).collect();
        // ceil(21 * 0.95) = 20, ceil(101 * 0.95) = 96.
        assert_eq!(conformal_width(&misses, 0.95), 20.0);
        let misses: Vec<f64> = (1..=100).map(f64::from).collect();
        assert_eq!(conformal_width(&misses, 0.95), 96.0);
        assert_eq!(least_for(0.95), 19);
        assert_eq!(least_for(0.5), 1);
        let odd = [1.0, f64::NAN];
        assert_eq!(conformal_width(&odd, 0.5), f64::INFINITY);
    }
}
