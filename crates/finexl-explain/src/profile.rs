//! How far a model moved along every concept: what models are compared by.
//!
//! Scores are made to be read: non-negative, so that few concepts carry them, and nothing that is not there
//! shows up. What tells one model from another is also what it moved away from, and small movements shared by
//! many concepts. A profile keeps both: weights of either sign of all concepts, with a penalty so strong that
//! concepts alike share a movement instead of fighting over it.
//!
//! There is one for every pair. Models that learned the same change the same pictures alike, and that is lost in a
//! mean, so they are compared pair by pair ([`crate::similar`]).

use crate::calibrated_space::CalibratedSpace;
use crate::decompose::{Directions, Method, Ridge, contributions};
use crate::divergence::Divergences;
use crate::error::ExplainError;
use crate::vocabulary::Vocabulary;
use std::borrow::Cow;

/// Version of this code: raised whenever the same input gives other profiles.
pub const VERSION: u32 = 1;

/// Penalty of the fit, relative to the mean squared length of the directions. Chosen on validation pools
/// (`experiments/paper/ablation.toml`).
const PENALTY: f64 = 1.0;

/// The fit that profiles are made with.
pub fn profile_ridge() -> Ridge {
    Ridge { lambda: PENALTY }
}

/// The same as a method.
pub fn profile_method() -> Method {
    Method::Ridge(profile_ridge())
}

/// Weights of either sign of all concepts for every pair, `[n, N]`, of divergences with directions `[N, d]`, both in
/// the encoder's own space and brought to `space` where there is one. Their mean over pairs is the profile of the mean
/// divergence.
///
/// # Errors
/// Another dimension or vocabulary, numbers that are not finite, a penalty outside its range.
pub fn profiles(
    divergences: &Divergences,
    directions: &[f64],
    vocabulary: &Vocabulary,
    space: Option<&CalibratedSpace>,
    ridge: &Ridge,
) -> Result<Vec<f64>, ExplainError> {
    let rows = divergences.values();
    let (rows, directions) = match space {
        Some(space) => (
            Cow::Owned(space.whitened(rows)?),
            Cow::Owned(space.directions(directions, vocabulary)?),
        ),
        None => (Cow::Borrowed(rows), Cow::Borrowed(directions)),
    };
    let count = vocabulary.concepts().len();
    let directions = Directions::new(&directions, count, divergences.dimension())?;
    contributions(directions, &rows, ridge)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn what_a_model_moved_away_from_counts_and_concepts_alike_share() {
        // The second and the third are the same.
        let values = [1.0, 0.0, 0.0, 1.0, 0.0, 1.0];
        let vocabulary = Vocabulary::of_names(&["a", "b", "c"].map(str::to_string));
        let moved = Divergences::from_values(vec![-1.0, 1.0], 2).unwrap();
        let found = profiles(&moved, &values, &vocabulary, None, &profile_ridge()).unwrap();
        assert!((found[0] + 0.5).abs() < 1e-12, "{found:?}");
        assert!((found[1] - 1.0 / 3.0).abs() < 1e-12, "{found:?}");
        assert!((found[1] - found[2]).abs() < 1e-12, "{found:?}");
    }
}
