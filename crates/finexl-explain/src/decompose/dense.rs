//! Small dense kernels on slices.
//!
//! The inner loops are compiled for wide vector units and chosen at run time. Besides being
//! faster, that keeps them out of the narrow instructions that stall after faer's matrix
//! products (which leave the wide registers in use): 2.7 times slower, measured in a bootstrap.

use super::directions::Directions;
use pulp::Arch;

/// Running sums of an inner product: the compiler may not reorder a single one into vectors. The
/// same number on every machine, and no fused multiply-add, give the same result everywhere.
const LANES: usize = 16;

/// Length below which choosing costs more than it gains (triangles of active sets).
const SHORT: usize = 64;

/// Inner product.
pub(super) fn dot(a: &[f64], b: &[f64]) -> f64 {
    if a.len() < SHORT {
        return dot_in_lanes(a, b);
    }
    Arch::new().dispatch(
        #[inline(always)]
        || dot_in_lanes(a, b),
    )
}

#[inline(always)]
fn dot_in_lanes(a: &[f64], b: &[f64]) -> f64 {
    let mut sums = [0.0; LANES];
    let (a_blocks, b_blocks) = (a.chunks_exact(LANES), b.chunks_exact(LANES));
    let mut rest = 0.0;
    for (x, y) in a_blocks.remainder().iter().zip(b_blocks.remainder()) {
        rest += x * y;
    }
    for (x, y) in a_blocks.zip(b_blocks) {
        for lane in 0..LANES {
            sums[lane] += x[lane] * y[lane];
        }
    }
    for sum in sums {
        rest += sum;
    }
    rest
}

/// Euclidean norm.
pub(super) fn norm(a: &[f64]) -> f64 {
    dot(a, a).sqrt()
}

/// `y += alpha x`.
pub(super) fn add_scaled(y: &mut [f64], alpha: f64, x: &[f64]) {
    if y.len() < SHORT {
        return add_scaled_inline(y, alpha, x);
    }
    Arch::new().dispatch(
        #[inline(always)]
        || add_scaled_inline(y, alpha, x),
    );
}

#[inline(always)]
fn add_scaled_inline(y: &mut [f64], alpha: f64, x: &[f64]) {
    for (y, x) in y.iter_mut().zip(x) {
        *y += alpha * x;
    }
}

/// `F v`, `[N]`.
pub(super) fn project(directions: Directions<'_>, vector: &[f64]) -> Vec<f64> {
    directions.rows().map(|row| dot(row, vector)).collect()
}

/// `V - F^T w`, `[d]`.
pub(super) fn remainder(directions: Directions<'_>, target: &[f64], weights: &[f64]) -> Vec<f64> {
    let mut rest = target.to_vec();
    for (row, &weight) in directions.rows().zip(weights) {
        if weight != 0.0 {
            add_scaled(&mut rest, -weight, row);
        }
    }
    rest
}

/// `|V - F^T w| / |V|`, and 0 where `V` is zero.
pub(super) fn relative_residual(
    directions: Directions<'_>,
    target: &[f64],
    weights: &[f64],
) -> f64 {
    let size = norm(target);
    if size == 0.0 {
        return 0.0;
    }
    norm(&remainder(directions, target, weights)) / size
}

/// Cosine of two vectors of one length, and 0 where either is zero.
pub fn cosine(a: &[f64], b: &[f64]) -> f64 {
    let size = norm(a) * norm(b);
    if size == 0.0 { 0.0 } else { dot(a, b) / size }
}
