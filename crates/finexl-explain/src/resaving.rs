//! How far saving an image again as JPEG moves its features: a change that nobody would call one, to place others by.

use crate::error::ExplainError;
use finexl_data::image::Image;
use finexl_data::nuisance::saved_as_jpeg;
use finexl_zoo::encoders::{Encoder, Features};
use std::collections::BTreeSet;

/// Quality that many programs save with where nothing is chosen.
const QUALITY: u8 = 75;
/// As many images are tried at most.
const TRIED: usize = 8;

/// The images of `count` that are saved again: evenly spread, all where there are few.
pub(crate) fn chosen(count: usize) -> BTreeSet<usize> {
    let tried = count.min(TRIED);
    (0..tried).map(|place| place * count / tried).collect()
}

/// An image saved again, brought to the encoder's input; none where it is too large for a JPEG.
pub(crate) fn prepared(encoder: &dyn Encoder, image: &Image) -> Option<Image> {
    let saved = saved_as_jpeg(image, QUALITY).ok()?;
    Some(encoder.prepare(&saved))
}

/// Root mean square of the distances of resaved images, with their rows among `features`, from what they were; none
/// without any.
///
/// # Errors
/// Where the encoder fails.
pub(crate) fn moved(
    encoder: &dyn Encoder,
    resaved: &[(usize, Image)],
    features: &Features,
) -> Result<Option<f64>, ExplainError> {
    if resaved.is_empty() {
        return Ok(None);
    }
    let images: Vec<Image> = resaved.iter().map(|(_, image)| image.clone()).collect();
    let again = encoder.encode_images(&images)?;
    let squares: f64 = (resaved.iter().enumerate())
        .map(|(row, (place, _))| {
            let both = again.row(row).iter().zip(features.row(*place));
            both.map(|(a, b)| f64::from(a - b).powi(2)).sum::<f64>()
        })
        .sum();
    Ok(Some((squares / resaved.len() as f64).sqrt()))
}
