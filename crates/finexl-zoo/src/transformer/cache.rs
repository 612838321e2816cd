//! Keys and values of sequences that grow row by row.

use super::rows::Rows;
use super::vector::{dispatch, dot, softmax};

/// What the rows of every sequence have shown so far.
///
/// A new row attends to all of its own sequence: attention is causal since what comes later is not there
/// yet.
#[derive(Clone, Debug)]
pub struct KeyValueCache {
    /// Keys, then values, of every row: `[sequences, capacity, 2 width]`.
    rows: Vec<f32>,
    width: usize,
    capacity: usize,
    lengths: Vec<usize>,
}

impl KeyValueCache {
    /// Room for `capacity` rows of each of some sequences, with keys of `width` numbers.
    pub fn new(sequences: usize, capacity: usize, width: usize) -> Self {
        Self {
            rows: vec![0.0; sequences * capacity * 2 * width],
            width,
            capacity,
            lengths: vec![0; sequences],
        }
    }

    /// Adds a row's key and value, `[2 width]`, to a sequence that has room for it.
    pub fn push(&mut self, sequence: usize, row: &[f32]) {
        debug_assert!(self.lengths[sequence] < self.capacity);
        let at = (sequence * self.capacity + self.lengths[sequence]) * 2 * self.width;
        self.rows[at..at + 2 * self.width].copy_from_slice(row);
        self.lengths[sequence] += 1;
    }

    /// Adds the next row of every sequence and lets it attend: queries, keys and values `[n, 3 width]` to
    /// `[n, width]`. A row is computed alike whatever other sequences there are.
    pub fn attend(&mut self, qkv: &Rows, heads: usize) -> Rows {
        let width = self.width;
        for sequence in 0..qkv.len() {
            self.push(sequence, &qkv.row(sequence)[width..]);
        }
        let mut output = Rows::zeros(qkv.len(), width);
        let mut scores = vec![0.0f32; self.capacity];
        dispatch(
            #[inline(always)]
            || {
                for (sequence, to) in output.values.chunks_exact_mut(width).enumerate() {
                    let (start, length) = (sequence * self.capacity, self.lengths[sequence]);
                    let seen = &self.rows[start * 2 * width..(start + length) * 2 * width];
                    let query = &qkv.row(sequence)[..width];
                    attend_row(query, seen, heads, &mut scores[..length], to);
                }
            },
        );
        output
    }
}

/// One query `[width]` over rows of keys and values `[length, 2 width]`.
#[inline(always)]
fn attend_row(query: &[f32], seen: &[f32], heads: usize, scores: &mut [f32], to: &mut [f32]) {
    let width = to.len();
    let channels = width / heads;
    let scale = 1.0 / (channels as f32).sqrt();
    for (head, to) in to.chunks_exact_mut(channels).enumerate() {
        let query = &query[head * channels..][..channels];
        for (score, row) in scores.iter_mut().zip(seen.chunks_exact(2 * width)) {
            *score = dot(query, &row[head * channels..][..channels]) * scale;
        }
        softmax(scores);
        to.fill(0.0);
        for (share, row) in scores.iter().zip(seen.chunks_exact(2 * width)) {
            let values = &row[width + head * channels..][..channels];
            for (to, value) in to.iter_mut().zip(values) {
                *to += share * value;
            }
        }
    }
}
