//! Non-negative least squares: sparse by itself, and each weight reads as "this much of it".

use super::active_set;
use super::decomposition::{Decomposition, Prepared, Weights};
use super::directions::Directions;
use crate::error::ExplainError;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// Version of the code below: raised whenever the same input gives other numbers, so that what was kept is made anew.
const VERSION: u32 = 1;

/// `min |V - F^T w|` over `w >= 0` (Lawson and Hanson's active set; no settings).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Nnls {}

impl Decomposition for Nnls {
    fn name(&self) -> &'static str {
        "nnls"
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
        Ok(Box::new(PreparedNnls { directions }))
    }
}

#[derive(Debug)]
struct PreparedNnls<'a> {
    directions: Directions<'a>,
}

impl Prepared for PreparedNnls<'_> {
    fn fit(&self, divergence: &[f64], warm: Option<&[f64]>) -> Result<Weights, ExplainError> {
        self.directions.check("the divergence", divergence)?;
        let weights = active_set::solve(self.directions, divergence, &support(warm))?;
        let kept = support(Some(&weights));
        Ok(Weights::plain(self.directions, divergence, weights, kept))
    }

    fn non_negative(&self) -> bool {
        true
    }

    fn transformed(&self) -> Cow<'_, [f64]> {
        Cow::Borrowed(self.directions.values())
    }

    fn resampled<'b>(
        &self,
        directions: Directions<'b>,
    ) -> Result<Box<dyn Prepared + 'b>, ExplainError> {
        Nnls::default().prepare(directions)
    }
}

/// Concepts with a positive weight.
pub(super) fn support(weights: Option<&[f64]>) -> Vec<usize> {
    let weights = weights.unwrap_or_default();
    (0..weights.len()).filter(|&i| weights[i] > 0.0).collect()
}
