//! How different the images of different prompts are, and whether a model has collapsed.

use super::GenerationRequest;
use super::generated_folder::file_name;
use crate::ZooError;
use finexl_data::decode::decode_file;
use finexl_data::image::Image;
use std::fmt;
use std::path::Path;

/// Fewest images of different prompts of which anything can be said.
const FEWEST: usize = 4;
/// Most images that are compared.
const MOST: usize = 64;
/// Below it images are one picture. Scenes of different prompts have 0.8 and more.
const COLLAPSED: f64 = 0.1;

/// How far images of different prompts are apart: the mean squared difference of two of them at the same
/// place, relative to that at any two places.
///
/// It is 0 for one and the same picture and 1 for pictures that share nothing but their colours. Nothing
/// real is needed to compare with, and neither contrast nor brightness matters, so one threshold serves
/// all families and styles.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Diversity(f64);

impl Diversity {
    /// That of images of one size with their prompts; nothing of fewer than four, or where no two
    /// prompts differ.
    pub fn of(images: &[Image], prompts: &[String]) -> Option<Self> {
        let images = &images[..images.len().min(MOST)];
        if images.len() < FEWEST {
            return None;
        }
        let moments: Vec<Moments> = images.iter().map(Moments::of).collect();
        let (mut same_place, mut any_place, mut pairs) = (0.0, 0.0, 0usize);
        for (b, image) in images.iter().enumerate() {
            for a in (0..b).filter(|a| prompts[*a] != prompts[b]) {
                same_place += squared_distance(&images[a], image);
                any_place += moments[a].squared_distance(&moments[b]);
                pairs += 1;
            }
        }
        let apart = if any_place > 0.0 {
            same_place / any_place
        } else {
            0.0
        };
        (pairs > 0).then_some(Self(apart))
    }

    /// That of the generated images in a folder, which are read back.
    ///
    /// # Errors
    /// Where an image cannot be read.
    pub fn of_folder(
        folder: &Path,
        requests: &[GenerationRequest],
    ) -> Result<Option<Self>, ZooError> {
        let requests = &requests[..requests.len().min(MOST)];
        let images = requests
            .iter()
            .map(|request| Ok(decode_file(folder.join(file_name(request)))?.image))
            .collect::<Result<Vec<Image>, ZooError>>()?;
        let prompts: Vec<String> = requests.iter().map(|r| r.prompt.clone()).collect();
        Ok(Self::of(&images, &prompts))
    }

    /// 0 for one and the same picture, near 1 for pictures that share nothing.
    pub fn value(self) -> f64 {
        self.0
    }

    /// Whether all are one picture.
    pub fn is_collapse(self) -> bool {
        self.0 < COLLAPSED
    }
}

impl fmt::Display for Diversity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "images of different prompts have a diversity of {:.2} (0: one picture, 1: nothing shared)",
            self.0
        )
    }
}

/// Mean and variance of the pixels of an image, per channel.
struct Moments([[f64; 2]; 3]);

impl Moments {
    fn of(image: &Image) -> Self {
        let count = (image.pixels.len() / 3).max(1) as f64;
        Self([0, 1, 2].map(|channel| {
            let values = || image.pixels.iter().skip(channel).step_by(3);
            let mean = values().map(|v| f64::from(*v)).sum::<f64>() / count;
            let squares = values().map(|v| (f64::from(*v) - mean).powi(2));
            [mean, squares.sum::<f64>() / count]
        }))
    }

    /// The mean over all pairs of places.
    fn squared_distance(&self, other: &Self) -> f64 {
        let channels = self.0.iter().zip(&other.0);
        channels
            .map(|([mean, variance], [other_mean, other_variance])| {
                (mean - other_mean).powi(2) + variance + other_variance
            })
            .sum::<f64>()
            / 3.0
    }
}

/// The mean over all places.
fn squared_distance(a: &Image, b: &Image) -> f64 {
    let squares = a.pixels.iter().zip(&b.pixels);
    let sum: f64 = squares.map(|(a, b)| f64::from(a - b).powi(2)).sum();
    sum / a.pixels.len().max(1) as f64
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::Diversity;
    use finexl_core::seed::generator;
    use finexl_data::image::Image;
    use proptest::prelude::*;
    use rand::RngExt;

    fn prompts(count: usize) -> Vec<String> {
        (0..count).map(|i| format!("prompt {i}")).collect()
    }

    /// An image of numbers that depend on a seed alone.
    fn noise(seed: u64) -> Image {
        let mut random = generator(seed, &[]);
        Image::new(8, 8, (0..8 * 8 * 3).map(|_| random.random()).collect())
    }

    #[test]
    fn one_picture_is_a_collapse_and_different_ones_are_not() {
        let same = vec![noise(3); 6];
        assert!(Diversity::of(&same, &prompts(6)).unwrap().is_collapse());
        let grey = vec![Image::filled(8, 8, [0.5; 3]); 6];
        assert!(Diversity::of(&grey, &prompts(6)).unwrap().is_collapse());
        let different: Vec<Image> = (0..6).map(noise).collect();
        let apart = Diversity::of(&different, &prompts(6)).unwrap();
        assert!((apart.value() - 1.0).abs() < 0.2, "{apart}");
    }

    #[test]
    fn few_images_and_images_of_one_prompt_say_nothing() {
        let same = vec![noise(3); 6];
        assert_eq!(Diversity::of(&same[..3], &prompts(3)), None);
        assert_eq!(Diversity::of(&same, &vec!["one".to_string(); 6]), None);
    }

    proptest! {
        #[test]
        fn neither_contrast_nor_brightness_matters(scale in 0.05f32..1.0, shift in 0f32..0.5) {
            let images: Vec<Image> = (0..5).map(noise).collect();
            let moved: Vec<Image> = images
                .iter()
                .map(|i| Image::new(8, 8, i.pixels.iter().map(|v| scale * v + shift).collect()))
                .collect();
            let [a, b] = [images, moved].map(|i| Diversity::of(&i, &prompts(5)).unwrap().value());
            prop_assert!((a - b).abs() < 1e-3, "{} {}", a, b);
        }
    }
}
