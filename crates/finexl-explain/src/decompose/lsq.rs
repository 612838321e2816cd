//! Least squares over all candidates, with signed weights (the paper's Eq. 10).

use super::decomposition::{Decomposition, Prepared, Weights, each};
use super::directions::Directions;
use super::minimum_norm::{MinimumNorm, Rows};
use crate::error::ExplainError;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// Version of the code below: raised whenever the same input gives other numbers, so that what was kept is made anew.
const VERSION: u32 = 1;

/// `min |V - F^T w|`; of equally good weights those of minimum norm. Singular values of at most
/// `eps max(N, d) s_1` count as zero, as in `numpy.linalg.lstsq(rcond=None)`. No settings.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Lsq {}

impl Decomposition for Lsq {
    fn name(&self) -> &'static str {
        "lsq"
    }

    fn version(&self) -> u32 {
        VERSION
    }

    fn validate(&self) -> Result<(), ExplainError> {
        Ok(())
    }

    fn prepare<'a>(
        &self,
        directions: Directions<'a>,
    ) -> Result<Box<dyn Prepared + 'a>, ExplainError> {
        Ok(Box::new(PreparedLsq {
            directions,
            factor: MinimumNorm::new(directions, Rows::Any, 0.0)?,
        }))
    }
}

#[derive(Debug)]
struct PreparedLsq<'a> {
    directions: Directions<'a>,
    factor: MinimumNorm,
}

impl Prepared for PreparedLsq<'_> {
    fn fit(&self, divergence: &[f64], _warm: Option<&[f64]>) -> Result<Weights, ExplainError> {
        self.directions.check("the divergence", divergence)?;
        let weights = self.factor.solve(self.directions, divergence);
        let kept = (0..weights.len()).collect();
        Ok(Weights::plain(self.directions, divergence, weights, kept))
    }

    fn contributions(&self, divergences: &[f64]) -> Result<Option<Vec<f64>>, ExplainError> {
        each(self, self.directions, divergences)
    }

    fn transformed(&self) -> Cow<'_, [f64]> {
        Cow::Borrowed(self.directions.values())
    }

    fn resampled<'b>(
        &self,
        directions: Directions<'b>,
    ) -> Result<Box<dyn Prepared + 'b>, ExplainError> {
        Lsq::default().prepare(directions)
    }
}
