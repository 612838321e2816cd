//! Directions that follow from the weights alone.

use super::{Direction, Provenance, StyleGenerator};
use crate::ZooError;
use crate::generators::values;
use faer::{Mat, Side};

impl StyleGenerator {
    /// The directions along which the modulations move fastest, the fastest first: eigenvectors of
    /// `A^T A`, `A` being the layer that reads w (SeFa, Shen and Zhou 2021). Of the two senses the one in
    /// which the largest number is positive.
    ///
    /// # Errors
    /// [`ZooError::Backend`] where weights cannot be read or the eigenvectors are not found.
    pub fn closed_form(&self) -> Result<Vec<Direction>, ZooError> {
        let weight = self.styles.weight.val();
        let [width, outputs] = weight.dims();
        let numbers = values(weight)?;
        // burn holds the transpose of A, a row per number of w.
        let transposed = Mat::from_fn(width, outputs, |w, output| {
            f64::from(numbers[w * outputs + output])
        });
        let squared = &transposed * transposed.transpose();
        let eigen = squared
            .self_adjoint_eigen(Side::Lower)
            .map_err(|error| ZooError::Backend {
                what: "finding closed-form directions",
                message: format!("{error:?}"),
            })?;
        let (vectors, eigenvalues) = (eigen.U(), eigen.S().column_vector());
        // They come in ascending order.
        let directions = (0..width).map(|rank| {
            let at = width - 1 - rank;
            Direction {
                unit: upright((0..width).map(|row| vectors[(row, at)]).collect()),
                provenance: Provenance::ClosedForm {
                    rank,
                    eigenvalue: eigenvalues[at],
                },
            }
        });
        Ok(directions.collect())
    }
}

/// A vector or its negative, such that its largest number is positive.
fn upright(vector: Vec<f64>) -> Vec<f32> {
    let largest =
        vector.iter().copied().fold(
            0.0f64,
            |largest, v| {
                if v.abs() > largest.abs() { v } else { largest }
            },
        );
    let sense = if largest < 0.0 { -1.0 } else { 1.0 };
    vector.into_iter().map(|v| (sense * v) as f32).collect()
}
