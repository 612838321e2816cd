//! Least squares of minimum norm, the kernel of `lsq`, `centered` and the refits of `paper`, `omp`.

use super::dense::{add_scaled, dot, norm, project, remainder};
use super::directions::Directions;
use crate::error::ExplainError;
use faer::linalg::solvers::{Llt, Solve};
use faer::{Mat, MatMut, Side};

/// Smallest squared pivot of the Gram matrix, relative to its largest diagonal element, at which
/// its factor with refinement is as accurate as the SVD.
const WELL_CONDITIONED: f64 = 1e-7;

/// A factored bank that answers `argmin |w|` over `argmin |V - F^T w|`.
///
/// Banks of clearly independent directions use a Cholesky factor of the Gram matrix with refinement
/// (1 ms instead of 20), all others the SVD, where singular values of at most
/// `eps max(N, d) s_1` count as zero, as in `numpy.linalg.lstsq`.
#[derive(Debug)]
pub(super) enum MinimumNorm {
    Gram(Llt<f64>),
    Spectrum {
        /// Left singular vectors over their singular values, one row per component, `[r][N]`.
        left: Vec<Vec<f64>>,
        /// Right singular vectors, `[r][d]`.
        right: Vec<Vec<f64>>,
    },
}

/// What is known about the rows of a bank before it is factored.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Rows {
    /// Nothing.
    Any,
    /// They sum to zero, so that `(1, .., 1)` is in the null space of `F^T` (and the solution of
    /// minimum norm orthogonal to it).
    SumToZero,
}

impl MinimumNorm {
    /// Factors a bank; `floor` is as in [`spectrum`].
    pub fn new(directions: Directions<'_>, rows: Rows, floor: f64) -> Result<Self, ExplainError> {
        match Self::gram(directions, rows) {
            Some(factored) => Ok(factored),
            None => Self::spectrum(directions, floor),
        }
    }

    fn gram(directions: Directions<'_>, rows: Rows) -> Option<Self> {
        if directions.count() > directions.dimension() {
            return None;
        }
        let matrix = directions.matrix();
        let mut gram: Mat<f64> = matrix * matrix.transpose();
        let diagonal: Vec<f64> = (0..gram.nrows()).map(|i| gram[(i, i)]).collect();
        let largest = diagonal.iter().copied().fold(0.0, f64::max);
        if rows == Rows::SumToZero {
            // Shifts the one known null direction and touches no other.
            let shift = largest / diagonal.len() as f64;
            (0..gram.ncols()).for_each(|j| (0..gram.nrows()).for_each(|i| gram[(i, j)] += shift));
        }
        let factor = gram.llt(Side::Lower).ok()?;
        let pivot = (0..gram.nrows())
            .map(|i| factor.L()[(i, i)])
            .fold(f64::INFINITY, f64::min);
        (pivot * pivot > WELL_CONDITIONED * largest).then_some(Self::Gram(factor))
    }

    fn spectrum(directions: Directions<'_>, floor: f64) -> Result<Self, ExplainError> {
        let Spectrum {
            left,
            values,
            right,
        } = spectrum(directions, floor)?;
        let left = left
            .into_iter()
            .zip(values)
            .map(|(vector, value)| vector.into_iter().map(|x| x / value).collect())
            .collect();
        Ok(Self::Spectrum { left, right })
    }

    /// The weights of one divergence, `[N]`; `directions` are those it was made from.
    pub fn solve(&self, directions: Directions<'_>, divergence: &[f64]) -> Vec<f64> {
        match self {
            Self::Gram(factor) => {
                let mut weights = solve_llt(factor, project(directions, divergence));
                for _ in 0..2 {
                    let rest = remainder(directions, divergence, &weights);
                    let correction = solve_llt(factor, project(directions, &rest));
                    add_scaled(&mut weights, 1.0, &correction);
                }
                weights
            }
            Self::Spectrum { left, right } => {
                let mut weights = vec![0.0; directions.count()];
                for (left, right) in left.iter().zip(right) {
                    add_scaled(&mut weights, dot(right, divergence), left);
                }
                weights
            }
        }
    }
}

/// Solves with a factor of faer's in place of `b`.
pub(super) fn solve_llt(factor: &Llt<f64>, mut b: Vec<f64>) -> Vec<f64> {
    let rows = b.len();
    factor.solve_in_place(MatMut::from_column_major_slice_mut(&mut b, rows, 1));
    b
}

/// The thin SVD up to the numerical rank `r`.
#[derive(Debug)]
pub(super) struct Spectrum {
    /// `[r][N]`
    pub left: Vec<Vec<f64>>,
    /// `[r]`, falling.
    pub values: Vec<f64>,
    /// `[r][d]`
    pub right: Vec<Vec<f64>>,
}

/// Size of the singular values that rounding leaves of directions that were projected or centred.
pub(super) fn rounding_floor(original: Directions<'_>) -> f64 {
    let sizes = original.count().max(original.dimension());
    f64::EPSILON * sizes as f64 * norm(original.values())
}

/// Thin SVD without the singular values of at most `eps max(N, d) s_1` or `floor`.
///
/// Rounding in derived directions is relative to those they came from and not to what is left of
/// them, hence a `floor` ([`rounding_floor`] of the originals; 0 for plain directions).
///
/// # Errors
///
/// Iterations of the SVD that do not converge.
pub(super) fn spectrum(directions: Directions<'_>, floor: f64) -> Result<Spectrum, ExplainError> {
    let decomposed = directions.matrix().thin_svd().map_err(|_| {
        // faer gives no count; its limit is on sweeps per singular value.
        ExplainError::NotConverged {
            solver: "the singular value decomposition",
            steps: directions.count().min(directions.dimension()),
        }
    })?;
    let values: Vec<f64> = decomposed.S().column_vector().iter().copied().collect();
    let largest = values.first().copied().unwrap_or(0.0);
    let sizes = directions.count().max(directions.dimension());
    let cut = f64::EPSILON * sizes as f64 * largest;
    let cut = cut.max(floor);
    let rank = values.iter().filter(|&&value| value > cut).count();
    let columns = |matrix: faer::MatRef<'_, f64>| -> Vec<Vec<f64>> {
        (0..rank)
            .map(|column| matrix.col(column).iter().copied().collect())
            .collect()
    };
    Ok(Spectrum {
        left: columns(decomposed.U()),
        right: columns(decomposed.V()),
        values: values[..rank].to_vec(),
    })
}
