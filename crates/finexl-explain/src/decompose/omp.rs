//! Orthogonal matching pursuit: one concept at a time, refitted after each.

use super::active_set;
use super::decomposition::{Decomposition, Prepared, Weights};
use super::dense::{dot, norm, relative_residual, remainder};
use super::directions::Directions;
use super::paper::refit;
use crate::error::ExplainError;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// Version of the code below: raised whenever the same input gives other numbers, so that what was kept is made anew.
const VERSION: u32 = 1;

/// Cosine with the residual, relative to the whole divergence, below which nothing is left to find.
const ROUNDING: f64 = 1e-12;

/// Signs that a weight may take.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Sign {
    /// Choose by `cos > 0`, refit by non-negative least squares.
    #[default]
    NonNegative,
    /// Choose by `|cos|`, refit by least squares.
    Signed,
}

/// Orthogonal matching pursuit (Pati et al. 1993; TextSpan's greedy choice).
///
/// Each step takes the concept whose direction has the largest cosine with the residual and refits
/// all those taken; it ends after `count` concepts, once the relative residual is at most
/// `residual`, or when no concept points along what is left.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Omp {
    /// At most this many concepts, default 8.
    pub count: usize,
    /// Relative residual that is good enough, in [0, 1), default 0 (go on to `count`).
    pub residual: f64,
    /// Signs of the weights, default non-negative.
    pub sign: Sign,
}

impl Default for Omp {
    fn default() -> Self {
        Self {
            count: 8,
            residual: 0.0,
            sign: Sign::NonNegative,
        }
    }
}

impl Decomposition for Omp {
    fn name(&self) -> &'static str {
        "omp"
    }

    fn version(&self) -> u32 {
        VERSION
    }

    fn validate(&self) -> Result<(), ExplainError> {
        if self.count == 0 {
            return Err(ExplainError::Setting {
                setting: "count",
                value: self.count.to_string(),
                allowed: "at least 1",
            });
        }
        if !(0.0..1.0).contains(&self.residual) {
            return Err(ExplainError::Setting {
                setting: "residual",
                value: self.residual.to_string(),
                allowed: "at least 0 and below 1",
            });
        }
        Ok(())
    }

    fn prepare<'a>(
        &self,
        directions: Directions<'a>,
    ) -> Result<Box<dyn Prepared + 'a>, ExplainError> {
        self.validate()?;
        Ok(Box::new(PreparedOmp {
            directions,
            norms: directions.rows().map(norm).collect(),
            settings: self.clone(),
        }))
    }
}

#[derive(Debug)]
struct PreparedOmp<'a> {
    directions: Directions<'a>,
    norms: Vec<f64>,
    settings: Omp,
}

impl PreparedOmp<'_> {
    /// The concept that points most along `rest`, if any does by more than rounding.
    fn best(&self, rest: &[f64], kept: &[usize], floor: f64) -> Option<usize> {
        let mut best = None;
        let mut highest = floor;
        for (concept, row) in self.directions.rows().enumerate() {
            if self.norms[concept] == 0.0 || kept.contains(&concept) {
                continue;
            }
            let share = dot(row, rest) / self.norms[concept];
            let score = match self.settings.sign {
                Sign::NonNegative => share,
                Sign::Signed => share.abs(),
            };
            if score > highest {
                highest = score;
                best = Some(concept);
            }
        }
        best
    }

    fn refit(
        &self,
        divergence: &[f64],
        kept: &[usize],
        weights: &[f64],
    ) -> Result<Vec<f64>, ExplainError> {
        if self.settings.sign == Sign::Signed {
            return refit(self.directions, divergence, kept);
        }
        let rows: Vec<f64> = kept
            .iter()
            .flat_map(|&concept| self.directions.row(concept).iter().copied())
            .collect();
        let chosen = Directions::trusted(&rows, kept.len(), self.directions.dimension());
        let warm: Vec<usize> = (0..kept.len())
            .filter(|&place| weights[kept[place]] > 0.0)
            .collect();
        let solution = active_set::solve(chosen, divergence, &warm)?;
        let mut weights = vec![0.0; self.directions.count()];
        for (&concept, weight) in kept.iter().zip(solution) {
            weights[concept] = weight;
        }
        Ok(weights)
    }
}

impl Prepared for PreparedOmp<'_> {
    fn fit(&self, divergence: &[f64], _warm: Option<&[f64]>) -> Result<Weights, ExplainError> {
        self.directions.check("the divergence", divergence)?;
        let mut weights = vec![0.0; self.directions.count()];
        let mut kept = Vec::new();
        let mut rest = divergence.to_vec();
        let floor = ROUNDING * norm(divergence);
        while kept.len() < self.settings.count.min(self.directions.count()) {
            let Some(concept) = self.best(&rest, &kept, floor) else {
                break;
            };
            kept.push(concept);
            weights = self.refit(divergence, &kept, &weights)?;
            rest = remainder(self.directions, divergence, &weights);
            let residual = relative_residual(self.directions, divergence, &weights);
            if residual <= self.settings.residual {
                break;
            }
        }
        Ok(Weights::plain(self.directions, divergence, weights, kept))
    }

    fn non_negative(&self) -> bool {
        self.settings.sign == Sign::NonNegative
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
