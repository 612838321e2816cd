//! Concept directions as a checked, borrowed matrix.

use super::dense::relative_residual;
use crate::error::ExplainError;
use faer::MatRef;

/// The directions `F` of `N` concepts in a feature space of `d` dimensions, row-major `[N, d]`.
///
/// All numbers are finite and neither size is zero; there may be more concepts than dimensions, and
/// directions may be equal or zero.
#[derive(Clone, Copy, Debug)]
pub struct Directions<'a> {
    values: &'a [f64],
    count: usize,
    dimension: usize,
}

impl<'a> Directions<'a> {
    /// Checks and wraps `values`, row-major `[count, dimension]`.
    ///
    /// # Errors
    ///
    /// No concept, no dimension, a wrong number of values, or one that is NaN or infinite.
    pub fn new(values: &'a [f64], count: usize, dimension: usize) -> Result<Self, ExplainError> {
        const WHAT: &str = "the concept directions";
        if count == 0 || dimension == 0 {
            return Err(ExplainError::TooFew {
                what: WHAT,
                least: 1,
            });
        }
        if values.len() != count * dimension {
            return Err(ExplainError::Shape {
                what: WHAT,
                expected: count * dimension,
                found: values.len(),
            });
        }
        check_finite(WHAT, values, dimension)?;
        Ok(Self {
            values,
            count,
            dimension,
        })
    }

    /// Wraps values derived from checked ones.
    pub(crate) fn trusted(values: &'a [f64], count: usize, dimension: usize) -> Self {
        debug_assert_eq!(values.len(), count * dimension);
        Self {
            values,
            count,
            dimension,
        }
    }

    /// Number of concepts `N`.
    pub fn count(&self) -> usize {
        self.count
    }

    /// Number of dimensions `d`.
    pub fn dimension(&self) -> usize {
        self.dimension
    }

    /// All values, row-major `[N, d]`.
    pub fn values(&self) -> &'a [f64] {
        self.values
    }

    /// The direction of one concept, `[d]`.
    ///
    /// # Panics
    ///
    /// If there is no such concept.
    pub fn row(&self, concept: usize) -> &'a [f64] {
        &self.values[concept * self.dimension..(concept + 1) * self.dimension]
    }

    /// The directions, in order.
    pub fn rows(&self) -> std::slice::ChunksExact<'a, f64> {
        self.values.chunks_exact(self.dimension)
    }

    /// `|V - F^T w| / |V|` for weights that came from anywhere, `[N]`; 0 where V, `[d]`, is zero.
    pub fn residual(&self, divergence: &[f64], weights: &[f64]) -> f64 {
        relative_residual(*self, divergence, weights)
    }

    pub(super) fn matrix(&self) -> MatRef<'a, f64> {
        MatRef::from_row_major_slice(self.values, self.count, self.dimension)
    }

    /// Checks a divergence (or any vector) against this space.
    pub(crate) fn check(&self, what: &'static str, vector: &[f64]) -> Result<(), ExplainError> {
        if vector.len() != self.dimension {
            return Err(ExplainError::Shape {
                what,
                expected: self.dimension,
                found: vector.len(),
            });
        }
        check_finite(what, vector, self.dimension)
    }
}

/// Checks that all numbers of a row-major matrix are finite.
///
/// # Errors
///
/// [`ExplainError::NotFinite`] naming the first that is not.
pub fn check_finite(
    what: &'static str,
    values: &[f64],
    columns: usize,
) -> Result<(), ExplainError> {
    match values.iter().position(|value| !value.is_finite()) {
        None => Ok(()),
        Some(place) => Err(ExplainError::NotFinite {
            what,
            row: place / columns,
            column: place % columns,
            value: values[place],
        }),
    }
}
