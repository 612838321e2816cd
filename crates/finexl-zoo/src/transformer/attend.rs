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
    let none = Memory::none(qkv.width / 3, qkv.len() / length.max(1));
    attend_with_memory(qkv, heads, length, &none)
}

/// Keys and values that sequences see beside their own.
#[derive(Clone, Debug)]
pub struct Memory {
    /// Keys, then values, of every row: `[rows, 2 width]`.
    pub rows: Rows,
    /// Where the rows of each sequence begin, and the end of the last.
    pub starts: Vec<usize>,
}

impl Memory {
    /// Nothing, for a number of sequences.
    fn none(width: usize, sequences: usize) -> Self {
        Self {
            rows: Rows::zeros(0, 2 * width),
            starts: vec![0; sequences + 1],
        }
    }

    /// The rows of a sequence, `[length, 2 width]`.
    fn of(&self, sequence: usize) -> MatRef<'_, f32> {
        let [start, end] = [0, 1].map(|end| self.starts[sequence + end]);
        let width = self.rows.width;
        let values = &self.rows.values[start * width..end * width];
        MatRef::from_row_major_slice(values, end - start, width)
    }

    /// Length of the longest.
    fn longest(&self) -> usize {
        let lengths = self.starts.windows(2).map(|ends| ends[1] - ends[0]);
        lengths.max().unwrap_or(0)
    }
}

/// Softmax attention of equal sequences, `[n, 3 width]` to `[n, width]`: every row sees its sequence and
/// the memory of it.
pub fn attend_with_memory(qkv: &Rows, heads: usize, length: usize, memory: &Memory) -> Rows {
    let width = qkv.width / 3;
    let mut output = Rows::zeros(qkv.len(), width);
    let most = length + memory.longest();
    output
        .values
        .par_chunks_mut(length * width)
        .zip(qkv.values.par_chunks(length * qkv.width))
        .enumerate()
        .for_each_init(
            || vec![0.0f32; length * most],
            |scores, (sequence, (to, from))| {
                let from = MatRef::from_row_major_slice(from, length, 3 * width);
                let to = MatMut::from_row_major_slice_mut(to, length, width);
                attend_sequence(from, memory.of(sequence), to, heads, scores);
            },
        );
    output
}

/// All heads of one sequence, `[length, 3 width]` with a memory `[seen, 2 width]` to `[length, width]`;
/// `scores` has room for every pair of a row and what it sees.
fn attend_sequence(
    from: MatRef<'_, f32>,
    memory: MatRef<'_, f32>,
    mut to: MatMut<'_, f32>,
    heads: usize,
    scores: &mut [f32],
) {
    let (length, width) = (to.nrows(), to.ncols());
    let all = length + memory.nrows();
    let scores = &mut scores[..length * all];
    let channels = width / heads;
    let scale = 1.0 / (channels as f32).sqrt();
    for head in 0..heads {
        let part = |which: usize| from.subcols(which * width + head * channels, channels);
        let (queries, keys, values) = (part(0), part(1), part(2));
        let kept = |which: usize| memory.subcols(which * width + head * channels, channels);
        let (kept_keys, kept_values) = (kept(0), kept(1));
        let products = MatMut::from_row_major_slice_mut(scores, length, all);
        let (own, others) = products.split_at_col_mut(length);
        let (replace, here) = (Accum::Replace, Par::Seq);
        matmul(own, replace, queries, keys.transpose(), scale, here);
        matmul(others, replace, queries, kept_keys.transpose(), scale, here);
        dispatch(
            #[inline(always)]
            || scores.chunks_exact_mut(all).for_each(softmax),
        );
        let shares = MatRef::from_row_major_slice(scores, length, all);
        let (own, others) = shares.split_at_col(length);
        let mut mixed = to.as_mut().subcols_mut(head * channels, channels);
        matmul(mixed.as_mut(), replace, own, values, 1.0, here);
        if others.ncols() > 0 {
            matmul(mixed, Accum::Add, others, kept_values, 1.0, here);
        }
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
