//! Singular values of a change: how large it is, and in how many directions.

use crate::lora_files::{Operator, product};
use faer::{Mat, MatRef, Side};
use finexl_core::seed;
use rand::RngExt;

/// Smaller side up to which all singular values of a matrix of numbers are computed.
const LARGEST_SIDE: usize = 512;
/// Steps of the iteration that finds the largest singular value of a larger one. With whole
/// reorthogonalisation 32 give it to better than a thousandth even where the next is nearly as large.
const STEPS: usize = 32;

/// Numbers on the singular values of a matrix.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Spectrum {
    /// Root of the sum of all squared numbers.
    pub norm: f64,
    /// The largest singular value.
    pub spectral: f64,
    /// `exp` of the entropy of the singular values as shares of their sum (Roy and Vetterli 2007, "The
    /// effective rank: a measure of effective dimensionality"); `None` for large matrices of numbers, of which
    /// only the largest is computed.
    pub effective_rank: Option<f64>,
}

impl Spectrum {
    /// Of a matrix.
    ///
    /// # Errors
    /// Where no eigenvalues are found.
    pub fn of(operator: &Operator) -> Result<Self, String> {
        match operator {
            Operator::Factors { left, right } => {
                let inside = product(left.transpose(), left.as_ref());
                let outside = product(right.as_ref(), right.transpose());
                Ok(Self::of_values(&factor_values(&inside, &outside)?))
            }
            Operator::Kronecker { outer, inner } => {
                let (outer, inner) = (Self::of(outer)?, Self::of(inner)?);
                Ok(Self {
                    norm: outer.norm * inner.norm,
                    spectral: outer.spectral * inner.spectral,
                    // The entropy of all products is the sum of both entropies.
                    effective_rank: (outer.effective_rank.zip(inner.effective_rank))
                        .map(|(a, b)| a * b),
                })
            }
            Operator::Dense { columns, values } => dense(values, *columns),
        }
    }

    fn of_values(values: &[f64]) -> Self {
        let sum: f64 = values.iter().sum();
        let entropy = |value: &f64| {
            let share = value / sum;
            if share > 0.0 {
                -share * share.ln()
            } else {
                0.0
            }
        };
        let effective = match sum > 0.0 {
            true => values.iter().map(entropy).sum::<f64>().exp(),
            false => 0.0,
        };
        Self {
            norm: values.iter().map(|value| value * value).sum::<f64>().sqrt(),
            spectral: values.iter().copied().fold(0.0, f64::max),
            effective_rank: Some(effective),
        }
    }
}

/// Singular values of `left right` from `left^T left` and `right right^T`: roots of the eigenvalues of their
/// product, made symmetric by a root of the first. Those below 1e-8 of the largest are noise.
fn factor_values(inside: &Mat<f64>, outside: &Mat<f64>) -> Result<Vec<f64>, String> {
    let failed = |error| format!("its singular values were not found ({error:?})");
    let eigen = inside.self_adjoint_eigen(Side::Lower).map_err(failed)?;
    let (vectors, values) = (eigen.U(), eigen.S().column_vector());
    let root = Mat::from_fn(inside.nrows(), inside.ncols(), |row, column| {
        vectors[(row, column)] * values[column].max(0.0).sqrt()
    });
    let half = product(outside.as_ref(), root.as_ref());
    let symmetric = product(root.transpose(), half.as_ref());
    let squares = symmetric
        .self_adjoint_eigenvalues(Side::Lower)
        .map_err(failed)?;
    Ok(squares
        .iter()
        .map(|square| square.max(0.0).sqrt())
        .collect())
}

fn dense(values: &[f32], columns: usize) -> Result<Spectrum, String> {
    let columns = columns.max(1);
    let rows = values.len() / columns;
    if rows.min(columns) <= LARGEST_SIDE {
        let wide: Vec<f64> = values.iter().copied().map(f64::from).collect();
        let matrix = MatRef::from_row_major_slice(&wide, rows, columns);
        let gram = match rows <= columns {
            true => product(matrix, matrix.transpose()),
            false => product(matrix.transpose(), matrix),
        };
        let squares = (gram.self_adjoint_eigenvalues(Side::Lower))
            .map_err(|error| format!("its singular values were not found ({error:?})"))?;
        let values: Vec<f64> = squares
            .iter()
            .map(|square| square.max(0.0).sqrt())
            .collect();
        return Ok(Spectrum::of_values(&values));
    }
    let squares = values
        .iter()
        .map(|value| f64::from(*value) * f64::from(*value));
    Ok(Spectrum {
        norm: squares.sum::<f64>().sqrt(),
        spectral: largest(values, rows, columns)?,
        effective_rank: None,
    })
}

/// The largest singular value by Golub and Kahan's bidiagonalisation (Golub and Van Loan, "Matrix
/// Computations", 10.4), every vector made orthogonal to all before it.
fn largest(values: &[f32], rows: usize, columns: usize) -> Result<f64, String> {
    let mut random = seed::generator(0, &[rows as u64, columns as u64]);
    let mut right: Vec<Vec<f64>> = Vec::new();
    let mut left: Vec<Vec<f64>> = Vec::new();
    let (mut alphas, mut betas) = (Vec::new(), Vec::new());
    let mut vector: Vec<f64> = (0..columns)
        .map(|_| random.random_range(-1.0..1.0))
        .collect();
    for _ in 0..STEPS {
        if orthogonal(&mut vector, &right) <= f64::MIN_POSITIVE {
            break;
        }
        right.push(vector);
        let last = &right[right.len() - 1];
        let mut image = times(values, columns, last);
        let alpha = orthogonal(&mut image, &left);
        alphas.push(alpha);
        if alpha <= f64::MIN_POSITIVE {
            break;
        }
        left.push(image);
        vector = transposed_times(values, columns, &left[left.len() - 1]);
        let mut again = vector.clone();
        betas.push(orthogonal(&mut again, &right));
        vector = again;
    }
    let size = alphas.len();
    let bidiagonal = Mat::from_fn(size, size, |row, column| {
        if row == column {
            alphas[row]
        } else if row + 1 == column {
            betas[row]
        } else {
            0.0
        }
    });
    let found = bidiagonal.singular_values();
    let found = found.map_err(|error| format!("its singular values were not found ({error:?})"))?;
    Ok(found.into_iter().fold(0.0, f64::max))
}

/// Takes off a vector what it has of others, twice, and makes it a unit; gives its length before that.
fn orthogonal(vector: &mut [f64], others: &[Vec<f64>]) -> f64 {
    for _ in 0..2 {
        for other in others {
            let along: f64 = vector.iter().zip(other).map(|(a, b)| a * b).sum();
            for (value, other) in vector.iter_mut().zip(other) {
                *value -= along * other;
            }
        }
    }
    let length = vector.iter().map(|value| value * value).sum::<f64>().sqrt();
    if length > 0.0 {
        vector.iter_mut().for_each(|value| *value /= length);
    }
    length
}

fn times(values: &[f32], columns: usize, vector: &[f64]) -> Vec<f64> {
    let row = |row: &[f32]| row.iter().zip(vector).map(|(a, b)| f64::from(*a) * b).sum();
    values.chunks_exact(columns).map(row).collect()
}

fn transposed_times(values: &[f32], columns: usize, vector: &[f64]) -> Vec<f64> {
    let mut sums = vec![0.0; columns];
    for (row, factor) in values.chunks_exact(columns).zip(vector) {
        for (sum, value) in sums.iter_mut().zip(row) {
            *sum += factor * f64::from(*value);
        }
    }
    sums
}
