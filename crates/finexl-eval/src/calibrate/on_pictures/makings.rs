//! Features of what is made, block by block, from the cache where they are there.

use super::pictures::Pictures;
use super::plan::{Making, makings_key};
use crate::EvalError;
use crate::settings::Progress;
use finexl_core::fingerprint::Fingerprint;
use finexl_core::seed;
use finexl_data::DataError;
use finexl_data::aspects::{self, stylize};
use finexl_data::image::Image;
use finexl_explain::cache::Cache;
use finexl_explain::divergence::Divergences;
use finexl_explain::overlap::overlapped;
use finexl_explain::picture_features::{PictureFeatures, PreparedPicture, encode_pictures};
use finexl_explain::views::Views;
use finexl_zoo::encoders::{Encoder, Features};
use rayon::prelude::*;
use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Version of what is kept: raised whenever the same pictures give other features.
const VERSION: u32 = 1;
/// Pictures that are made and encoded together; what a killed run has to make again.
const BLOCK: usize = 32;
/// Kind of the files in the cache.
const KIND: &str = "stylized";

/// What a making changes, in every view.
#[derive(Clone, Debug)]
pub(super) struct Changes {
    pub whole: Divergences,
    /// None where only the whole is looked at.
    pub tiles: Option<Divergences>,
}

/// The pictures as an encoder sees them.
pub(super) struct Looks<'a> {
    encoder: &'a dyn Encoder,
    pictures: &'a Pictures,
    views: Views,
    cache: &'a Cache,
    /// As they are.
    base: PictureFeatures,
    /// Pictures encoded so far, and in all.
    done: AtomicUsize,
    all: usize,
}

impl<'a> Looks<'a> {
    /// Encodes the pictures as they are; `all` is how many will be encoded in the end.
    ///
    /// # Errors
    /// An encoder that fails.
    pub fn new(
        encoder: &'a dyn Encoder,
        pictures: &'a Pictures,
        (views, cache): (Views, &'a Cache),
        all: usize,
        progress: Progress,
    ) -> Result<Self, EvalError> {
        let empty = || Features::empty(encoder.dimension());
        let mut looks = Self {
            encoder,
            pictures,
            views,
            cache,
            base: PictureFeatures {
                whole: empty(),
                tiles: empty(),
            },
            done: AtomicUsize::new(0),
            all: all + pictures.len(),
        };
        let places: Vec<usize> = (0..pictures.len()).collect();
        let plain = |pictures: &[usize]| Making {
            aspects: Vec::new(),
            implementation: aspects::Implementation::Training,
            style_seed: 0,
            nuisance: None,
            pictures: pictures.to_vec(),
        };
        let makings: Vec<Making> = places.chunks(BLOCK).map(plain).collect();
        for features in looks.features(&makings, progress)? {
            looks.base.whole.extend(&features.whole);
            looks.base.tiles.extend(&features.tiles);
        }
        Ok(looks)
    }

    /// Who looks.
    pub fn encoder(&self) -> &dyn Encoder {
        self.encoder
    }

    /// Features of the pictures as they are, whole, `[n, d]`.
    pub fn base(&self) -> &Features {
        &self.base.whole
    }

    /// What makings change.
    ///
    /// # Errors
    /// An encoder that fails.
    pub fn changes(
        &self,
        makings: &[Making],
        progress: Progress,
    ) -> Result<Vec<Changes>, EvalError> {
        let features = self.features(makings, progress)?;
        let changes = makings.iter().zip(&features).map(|(making, features)| {
            let between = |base: &Features, made: &Features| {
                Divergences::between(&rows(base, &making.pictures), made)
            };
            Ok(Changes {
                whole: between(&self.base.whole, &features.whole)?,
                tiles: match self.views {
                    Views::Whole => None,
                    Views::Tiles => Some(between(&self.base.tiles, &features.tiles)?),
                },
            })
        });
        changes.collect()
    }

    fn features(
        &self,
        makings: &[Making],
        progress: Progress,
    ) -> Result<Vec<PictureFeatures>, EvalError> {
        let blocks = blocks(makings);
        let mut all = Vec::with_capacity(makings.len());
        overlapped(
            &blocks,
            |_, block| match self.cached(block) {
                Some(features) => Made::Cached(features),
                None => Made::Prepared(self.prepared(block)),
            },
            |place, made| {
                let block = blocks[place];
                let features = match made {
                    Made::Cached(features) => features,
                    Made::Prepared(pictures) => {
                        let features = encode_pictures(self.encoder, pictures?)?;
                        self.keep(block, &features);
                        features
                    }
                };
                let count = features.whole.len();
                let done = self.done.fetch_add(count, Ordering::Relaxed) + count;
                progress("encoding stylized pictures", done, self.all);
                let mut next = 0;
                for making in block {
                    let places: Vec<usize> = (next..next + making.pictures.len()).collect();
                    next += places.len();
                    all.push(PictureFeatures {
                        whole: rows(&features.whole, &places),
                        tiles: rows(&features.tiles, &places),
                    });
                }
                Ok::<(), EvalError>(())
            },
        )?;
        Ok(all)
    }

    /// Makes the pictures of a block, all processors at work.
    fn prepared(&self, block: &[Making]) -> Result<Vec<PreparedPicture>, DataError> {
        let made: Vec<(&Making, usize)> = (block.iter())
            .flat_map(|making| {
                making
                    .pictures
                    .iter()
                    .map(move |picture| (making, *picture))
            })
            .collect();
        made.into_par_iter()
            .map(|(making, picture)| {
                let image = made_of(making, &self.pictures.image(picture), picture)?;
                Ok(PreparedPicture::new(self.encoder, &image, self.views))
            })
            .collect()
    }

    fn key(&self, block: &[Making]) -> Fingerprint {
        let pictures = block.iter().flat_map(|making| &making.pictures);
        let key = Fingerprint::of("stylized pictures")
            .number("version", u64::from(VERSION))
            .number("operators", u64::from(aspects::VERSION))
            .number(
                "features",
                u64::from(finexl_explain::image_features::VERSION),
            )
            .number("decoding", u64::from(finexl_data::decode::VERSION))
            .nested("encoder", self.encoder.fingerprint())
            .text("device", self.encoder.device())
            .text("views", self.views.name())
            .nested("makings", &makings_key(block));
        pictures
            .fold(key, |key, picture| {
                key.nested("picture", self.pictures.content(*picture))
            })
            .finish()
    }

    fn cached(&self, block: &[Making]) -> Option<PictureFeatures> {
        let (mut whole, _) = self.cache.features(KIND, &self.key(block))?;
        let count: usize = block.iter().map(|making| making.pictures.len()).sum();
        let fits = whole.dimension == self.encoder.dimension() && whole.len() == 2 * count;
        fits.then(|| {
            let tiles = whole.values.split_off(count * whole.dimension);
            PictureFeatures {
                tiles: Features {
                    dimension: whole.dimension,
                    values: tiles,
                },
                whole,
            }
        })
    }

    fn keep(&self, block: &[Making], features: &PictureFeatures) {
        let mut both = features.whole.clone();
        both.extend(&features.tiles);
        (self.cache).keep_features(KIND, &self.key(block), &both, HashMap::new());
    }
}

/// A block, from the cache or still to be encoded.
enum Made {
    Cached(PictureFeatures),
    Prepared(Result<Vec<PreparedPicture>, DataError>),
}

/// What a making does to a picture.
fn made_of(making: &Making, image: &Image, picture: usize) -> Result<Image, DataError> {
    let noise = seed::key(&format!("{} {picture}", making.style_seed));
    let style = (making.implementation, making.style_seed);
    let styled = match making.aspects.is_empty() {
        true => image.clone(),
        false => stylize(image, &making.aspects, style.0, style.1, noise),
    };
    match making.nuisance {
        Some(nuisance) => nuisance.apply(&styled, noise),
        None => Ok(styled),
    }
}

/// Makings in a row that have about [`BLOCK`] pictures.
fn blocks(makings: &[Making]) -> Vec<&[Making]> {
    let pictures = makings.iter().map(|making| making.pictures.len()).max();
    makings
        .chunks((BLOCK / pictures.unwrap_or(1).max(1)).max(1))
        .collect()
}

fn rows(features: &Features, places: &[usize]) -> Features {
    Features {
        dimension: features.dimension,
        values: (places.iter())
            .flat_map(|place| features.row(*place))
            .copied()
            .collect(),
    }
}
