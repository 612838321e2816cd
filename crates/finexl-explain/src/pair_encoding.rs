//! Features of prepared pairs, as they are seen whole and in tiles.

use crate::error::ExplainError;
use crate::resaving;
use crate::views::PreparedPair;
use finexl_data::image::Image;
use finexl_zoo::encoders::{Encoder, Features};

/// Features of both sides in every view, block after block.
pub(crate) struct SeenPairs<'a> {
    encoder: &'a dyn Encoder,
    /// Of the whole pictures, `[n, d]` each.
    pub whole: [Features; 2],
    /// Means over the tiles, `[n, d]` each: those of the whole where a picture has none.
    tiles: [Features; 2],
    /// Whether any picture has tiles.
    tiled: bool,
    /// Images of the base that were saved again, with their rows.
    resaved: Vec<(usize, Image)>,
}

impl<'a> SeenPairs<'a> {
    pub fn new(encoder: &'a dyn Encoder) -> Self {
        let empty = || [0, 1].map(|_| Features::empty(encoder.dimension()));
        Self {
            encoder,
            whole: empty(),
            tiles: empty(),
            tiled: false,
            resaved: Vec::new(),
        }
    }

    /// Encodes a block of pairs, some with the base's image saved again.
    pub fn add(&mut self, pairs: Vec<(PreparedPair, Option<Image>)>) -> Result<(), ExplainError> {
        let first = self.whole[0].len();
        let mut wholes: [Vec<Image>; 2] = Default::default();
        let mut tiles: [Vec<Image>; 2] = Default::default();
        let mut counts = Vec::with_capacity(pairs.len());
        for (place, (pair, again)) in pairs.into_iter().enumerate() {
            self.resaved
                .extend(again.map(|image| (first + place, image)));
            for (side, image) in wholes.iter_mut().zip(pair.whole) {
                side.push(image);
            }
            counts.push(pair.tiles.as_ref().map_or(0, |tiles| tiles[0].len()));
            for (all, own) in tiles.iter_mut().zip(pair.tiles.into_iter().flatten()) {
                all.extend(own);
            }
        }
        if counts.is_empty() {
            return Ok(());
        }
        self.tiled |= counts.iter().any(|count| *count > 0);
        let encoder = self.encoder;
        let features = self.whole.iter_mut().zip(&mut self.tiles);
        for ((wholes, tiles), (of_whole, of_tiles)) in wholes.iter().zip(&tiles).zip(features) {
            let whole = encoder.encode_images(wholes)?;
            let cut = match tiles.is_empty() {
                true => Features::empty(whole.dimension),
                false => encoder.encode_images(tiles)?,
            };
            of_tiles.extend(&means(&whole, &cut, &counts));
            of_whole.extend(&whole);
        }
        Ok(())
    }

    /// Features of the tiles of both sides, where there are any, and how far the base's images move when saved again.
    pub fn finish(self) -> Result<Seen, ExplainError> {
        let resaved = resaving::moved(self.encoder, &self.resaved, &self.whole[0])?;
        Ok(Seen {
            whole: self.whole,
            tiles: self.tiled.then_some(self.tiles),
            resaved,
        })
    }
}

/// What all pairs look like.
pub(crate) struct Seen {
    /// Features of the whole pictures of both sides, `[n, d]` each.
    pub whole: [Features; 2],
    /// Means over the tiles of both sides, `[n, d]` each; none where no picture has tiles.
    pub tiles: Option<[Features; 2]>,
    /// See [`crate::image_features::PairFeatures::resaved`].
    pub resaved: Option<f64>,
}

/// The mean of the rows of each picture's tiles, of which there are so many; its own row where it has none.
pub(crate) fn means(whole: &Features, tiles: &Features, counts: &[usize]) -> Features {
    let mut means = Features::empty(whole.dimension);
    let mut next = 0;
    for (picture, count) in counts.iter().enumerate() {
        if *count == 0 {
            means.values.extend_from_slice(whole.row(picture));
            continue;
        }
        let mut mean = vec![0.0f32; whole.dimension];
        for tile in next..next + count {
            let row = tiles.row(tile);
            mean.iter_mut()
                .zip(row)
                .for_each(|(m, v)| *m += v / *count as f32);
        }
        next += count;
        means.values.extend(mean);
    }
    means
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_without_tiles_counts_as_a_whole() {
        let features = |values: &[f32]| Features {
            dimension: 2,
            values: values.to_vec(),
        };
        let whole = features(&[1.0, 0.0, 0.0, 1.0]);
        let tiles = features(&[1.0, 3.0, 3.0, 1.0]);
        assert_eq!(means(&whole, &tiles, &[0, 2]).values, [1.0, 0.0, 2.0, 2.0]);
    }
}
