//! The Fréchet distance of two sets of features.

use crate::EvalError;
use faer::{Mat, MatRef, Side};
use finexl_zoo::encoders::Features;

/// `|m1 - m2|^2 + tr(S1 + S2 - 2 (S1 S2)^(1/2))` with the means and covariances of two sets (Dowson and
/// Landau 1982; with an encoder's features Heusel et al. 2017, "FID").
///
/// # Errors
/// Sets of other dimensions or of fewer than two rows, and an eigendecomposition that fails.
pub fn frechet_distance(a: &Features, b: &Features) -> Result<f64, EvalError> {
    if a.dimension != b.dimension || a.len() < 2 || b.len() < 2 {
        return Err(EvalError::setting(
            "features",
            format!(
                "a Fréchet distance needs two sets of at least two rows of one dimension, not {} x {} \
                 and {} x {}",
                a.len(),
                a.dimension,
                b.len(),
                b.dimension
            ),
        ));
    }
    if a.len().min(b.len()) < a.dimension {
        return of_few_rows(a, b);
    }
    let ((mean_a, cov_a), (mean_b, cov_b)) = (moments(a), moments(b));
    let apart = squared_distance(&mean_a, &mean_b);
    // The trace of the root of S1 S2 is that of the root of S1^(1/2) S2 S1^(1/2), which is symmetric.
    let root = power(cov_a.as_ref(), f64::sqrt)?;
    let inner = &root * &cov_b * &root;
    let shared: f64 = eigenvalues(inner.as_ref())?
        .iter()
        .map(|v| v.max(0.0).sqrt())
        .sum();
    let trace = |m: &Mat<f64>| (0..m.nrows()).map(|i| m[(i, i)]).sum::<f64>();
    Ok(apart + trace(&cov_a) + trace(&cov_b) - 2.0 * shared)
}

/// The same without a matrix of the features' dimension. With centred rows A and B over the roots of n - 1
/// the covariances are `A^T A` and `B^T B`, and the eigenvalues of their product that are not 0 are those of
/// `A B^T (A B^T)^T`: the trace of the root is the sum of the singular values of `A B^T`.
fn of_few_rows(a: &Features, b: &Features) -> Result<f64, EvalError> {
    let ((mean_a, rows_a), (mean_b, rows_b)) = (centred(a), centred(b));
    let apart = squared_distance(&mean_a, &mean_b);
    let product = &rows_a * rows_b.transpose();
    let values = product.singular_values().map_err(failed)?;
    let trace = |rows: &Mat<f64>| rows.squared_norm_l2();
    Ok(apart + trace(&rows_a) + trace(&rows_b) - 2.0 * values.iter().sum::<f64>())
}

fn squared_distance(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(x, y)| (x - y).powi(2)).sum()
}

/// Mean `[d]` and centred rows `[n, d]` over the root of `n - 1`.
fn centred(features: &Features) -> (Vec<f64>, Mat<f64>) {
    let (n, d) = (features.len(), features.dimension);
    let mut mean = vec![0.0; d];
    for row in 0..n {
        for (sum, value) in mean.iter_mut().zip(features.row(row)) {
            *sum += f64::from(*value) / n as f64;
        }
    }
    let by = 1.0 / (n as f64 - 1.0).sqrt();
    let rows = Mat::from_fn(n, d, |i, j| (f64::from(features.row(i)[j]) - mean[j]) * by);
    (mean, rows)
}

/// Mean `[d]` and covariance `[d, d]`, with `n - 1` in the denominator.
fn moments(features: &Features) -> (Vec<f64>, Mat<f64>) {
    let (mean, rows) = centred(features);
    let covariance = rows.transpose() * &rows;
    (mean, covariance)
}

/// A function of a symmetric matrix's eigenvalues, round-off below zero taken for zero.
fn power(matrix: MatRef<'_, f64>, f: impl Fn(f64) -> f64) -> Result<Mat<f64>, EvalError> {
    let eigen = matrix.self_adjoint_eigen(Side::Lower).map_err(failed)?;
    let (u, s) = (eigen.U(), eigen.S().column_vector());
    let scaled = Mat::from_fn(u.nrows(), u.ncols(), |i, j| u[(i, j)] * f(s[j].max(0.0)));
    Ok(scaled * u.transpose())
}

fn eigenvalues(matrix: MatRef<'_, f64>) -> Result<Vec<f64>, EvalError> {
    matrix.self_adjoint_eigenvalues(Side::Lower).map_err(failed)
}

fn failed<E: std::fmt::Debug>(error: E) -> EvalError {
    EvalError::setting(
        "features",
        format!("their eigenvalues were not found: {error:?}"),
    )
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use std::path::Path;

    fn features(rows: &[[f32; 2]]) -> Features {
        Features {
            dimension: 2,
            values: rows.concat(),
        }
    }

    #[test]
    fn equal_sets_are_at_distance_zero_and_shifted_ones_at_their_shift() {
        let a = features(&[[0.0, 1.0], [2.0, 3.0], [5.0, -1.0], [1.0, 1.0]]);
        let moved = features(&[[3.0, 5.0], [5.0, 7.0], [8.0, 3.0], [4.0, 5.0]]);
        assert!(frechet_distance(&a, &a).unwrap().abs() < 1e-9);
        assert!((frechet_distance(&a, &moved).unwrap() - 25.0).abs() < 1e-9);
    }

    #[test]
    fn it_is_what_numpy_gives() {
        // numpy: the eigenvalues of cov(a) @ cov(b), which need no root of a matrix.
        let a = features(&[[0.0, 1.0], [2.0, 3.0], [5.0, -1.0], [1.0, 1.0]]);
        let b = features(&[[1.0, 0.5], [0.0, -2.0], [3.0, 3.0], [1.5, 4.0]]);
        assert!((frechet_distance(&a, &b).unwrap() - 6.067_380_881_772_340_5).abs() < 1e-9);
    }

    #[test]
    fn it_is_that_of_pytorch_fid() {
        let fixture = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("../finexl-zoo/tests/fixtures/inception/expected.json");
        let expected: serde_json::Value =
            serde_json::from_slice(&std::fs::read(fixture).unwrap()).unwrap();
        let set = |shift: f64, scale: f64, offset: f64| Features {
            dimension: 5,
            values: (0..12 * 5)
                .map(|i| (offset + scale * (1.7 * f64::from(i) + shift).sin()) as f32)
                .collect(),
        };
        let found = frechet_distance(&set(0.0, 1.0, 0.0), &set(0.9, 2.0, 1.0)).unwrap();
        let wanted = expected["distance"].as_f64().unwrap();
        assert!((found - wanted).abs() < 1e-5 * wanted, "{found} {wanted}");
    }

    #[test]
    fn few_rows_of_many_features_are_no_other_case() {
        let rows = |shift: f64| Features {
            dimension: 7,
            values: (0..3 * 7)
                .map(|i| (f64::from(i) * 1.7 + shift).sin() as f32)
                .collect(),
        };
        let (a, b) = (rows(0.0), rows(0.9));
        let ((mean_a, cov_a), (mean_b, cov_b)) = (moments(&a), moments(&b));
        let root = power(cov_a.as_ref(), f64::sqrt).unwrap();
        let inner = &root * &cov_b * &root;
        let shared = eigenvalues(inner.as_ref()).unwrap();
        let shared: f64 = shared.iter().map(|v| v.max(0.0).sqrt()).sum();
        let trace = |m: &Mat<f64>| (0..m.nrows()).map(|i| m[(i, i)]).sum::<f64>();
        let plain = squared_distance(&mean_a, &mean_b) + trace(&cov_a) + trace(&cov_b);
        let found = frechet_distance(&a, &b).unwrap();
        assert!((found - (plain - 2.0 * shared)).abs() < 1e-6, "{found}");
    }

    #[test]
    fn a_single_row_has_no_covariance() {
        let one = features(&[[0.0, 1.0]]);
        assert!(frechet_distance(&one, &one).is_err());
    }
}
