//! The paper's Algorithm 1: a greedy walk down the cosines with an orthogonality filter.

use super::decomposition::{Decomposition, Prepared, Weights};
use super::dense::{cosine, relative_residual};
use super::directions::Directions;
use super::minimum_norm::{MinimumNorm, Rows};
use crate::error::ExplainError;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// Version of the code below: raised whenever the same input gives other numbers, so that what was kept is made anew.
const VERSION: u32 = 1;

/// Algorithm 1 of arXiv 2511.01932.
///
/// Candidates are visited by falling `|cos(f(C), V)|`; one is rejected when the absolute sum of its
/// cosines with those kept reaches `e-ortho`; after each one kept, least squares over all kept; the
/// walk ends once the residual is below `e-decomp`. Strict filters keep very little, since the
/// cosines of style phrases are 0.2 to 0.5.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Paper {
    /// Orthogonality threshold; 0.03 is strict, 0.30 lenient, default 0.10.
    pub e_ortho: f64,
    /// Relative residual that is good enough, default 0.20.
    pub e_decomp: f64,
}

impl Default for Paper {
    fn default() -> Self {
        Self {
            e_ortho: 0.10,
            e_decomp: 0.20,
        }
    }
}

impl Decomposition for Paper {
    fn name(&self) -> &'static str {
        "paper"
    }

    fn version(&self) -> u32 {
        VERSION
    }

    fn validate(&self) -> Result<(), ExplainError> {
        let thresholds = [("e-ortho", self.e_ortho), ("e-decomp", self.e_decomp)];
        for (setting, value) in thresholds {
            if !(value.is_finite() && value > 0.0) {
                return Err(ExplainError::Setting {
                    setting,
                    value: value.to_string(),
                    allowed: "a number above 0",
                });
            }
        }
        Ok(())
    }

    fn prepare<'a>(
        &self,
        directions: Directions<'a>,
    ) -> Result<Box<dyn Prepared + 'a>, ExplainError> {
        self.validate()?;
        Ok(Box::new(PreparedPaper {
            directions,
            settings: self.clone(),
        }))
    }
}

#[derive(Debug)]
struct PreparedPaper<'a> {
    directions: Directions<'a>,
    settings: Paper,
}

impl PreparedPaper<'_> {
    /// Concepts that are not zero, by falling `|cos|` with the divergence; of equals the first.
    fn order(&self, divergence: &[f64]) -> Vec<usize> {
        let similarity: Vec<f64> = self
            .directions
            .rows()
            .map(|row| cosine(row, divergence).abs())
            .collect();
        let mut order: Vec<usize> = (0..similarity.len())
            .filter(|&concept| self.directions.row(concept).iter().any(|&x| x != 0.0))
            .collect();
        order.sort_by(|&a, &b| similarity[b].total_cmp(&similarity[a]));
        order
    }

    fn nearly_orthogonal(&self, concept: usize, kept: &[usize]) -> bool {
        let row = self.directions.row(concept);
        let sum: f64 = kept
            .iter()
            .map(|&other| cosine(row, self.directions.row(other)))
            .sum();
        sum.abs() < self.settings.e_ortho
    }
}

impl Prepared for PreparedPaper<'_> {
    fn fit(&self, divergence: &[f64], _warm: Option<&[f64]>) -> Result<Weights, ExplainError> {
        self.directions.check("the divergence", divergence)?;
        let mut weights = vec![0.0; self.directions.count()];
        let mut kept = Vec::new();
        if divergence.iter().any(|&value| value != 0.0) {
            for concept in self.order(divergence) {
                if !self.nearly_orthogonal(concept, &kept) {
                    continue;
                }
                kept.push(concept);
                weights = refit(self.directions, divergence, &kept)?;
                let residual = relative_residual(self.directions, divergence, &weights);
                if residual < self.settings.e_decomp {
                    break;
                }
            }
        }
        Ok(Weights::plain(self.directions, divergence, weights, kept))
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

/// Least squares over `kept`, scattered into `[N]`.
pub(super) fn refit(
    directions: Directions<'_>,
    divergence: &[f64],
    kept: &[usize],
) -> Result<Vec<f64>, ExplainError> {
    let rows: Vec<f64> = kept
        .iter()
        .flat_map(|&concept| directions.row(concept).iter().copied())
        .collect();
    let chosen = Directions::trusted(&rows, kept.len(), directions.dimension());
    let solution = MinimumNorm::new(chosen, Rows::Any, 0.0)?.solve(chosen, divergence);
    let mut weights = vec![0.0; directions.count()];
    for (&concept, weight) in kept.iter().zip(solution) {
        weights[concept] = weight;
    }
    Ok(weights)
}
