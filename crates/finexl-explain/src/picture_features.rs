//! Features of single pictures in every view.

use crate::error::ExplainError;
use crate::pair_encoding::means;
use crate::views::{Views, tiles};
use finexl_data::image::Image;
use finexl_zoo::encoders::{Encoder, Features};

/// A picture, brought to the encoder's input.
pub struct PreparedPicture {
    whole: Image,
    /// None where there is nothing to cut.
    tiles: Vec<Image>,
}

impl PreparedPicture {
    /// Brings a picture to the input of an encoder. Pictures of one size are cut at the same places.
    pub fn new(encoder: &dyn Encoder, image: &Image, views: Views) -> Self {
        let whole = encoder.prepare(image);
        let seen = whole.width.min(whole.height);
        Self {
            tiles: tiles(encoder, [image], seen, views).map_or(Vec::new(), |[tiles]| tiles),
            whole,
        }
    }
}

/// Features of pictures, `[n, d]` each.
#[derive(Clone, Debug, PartialEq)]
pub struct PictureFeatures {
    /// Of the whole pictures.
    pub whole: Features,
    /// Means over their tiles: those of the whole where a picture has none.
    pub tiles: Features,
}

/// Encodes pictures.
///
/// # Errors
/// An encoder that fails.
pub fn encode_pictures(
    encoder: &dyn Encoder,
    pictures: Vec<PreparedPicture>,
) -> Result<PictureFeatures, ExplainError> {
    let counts: Vec<usize> = pictures.iter().map(|p| p.tiles.len()).collect();
    let (mut wholes, mut cut) = (Vec::with_capacity(pictures.len()), Vec::new());
    for picture in pictures {
        wholes.push(picture.whole);
        cut.extend(picture.tiles);
    }
    let whole = encoder.encode_images(&wholes)?;
    let of_tiles = match cut.is_empty() {
        true => Features::empty(whole.dimension),
        false => encoder.encode_images(&cut)?,
    };
    Ok(PictureFeatures {
        tiles: means(&whole, &of_tiles, &counts),
        whole,
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::views::PreparedPair;
    use finexl_zoo::encoders::open;

    #[test]
    fn a_picture_is_cut_as_one_of_a_pair() {
        let encoder = open("judge", &finexl_zoo::device::by_name("cpu").unwrap()).unwrap();
        let encoder = encoder.as_ref();
        let image = finexl_data::procedural::dead_leaves(240, 1, 1);
        let alone = PreparedPicture::new(encoder, &image, Views::Tiles);
        let pair = PreparedPair::new(encoder, [&image, &image], Views::Tiles);
        assert_eq!(alone.tiles, pair.tiles.unwrap()[0]);
        let whole = PreparedPicture::new(encoder, &image, Views::Whole);
        let features = encode_pictures(encoder, vec![alone, whole]).unwrap();
        let d = encoder.dimension();
        assert_eq!((features.whole.len(), features.tiles.len()), (2, 2));
        assert_eq!(features.tiles.values[d..], features.whole.values[d..]);
        assert_ne!(features.tiles.values[..d], features.whole.values[..d]);
    }
}
