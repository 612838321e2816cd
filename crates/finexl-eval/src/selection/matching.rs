//! Concept matching: whether an answer tells the true aspect from others.

/// Options among which the true aspect is sought, as in the paper's rebuttal.
pub const OPTIONS: [usize; 3] = [5, 10, 15];

/// The chance that the concept `truth` has the largest of the weights of `options` concepts, the others
/// being drawn from all the rest; equal weights share it. None where there are too few concepts.
///
/// Computed over all draws and not by drawing: with `g` larger, `e` equal and `s` smaller weights it is
/// `sum_k C(e, k) C(s, m - k) / C(g + e + s, m) / (k + 1)`, `m` being the number of other options.
pub fn matched(weights: &[f64], truth: usize, options: usize) -> Option<f64> {
    let others = options.checked_sub(1)?;
    let own = *weights.get(truth)?;
    let rest = || {
        let rest = weights.iter().enumerate();
        rest.filter(|(index, _)| *index != truth).map(|(_, w)| *w)
    };
    let equal = rest().filter(|weight| *weight == own).count();
    let smaller = rest().filter(|weight| *weight < own).count();
    let all = rest().count();
    if others > all {
        return None;
    }
    let ways = |k: usize| choose(equal, k) * choose(smaller, others - k);
    let credited: f64 = (0..=others).map(|k| ways(k) / (k as f64 + 1.0)).sum();
    Some(credited / choose(all, others))
}

/// How many ways there are to draw `k` of `n`; 0 for more than there are.
fn choose(n: usize, k: usize) -> f64 {
    if k > n {
        return 0.0;
    }
    (0..k).fold(1.0, |ways, i| ways * (n - i) as f64 / (i + 1) as f64)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn the_largest_is_always_found_and_equal_ones_share() {
        let weights = [0.9, 0.1, 0.0, 0.0, 0.2, 0.3];
        assert_eq!(matched(&weights, 0, 5), Some(1.0));
        let none = [0.0; 20];
        for options in OPTIONS {
            let chance = matched(&none, 3, options).unwrap();
            assert!((chance - 1.0 / options as f64).abs() < 1e-12);
        }
        assert_eq!(matched(&weights, 0, 7), None);
    }

    #[test]
    fn the_second_is_found_where_the_first_is_not_drawn() {
        // One of three others is larger; two are drawn.
        let weights = [0.5, 0.9, 0.1, 0.2];
        let found = matched(&weights, 0, 3).unwrap();
        assert!((found - 1.0 / 3.0).abs() < 1e-12);
        // The smallest is found only by lot among equals.
        assert_eq!(matched(&weights, 2, 2), Some(0.0));
    }
}
