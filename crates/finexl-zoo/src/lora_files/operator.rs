//! A change as numbers: the matrix it is, in the smallest form.

use super::change::{Change, Grid, Product};
use super::lora_file::LayerChange;
use crate::tensor_file::StoredTensor;
use faer::linalg::matmul::matmul;
use faer::{Accum, Mat, MatRef, Par};

/// Products of two ranks up to which LoHa is kept as factors, whose number is that product.
const MOST_FACTORS: usize = 256;
/// Rows of LoHa's products that are multiplied out at a time.
const ROWS: usize = 128;

/// A matrix in its smallest form, without the change's scale.
#[derive(Clone, Debug)]
pub enum Operator {
    /// `left right`, of shapes `[rows, rank]` and `[rank, columns]`.
    Factors {
        /// The left one.
        left: Mat<f64>,
        /// The right one.
        right: Mat<f64>,
    },
    /// The Kronecker product.
    Kronecker {
        /// The outer matrix.
        outer: Box<Operator>,
        /// The inner matrix.
        inner: Box<Operator>,
    },
    /// All numbers, row by row.
    Dense {
        /// Columns of a row.
        columns: usize,
        /// The numbers.
        values: Vec<f32>,
    },
}

impl Operator {
    /// Of a change; `None` for IA3, which is a matrix with the model's weight only.
    ///
    /// # Errors
    /// What is wrong with its numbers.
    pub fn of(change: &Change<'_>) -> Result<Option<Self>, String> {
        Ok(Some(match change {
            Change::LowRank { up, mid, down } => {
                let left = matrix(up)?;
                let right = match mid {
                    None => matrix(down)?,
                    Some(core) => through_core(core, &matrix(down)?)?,
                };
                Self::Factors { left, right }
            }
            Change::Hadamard { first, second } => hadamard(factors(first)?, factors(second)?),
            Change::Kronecker { outer, inner } => Self::Kronecker {
                outer: Box::new(grid(outer)?),
                inner: Box::new(grid(inner)?),
            },
            Change::Full { difference } => whole(difference)?,
            Change::Channels { .. } => return Ok(None),
        }))
    }

    /// Rows and columns.
    pub fn shape(&self) -> [usize; 2] {
        match self {
            Self::Factors { left, right } => [left.nrows(), right.ncols()],
            Self::Kronecker { outer, inner } => {
                let ([a, b], [c, d]) = (outer.shape(), inner.shape());
                [a * c, b * d]
            }
            Self::Dense { columns, values } => [values.len() / columns.max(&1), *columns],
        }
    }

    /// All its numbers, row by row: for pairs of kinds that have no shorter way.
    pub fn dense(&self) -> Vec<f32> {
        match self {
            Self::Dense { values, .. } => values.clone(),
            Self::Factors { left, right } => {
                let mut values = Vec::with_capacity(left.nrows() * right.ncols());
                for first in (0..left.nrows()).step_by(ROWS) {
                    let rows = ROWS.min(left.nrows() - first);
                    let block = product(left.subrows(first, rows), right.as_ref());
                    push_rows(&mut values, block.as_ref());
                }
                values
            }
            Self::Kronecker { outer, inner } => {
                let ([rows, columns], [inner_rows, inner_columns]) = (outer.shape(), inner.shape());
                let (outer, inner) = (outer.dense(), inner.dense());
                let mut values = Vec::with_capacity(outer.len() * inner.len());
                for row in 0..rows {
                    for inner_row in 0..inner_rows {
                        let inner = &inner[inner_row * inner_columns..][..inner_columns];
                        for factor in &outer[row * columns..][..columns] {
                            values.extend(inner.iter().map(|value| factor * value));
                        }
                    }
                }
                values
            }
        }
    }
}

impl LayerChange<'_> {
    /// What is added to the weight at full strength, row by row as `[outputs, inputs * kernel * kernel]`;
    /// `None` for changes that depend on the weight (IA3, DoRA) or leave it as it is.
    ///
    /// # Errors
    /// What is wrong with its numbers, to be put behind [`LayerChange::key`].
    pub fn delta(&self) -> Result<Option<Vec<f32>>, String> {
        let (Some(change), None) = (&self.change, &self.magnitude) else {
            return Ok(None);
        };
        let mut delta = Operator::of(change)?.map(|operator| operator.dense());
        for value in delta.iter_mut().flatten() {
            *value = (f64::from(*value) * self.scale.value) as f32;
        }
        Ok(delta)
    }
}

/// `left right`.
pub(crate) fn product(left: MatRef<'_, f64>, right: MatRef<'_, f64>) -> Mat<f64> {
    let mut product = Mat::zeros(left.nrows(), right.ncols());
    matmul(&mut product, Accum::Replace, left, right, 1.0, Par::Seq);
    product
}

fn push_rows(values: &mut Vec<f32>, block: MatRef<'_, f64>) {
    for row in 0..block.nrows() {
        values.extend((0..block.ncols()).map(|column| block[(row, column)] as f32));
    }
}

fn whole(tensor: &StoredTensor<'_>) -> Result<Operator, String> {
    Ok(Operator::Dense {
        columns: tensor.matrix()[1],
        values: tensor.singles()?,
    })
}

/// A tensor as a matrix: its first side, and all others.
fn matrix(tensor: &StoredTensor<'_>) -> Result<Mat<f64>, String> {
    let [rows, columns] = tensor.matrix();
    let values = tensor.numbers()?;
    Ok(MatRef::from_row_major_slice(&values, rows, columns).to_owned())
}

/// `sum_q core[p, q, k] right[q, i]` as a matrix `[p, i * k]`, `k` running over the kernel.
fn through_core(core: &StoredTensor<'_>, right: &Mat<f64>) -> Result<Mat<f64>, String> {
    let [ranks, _] = core.matrix();
    let inner = right.nrows();
    let area = core.count() / (ranks * inner).max(1);
    let values = core.numbers()?;
    let inputs = right.ncols();
    let mut joined = Mat::zeros(ranks, inputs * area);
    for rank in 0..ranks {
        let slice = &values[rank * inner * area..][..inner * area];
        let kernel = MatRef::from_row_major_slice(slice, inner, area);
        let one = product(right.transpose(), kernel);
        for input in 0..inputs {
            for place in 0..area {
                joined[(rank, input * area + place)] = one[(input, place)];
            }
        }
    }
    Ok(joined)
}

/// Left and right factor of a low-rank matrix.
fn factors(low_rank: &Product<'_>) -> Result<[Mat<f64>; 2], String> {
    let (a, b) = (matrix(&low_rank.a)?, matrix(&low_rank.b)?);
    match &low_rank.core {
        None => Ok([a, b]),
        Some(core) => Ok([a.transpose().to_owned(), through_core(core, &b)?]),
    }
}

fn grid(grid: &Grid<'_>) -> Result<Operator, String> {
    match grid {
        Grid::Whole(tensor) => whole(tensor),
        Grid::Factors(low_rank) => {
            let [left, right] = factors(low_rank)?;
            Ok(Operator::Factors { left, right })
        }
    }
}

/// The entrywise product. Of low-rank matrices it is one too, of the product of both ranks: row by row the
/// factors are the products of all pairs. Beyond some rank all numbers are fewer than such factors.
fn hadamard([left, right]: [Mat<f64>; 2], [left2, right2]: [Mat<f64>; 2]) -> Operator {
    let (first, second) = (left.ncols(), left2.ncols());
    if first * second <= MOST_FACTORS {
        let pairs = first * second;
        let split = |pair: usize| (pair / second, pair % second);
        return Operator::Factors {
            left: Mat::from_fn(left.nrows(), pairs, |row, pair| {
                let (a, b) = split(pair);
                left[(row, a)] * left2[(row, b)]
            }),
            right: Mat::from_fn(pairs, right.ncols(), |pair, column| {
                let (a, b) = split(pair);
                right[(a, column)] * right2[(b, column)]
            }),
        };
    }
    let columns = right.ncols();
    let mut values = Vec::with_capacity(left.nrows() * columns);
    for start in (0..left.nrows()).step_by(ROWS) {
        let rows = ROWS.min(left.nrows() - start);
        let mut block = product(left.subrows(start, rows), right.as_ref());
        let other = product(left2.subrows(start, rows), right2.as_ref());
        for column in 0..columns {
            for row in 0..rows {
                block[(row, column)] *= other[(row, column)];
            }
        }
        push_rows(&mut values, block.as_ref());
    }
    Operator::Dense { columns, values }
}
