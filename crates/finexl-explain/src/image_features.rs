//! Image pairs -> features, decoded and encoded once, then taken from the cache.

use crate::cache::Cache;
use crate::error::ExplainError;
use crate::overlap::overlapped;
use crate::pair_encoding::{Seen, SeenPairs};
use crate::resaving;
use crate::views::{self, PreparedPair, Views};
use finexl_core::fingerprint::Fingerprint;
use finexl_data::DataError;
use finexl_data::decode;
use finexl_data::image_folder::BadFiles;
use finexl_data::pairs::{LoadingFacts, Pair, PairOptions, PairSet, loading_notes};
use finexl_zoo::encoders::{Encoder, Features};
use rayon::prelude::*;
use std::collections::{BTreeSet, HashMap};
use std::path::PathBuf;

/// Version of what is kept: raised whenever the same files give other features.
pub const VERSION: u32 = 5;

/// Metadata key of the record of which pairs were usable.
const RECORD: &str = "pairs";

/// Features of the usable pairs.
#[derive(Clone, Debug)]
pub struct PairFeatures {
    /// The usable pairs, in order.
    pub pairs: Vec<Pair>,
    /// Features of the base's images, `[n, d]`.
    pub base: Features,
    /// Features of the personalized model's images, `[n, d]`.
    pub personalized: Features,
    /// Means over the tiles of the pictures of both sides, `[n, d]` each; none where no picture has tiles.
    pub tiles: Option<[Features; 2]>,
    /// How far the base's images move when saved again as JPEG (root mean square); none where that cannot be tried.
    pub resaved: Option<f64>,
    /// Remarks: pairs left out, sizes that differ.
    pub notes: Vec<String>,
    /// Fingerprint of all images.
    pub fingerprint: Fingerprint,
    /// Fingerprint of the base's images.
    pub base_fingerprint: Fingerprint,
    /// Content of the base's image of every usable pair.
    pub base_contents: Vec<Fingerprint>,
    /// Whether nothing had to be encoded.
    pub cached: bool,
}

/// What is kept beside the features: facts alone. The words are made of them anew, since the same images may have other
/// names the next time.
#[derive(Debug, Default, serde::Serialize, serde::Deserialize)]
struct Record {
    /// Positions of the usable pairs.
    kept: Vec<usize>,
    /// What there is to say of them.
    facts: LoadingFacts,
    /// See [`PairFeatures::resaved`].
    resaved: Option<f64>,
    /// Whether features of tiles stand behind those of the whole pictures.
    tiled: bool,
}

impl Record {
    fn notes(&self, set: &PairSet, failures: &[DataError], options: &PairOptions) -> Vec<String> {
        loading_notes(set, &self.facts, failures, options.fit)
    }
}

/// Encodes both images of every pair; `progress` is told pairs done and in all.
///
/// # Errors
/// The first image that cannot be used with [`BadFiles::Refuse`]; none left with
/// [`BadFiles::Skip`]; an encoder that fails.
pub fn encode_pairs(
    encoder: &dyn Encoder,
    set: &PairSet,
    options: &PairOptions,
    views: Views,
    cache: &Cache,
    progress: &dyn Fn(usize, usize),
) -> Result<PairFeatures, ExplainError> {
    let contents = Contents::of(set);
    let key = Fingerprint::of("pair-features")
        .number("version", u64::from(VERSION))
        .number("decoding", u64::from(decode::VERSION))
        .nested("encoder", encoder.fingerprint())
        .text("device", encoder.device())
        .nested("images", &contents.images)
        .number("skip", u64::from(options.bad_files == BadFiles::Skip))
        .number("fit", options.fit.key())
        .text("views", views.name())
        .number("tiles", u64::from(views::VERSION))
        .number("most pixels", decode::limits::most_pixels())
        .finish();
    if let Some((stacked, metadata)) = cache.features("pairs", &key)
        && let Some(found) = restore(set, &stacked, &metadata, &contents, options)
    {
        return Ok(found);
    }
    let Encoded {
        seen,
        record,
        failures,
    } = encode(encoder, set, options, views, progress)?;
    let [base, personalized] = seen.whole;
    let mut stacked = base.clone();
    stacked.extend(&personalized);
    seen.tiles
        .iter()
        .flatten()
        .for_each(|tiles| stacked.extend(tiles));
    if let Ok(json) = serde_json::to_string(&record) {
        let metadata = HashMap::from([(RECORD.to_string(), json)]);
        cache.keep_features("pairs", &key, &stacked, metadata);
    }
    Ok(PairFeatures {
        pairs: record.kept.iter().map(|i| set.pairs[*i].clone()).collect(),
        base,
        personalized,
        tiles: seen.tiles,
        base_contents: contents.of_bases(&record.kept),
        resaved: record.resaved,
        notes: record.notes(set, &failures, options),
        fingerprint: contents.images,
        base_fingerprint: contents.base_images,
        cached: false,
    })
}

/// What the files of all pairs hold; a file that cannot be read counts by its name.
struct Contents {
    /// Of the base's file of every pair.
    bases: Vec<Fingerprint>,
    /// Of all files, in order.
    images: Fingerprint,
    /// Of those of the base.
    base_images: Fingerprint,
}

impl Contents {
    fn of(set: &PairSet) -> Self {
        let content = |path: &PathBuf| {
            (set.pictures.fingerprint(path))
                .unwrap_or_else(|_| Fingerprint::of_bytes(path.as_os_str().as_encoded_bytes()))
        };
        let pairs: Vec<[Fingerprint; 2]> = (set.pairs.par_iter())
            .map(|pair| [&pair.base, &pair.personalized].map(content))
            .collect();
        let bases: Vec<Fingerprint> = pairs.iter().map(|[base, _]| base.clone()).collect();
        Self {
            images: all_of("images", pairs.as_flattened()),
            base_images: all_of("base images", &bases),
            bases,
        }
    }

    /// Of the base's files of some pairs.
    fn of_bases(&self, pairs: &[usize]) -> Vec<Fingerprint> {
        pairs.iter().map(|pair| self.bases[*pair].clone()).collect()
    }
}

fn all_of(kind: &str, contents: &[Fingerprint]) -> Fingerprint {
    (contents.iter())
        .fold(Fingerprint::of(kind), |builder, content| {
            builder.nested("image", content)
        })
        .finish()
}

/// Cached features in the form of fresh ones; nothing where they do not fit the pairs.
fn restore(
    set: &PairSet,
    stacked: &Features,
    metadata: &HashMap<String, String>,
    contents: &Contents,
    options: &PairOptions,
) -> Option<PairFeatures> {
    let record: Record = serde_json::from_str(metadata.get(RECORD)?).ok()?;
    let pairs: Option<Vec<Pair>> = record
        .kept
        .iter()
        .map(|i| set.pairs.get(*i).cloned())
        .collect();
    let pairs = pairs?;
    let failures = failures_again(set, &record.kept, options)?;
    let blocks = if record.tiled { 4 } else { 2 };
    (stacked.len() == blocks * pairs.len()).then(|| {
        let size = pairs.len() * stacked.dimension;
        let block = |number: usize| Features {
            dimension: stacked.dimension,
            values: stacked.values[number * size..(number + 1) * size].to_vec(),
        };
        PairFeatures {
            base: block(0),
            personalized: block(1),
            tiles: record.tiled.then(|| [block(2), block(3)]),
            pairs,
            base_contents: contents.of_bases(&record.kept),
            resaved: record.resaved,
            notes: record.notes(set, &failures, options),
            fingerprint: contents.images.clone(),
            base_fingerprint: contents.base_images.clone(),
            cached: true,
        }
    })
}

/// Why the pairs that are not kept cannot be used: they are few, so they are loaded again. Nothing where one can be used
/// after all.
fn failures_again(set: &PairSet, kept: &[usize], options: &PairOptions) -> Option<Vec<DataError>> {
    let kept: BTreeSet<usize> = kept.iter().copied().collect();
    let others = (set.pairs.iter().enumerate()).filter(|(index, _)| !kept.contains(index));
    others
        .map(|(_, pair)| set.load(pair, options.fit).err())
        .collect()
}

/// What encoding gave.
struct Encoded {
    seen: Seen,
    record: Record,
    failures: Vec<DataError>,
}

fn encode(
    encoder: &dyn Encoder,
    set: &PairSet,
    options: &PairOptions,
    views: Views,
    progress: &dyn Fn(usize, usize),
) -> Result<Encoded, ExplainError> {
    let (mut record, mut failures) = (Record::default(), Vec::new());
    let mut seen = SeenPairs::new(encoder);
    let total = set.pairs.len();
    let chosen = resaving::chosen(total);
    let at_a_time = pairs_at_a_time(encoder, views);
    let blocks: Vec<&[Pair]> = set.pairs.chunks(at_a_time).collect();
    overlapped(
        &blocks,
        |block, pairs| {
            let part = PairSet {
                pairs: pairs.to_vec(),
                notes: Vec::new(),
                pictures: set.pictures.clone(),
            };
            part.map_loaded(options, |place, _, pair| {
                let again = (chosen.contains(&(block * at_a_time + place)))
                    .then(|| resaving::prepared(encoder, &pair.base.image))
                    .flatten();
                let sides = [&pair.base.image, &pair.personalized.image];
                (PreparedPair::new(encoder, sides, views), again)
            })
        },
        |block, loaded| {
            let loaded = loaded.map_err(ExplainError::from)?;
            let place = |index: usize| block * at_a_time + index;
            failures.extend(loaded.failures.into_iter().map(|(_, error)| error));
            record.facts.extend(loaded.facts, place(0));
            let (kept, pairs): (Vec<usize>, Vec<_>) = loaded.results.into_iter().unzip();
            record.kept.extend(kept.into_iter().map(place));
            seen.add(pairs)?;
            progress(((block + 1) * at_a_time).min(total), total);
            Ok::<(), ExplainError>(())
        },
    )?;
    if record.kept.is_empty() {
        return Err(DataError::NothingUsable {
            found: total,
            first: failures
                .first()
                .map(DataError::to_string)
                .unwrap_or_default(),
        }
        .into());
    }
    record.facts.settle();
    let seen = seen.finish()?;
    record.resaved = seen.resaved;
    record.tiled = seen.tiles.is_some();
    Ok(Encoded {
        seen,
        record,
        failures,
    })
}

/// Pairs that are held prepared at a time, with their tiles.
pub(crate) fn pairs_at_a_time(encoder: &dyn Encoder, views: Views) -> usize {
    let images = match views {
        Views::Whole => 2,
        Views::Tiles => 10,
    };
    (encoder.images_at_a_time() / images).max(1)
}
