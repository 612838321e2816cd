//! One analysis of what the views of a picture say.
//!
//! Every view is analysed by itself, as a change of its own. An aspect is told by the view in which it shows more
//! strongly, with that view's interval and p; the weights of both views were tested together.

use crate::analysis::Analysis;
use finexl_core::explanation::ShownIn;

/// The analysis of both views, and which of them told each concept, `[N]`.
pub(crate) fn merged(whole: Analysis, tiles: Analysis) -> (Analysis, Vec<ShownIn>) {
    let concepts = whole.weights.weights.len();
    let told: Vec<ShownIn> = (0..concepts)
        .map(|k| {
            let size = |analysis: &Analysis| analysis.weights.weights[k].abs();
            match size(&tiles) > size(&whole) {
                true => ShownIn::Tiles,
                false => ShownIn::Whole,
            }
        })
        .collect();
    let mut both = whole;
    // What has no words in one view may have some in the other: shares of both changes by their squares.
    let squares = [&both, &tiles].map(|analysis| analysis.divergence.powi(2));
    let all = squares[0] + squares[1];
    if all > 0.0 {
        both.unexplained = (both.unexplained * squares[0] + tiles.unexplained * squares[1]) / all;
    }
    for (k, view) in told.iter().enumerate() {
        if *view == ShownIn::Tiles {
            both.weights.weights[k] = tiles.weights.weights[k];
            both.intervals[k] = tiles.intervals[k];
            both.p_adjusted[k] = tiles.p_adjusted[k];
            let rows = both.contributions.chunks_exact_mut(concepts);
            for (own, other) in rows.zip(tiles.contributions.chunks_exact(concepts)) {
                own[k] = other[k];
            }
        }
    }
    let named = |k: &usize| both.weights.weights[*k] != 0.0;
    both.weights.kept = (0..concepts).filter(named).collect();
    (both, told)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decompose::Weights;
    use crate::statistics::Interval;

    fn analysis(weights: [f64; 2], p: f64, unexplained: f64) -> Analysis {
        Analysis {
            divergence: 1.0,
            weights: Weights {
                kept: vec![0],
                residual: 0.5,
                residual_fitted: 0.5,
                weights: weights.to_vec(),
            },
            intervals: weights
                .map(|w| Interval {
                    low: w - 0.1,
                    high: w + 0.1,
                })
                .to_vec(),
            p_adjusted: vec![p; 2],
            contributions: [weights, weights].concat(),
            unexplained,
            pairs_needed: 6,
            notes: Vec::new(),
        }
    }

    #[test]
    fn each_concept_is_told_by_the_view_that_shows_it() {
        let whole = analysis([0.5, 0.1], 0.01, 0.2);
        let (both, told) = merged(whole, analysis([0.2, 0.4], 0.7, 0.6));
        assert_eq!(told, [ShownIn::Whole, ShownIn::Tiles]);
        assert_eq!(both.weights.weights, [0.5, 0.4]);
        assert_eq!(both.p_adjusted, [0.01, 0.7]);
        assert_eq!(both.contributions, [0.5, 0.4, 0.5, 0.4]);
        assert!((both.unexplained - 0.4).abs() < 1e-12);
        assert_eq!(both.weights.kept, [0, 1]);
    }
}
