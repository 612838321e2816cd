//! Disturbances below visibility: what an explanation must not answer to.
//!
//! Images of one model pass through file formats and resizers; none of that is personalization.

use crate::DataError;
use crate::encode::jpeg_bytes;
use crate::image::Image;
use finexl_core::seed::{ChaCha8Rng, generator};
use image::ImageDecoder;
use image::codecs::jpeg::JpegDecoder;
use rand::RngExt;

/// A kind of disturbance.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Nuisance {
    /// Independent noise with a standard deviation of up to 1.5 of 255.
    Grain,
    /// JPEG at a quality of 92 to 98.
    Jpeg,
    /// Enlarged by up to a half and brought back.
    Resampling,
}

impl Nuisance {
    /// All kinds.
    pub const ALL: [Self; 3] = [Self::Grain, Self::Jpeg, Self::Resampling];

    /// The name used in tables.
    pub fn name(self) -> &'static str {
        match self {
            Self::Grain => "grain",
            Self::Jpeg => "jpeg",
            Self::Resampling => "resampling",
        }
    }

    /// Disturbs an image, repeatably for one seed.
    ///
    /// # Errors
    /// [`DataError`] where the JPEG codec refuses the image (larger than 65,535 pixels).
    pub fn apply(self, image: &Image, seed: u64) -> Result<Image, DataError> {
        let mut rng = generator(seed, &[self as u64]);
        match self {
            Self::Grain => Ok(grain(image, &mut rng)),
            Self::Jpeg => saved_as_jpeg(image, rng.random_range(92..=98)),
            Self::Resampling => {
                let factor: f32 = rng.random_range(1.2..1.5);
                let up = |n: usize| ((n as f32 * factor).round() as usize).max(1);
                let larger = crate::resize::resize(image, up(image.width), up(image.height));
                Ok(crate::resize::resize(&larger, image.width, image.height))
            }
        }
    }
}

fn grain(image: &Image, rng: &mut ChaCha8Rng) -> Image {
    let deviation: f32 = rng.random_range(0.3..1.5) / 255.0;
    let pixels = image
        .pixels
        .iter()
        .map(|v| {
            // The sum of four uniform draws is close enough to a normal one here.
            let sum: f32 = (0..4).map(|_| rng.random::<f32>() - 0.5).sum();
            (v + deviation * sum * 3.0f32.sqrt()).clamp(0.0, 1.0)
        })
        .collect();
    Image::new(image.width, image.height, pixels)
}

/// An image saved as JPEG of a quality from 1 to 100, and read again.
///
/// # Errors
/// [`DataError`] where the codec refuses the image (larger than 65,535 pixels).
pub fn saved_as_jpeg(image: &Image, quality: u8) -> Result<Image, DataError> {
    let failed = |e: image::ImageError| DataError::Codec {
        what: "JPEG",
        message: e.to_string(),
    };
    let bytes = jpeg_bytes(image, quality)?;
    let decoder = JpegDecoder::new(std::io::Cursor::new(bytes)).map_err(failed)?;
    let mut decoded = vec![0u8; decoder.total_bytes() as usize];
    decoder.read_image(&mut decoded).map_err(failed)?;
    Ok(Image::from_rgb8(image.width, image.height, &decoded))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn every_kind_stays_below_visibility() {
        let image = crate::procedural::dead_leaves(64, 1, 1);
        for kind in Nuisance::ALL {
            let disturbed = kind.apply(&image, 3).unwrap();
            let distance = image.mean_abs_difference(&disturbed);
            assert!(distance > 0.0 && distance < 0.02, "{kind:?} {distance}");
            assert_eq!(disturbed, kind.apply(&image, 3).unwrap());
        }
    }
}
