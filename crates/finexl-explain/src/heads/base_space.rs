//! Where what any tuning of a base changes counts for little.

use crate::error::ExplainError;
use faer::{Mat, MatRef, Side};

/// Weight of the models' second moment, of trace 1, beside the identity. Chosen on validation pools.
const WEIGHT: f64 = 30.0;

/// A linear map of a head's space by the models of a base. Most of what a tuning changes is not what it was trained on
/// but what comes along with any training of that base; with `C` the second moment of their divergences, each of length
/// 1, least squares behind `(I + w C)^(-1/2)` are generalised least squares (Aitken 1936) with that as noise.
#[derive(Clone, Debug)]
pub(super) struct BaseSpace {
    dimension: usize,
    /// Symmetric, `[d, d]`.
    pub map: Vec<f64>,
}

/// A base as a head knows it.
#[derive(Clone, Debug)]
pub(super) struct Base {
    /// Where its responses are fitted.
    pub space: BaseSpace,
    /// Levels per weight of the fit with directions of texts.
    pub by_texts: PerWeight,
    /// Levels per weight of the fit with its responses, in its space.
    pub by_images: PerWeight,
}

/// The level that a weight of 1 stands for.
#[derive(Clone, Debug)]
pub(super) struct PerWeight {
    /// `[A]`
    pub aspects: Vec<f64>,
    /// Of whatever is no aspect.
    pub shared: f64,
}

impl PerWeight {
    /// Of a concept that is known so far, as that aspect.
    pub fn of(&self, known: f64, aspect: Option<usize>) -> f64 {
        let own = aspect.map_or(self.shared, |aspect| self.aspects[aspect]);
        known * own + (1.0 - known) * self.shared
    }
}

impl BaseSpace {
    /// The map by divergences of length 1, as they are in a head's space, `[d]` each.
    ///
    /// # Errors
    /// A solver that fails.
    pub fn fit(divergences: &[Vec<f64>], dimension: usize) -> Result<Self, ExplainError> {
        let d = dimension;
        let mut moment: Mat<f64> = Mat::zeros(d, d);
        for row in divergences {
            let row = MatRef::from_row_major_slice(row, 1, d);
            moment += row.transpose() * row;
        }
        let trace: f64 = (0..d).map(|i| moment[(i, i)]).sum();
        if trace > 0.0 {
            moment *= faer::Scale(WEIGHT / trace);
        }
        (0..d).for_each(|i| moment[(i, i)] += 1.0);
        let eigen = moment.self_adjoint_eigen(Side::Lower);
        let eigen = eigen.map_err(|_| ExplainError::NotConverged {
            solver: "the eigendecomposition of what tunings of a base change",
            steps: 0,
        })?;
        let (u, s) = (eigen.U(), eigen.S());
        let scaled = Mat::from_fn(d, d, |row, k| u[(row, k)] / s[k].max(1.0).sqrt());
        let map: Mat<f64> = &scaled * u.transpose();
        Ok(Self {
            dimension: d,
            map: rows(&map),
        })
    }

    /// d
    pub fn dimension(&self) -> usize {
        self.dimension
    }

    /// Rows in the head's space, `[N, d]`, as they are behind the map.
    pub fn mapped(&self, values: &[f64]) -> Vec<f64> {
        let d = self.dimension;
        let map = MatRef::from_row_major_slice(&self.map, d, d);
        let mapped: Mat<f64> = MatRef::from_row_major_slice(values, values.len() / d, d) * map;
        rows(&mapped)
    }
}

/// Row by row.
pub(super) fn rows(matrix: &Mat<f64>) -> Vec<f64> {
    let places = (0..matrix.nrows()).flat_map(|i| (0..matrix.ncols()).map(move |j| (i, j)));
    places.map(|place| matrix[place]).collect()
}
