//! Large pictures in overlapping tiles, so that memory does not grow with them.
//!
//! Norms of a tile see the tile alone, so tiles differ a little from the whole; what overlaps is blended. Pictures of up
//! to 1024 pixels a side are decoded whole.

use burn::tensor::{Tensor, TensorData};

/// Latents along a side of what is decoded at once.
const TILE: usize = 128;
/// Latents by which tiles overlap.
const OVERLAP: usize = 32;

/// Decodes `[n, height, width, channels]` with a function that enlarges by `factor`.
pub(super) fn decode_in_tiles(
    latents: Tensor<4>,
    factor: usize,
    decode: &dyn Fn(Tensor<4>) -> Tensor<4>,
) -> Tensor<4> {
    let [n, height, width, _] = latents.dims();
    if height <= TILE && width <= TILE {
        // One picture at a time: the last levels take most memory of all that is computed.
        let parts = (0..n).map(|image| decode(latents.clone().narrow(0, image, 1)));
        return Tensor::cat(parts.collect(), 0);
    }
    let down = starts(height).into_iter().map(|top| {
        let rows = TILE.min(height);
        let across = starts(width).into_iter().map(|left| {
            let tile = latents
                .clone()
                .narrow(1, top, rows)
                .narrow(2, left, TILE.min(width));
            let parts = (0..n).map(|image| decode(tile.clone().narrow(0, image, 1)));
            (left, Tensor::cat(parts.collect(), 0))
        });
        (top, blended(across.collect(), 2, factor))
    });
    blended(down.collect(), 1, factor)
}

/// Where tiles begin; the last ends with the picture.
fn starts(length: usize) -> Vec<usize> {
    if length <= TILE {
        return vec![0];
    }
    let mut starts: Vec<usize> = (0..length - TILE).step_by(TILE - OVERLAP).collect();
    starts.push(length - TILE);
    starts
}

/// Puts tiles together along a side; from one to the next the share goes from 0 to 1.
fn blended(tiles: Vec<(usize, Tensor<4>)>, side: usize, factor: usize) -> Tensor<4> {
    let mut tiles = tiles.into_iter();
    let Some((_, mut whole)) = tiles.next() else {
        return Tensor::empty([0, 0, 0, 0], &burn::tensor::Device::flex());
    };
    for (start, tile) in tiles {
        let start = start * factor;
        let overlap = whole.dims()[side] - start;
        let share: Vec<f32> = (0..overlap)
            .map(|at| (at as f32 + 0.5) / overlap as f32)
            .collect();
        let mut shape = [1; 4];
        shape[side] = overlap;
        let share = Tensor::<4>::from_data(TensorData::new(share, shape), &tile.device());
        let (before, behind) = (
            whole.clone().narrow(side, start, overlap),
            tile.clone().narrow(side, 0, overlap),
        );
        let mixed = before.clone() + (behind - before) * share;
        let rest = tile.dims()[side] - overlap;
        let parts = vec![
            whole.narrow(side, 0, start),
            mixed,
            tile.narrow(side, overlap, rest),
        ];
        whole = Tensor::cat(parts, side);
    }
    whole
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tiles_cover_everything_and_agree_where_decoding_is_local() {
        for length in [1, 127, 128, 129, 200, 224, 225, 500] {
            let starts = starts(length);
            assert_eq!(starts[0], 0);
            assert!(
                starts
                    .windows(2)
                    .all(|w| w[1] > w[0] && w[1] <= w[0] + TILE - OVERLAP)
            );
            assert_eq!(starts.last().map(|s| s + TILE.min(length)), Some(length));
        }
        let device = burn::tensor::Device::flex();
        let (height, width) = (130, 231);
        let values: Vec<f32> = (0..height * width * 3).map(|v| (v % 977) as f32).collect();
        let x = Tensor::<4>::from_data(
            TensorData::new(values.clone(), [1, height, width, 3]),
            &device,
        );
        let y = decode_in_tiles(x, 1, &|x| x);
        let found = crate::generators::values(y).unwrap_or_default();
        let largest = found
            .iter()
            .zip(&values)
            .map(|(a, b)| (a - b).abs())
            .fold(0.0, f32::max);
        assert!(largest < 1e-3, "{largest}");
    }
}
