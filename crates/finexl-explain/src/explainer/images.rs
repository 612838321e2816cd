//! Images in memory.

use super::object::Explainer;
use super::pairs::Seen;
use super::sides::Sides;
use crate::error::ExplainError;
use crate::image_features::pairs_at_a_time;
use crate::pair_encoding::{Seen as Looks, SeenPairs};
use crate::place_features::place_divergences_of;
use crate::resaving;
use crate::views::{PreparedPair, Views};
use finexl_core::explanation::Explanation;
use finexl_core::fingerprint::Fingerprint;
use finexl_data::image::Image;
use finexl_data::pairs::{cut_to_near_shape, same_shape};
use finexl_zoo::encoders::Encoder;
use rayon::prelude::*;
use std::borrow::Cow;

/// Two images that belong together: the same prompt and seed through the base and the personalized model.
#[derive(Clone, Debug, PartialEq)]
pub struct ImagePair {
    /// Name of the pair, for a reader.
    pub name: String,
    /// What both images were made from, where it is known.
    pub prompt: Option<String>,
    /// The base model's image.
    pub base: Image,
    /// The personalized model's image.
    pub personalized: Image,
}

impl Explainer {
    /// Explains pairs of images; `progress` is told pairs encoded and in all. Nothing is kept in the cache of features.
    ///
    /// # Errors
    /// No pair, or images that are damaged or of different shapes; else as [`Explainer::explain_pairs`].
    pub fn explain_images(
        &self,
        pairs: &[ImagePair],
        sides: &Sides,
        progress: &dyn Fn(usize, usize),
    ) -> Result<Explanation, ExplainError> {
        let encoder = self.needs_encoder()?;
        let mut notes = self.first_notes(sides)?;
        if pairs.is_empty() {
            return Err(ExplainError::TooFew {
                what: "pairs of images",
                least: 1,
            });
        }
        pairs.iter().try_for_each(check)?;
        notes.extend(cut_note(pairs));
        let looks = encoded(encoder, pairs, self.views, progress)?;
        let [base, personalized] = &looks.whole;
        let look = |chosen: &[usize]| {
            let sides = chosen.iter().map(|pair| &pairs[*pair]);
            let sides = sides.filter_map(|pair| Some((&pair.base, shown(pair)?)));
            place_divergences_of(encoder, sides)
        };
        let contents: Vec<[Fingerprint; 2]> = (pairs.par_iter())
            .map(|pair| [&pair.base, &pair.personalized].map(content))
            .collect();
        let bases: Vec<Fingerprint> = contents.iter().map(|[base, _]| base.clone()).collect();
        let seen = Seen {
            names: pairs.iter().map(|pair| pair.name.clone()).collect(),
            prompts: pairs.iter().map(|pair| pair.prompt.clone()).collect(),
            base,
            personalized,
            tiles: looks.tiles.as_ref(),
            look: Some(&look),
            resaved: looks.resaved,
            grounds: (pairs.iter().zip(&bases))
                .map(|(pair, base)| match pair.prompt.as_deref() {
                    Some(prompt) => (Some(prompt), None),
                    None => (None, Some(base.as_str())),
                })
                .collect(),
            contents: &bases,
            images: &all_of("images", contents.as_flattened()),
            base_images: &all_of("base images", &bases),
            notes,
        };
        self.explain_seen(encoder, seen, sides)
    }
}

/// Refuses what is no image, and pairs whose images show different cuts.
fn check(pair: &ImagePair) -> Result<(), ExplainError> {
    let fault = |problem: String| {
        Err(ExplainError::Image {
            pair: pair.name.clone(),
            problem,
        })
    };
    for (side, image) in [("base", &pair.base), ("personalized", &pair.personalized)] {
        let Image {
            width,
            height,
            pixels,
        } = image;
        let values = width.checked_mul(*height).and_then(|n| n.checked_mul(3));
        if pixels.is_empty() || values != Some(pixels.len()) {
            return fault(format!(
                "the {side} image has {} values and is {width} by {height}; give width x height x 3",
                pixels.len()
            ));
        }
        if let Some(value) = pixels.iter().find(|v| !(0.0..=1.0).contains(*v)) {
            return fault(format!(
                "the {side} image holds {value}; give values in [0, 1], encoded as sRGB"
            ));
        }
    }
    if shown(pair).is_none() {
        return fault(format!(
            "its images are {} by {} and {} by {}, so they show different cuts; crop one of them",
            pair.base.width, pair.base.height, pair.personalized.width, pair.personalized.height
        ));
    }
    Ok(())
}

/// The personalized image of a pair, cut to the shape of the base's where they are nearly the same; nothing where they
/// show different cuts.
fn shown(pair: &ImagePair) -> Option<Cow<'_, Image>> {
    match same_shape(&pair.base, &pair.personalized) {
        true => Some(Cow::Borrowed(&pair.personalized)),
        false => cut_to_near_shape(&pair.personalized, &pair.base).map(Cow::Owned),
    }
}

/// Says how many pairs were cut.
fn cut_note(pairs: &[ImagePair]) -> Option<String> {
    let cut = (pairs.iter()).filter(|pair| !same_shape(&pair.base, &pair.personalized));
    let count = cut.count();
    (count > 0).then(|| {
        format!(
            "in {count} of {} pairs the images differ a little in shape; the personalized image was cut about its \
             centre to the shape of the base's",
            pairs.len()
        )
    })
}

/// Features of both sides.
fn encoded(
    encoder: &dyn Encoder,
    pairs: &[ImagePair],
    views: Views,
    progress: &dyn Fn(usize, usize),
) -> Result<Looks, ExplainError> {
    let mut looks = SeenPairs::new(encoder);
    let chosen = resaving::chosen(pairs.len());
    let block = pairs_at_a_time(encoder, views);
    for (number, of_block) in pairs.chunks(block).enumerate() {
        progress(number * block, pairs.len());
        let prepared = of_block.par_iter().enumerate().map(|(place, pair)| {
            let shown = shown(pair).unwrap_or(Cow::Borrowed(&pair.personalized));
            let again = (chosen.contains(&(number * block + place)))
                .then(|| resaving::prepared(encoder, &pair.base))
                .flatten();
            (
                PreparedPair::new(encoder, [&pair.base, shown.as_ref()], views),
                again,
            )
        });
        looks.add(prepared.collect())?;
    }
    progress(pairs.len(), pairs.len());
    looks.finish()
}

fn content(image: &Image) -> Fingerprint {
    let bytes: Vec<u8> = image.pixels.iter().flat_map(|v| v.to_le_bytes()).collect();
    Fingerprint::of("pixels")
        .number("width", image.width as u64)
        .number("height", image.height as u64)
        .bytes("values", &bytes)
        .finish()
}

fn all_of(kind: &str, parts: &[Fingerprint]) -> Fingerprint {
    let key = Fingerprint::of(kind);
    (parts.iter())
        .fold(key, |key, part| key.nested("pixels", part))
        .finish()
}
