//! What of a picture an encoder is shown.
//!
//! An encoder sees a picture at a fixed size. Of a larger one that size shows what the whole is like, and loses what it
//! is made of: grain, dots, weave, sharpness. So beside the *whole* there are *tiles*: squares cut at native scale, half as
//! large again as what the encoder sees, at the same four places on both sides of a pair. An aspect may show in either.

use finexl_data::image::Image;
use finexl_zoo::encoders::Encoder;
use serde::{Deserialize, Serialize};
use std::str::FromStr;

/// Version of how tiles are cut: raised whenever the same picture gives others.
pub(crate) const VERSION: u32 = 1;

/// Side of a tile in units of what the encoder sees.
const TILE: f64 = 1.5;
/// Pictures whose shorter side is at most so many tiles have none: the whole shows what they would.
const WORTH: f64 = 1.25;
/// Centres of the tiles, as shares of width and height.
const PLACES: [[f64; 2]; 4] = [[0.3, 0.3], [0.7, 0.3], [0.3, 0.7], [0.7, 0.7]];

/// Which views are taken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Views {
    /// The whole picture, as small as the encoder sees it.
    #[default]
    Whole,
    /// The whole, and tiles of pictures that are larger than what the encoder sees.
    Tiles,
}

impl Views {
    /// Name as in `--views`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Whole => "whole",
            Self::Tiles => "tiles",
        }
    }
}

impl FromStr for Views {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        match name {
            "whole" => Ok(Self::Whole),
            "tiles" => Ok(Self::Tiles),
            other => Err(format!(
                "there are no views \"{other}\"; choose whole or tiles"
            )),
        }
    }
}

/// A pair, brought to the encoder's input.
pub(crate) struct PreparedPair {
    /// Both sides, whole.
    pub whole: [Image; 2],
    /// Tiles of both sides, at the same places; none where there is nothing to cut.
    pub tiles: Option<[Vec<Image>; 2]>,
}

impl PreparedPair {
    /// Brings both sides of a pair, which have the same shape, to the input of an encoder.
    pub fn new(encoder: &dyn Encoder, sides: [&Image; 2], views: Views) -> Self {
        let whole = sides.map(|image| encoder.prepare(image));
        let seen = whole[0].width.min(whole[0].height);
        let tiles = tiles(encoder, sides, seen, views);
        Self { whole, tiles }
    }
}

/// Tiles of pictures of one shape, at the same places; none where there is nothing to cut. `seen` is the side of what the
/// encoder sees.
pub(crate) fn tiles<const N: usize>(
    encoder: &dyn Encoder,
    pictures: [&Image; N],
    seen: usize,
    views: Views,
) -> Option<[Vec<Image>; N]> {
    let first = pictures.first()?;
    let shorter = first.width.min(first.height) as f64;
    let side = TILE * seen as f64;
    let worth = views == Views::Tiles && shorter > WORTH * side;
    worth.then(|| {
        // The same part of the picture on all sides, whatever their sizes.
        let share = [side / first.width as f64, side / first.height as f64];
        pictures.map(|image| {
            let tile = |place: &[f64; 2]| encoder.prepare(&cut(image, *place, share));
            PLACES.iter().map(tile).collect()
        })
    })
}

/// Parts of a picture in a row or a column of its grid.
pub(crate) const GRID: usize = 4;
/// Parts of pictures whose shorter side has fewer pixels show nothing.
const LEAST_SIDE: usize = 192;

/// The parts of both sides of a pair on a grid of [`GRID`] by [`GRID`], row by row, brought to the encoder's input; none of
/// pictures that are too small.
pub(crate) fn grid(encoder: &dyn Encoder, sides: [&Image; 2]) -> Option<[Vec<Image>; 2]> {
    let large = sides
        .iter()
        .all(|image| image.width.min(image.height) >= LEAST_SIDE);
    large.then(|| {
        let share = 1.0 / GRID as f64;
        sides.map(|image| {
            let part = |place: usize| {
                let centre = [place % GRID, place / GRID].map(|at| (at as f64 + 0.5) * share);
                encoder.prepare(&cut(image, centre, [share; 2]))
            };
            (0..GRID * GRID).map(part).collect()
        })
    })
}

/// The part of an image about a place that has so much of its width and height; it lies inside.
fn cut(image: &Image, place: [f64; 2], share: [f64; 2]) -> Image {
    let along = |whole: usize, axis: usize| {
        let part = ((whole as f64 * share[axis]).round() as usize).clamp(1, whole);
        let first = whole as f64 * place[axis] - part as f64 / 2.0;
        ((first.round().max(0.0) as usize).min(whole - part), part)
    };
    let (left, width) = along(image.width, 0);
    let (top, height) = along(image.height, 1);
    let mut pixels = Vec::with_capacity(width * height * 3);
    for y in top..top + height {
        let start = (y * image.width + left) * 3;
        pixels.extend_from_slice(&image.pixels[start..start + width * 3]);
    }
    Image::new(width, height, pixels)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use finexl_zoo::encoders::open;

    #[test]
    fn tiles_show_the_same_places_and_small_pictures_have_none() {
        let encoder = open("mini-clip", &finexl_zoo::device::by_name("cpu").unwrap()).unwrap();
        let ramp = |side: usize| {
            let value = |at: usize| (at % side) as f32 / side as f32;
            let pixels = (0..side * side).flat_map(|at| [value(at); 3]);
            Image::new(side, side, pixels.collect())
        };
        let (small, large) = (ramp(240), ramp(480));
        let pair = PreparedPair::new(encoder.as_ref(), [&small, &large], Views::Tiles);
        let [base, personalized] = pair.tiles.unwrap();
        assert_eq!((base.len(), base[0].width, base[0].height), (4, 64, 64));
        for (a, b) in base.iter().zip(&personalized) {
            assert!(a.mean_abs_difference(b) < 0.01);
        }
        // From the left edge of a tile about 0.3 to the right one about 0.7.
        assert!(base[0].pixels[0] < 0.12 && base[1].pixels[63 * 3] > 0.88);
        let tiny = ramp(96);
        let none = |image, views| PreparedPair::new(encoder.as_ref(), [image, image], views);
        assert!(none(&tiny, Views::Tiles).tiles.is_none());
        assert!(none(&large, Views::Whole).tiles.is_none());
    }

    #[test]
    fn a_grid_covers_the_picture() {
        let encoder = open("mini-clip", &finexl_zoo::device::by_name("cpu").unwrap()).unwrap();
        let picture = |side: usize| {
            let pixels = (0..side * side).flat_map(|at| [(at / side) as f32 / side as f32; 3]);
            Image::new(side, side, pixels.collect())
        };
        let (large, small) = (picture(256), picture(128));
        let [base, personalized] = grid(encoder.as_ref(), [&large, &large]).unwrap();
        assert_eq!((base.len(), personalized.len()), (16, 16));
        assert!(base[3].pixels[0] < 0.02 && base[12].pixels[63 * 64 * 3] > 0.98);
        assert!(grid(encoder.as_ref(), [&large, &small]).is_none());
    }

    #[test]
    fn views_have_names() {
        for views in [Views::Whole, Views::Tiles] {
            assert_eq!(views.name().parse::<Views>(), Ok(views));
        }
        assert!(
            "all"
                .parse::<Views>()
                .unwrap_err()
                .contains("whole or tiles")
        );
    }
}
