//! Least squares after the direction shared by all concepts is taken out.

use super::decomposition::{Decomposition, Prepared, Weights, each};
use super::dense::{add_scaled, dot, norm, relative_residual};
use super::directions::Directions;
use super::minimum_norm::{MinimumNorm, Rows, rounding_floor};
use crate::error::ExplainError;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// Version of the code below: raised whenever the same input gives other numbers, so that what was kept is made anew.
const VERSION: u32 = 1;

/// Least squares of minimum norm after projecting the direction of the centroid of `F` out of `F`
/// and `V`: phrases share a large "some style" component that says nothing about which style.
/// No settings.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Centered {}

impl Decomposition for Centered {
    fn name(&self) -> &'static str {
        "centered"
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
        let centroid = centroid(directions);
        let mut projected = directions.values().to_vec();
        for row in projected.chunks_exact_mut(directions.dimension()) {
            project_out(row, &centroid);
        }
        let sum_to_zero = centroid.iter().any(|&value| value != 0.0);
        let rows = if sum_to_zero {
            Rows::SumToZero
        } else {
            Rows::Any
        };
        let view = Directions::trusted(&projected, directions.count(), directions.dimension());
        let factor = MinimumNorm::new(view, rows, rounding_floor(directions))?;
        Ok(Box::new(PreparedCentered {
            directions,
            projected,
            centroid,
            factor,
        }))
    }
}

/// Unit vector of the mean of the directions; zeros where they cancel.
fn centroid(directions: Directions<'_>) -> Vec<f64> {
    let mut sum = vec![0.0; directions.dimension()];
    let mut sizes = 0.0;
    for row in directions.rows() {
        add_scaled(&mut sum, 1.0, row);
        sizes += norm(row);
    }
    let length = norm(&sum);
    // A sum that is rounding only has no direction.
    let scale = if length > 1e-12 * sizes {
        1.0 / length
    } else {
        0.0
    };
    sum.iter_mut().for_each(|value| *value *= scale);
    sum
}

fn project_out(vector: &mut [f64], unit: &[f64]) {
    let share = dot(vector, unit);
    add_scaled(vector, -share, unit);
}

#[derive(Debug)]
struct PreparedCentered<'a> {
    directions: Directions<'a>,
    projected: Vec<f64>,
    centroid: Vec<f64>,
    factor: MinimumNorm,
}

impl Prepared for PreparedCentered<'_> {
    fn fit(&self, divergence: &[f64], _warm: Option<&[f64]>) -> Result<Weights, ExplainError> {
        self.directions.check("the divergence", divergence)?;
        let mut target = divergence.to_vec();
        project_out(&mut target, &self.centroid);
        if norm(&target) <= 1e-14 * norm(divergence) {
            // The divergence is the centroid direction alone; what is left of it is rounding.
            target.iter_mut().for_each(|value| *value = 0.0);
        }
        let (count, dimension) = (self.directions.count(), self.directions.dimension());
        let projected = Directions::trusted(&self.projected, count, dimension);
        let weights = self.factor.solve(projected, &target);
        Ok(Weights {
            residual: relative_residual(self.directions, divergence, &weights),
            residual_fitted: relative_residual(projected, &target, &weights),
            kept: (0..count).collect(),
            weights,
        })
    }

    fn contributions(&self, divergences: &[f64]) -> Result<Option<Vec<f64>>, ExplainError> {
        each(self, self.directions, divergences)
    }

    fn transformed(&self) -> Cow<'_, [f64]> {
        Cow::Borrowed(&self.projected)
    }

    fn resampled<'b>(
        &self,
        directions: Directions<'b>,
    ) -> Result<Box<dyn Prepared + 'b>, ExplainError> {
        Centered::default().prepare(directions)
    }
}
