//! Attention on the processor.

use super::pattern::{Paths, Pattern};
use super::rotary::Rotary;
use super::rows::Rows;
use super::vector::{dispatch, dot, softmax};
use faer::linalg::matmul::matmul;
use faer::{Accum, MatMut, MatRef, Par};
use rayon::prelude::*;

/// Paths that one task works on.
const PATHS_PER_TASK: usize = 32;

/// Softmax attention over rows of queries, keys and values, `[n, 3 width]`, to `[n, width]`.
pub(super) fn attend(qkv: &mut Rows, heads: usize, pattern: Pattern<'_>) -> Rows {
    match pattern {
        Pattern::Sequences { length, rotary } => {
            if let Some(rotary) = rotary {
                rotate(qkv, length, rotary);
            }
            sequences(qkv, heads, length)
        }
        Pattern::Tree(paths) => tree(qkv, heads, paths),
    }
}

fn rotate(qkv: &mut Rows, length: usize, rotary: &Rotary) {
    let width = qkv.width;
    qkv.values
        .par_chunks_mut(width)
        .enumerate()
        .for_each(|(row, channels)| {
            // Queries and keys; values stay.
            rotary.rotate(&mut channels[..width / 3 * 2], row % length);
        });
}

fn sequences(qkv: &Rows, heads: usize, length: usize) -> Rows {
    let width = qkv.width / 3;
    let mut output = Rows::zeros(qkv.len(), width);
    output
        .values
        .par_chunks_mut(length * width)
        .zip(qkv.values.par_chunks(length * qkv.width))
        .for_each_init(
            || vec![0.0f32; length * length],
            |scores, (to, from)| {
                let from = MatRef::from_row_major_slice(from, length, 3 * width);
                let to = MatMut::from_row_major_slice_mut(to, length, width);
                attend_sequence(from, to, heads, scores);
            },
        );
    output
}

/// All heads of one sequence, `[length, 3 width]` to `[length, width]`; `scores` has room for every
/// pair of its rows.
fn attend_sequence(
    from: MatRef<'_, f32>,
    mut to: MatMut<'_, f32>,
    heads: usize,
    scores: &mut [f32],
) {
    let (length, width) = (to.nrows(), to.ncols());
    let channels = width / heads;
    let scale = 1.0 / (channels as f32).sqrt();
    for head in 0..heads {
        let part = |which: usize| from.subcols(which * width + head * channels, channels);
        let (queries, keys, values) = (part(0), part(1), part(2));
        let products = MatMut::from_row_major_slice_mut(scores, length, length);
        let (replace, here) = (Accum::Replace, Par::Seq);
        matmul(products, replace, queries, keys.transpose(), scale, here);
        dispatch(
            #[inline(always)]
            || scores.chunks_exact_mut(length).for_each(softmax),
        );
        let shares = MatRef::from_row_major_slice(scores, length, length);
        let mixed = to.as_mut().subcols_mut(head * channels, channels);
        matmul(mixed, replace, shares, values, 1.0, here);
    }
}

fn tree(qkv: &Rows, heads: usize, paths: &Paths) -> Rows {
    let width = qkv.width / 3;
    let mut output = Rows::zeros(qkv.len(), width);
    let longest = paths.longest();
    output
        .values
        .par_chunks_mut(PATHS_PER_TASK * width)
        .enumerate()
        .for_each_init(
            || vec![0.0f32; longest],
            |scores, (task, chunk)| {
                dispatch(
                    #[inline(always)]
                    || {
                        for (i, to) in chunk.chunks_exact_mut(width).enumerate() {
                            let row = task * PATHS_PER_TASK + i;
                            attend_path(qkv, paths.path(row), heads, scores, to);
                        }
                    },
                );
            },
        );
    output
}

/// The last row of a path attends to all of it.
#[inline(always)]
fn attend_path(qkv: &Rows, path: &[usize], heads: usize, scores: &mut [f32], to: &mut [f32]) {
    let width = to.len();
    let channels = width / heads;
    let scale = 1.0 / (channels as f32).sqrt();
    let Some(own) = path.last() else {
        return;
    };
    let scores = &mut scores[..path.len()];
    for (head, to) in to.chunks_exact_mut(channels).enumerate() {
        let query = &qkv.row(*own)[head * channels..][..channels];
        for (score, row) in scores.iter_mut().zip(path) {
            *score = dot(query, &qkv.row(*row)[width + head * channels..][..channels]) * scale;
        }
        softmax(scores);
        to.fill(0.0);
        for (share, row) in scores.iter().zip(path) {
            let values = &qkv.row(*row)[2 * width + head * channels..][..channels];
            for (to, value) in to.iter_mut().zip(values) {
                *to += share * value;
            }
        }
    }
}
