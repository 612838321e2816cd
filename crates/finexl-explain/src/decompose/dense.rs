//! Small dense kernels on slices.

use super::directions::Directions;

const LANES: usize = 8;

/// Inner product, in eight running sums: the compiler may not reorder a single one into vectors.
pub(super) fn dot(a: &[f64], b: &[f64]) -> f64 {
    let mut sums = [0.0; LANES];
    let (a_blocks, b_blocks) = (a.chunks_exact(LANES), b.chunks_exact(LANES));
    let rest: f64 = a_blocks
        .remainder()
        .iter()
        .zip(b_blocks.remainder())
        .map(|(x, y)| x * y)
        .sum();
    for (x, y) in a_blocks.zip(b_blocks) {
        for lane in 0..LANES {
            sums[lane] += x[lane] * y[lane];
        }
    }
    sums.iter().sum::<f64>() + rest
}

/// Euclidean norm.
pub(super) fn norm(a: &[f64]) -> f64 {
    dot(a, a).sqrt()
}

/// `y += alpha x`.
pub(super) fn add_scaled(y: &mut [f64], alpha: f64, x: &[f64]) {
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

/// Cosine, and 0 where either vector is zero.
pub(super) fn cosine(a: &[f64], b: &[f64]) -> f64 {
    let size = norm(a) * norm(b);
    if size == 0.0 { 0.0 } else { dot(a, b) / size }
}
