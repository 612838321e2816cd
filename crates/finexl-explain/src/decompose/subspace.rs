//! Non-negative least squares in a whitened subspace, the authors' improved default.

use super::active_set;
use super::decomposition::{Decomposition, Prepared, Weights};
use super::dense::{add_scaled, dot, relative_residual};
use super::directions::Directions;
use super::minimum_norm::{Spectrum, rounding_floor, spectrum};
use super::nnls::support;
use crate::error::ExplainError;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::sync::Arc;

/// Version of the code below: raised whenever the same input gives other numbers, so that what was kept is made anew.
const VERSION: u32 = 1;

/// How a singular value of the centred directions becomes a whitening factor.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Whitening {
    /// `1 / (s / sqrt(N-1) + eps)`, as in the authors' code.
    #[default]
    Code,
    /// `(s^2 / (N-1) + eps)^(-1/2)`, as in their text.
    Text,
}

/// Whitening by the leading singular directions of the centred bank, then NNLS.
///
/// `P = V_K diag(whitening(s_k)) V_K^T`; centring serves `P` only: the fit is of `P V` with the
/// rows of the uncentred `F P`. A bank without spread (a single concept, or all equal) has nothing
/// to whiten by and is fitted by plain NNLS.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct SubspaceNnls {
    /// Singular directions kept, `K`, at most the rank; default 18 (15 to 22 are good for 150).
    pub components: usize,
    /// `eps` of the whitening, at least 0, default 1e-3.
    pub epsilon: f64,
    /// Formula of the whitening, default the authors' code.
    pub whitening: Whitening,
}

impl Default for SubspaceNnls {
    fn default() -> Self {
        Self {
            components: 18,
            epsilon: 1e-3,
            whitening: Whitening::Code,
        }
    }
}

impl SubspaceNnls {
    fn basis(&self, directions: Directions<'_>) -> Result<Basis, ExplainError> {
        let (count, dimension) = (directions.count(), directions.dimension());
        let mut mean = vec![0.0; dimension];
        for row in directions.rows() {
            add_scaled(&mut mean, 1.0 / count as f64, row);
        }
        let mut centred = directions.values().to_vec();
        for row in centred.chunks_exact_mut(dimension) {
            add_scaled(row, -1.0, &mean);
        }
        let centred = Directions::trusted(&centred, count, dimension);
        // What centring leaves of equal directions is rounding, whatever its rank.
        let Spectrum { values, right, .. } = spectrum(centred, rounding_floor(directions))?;
        let freedom = count.saturating_sub(1).max(1) as f64;
        let factor = |value: f64| match self.whitening {
            Whitening::Code => 1.0 / (value / freedom.sqrt() + self.epsilon),
            Whitening::Text => (value * value / freedom + self.epsilon).sqrt().recip(),
        };
        Ok(values
            .into_iter()
            .zip(right)
            .take(self.components)
            .map(|(value, vector)| (factor(value), vector))
            .collect())
    }
}

/// Whitening factors and orthonormal directions, `[K]` of `[d]`; empty for no whitening.
type Basis = Vec<(f64, Vec<f64>)>;

/// `P x` in the coordinates of the basis, `[K]`: its lengths and angles are those of `P x` itself.
fn coordinates(basis: &Basis, vector: &[f64]) -> Vec<f64> {
    basis
        .iter()
        .map(|(factor, direction)| factor * dot(direction, vector))
        .collect()
}

impl Decomposition for SubspaceNnls {
    fn name(&self) -> &'static str {
        "subspace-nnls"
    }

    fn version(&self) -> u32 {
        VERSION
    }

    fn validate(&self) -> Result<(), ExplainError> {
        if self.components == 0 {
            return Err(ExplainError::Setting {
                setting: "components",
                value: self.components.to_string(),
                allowed: "at least 1",
            });
        }
        if !(self.epsilon.is_finite() && self.epsilon >= 0.0) {
            return Err(ExplainError::Setting {
                setting: "epsilon",
                value: self.epsilon.to_string(),
                allowed: "a number of at least 0",
            });
        }
        Ok(())
    }

    fn prepare<'a>(
        &self,
        directions: Directions<'a>,
    ) -> Result<Box<dyn Prepared + 'a>, ExplainError> {
        self.validate()?;
        let basis = Arc::new(self.basis(directions)?);
        Ok(Box::new(PreparedSubspace::new(directions, basis)))
    }
}

#[derive(Debug)]
struct PreparedSubspace<'a> {
    directions: Directions<'a>,
    basis: Arc<Basis>,
    /// Rows of `F P` in the coordinates of the basis, `[N, K]`.
    whitened: Vec<f64>,
}

impl<'a> PreparedSubspace<'a> {
    fn new(directions: Directions<'a>, basis: Arc<Basis>) -> Self {
        let whitened = directions
            .rows()
            .flat_map(|row| coordinates(&basis, row))
            .collect();
        Self {
            directions,
            basis,
            whitened,
        }
    }
}

impl Prepared for PreparedSubspace<'_> {
    /// Never starts warm: with more concepts than components the solution may not be unique, and a
    /// cold start always finds the same one.
    fn fit(&self, divergence: &[f64], _warm: Option<&[f64]>) -> Result<Weights, ExplainError> {
        self.directions.check("the divergence", divergence)?;
        if self.basis.is_empty() {
            let weights = active_set::solve(self.directions, divergence, &[])?;
            let kept = support(Some(&weights));
            return Ok(Weights::plain(self.directions, divergence, weights, kept));
        }
        let (count, components) = (self.directions.count(), self.basis.len());
        let whitened = Directions::trusted(&self.whitened, count, components);
        let target = coordinates(&self.basis, divergence);
        let weights = active_set::solve(whitened, &target, &[])?;
        Ok(Weights {
            residual: relative_residual(self.directions, divergence, &weights),
            residual_fitted: relative_residual(whitened, &target, &weights),
            kept: support(Some(&weights)),
            weights,
        })
    }

    fn non_negative(&self) -> bool {
        true
    }

    fn transformed(&self) -> Cow<'_, [f64]> {
        if self.basis.is_empty() {
            return Cow::Borrowed(self.directions.values());
        }
        let dimension = self.directions.dimension();
        let mut rows = vec![0.0; self.directions.count() * dimension];
        let whitened = self.whitened.chunks_exact(self.basis.len());
        for (row, whitened) in rows.chunks_exact_mut(dimension).zip(whitened) {
            for (&coordinate, (_, direction)) in whitened.iter().zip(self.basis.iter()) {
                add_scaled(row, coordinate, direction);
            }
        }
        Cow::Owned(rows)
    }

    fn resampled<'b>(
        &self,
        directions: Directions<'b>,
    ) -> Result<Box<dyn Prepared + 'b>, ExplainError> {
        if directions.dimension() != self.directions.dimension() {
            return Err(ExplainError::Shape {
                what: "the resampled concept directions",
                expected: directions.count() * self.directions.dimension(),
                found: directions.values().len(),
            });
        }
        Ok(Box::new(PreparedSubspace::new(
            directions,
            Arc::clone(&self.basis),
        )))
    }
}
