//! Sparse non-negative decompositions.

use crate::EvalError;
use faer::{Mat, MatRef};
use finexl_explain::ExplainError;
use finexl_explain::decompose::Directions;

/// Sweeps over all atoms before it is given up.
const SWEEPS: usize = 100_000;
/// Largest violation of the optimality conditions, relative to the largest inner product.
const TOLERANCE: f64 = 1e-10;

/// `min |z - C^T w|^2 / 2 + penalty * sum w` over `w >= 0`, for many targets with one dictionary, by
/// coordinate descent (Friedman, Hastie and Tibshirani 2010).
#[derive(Clone, Debug)]
pub struct NonNegativeLasso {
    /// `[N, d]`
    dictionary: Mat<f64>,
    /// `C C^T`, `[N, N]`
    gram: Mat<f64>,
    penalty: f64,
}

impl NonNegativeLasso {
    /// A solver for a dictionary of atoms, `[N, d]`.
    ///
    /// # Errors
    /// A penalty that is negative or not finite.
    pub fn new(dictionary: Directions<'_>, penalty: f64) -> Result<Self, EvalError> {
        if !(penalty >= 0.0 && penalty.is_finite()) {
            return Err(ExplainError::Setting {
                setting: "penalty",
                value: penalty.to_string(),
                allowed: "a number of at least 0",
            }
            .into());
        }
        let (n, d) = (dictionary.count(), dictionary.dimension());
        let dictionary = MatRef::from_row_major_slice(dictionary.values(), n, d).to_owned();
        Ok(Self {
            gram: &dictionary * dictionary.transpose(),
            dictionary,
            penalty,
        })
    }

    /// The weights of one target, `[d]` -> `[N]`.
    ///
    /// # Errors
    /// A target of another dimension, no convergence.
    pub fn solve(&self, target: &[f64]) -> Result<Vec<f64>, EvalError> {
        const WHAT: &str = "the target of a lasso";
        super::offer::check(WHAT, target, 1, self.dictionary.ncols())?;
        let target = MatRef::from_row_major_slice(target, target.len(), 1);
        let products = &self.dictionary * target;
        let n = self.gram.nrows();
        let largest = (0..n).fold(0.0f64, |most, i| most.max(products[(i, 0)].abs()));
        let mut weights = vec![0.0; n];
        // What is left of each atom's product with the target.
        let mut rest: Vec<f64> = (0..n).map(|i| products[(i, 0)]).collect();
        for _ in 0..SWEEPS {
            if self.violation(&weights, &rest) <= TOLERANCE * largest {
                return Ok(weights);
            }
            self.sweep(&mut weights, &mut rest);
        }
        Err(ExplainError::NotConverged {
            solver: "the non-negative lasso",
            steps: SWEEPS,
        }
        .into())
    }

    /// Minimises over one weight after the other.
    fn sweep(&self, weights: &mut [f64], rest: &mut [f64]) {
        for i in 0..weights.len() {
            let size = self.gram[(i, i)];
            if size == 0.0 {
                continue;
            }
            let best = (weights[i] + (rest[i] - self.penalty) / size).max(0.0);
            let step = best - weights[i];
            if step != 0.0 {
                weights[i] = best;
                for (j, rest) in rest.iter_mut().enumerate() {
                    *rest -= step * self.gram[(i, j)];
                }
            }
        }
    }

    /// How far the optimality conditions are from holding.
    fn violation(&self, weights: &[f64], rest: &[f64]) -> f64 {
        let each = weights.iter().zip(rest).enumerate();
        each.filter(|(i, _)| self.gram[(*i, *i)] > 0.0)
            .map(|(_, (weight, rest))| {
                let slope = rest - self.penalty;
                if *weight > 0.0 {
                    slope.abs()
                } else {
                    slope.max(0.0)
                }
            })
            .fold(0.0, f64::max)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use finexl_explain::decompose::{Decomposition as _, Nnls};

    fn solve(atoms: &[f64], n: usize, penalty: f64, target: &[f64]) -> Vec<f64> {
        let directions = Directions::new(atoms, n, target.len()).unwrap();
        let lasso = NonNegativeLasso::new(directions, penalty).unwrap();
        lasso.solve(target).unwrap()
    }

    #[test]
    fn orthogonal_atoms_are_shrunk_by_the_penalty() {
        let found = solve(&[1.0, 0.0, 0.0, 1.0], 2, 0.25, &[1.0, -1.0]);
        assert_eq!(found, [0.75, 0.0]);
        assert_eq!(
            solve(&[1.0, 0.0, 0.0, 1.0], 2, 1.0, &[1.0, 0.5]),
            [0.0, 0.0]
        );
    }

    #[test]
    fn equal_and_empty_atoms_and_zero_targets_come_to_an_end() {
        let atoms = [1.0, 0.0, 1.0, 0.0, 0.0, 0.0];
        let found = solve(&atoms, 3, 0.1, &[1.0, 0.0]);
        assert!((found[0] + found[1] - 0.9).abs() < 1e-9, "{found:?}");
        assert_eq!(found[2], 0.0);
        assert_eq!(solve(&atoms, 3, 0.1, &[0.0, 0.0]), [0.0; 3]);
    }

    #[test]
    fn without_a_penalty_it_is_non_negative_least_squares() {
        let atoms = [1.0, 0.2, 0.0, 0.3, 1.0, -0.4, -0.5, 0.1, 1.0];
        let target = [0.7, -0.3, 0.9];
        let found = solve(&atoms, 3, 0.0, &target);
        let directions = Directions::new(&atoms, 3, 3).unwrap();
        let expected = Nnls::default().decompose(directions, &target).unwrap();
        for (a, b) in found.iter().zip(&expected.weights) {
            assert!((a - b).abs() < 1e-8, "{found:?} {expected:?}");
        }
    }

    #[test]
    fn what_cannot_be_solved_is_an_error() {
        let atoms = [1.0, 0.0];
        let directions = Directions::new(&atoms, 1, 2).unwrap();
        assert!(NonNegativeLasso::new(directions, -1.0).is_err());
        assert!(NonNegativeLasso::new(directions, f64::NAN).is_err());
        let lasso = NonNegativeLasso::new(directions, 0.1).unwrap();
        assert!(lasso.solve(&[1.0]).is_err());
        assert!(lasso.solve(&[1.0, f64::NAN]).is_err());
    }
}
