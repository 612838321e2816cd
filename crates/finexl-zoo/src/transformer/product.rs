//! Products of rows with weights on the processor.
//!
//! The kernels are faer's, in AVX-512, AVX2 or plain, chosen at run time. A product is cut along the
//! outputs: a task packs its own weights once, holds them in its core's cache and runs all rows past
//! them, and what follows a product (bias, activation) is done while its numbers are still there.

use super::linear::{Matrix, MatrixView};
use super::rows::Rows;
use super::vector::dispatch;
use faer::linalg::matmul::matmul;
use faer::{Accum, MatMut, MatRef, Par};
use half::slice::HalfFloatSliceExt;
use rayon::prelude::*;

/// Outputs of one task: whole kernels of 96, and about half a megabyte of weights.
const OUTPUTS: usize = 192;
/// Fewest rows of one task; with fewer, packing the weights would cost more than it brings.
const FEWEST_ROWS: usize = 128;

/// A part of the output, all its rows and some of its columns.
struct Task<'a> {
    to: MatMut<'a, f32>,
    row: usize,
    column: usize,
}

/// `to = rows weight^T`, or `to += rows weight^T` with [`Accum::Add`]; weight `[outputs, inputs]`.
/// Then every row of every part goes through `finish` with the column at which it begins.
pub(super) fn multiply(
    rows: &Rows,
    weight: &Matrix,
    to: &mut Rows,
    how: Accum,
    finish: impl Fn(&mut [f32], usize) + Sync,
) {
    let (count, inputs, outputs) = (rows.len(), rows.width, to.width);
    let from = MatRef::from_row_major_slice(&rows.values, count, inputs);
    let to = MatMut::from_row_major_slice_mut(&mut to.values, count, outputs);
    multiply_views(from, weight.view(), to, how, finish);
}

/// The same of numbers that are kept elsewhere.
fn multiply_views(
    from: MatRef<'_, f32>,
    weight: MatrixView<'_>,
    to: MatMut<'_, f32>,
    how: Accum,
    finish: impl Fn(&mut [f32], usize) + Sync,
) {
    let inputs = from.ncols();
    tasks(to).into_par_iter().for_each(|mut task| {
        let (height, columns) = (task.to.nrows(), task.to.ncols());
        let span = task.column * inputs..(task.column + columns) * inputs;
        let from = from.subrows(task.row, height);
        weight.with_f32(span, |weight| {
            let weight = MatRef::from_row_major_slice(weight, columns, inputs);
            let to = task.to.as_mut();
            matmul(to, how, from, weight.transpose(), 1.0, Par::Seq);
        });
        dispatch(
            #[inline(always)]
            || {
                for row in 0..height {
                    if let Some(row) = task.to.as_mut().row_mut(row).try_as_row_major_mut() {
                        finish(row.as_slice_mut(), task.column);
                    }
                }
            },
        );
    });
}

/// What follows a product while its numbers are in the cache.
#[derive(Clone, Copy)]
pub(crate) struct Finish<'a> {
    /// Added to every row, `[outputs]`.
    pub bias: Option<&'a [f32]>,
}

/// `rows weight^T` and what follows: `[n, inputs]` with `[outputs, inputs]` to `[n, outputs]`.
pub(crate) fn multiply_rows(
    rows: &[f32],
    inputs: usize,
    weight: MatrixView<'_>,
    outputs: usize,
    finish: Finish<'_>,
) -> Vec<f32> {
    let count = rows.len() / inputs.max(1);
    let mut values = vec![0.0f32; count * outputs];
    let from = MatRef::from_row_major_slice(rows, count, inputs);
    let to = MatMut::from_row_major_slice_mut(&mut values, count, outputs);
    multiply_views(
        from,
        weight,
        to,
        Accum::Replace,
        #[inline(always)]
        |row, column| finish.row(row, column),
    );
    values
}

/// Finishes whole rows of `outputs` numbers, on the thread that calls.
pub(crate) fn finish_rows(rows: &mut [f32], outputs: usize, finish: &Finish<'_>) {
    dispatch(
        #[inline(always)]
        || {
            for row in rows.chunks_exact_mut(outputs) {
                finish.row(row, 0);
            }
        },
    );
}

impl Finish<'_> {
    /// A part of a row that begins at `column`.
    #[inline(always)]
    fn row(&self, row: &mut [f32], column: usize) {
        if let Some(bias) = self.bias {
            for (value, bias) in row.iter_mut().zip(&bias[column..]) {
                *value += bias;
            }
        }
    }
}

/// Cuts the output along its columns and, where that gives too few tasks, along its rows.
fn tasks(to: MatMut<'_, f32>) -> Vec<Task<'_>> {
    let (count, outputs) = (to.nrows(), to.ncols());
    let wanted = (2 * rayon::current_num_threads()).div_ceil(outputs.div_ceil(OUTPUTS));
    let height = count.div_ceil(wanted).max(FEWEST_ROWS);
    let mut tasks = Vec::new();
    let (mut below, mut row) = (to, 0);
    while row < count {
        let (mut right, rest) = below.split_at_row_mut(height.min(count - row));
        below = rest;
        let mut column = 0;
        while column < outputs {
            let (to, rest) = right.split_at_col_mut(OUTPUTS.min(outputs - column));
            right = rest;
            tasks.push(Task { to, row, column });
            column += OUTPUTS;
        }
        row += height;
    }
    tasks
}

impl MatrixView<'_> {
    /// Gives a span of the values in single precision to `work`.
    fn with_f32(&self, span: std::ops::Range<usize>, work: impl FnOnce(&[f32])) {
        match self {
            Self::F32(values) => work(&values[span]),
            Self::F16(values) => {
                let mut wide = vec![0.0; span.len()];
                values[span].convert_to_f32_slice(&mut wide);
                work(&wide);
            }
            Self::Bf16(values) => {
                let mut wide = vec![0.0; span.len()];
                dispatch(
                    #[inline(always)]
                    || super::linear::widen(&values[span], &mut wide),
                );
                work(&wide);
            }
        }
    }
}
