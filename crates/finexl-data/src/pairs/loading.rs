//! Pairs, decoded.

use super::across::{Across, Sketches};
use super::looks::{Look, look_notes};
use super::options::{Fit, PairOptions};
use super::pair_set::{Pair, PairSet};
use super::shapes::{cut_to_near_shape, fitted, same_shape};
use super::sketch::Sketch;
use crate::DataError;
use crate::decode::{Decoded, Pictures, Remark, remarks_in_words};
use crate::image_folder::{BadFiles, left_out_together};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// The decoded images of a pair.
#[derive(Clone, Debug)]
pub struct LoadedPair {
    /// The base model's image.
    pub base: Decoded,
    /// The personalized model's image.
    pub personalized: Decoded,
    /// Where the two differed in size or shape.
    pub sizes: Option<SizesDiffer>,
    /// What the two looked like before anything was fitted.
    pub looks: [Look; 2],
    /// Both in small, before anything was fitted.
    pub(super) sketches: [Sketch; 2],
    /// Mean difference of their values in thousandths of a grey level, where they are of one size.
    pub(super) difference: Option<u32>,
}

/// The sizes of two images that differ, as they were before anything was fitted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SizesDiffer {
    /// Width and height of the base's image.
    pub base: [usize; 2],
    /// Width and height of the personalized model's.
    pub personalized: [usize; 2],
    /// Whether one had to be brought to the shape of the other.
    pub fitted: bool,
}

/// What there is to say of pairs that were loaded, by their positions in [`PairSet::pairs`]: facts, without names.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LoadingFacts {
    /// Pairs whose images differ in size.
    pub sizes: Vec<(usize, SizesDiffer)>,
    /// What was assumed of an image of the base.
    pub base: Vec<(usize, Remark)>,
    /// What was assumed of an image of the personalized model.
    pub personalized: Vec<(usize, Remark)>,
    /// What tells the pictures of all pairs apart: the base's and the personalized one.
    pub looks: Vec<(usize, [Look; 2])>,
    /// What only all pictures together show; known once [`LoadingFacts::settle`] was called.
    pub across: Across,
    /// What that is found from.
    #[serde(skip)]
    sketches: Sketches,
}

impl LoadingFacts {
    fn add(&mut self, index: usize, pair: &LoadedPair) {
        self.sizes.extend(pair.sizes.map(|sizes| (index, sizes)));
        self.looks.push((index, pair.looks));
        (self.sketches).add(index, pair.looks, &pair.sketches, pair.difference);
        let all = |remarks: &[Remark]| -> Vec<(usize, Remark)> {
            remarks
                .iter()
                .map(|remark| (index, remark.clone()))
                .collect()
        };
        self.base.extend(all(&pair.base.remarks));
        self.personalized.extend(all(&pair.personalized.remarks));
    }

    /// Adds the facts of pairs that begin at a position.
    pub fn extend(&mut self, others: Self, begin: usize) {
        let moved = |(index, remark): (usize, Remark)| (begin + index, remark);
        let sizes = others.sizes.into_iter();
        self.sizes
            .extend(sizes.map(|(index, sizes)| (begin + index, sizes)));
        let looks = others.looks.into_iter();
        self.looks
            .extend(looks.map(|(index, looks)| (begin + index, looks)));
        self.sketches.extend(others.sketches, begin);
        self.base.extend(others.base.into_iter().map(moved));
        self.personalized
            .extend(others.personalized.into_iter().map(moved));
    }

    /// Finds what all pictures together show, once all pairs are there.
    pub fn settle(&mut self) {
        self.across = std::mem::take(&mut self.sketches).compared();
    }
}

/// What [`PairSet::map_loaded`] made of the pairs.
#[derive(Debug)]
pub struct Loaded<T> {
    /// Position in [`PairSet::pairs`] and result of every pair that could be used, in order.
    pub results: Vec<(usize, T)>,
    /// What there is to say of them.
    pub facts: LoadingFacts,
    /// Pairs that were left out, and why.
    pub failures: Vec<(usize, DataError)>,
}

impl PairSet {
    /// Decodes both images of one of its pairs.
    ///
    /// # Errors
    /// As [`load_pair`].
    pub fn load(&self, pair: &Pair, fit: Fit) -> Result<LoadedPair, DataError> {
        load(pair, fit, &self.pictures)
    }

    /// Decodes the pairs in parallel and applies a function to each; no pair is kept in memory.
    ///
    /// The function gets the position of the pair and its images; what it returns does not depend on
    /// the number of threads as long as the function does not.
    ///
    /// # Errors
    /// With [`BadFiles::Refuse`] the error of the first pair that cannot be loaded.
    pub fn map_loaded<T: Send>(
        &self,
        options: &PairOptions,
        apply: impl Fn(usize, &Pair, LoadedPair) -> T + Sync,
    ) -> Result<Loaded<T>, DataError> {
        let outcomes: Vec<_> = self
            .pairs
            .par_iter()
            .enumerate()
            .map(|(index, pair)| {
                let loaded = self.load(pair, options.fit)?;
                let mut facts = LoadingFacts::default();
                facts.add(index, &loaded);
                Ok((apply(index, pair, loaded), facts))
            })
            .collect();
        let mut all = Loaded {
            results: Vec::with_capacity(outcomes.len()),
            facts: LoadingFacts::default(),
            failures: Vec::new(),
        };
        for (index, outcome) in outcomes.into_iter().enumerate() {
            match outcome {
                Ok((result, facts)) => {
                    all.results.push((index, result));
                    all.facts.extend(facts, 0);
                }
                Err(error) if options.bad_files == BadFiles::Skip => {
                    all.failures.push((index, error))
                }
                Err(error) => return Err(error),
            }
        }
        Ok(all)
    }
}

/// Decodes both images of a pair of files.
///
/// # Errors
/// Those of [`decode_file`](crate::decode::decode_file), and [`DataError::ShapesDiffer`] where the aspect ratios (width over
/// height) differ by more than 5% and nothing is to be done about it.
pub fn load_pair(pair: &Pair, fit: Fit) -> Result<LoadedPair, DataError> {
    load(pair, fit, &Pictures::files())
}

fn load(pair: &Pair, fit: Fit, pictures: &Pictures) -> Result<LoadedPair, DataError> {
    let base = pictures.decode(&pair.base)?;
    let mut personalized = pictures.decode(&pair.personalized)?;
    let sizes = [&base.image, &personalized.image].map(|image| [image.width, image.height]);
    let looks = [&base.image, &personalized.image].map(Look::of);
    let sketches = [&base.image, &personalized.image].map(Sketch::of);
    let difference = (sizes[0] == sizes[1])
        .then(|| (base.image.mean_abs_difference(&personalized.image) * 255_000.0).round() as u32);
    let same = same_shape(&base.image, &personalized.image);
    if !same {
        let fitted = fitted(&personalized.image, &base.image, fit)
            .or_else(|| cut_to_near_shape(&personalized.image, &base.image));
        personalized.image = fitted.ok_or_else(|| DataError::ShapesDiffer {
            base: pair.base.clone(),
            base_size: size(sizes[0]),
            personalized: pair.personalized.clone(),
            personalized_size: size(sizes[1]),
        })?;
    }
    let sizes = (sizes[0] != sizes[1]).then_some(SizesDiffer {
        base: sizes[0],
        personalized: sizes[1],
        fitted: !same,
    });
    Ok(LoadedPair {
        base,
        personalized,
        sizes,
        looks,
        sketches,
        difference,
    })
}

/// What a reader has to know of decoding: one note for pairs that differ in size, one for those that were brought to
/// one shape, one for each thing that was assumed of images, one for pairs that were left out.
pub fn loading_notes(
    set: &PairSet,
    facts: &LoadingFacts,
    failures: &[DataError],
    fit: Fit,
) -> Vec<String> {
    let note = |fitted: bool, became: &str| {
        let of_kind: Vec<_> = facts
            .sizes
            .iter()
            .filter(|(_, s)| s.fitted == fitted)
            .collect();
        let (index, first) = of_kind.first()?;
        Some(format!(
            "in {} of {} pairs the images differ in {} ({}: {} against {}); {became}",
            of_kind.len(),
            set.pairs.len(),
            if fitted { "shape" } else { "size" },
            set.pairs.get(*index).map_or("", |pair| &pair.name),
            size(first.base),
            size(first.personalized)
        ))
    };
    let brought = match fit {
        Fit::Pad => "the personalized image was continued by its edges to the shape of the base's",
        Fit::Crop | Fit::Refuse => {
            "the personalized image was cut about its centre to the shape of the base's"
        }
    };
    let file = |index: &usize, side: fn(&Pair) -> &PathBuf| set.pairs.get(*index).map(side);
    let remarks = facts
        .base
        .iter()
        .map(|(index, remark)| (file(index, |p| &p.base), remark));
    let others = (facts.personalized.iter())
        .map(|(index, remark)| (file(index, |p| &p.personalized), remark));
    let remarks = remarks.chain(others);
    let remarks = remarks.filter_map(|(file, remark)| Some((file?.as_path(), remark)));
    let sizes = [
        note(false, "both are scaled to the same"),
        note(true, brought),
    ];
    (sizes.into_iter().flatten())
        .chain(look_notes(set, &facts.looks, &facts.across))
        .chain(remarks_in_words(remarks))
        .chain(left_out_together("pairs", failures))
        .collect()
}

/// The error where everything was left out.
pub(crate) fn nothing_usable(found: usize, first: Option<&DataError>) -> DataError {
    DataError::NothingUsable {
        found,
        first: first.map(DataError::to_string).unwrap_or_default(),
    }
}

fn size([width, height]: [usize; 2]) -> String {
    format!("{width} x {height}")
}
