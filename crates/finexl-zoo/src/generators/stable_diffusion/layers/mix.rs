//! Attention on the processor, a tile of queries at a time.

use crate::transformer::vector::{dispatch, softmax};
use faer::linalg::matmul::matmul;
use faer::{Accum, MatMut, MatRef, Par};
use rayon::prelude::*;

/// Scores of one tile, numbers: so many stay in a core's cache.
const SCORES: usize = 1 << 18;
/// Most queries of a tile, and fewest, however many keys there are.
const QUERIES: [usize; 2] = [32, 256];

/// Sizes of an attention: `n` sequences of `length` queries and `seen` keys, `heads` heads.
pub(super) struct Sizes {
    pub n: usize,
    pub length: usize,
    pub seen: usize,
    pub width: usize,
    pub heads: usize,
    /// Whether a query sees itself and what is before it only.
    pub causal: bool,
}

/// Queries `[n, length, width]`, keys and values `[n, seen, width]` to `[n, length, width]`.
///
/// Memory beside the result is a tile of scores per thread, whatever the sizes are.
pub(super) fn mix([queries, keys, values]: [&[f32]; 3], sizes: &Sizes) -> Vec<f32> {
    let &Sizes {
        n,
        length,
        seen,
        width,
        heads,
        ..
    } = sizes;
    let mut to = vec![0.0f32; n * length * width];
    if to.is_empty() || seen == 0 {
        return to;
    }
    let tile = (SCORES / seen).clamp(QUERIES[0], QUERIES[1]).min(length);
    // Fewer queries where that alone gives every thread a tile.
    let wanted = rayon::current_num_threads().div_ceil(n);
    let tile = tile.min(length.div_ceil(wanted)).max(1);
    let tiles = length.div_ceil(tile);
    let mut parts: Vec<(usize, usize, &mut [f32])> = Vec::with_capacity(n * tiles);
    for (sequence, rows) in to.chunks_exact_mut(length * width).enumerate() {
        let parts_of = rows.chunks_mut(tile * width).enumerate();
        parts.extend(parts_of.map(|(place, rows)| (sequence, place * tile, rows)));
    }
    let channels = width / heads;
    parts.into_par_iter().for_each_init(
        || vec![0.0f32; tile * seen],
        |scores, (sequence, first, to)| {
            let count = to.len() / width;
            let from = (sequence * length + first) * width;
            let queries =
                MatRef::from_row_major_slice(&queries[from..from + count * width], count, width);
            let span = sequence * seen * width..(sequence + 1) * seen * width;
            let keys = MatRef::from_row_major_slice(&keys[span.clone()], seen, width);
            let values = MatRef::from_row_major_slice(&values[span], seen, width);
            let to = MatMut::from_row_major_slice_mut(to, count, width);
            let scores = &mut scores[..count * seen];
            for_heads(
                [queries, keys, values],
                to,
                scores,
                channels,
                sizes.causal.then_some(first),
            );
        },
    );
    to
}

/// All heads of a tile; `causal` is the place of its first query.
fn for_heads(
    [queries, keys, values]: [MatRef<'_, f32>; 3],
    mut to: MatMut<'_, f32>,
    scores: &mut [f32],
    channels: usize,
    causal: Option<usize>,
) {
    let (count, seen) = (queries.nrows(), keys.nrows());
    let scale = 1.0 / (channels as f32).sqrt();
    for head in 0..queries.ncols() / channels {
        let first = head * channels;
        let products = MatMut::from_row_major_slice_mut(scores, count, seen);
        let (q, k) = (
            queries.subcols(first, channels),
            keys.subcols(first, channels),
        );
        matmul(products, Accum::Replace, q, k.transpose(), scale, Par::Seq);
        dispatch(
            #[inline(always)]
            || {
                for (row, scores) in scores.chunks_exact_mut(seen).enumerate() {
                    let visible = causal.map_or(seen, |first| (first + row + 1).min(seen));
                    let (visible, hidden) = scores.split_at_mut(visible);
                    softmax(visible);
                    hidden.fill(0.0);
                }
            },
        );
        let shares = MatRef::from_row_major_slice(scores, count, seen);
        let mixed = to.as_mut().subcols_mut(first, channels);
        let v = values.subcols(first, channels);
        matmul(mixed, Accum::Replace, shares, v, 1.0, Par::Seq);
    }
}
