//! What changes in every part of the pictures of some pairs.

use crate::cache::Cache;
use crate::error::ExplainError;
use crate::overlap::overlapped;
use crate::views::{self, GRID};
use finexl_core::fingerprint::Fingerprint;
use finexl_data::decode;
use finexl_data::image::Image;
use finexl_data::pairs::{Pair, PairOptions, PairSet};
use finexl_zoo::encoders::{Encoder, Features};
use std::borrow::Cow;
use std::collections::HashMap;

/// Version of what is kept: raised whenever the same files give others.
const VERSION: u32 = 1;

/// Metadata key of which pairs are large enough.
const PAIRS: &str = "pairs";

/// Differences of the parts of pictures, on a grid of [`GRID`] by [`GRID`].
pub(crate) struct PlaceDivergences {
    /// The pairs that are large enough, by their places among those that were asked for.
    pub pairs: Vec<usize>,
    /// `[pairs * GRID * GRID, d]` row-major: pair by pair, row by row from the upper left.
    pub values: Vec<f64>,
}

/// Encodes the parts of both pictures of pairs; nothing where all are too small.
///
/// # Errors
/// Pictures that can no longer be read, an encoder that fails.
pub(crate) fn place_divergences(
    encoder: &dyn Encoder,
    set: &PairSet,
    options: &PairOptions,
    cache: &Cache,
) -> Result<Option<PlaceDivergences>, ExplainError> {
    let key = key(encoder, set, options);
    if let Some((stacked, metadata)) = cache.features("places", &key)
        && let Some(pairs) = metadata.get(PAIRS)
        && let Ok(pairs) = serde_json::from_str::<Vec<usize>>(pairs)
        && pairs.iter().all(|pair| *pair < set.pairs.len())
        && stacked.len() == 2 * pairs.len() * GRID * GRID
    {
        return Ok(between(pairs, &stacked));
    }
    let (pairs, stacked) = encode(encoder, set, options)?;
    if let Ok(json) = serde_json::to_string(&pairs) {
        let metadata = HashMap::from([(PAIRS.to_string(), json)]);
        cache.keep_features("places", &key, &stacked, metadata);
    }
    Ok(between(pairs, &stacked))
}

/// The same of images in memory.
///
/// # Errors
/// An encoder that fails.
pub(crate) fn place_divergences_of<'a>(
    encoder: &dyn Encoder,
    pairs: impl Iterator<Item = (&'a Image, Cow<'a, Image>)>,
) -> Result<Option<PlaceDivergences>, ExplainError> {
    let mut parts = Parts::new(encoder);
    for (place, (base, personalized)) in pairs.enumerate() {
        parts.add(place, views::grid(encoder, [base, &personalized]))?;
    }
    let (pairs, stacked) = parts.stacked();
    Ok(between(pairs, &stacked))
}

/// Features of the parts of both sides.
struct Parts<'a> {
    encoder: &'a dyn Encoder,
    /// Which pairs are large enough.
    pairs: Vec<usize>,
    sides: [Features; 2],
}

impl<'a> Parts<'a> {
    fn new(encoder: &'a dyn Encoder) -> Self {
        Self {
            encoder,
            pairs: Vec::new(),
            sides: [0, 1].map(|_| Features::empty(encoder.dimension())),
        }
    }

    fn add(&mut self, pair: usize, parts: Option<[Vec<Image>; 2]>) -> Result<(), ExplainError> {
        let Some(parts) = parts else { return Ok(()) };
        self.pairs.push(pair);
        for (all, parts) in self.sides.iter_mut().zip(parts) {
            all.extend(&self.encoder.encode_images(&parts)?);
        }
        Ok(())
    }

    /// Which pairs are large enough, and the features of all bases, then of all personalized pictures.
    fn stacked(self) -> (Vec<usize>, Features) {
        let [mut stacked, personalized] = self.sides;
        stacked.extend(&personalized);
        (self.pairs, stacked)
    }
}

fn key(encoder: &dyn Encoder, set: &PairSet, options: &PairOptions) -> Fingerprint {
    let key = Fingerprint::of("place-features")
        .number("version", u64::from(VERSION))
        .number("decoding", u64::from(decode::VERSION))
        .number("views", u64::from(views::VERSION))
        .nested("encoder", encoder.fingerprint())
        .text("device", encoder.device())
        .number("fit", options.fit.key())
        .number("most pixels", decode::limits::most_pixels());
    let files = set.pairs.iter();
    let files = files.flat_map(|pair| [&pair.base, &pair.personalized]);
    (files.fold(key, |key, path| match set.pictures.fingerprint(path) {
        Ok(content) => key.nested("image", &content),
        Err(_) => key.text("unreadable", &path.display().to_string()),
    }))
    .finish()
}

/// As [`Parts::stacked`].
fn encode(
    encoder: &dyn Encoder,
    set: &PairSet,
    options: &PairOptions,
) -> Result<(Vec<usize>, Features), ExplainError> {
    let at_a_time = (encoder.images_at_a_time() / (2 * GRID * GRID)).max(1);
    let blocks: Vec<&[Pair]> = set.pairs.chunks(at_a_time).collect();
    let mut parts = Parts::new(encoder);
    overlapped(
        &blocks,
        |_, pairs| {
            let part = PairSet {
                pairs: pairs.to_vec(),
                notes: Vec::new(),
                pictures: set.pictures.clone(),
            };
            part.map_loaded(options, |_, _, pair| {
                views::grid(encoder, [&pair.base.image, &pair.personalized.image])
            })
        },
        |block, loaded| {
            let loaded = loaded.map_err(ExplainError::from)?;
            (loaded.results.into_iter())
                .try_for_each(|(place, grid)| parts.add(block * at_a_time + place, grid))
        },
    )?;
    Ok(parts.stacked())
}

fn between(pairs: Vec<usize>, stacked: &Features) -> Option<PlaceDivergences> {
    let (base, personalized) = stacked.values.split_at(stacked.values.len() / 2);
    let values = base.iter().zip(personalized);
    let values = values.map(|(b, p)| f64::from(*p) - f64::from(*b)).collect();
    (!pairs.is_empty()).then_some(PlaceDivergences { pairs, values })
}
