//! Attention on the processor.

use super::pattern::{Paths, Pattern};
use super::rotary::Rotary;
use super::rows::Rows;
use super::vector::{dispatch, dot, softmax};
use rayon::prelude::*;

/// Queries that are worked on together.
const QUERIES: usize = 4;
/// Keys or channels that are worked on together.
const COLUMNS: usize = 32;
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
            || Scratch::new(length, width / heads),
            |scratch, (to, from)| {
                dispatch(
                    #[inline(always)]
                    || {
                        for head in 0..heads {
                            scratch.load(from, head, width);
                            scratch.attend(from, to, head, width);
                        }
                    },
                );
            },
        );
    output
}

/// Keys and values of one head, padded to whole tiles.
struct Scratch {
    length: usize,
    channels: usize,
    padded_length: usize,
    padded_channels: usize,
    /// `[channels, padded_length]`
    keys: Vec<f32>,
    /// `[length, padded_channels]`
    values: Vec<f32>,
    /// `[QUERIES, padded_length]`
    scores: Vec<f32>,
    /// `[channels, QUERIES]`, scaled.
    queries: Vec<f32>,
}

impl Scratch {
    fn new(length: usize, channels: usize) -> Self {
        let padded_length = length.next_multiple_of(COLUMNS);
        let padded_channels = channels.next_multiple_of(COLUMNS);
        Self {
            length,
            channels,
            padded_length,
            padded_channels,
            keys: vec![0.0; channels * padded_length],
            values: vec![0.0; length * padded_channels],
            scores: vec![0.0; QUERIES * padded_length],
            queries: vec![0.0; channels * QUERIES],
        }
    }

    #[inline(always)]
    fn load(&mut self, from: &[f32], head: usize, width: usize) {
        for (place, row) in from.chunks_exact(3 * width).enumerate() {
            let key = &row[width + head * self.channels..][..self.channels];
            for (channel, value) in key.iter().enumerate() {
                self.keys[channel * self.padded_length + place] = *value;
            }
            let value = &row[2 * width + head * self.channels..][..self.channels];
            self.values[place * self.padded_channels..][..self.channels].copy_from_slice(value);
        }
    }

    #[inline(always)]
    fn attend(&mut self, from: &[f32], to: &mut [f32], head: usize, width: usize) {
        let scale = 1.0 / (self.channels as f32).sqrt();
        for first in (0..self.length).step_by(QUERIES) {
            let count = QUERIES.min(self.length - first);
            for query in 0..count {
                let start = (first + query) * 3 * width + head * self.channels;
                let row = &from[start..start + self.channels];
                for (channel, value) in row.iter().enumerate() {
                    self.queries[channel * QUERIES + query] = value * scale;
                }
            }
            self.score();
            for query in 0..count {
                let start = query * self.padded_length;
                softmax(&mut self.scores[start..start + self.length]);
            }
            self.mix(&mut to[first * width..], head, width, count);
        }
    }

    /// Scores of the loaded queries with all keys.
    #[inline(always)]
    fn score(&mut self) {
        for tile in (0..self.padded_length).step_by(COLUMNS) {
            let mut sums = [[0.0f32; COLUMNS]; QUERIES];
            let queries = self.queries.as_chunks::<QUERIES>().0;
            for (query, keys) in queries
                .iter()
                .zip(self.keys.chunks_exact(self.padded_length))
            {
                let Some(keys) = keys[tile..].first_chunk::<COLUMNS>() else {
                    continue;
                };
                accumulate(&mut sums, query, keys);
            }
            for (query, sums) in sums.iter().enumerate() {
                self.scores[query * self.padded_length + tile..][..COLUMNS].copy_from_slice(sums);
            }
        }
    }

    /// Values mixed by the scores.
    #[inline(always)]
    fn mix(&self, to: &mut [f32], head: usize, width: usize, count: usize) {
        for tile in (0..self.padded_channels).step_by(COLUMNS) {
            let mut sums = [[0.0f32; COLUMNS]; QUERIES];
            for (place, values) in self.values.chunks_exact(self.padded_channels).enumerate() {
                let Some(values) = values[tile..].first_chunk::<COLUMNS>() else {
                    continue;
                };
                let shares: [f32; QUERIES] =
                    std::array::from_fn(|query| self.scores[query * self.padded_length + place]);
                accumulate(&mut sums, &shares, values);
            }
            let columns = COLUMNS.min(self.channels - tile);
            for (query, sums) in sums.iter().enumerate().take(count) {
                let start = query * width + head * self.channels + tile;
                to[start..start + columns].copy_from_slice(&sums[..columns]);
            }
        }
    }
}

#[inline(always)]
fn accumulate(
    sums: &mut [[f32; COLUMNS]; QUERIES],
    factors: &[f32; QUERIES],
    values: &[f32; COLUMNS],
) {
    for (sums, factor) in sums.iter_mut().zip(factors) {
        for (sum, value) in sums.iter_mut().zip(values) {
            *sum = value.mul_add(*factor, *sum);
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
