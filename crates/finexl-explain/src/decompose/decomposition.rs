//! What all decompositions have in common.

use super::dense::relative_residual;
use super::directions::Directions;
use crate::error::ExplainError;
use std::borrow::Cow;
use std::fmt::Debug;

/// The weights of the concepts in one divergence.
#[derive(Clone, Debug, PartialEq)]
pub struct Weights {
    /// One weight per concept, `[N]`.
    pub weights: Vec<f64>,
    /// `|V - F^T w| / |V|` in the plain feature space; 0 for a zero divergence. Methods that fit in
    /// another space (centered, subspace-nnls) can exceed 1 here.
    pub residual: f64,
    /// The same in the space that the method fits in, at most 1.
    pub residual_fitted: f64,
    /// Concepts that the method chose, in order of choice where it has one, else in bank order.
    /// (Methods without a choice keep all; an NNLS keeps those above zero.)
    pub kept: Vec<usize>,
}

impl Weights {
    /// Weights of a method that fits in the plain feature space.
    pub(super) fn plain(
        directions: Directions<'_>,
        divergence: &[f64],
        weights: Vec<f64>,
        kept: Vec<usize>,
    ) -> Self {
        let residual = relative_residual(directions, divergence, &weights);
        Self {
            weights,
            residual,
            residual_fitted: residual,
            kept,
        }
    }
}

/// A way to write a divergence `V` as a weighted sum of concept directions `F`.
///
/// ```
/// use finexl_explain::decompose::{Decomposition, Directions, Nnls};
///
/// let directions = [1.0, 0.0, 0.0, 1.0];
/// let bank = Directions::new(&directions, 2, 2)?;
/// let found = Nnls::default().decompose(bank, &[0.5, -0.5])?;
/// assert_eq!(found.weights, [0.5, 0.0]);
/// # Ok::<(), finexl_explain::error::ExplainError>(())
/// ```
pub trait Decomposition: Debug + Send + Sync {
    /// Name as in TOML and `--method`.
    fn name(&self) -> &'static str;

    /// Version of its code: another one may give other numbers.
    fn version(&self) -> u32;

    /// Checks the settings.
    ///
    /// # Errors
    ///
    /// The first setting outside its range.
    fn validate(&self) -> Result<(), ExplainError>;

    /// Does the work that depends on the directions only (factorisations, whitening), so that many
    /// divergences can be decomposed with one bank.
    ///
    /// # Errors
    ///
    /// A setting outside its range, or a factorisation that fails.
    fn prepare<'a>(
        &self,
        directions: Directions<'a>,
    ) -> Result<Box<dyn Prepared + 'a>, ExplainError>;

    /// Decomposes one divergence, `[d]`.
    ///
    /// # Errors
    ///
    /// As [`Decomposition::prepare`] and [`Prepared::fit`].
    fn decompose(
        &self,
        directions: Directions<'_>,
        divergence: &[f64],
    ) -> Result<Weights, ExplainError> {
        self.prepare(directions)?.fit(divergence, None)
    }
}

/// The weights of each of some divergences, `[n, d]`, by a method that is linear in them: `[n, N]`.
pub(super) fn each(
    prepared: &dyn Prepared,
    directions: Directions<'_>,
    divergences: &[f64],
) -> Result<Option<Vec<f64>>, ExplainError> {
    let rows = divergences.chunks_exact(directions.dimension());
    let mut all = Vec::with_capacity(rows.len() * directions.count());
    for row in rows {
        all.extend(prepared.fit(row, None)?.weights);
    }
    Ok(Some(all))
}

/// A resample of what a decomposition works on.
#[derive(Clone, Debug, PartialEq)]
pub struct Resample {
    /// Mean divergence of the pairs that were drawn, `[d]`.
    pub divergence: Vec<f64>,
    /// Mean directions over the probes that were drawn, `[N, d]`; none where all of them stay as they are.
    pub directions: Option<Vec<f64>>,
}

/// A decomposition with its bank.
pub trait Prepared: Debug + Send + Sync {
    /// Decomposes one divergence, `[d]`.
    ///
    /// `warm`, weights of a similar problem (such as the one of which this is a bootstrap
    /// replicate), lets active-set methods start near the end. It changes the time and not the
    /// result, other than by rounding; where the result is not unique (equal or dependent concepts)
    /// it may choose another of the equally good ones. Other methods ignore it.
    ///
    /// # Errors
    ///
    /// A divergence of the wrong length, with NaN or infinity; a solver that does not converge.
    fn fit(&self, divergence: &[f64], warm: Option<&[f64]>) -> Result<Weights, ExplainError>;

    /// The weights of resamples, `[N]` each; `warm` as in [`Prepared::fit`]. Methods to which many are cheaper than one
    /// after the other have their own way.
    ///
    /// # Errors
    ///
    /// As [`Prepared::fit`] and [`Prepared::resampled`].
    fn resampled_weights(
        &self,
        resamples: &[Resample],
        warm: &[f64],
    ) -> Result<Vec<Vec<f64>>, ExplainError> {
        let count = warm.len();
        let each = resamples.iter().map(|resample| {
            let divergence = &resample.divergence;
            let fitted = match &resample.directions {
                Some(rows) => {
                    let directions = Directions::new(rows, count, divergence.len())?;
                    self.resampled(directions)?.fit(divergence, Some(warm))?
                }
                None => self.fit(divergence, Some(warm))?,
            };
            Ok(fitted.weights)
        });
        each.collect()
    }

    /// How far levels may be off, `[N]`: half-widths of 95% intervals of the levels at which aspects were applied,
    /// from methods that know it, model error and sampling together. Others have none.
    ///
    /// # Errors
    ///
    /// As [`Prepared::fit`].
    fn level_errors(&self, _divergence: &[f64]) -> Result<Option<Vec<f64>>, ExplainError> {
        Ok(None)
    }

    /// What each of some divergences, `[n, d]` row-major, adds to the weights, `[n, N]` row-major, of methods whose weights
    /// are a linear map of the divergence (apart from what is cut at 0): their mean is the weight of the mean. The map
    /// has to depend on the directions alone, or on the divergences by positive factors only, since the sign-flip test
    /// takes it for given. Other methods have none, and are tested by a joint ridge fit.
    ///
    /// # Errors
    ///
    /// As [`Prepared::fit`].
    fn contributions(&self, _divergences: &[f64]) -> Result<Option<Vec<f64>>, ExplainError> {
        Ok(None)
    }

    /// Whether no weight can be below 0, whatever the divergence.
    fn non_negative(&self) -> bool {
        false
    }

    /// The directions as the method sees them (centred, whitened), row-major `[N, d]`, for
    /// [`super::explanation_vector`].
    fn transformed(&self) -> Cow<'_, [f64]>;

    /// The same method for resampled directions of the same concepts.
    ///
    /// What was learned from the first bank about the space as a whole (the whitening of
    /// subspace-nnls, whose SVD is the one slow step) is kept, so intervals made this way are
    /// conditional on it; everything else is done anew.
    ///
    /// # Errors
    ///
    /// As [`Decomposition::prepare`].
    fn resampled<'b>(
        &self,
        directions: Directions<'b>,
    ) -> Result<Box<dyn Prepared + 'b>, ExplainError>;
}
