//! Ridge regression: signed weights that stay small where concepts are alike.

use super::decomposition::{Decomposition, Prepared, Weights};
use super::dense::project;
use super::directions::{Directions, check_finite};
use super::minimum_norm::solve_llt;
use crate::error::ExplainError;
use faer::linalg::solvers::{Llt, Solve};
use faer::{Mat, MatRef, Side};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// Version of the code below: raised whenever the same input gives other numbers, so that what was kept is made anew.
const VERSION: u32 = 1;

/// `min |V - F^T w|^2 + a |w|^2` with `a = lambda mean_i |f_i|^2`, so that `lambda` does not depend
/// on the scale of the encoder's features. (No statistics of the weights: shrinkage biases them.)
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Ridge {
    /// Penalty relative to the mean squared length of the directions, above 0, default 0.1.
    pub lambda: f64,
}

impl Default for Ridge {
    fn default() -> Self {
        Self { lambda: 0.1 }
    }
}

impl Ridge {
    /// What fits of many divergences with the same directions share.
    ///
    /// # Errors
    ///
    /// A bad `lambda`, or one that is lost in rounding.
    pub(crate) fn factor(&self, directions: Directions<'_>) -> Result<RidgeFactor, ExplainError> {
        self.validate()?;
        let matrix = directions.matrix();
        let mut gram: Mat<f64> = matrix * matrix.transpose();
        let count = gram.nrows();
        let mean = (0..count).map(|i| gram[(i, i)]).sum::<f64>() / count as f64;
        if mean == 0.0 {
            return Ok(RidgeFactor(None));
        }
        (0..count).for_each(|i| gram[(i, i)] += self.lambda * mean);
        // A penalty lost in the rounding of a dependent bank is the one way to fail.
        let factor = gram.llt(Side::Lower);
        let factor = factor.map_err(|_| ExplainError::Setting {
            setting: "lambda",
            value: self.lambda.to_string(),
            allowed: "larger for concepts as alike as these, e.g. 0.1",
        })?;
        Ok(RidgeFactor(Some(factor)))
    }
}

/// Factor of `F F^T + a I`, or nothing where all directions are zero.
#[derive(Debug)]
pub(crate) struct RidgeFactor(Option<Llt<f64>>);

impl RidgeFactor {
    /// The weights of one divergence, `[d]`, with the directions that it was made of: `[N]`.
    pub fn weights(&self, directions: Directions<'_>, divergence: &[f64]) -> Vec<f64> {
        match &self.0 {
            Some(factor) => solve_llt(factor, project(directions, divergence)),
            None => vec![0.0; directions.count()],
        }
    }
}

impl Decomposition for Ridge {
    fn name(&self) -> &'static str {
        "ridge"
    }

    fn version(&self) -> u32 {
        VERSION
    }

    fn validate(&self) -> Result<(), ExplainError> {
        if self.lambda.is_finite() && self.lambda > 0.0 {
            return Ok(());
        }
        Err(ExplainError::Setting {
            setting: "lambda",
            value: self.lambda.to_string(),
            allowed: "a number above 0",
        })
    }

    fn prepare<'a>(
        &self,
        directions: Directions<'a>,
    ) -> Result<Box<dyn Prepared + 'a>, ExplainError> {
        Ok(Box::new(PreparedRidge {
            directions,
            factor: self.factor(directions)?,
            settings: self.clone(),
        }))
    }
}

#[derive(Debug)]
struct PreparedRidge<'a> {
    directions: Directions<'a>,
    factor: RidgeFactor,
    settings: Ridge,
}

impl Prepared for PreparedRidge<'_> {
    fn fit(&self, divergence: &[f64], _warm: Option<&[f64]>) -> Result<Weights, ExplainError> {
        self.directions.check("the divergence", divergence)?;
        let weights = self.factor.weights(self.directions, divergence);
        let kept = (0..weights.len()).collect();
        Ok(Weights::plain(self.directions, divergence, weights, kept))
    }

    fn contributions(&self, divergences: &[f64]) -> Result<Option<Vec<f64>>, ExplainError> {
        contributions(self.directions, divergences, &self.settings).map(Some)
    }

    fn transformed(&self) -> Cow<'_, [f64]> {
        Cow::Borrowed(self.directions.values())
    }

    fn resampled<'b>(
        &self,
        directions: Directions<'b>,
    ) -> Result<Box<dyn Prepared + 'b>, ExplainError> {
        self.settings.prepare(directions)
    }
}

/// The joint ridge fit of every probe's divergence: what each pair contributes to each concept.
///
/// `divergences` is row-major `[n, d]`; the result row-major `[n, N]`. The fit is linear, so the
/// mean over probes is the fit of the mean divergence, and under the hypothesis of no systematic
/// change the rows may change sign (see [`crate::statistics::step_down_test`]).
///
/// # Errors
///
/// No probe, a number of values that is no multiple of `d`, NaN or infinity, a bad `lambda`.
pub fn contributions(
    directions: Directions<'_>,
    divergences: &[f64],
    settings: &Ridge,
) -> Result<Vec<f64>, ExplainError> {
    const WHAT: &str = "the divergences of the pairs";
    let (count, dimension) = (directions.count(), directions.dimension());
    let probes = divergences.len() / dimension;
    if probes == 0 {
        return Err(ExplainError::TooFew {
            what: WHAT,
            least: 1,
        });
    }
    if !divergences.len().is_multiple_of(dimension) {
        return Err(ExplainError::Shape {
            what: WHAT,
            expected: probes * dimension,
            found: divergences.len(),
        });
    }
    check_finite(WHAT, divergences, dimension)?;
    let RidgeFactor(Some(factor)) = settings.factor(directions)? else {
        return Ok(vec![0.0; probes * count]);
    };
    let rows = MatRef::from_row_major_slice(divergences, probes, dimension);
    let mut solution: Mat<f64> = directions.matrix() * rows.transpose();
    factor.solve_in_place(solution.as_mut());
    // Column-major [N, n] is row-major [n, N].
    Ok(solution
        .col_iter()
        .flat_map(|column| column.iter().copied())
        .collect())
}
