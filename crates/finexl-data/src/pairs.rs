//! Pairs of images: the same prompt and seed through the base and the personalized model.

use crate::DataError;
use crate::decode::{Decoded, decode_file};
use crate::image::Image;
use crate::image_folder::{BadFiles, ImageFolder, left_out};
use crate::manifest::read_prompts;
use crate::natural_order;
use rayon::prelude::*;
use std::path::{Path, PathBuf};

/// How many names an error or a note shows.
const EXAMPLES: usize = 3;
/// Largest relative difference of the aspect ratios of a pair.
const ASPECT_TOLERANCE: f64 = 0.01;

/// Two images that belong together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pair {
    /// Name of the pair: the path inside the base folder without the extension.
    pub name: String,
    /// What both images were made from, where it is known.
    pub prompt: Option<String>,
    /// File of the base model's image.
    pub base: PathBuf,
    /// File of the personalized model's image.
    pub personalized: PathBuf,
}

/// The pairs of two folders or a manifest; nothing is decoded yet.
#[derive(Clone, Debug, Default)]
pub struct PairSet {
    /// At least one pair; those of folders in natural order of their names, those of a manifest in
    /// its order.
    pub pairs: Vec<Pair>,
    /// Remarks for the reader: what was left out and why.
    pub notes: Vec<String>,
}

/// The decoded images of a pair.
#[derive(Clone, Debug)]
pub struct LoadedPair {
    /// The base model's image.
    pub base: Decoded,
    /// The personalized model's image.
    pub personalized: Decoded,
    /// A remark where the two differ in size but not in shape.
    pub note: Option<String>,
}

/// What [`PairSet::map_loaded`] made of the pairs.
#[derive(Clone, Debug)]
pub struct Loaded<T> {
    /// Position in [`PairSet::pairs`] and result of every pair that could be used, in order.
    pub results: Vec<(usize, T)>,
    /// Remarks: pairs left out, sizes that differ.
    pub notes: Vec<String>,
}

impl PairSet {
    /// Pairs by folders and, where given, `prompts`: a manifest where its name ends in `.csv`, else a
    /// list of one prompt per line in natural order of the names.
    ///
    /// # Errors
    /// Those of [`PairSet::from_folders`], [`PairSet::from_manifest`] and [`PairSet::with_prompts`].
    pub fn open(
        base: &Path,
        personalized: &Path,
        prompts: Option<&Path>,
        bad_files: BadFiles,
    ) -> Result<Self, DataError> {
        let Some(prompts) = prompts else {
            return Self::from_folders(base, personalized, bad_files);
        };
        let is_manifest = prompts
            .extension()
            .is_some_and(|extension| extension.eq_ignore_ascii_case("csv"));
        if is_manifest {
            Self::from_manifest(prompts, Some(base), Some(personalized), bad_files)
        } else {
            Self::from_folders(base, personalized, bad_files)?.with_prompts(prompts)
        }
    }

    /// Pairs the images of two folders that have the same name: the path inside the folder without
    /// the extension, case counting. Images without a partner are left out with a note.
    ///
    /// # Errors
    /// Those of [`ImageFolder::list`] and [`DataError::NoCommonNames`].
    pub fn from_folders(
        base: &Path,
        personalized: &Path,
        bad_files: BadFiles,
    ) -> Result<Self, DataError> {
        let bases = ImageFolder::list(base, bad_files)?;
        let others = ImageFolder::list(personalized, bad_files)?;
        let mut pairs: Vec<Pair> = bases
            .images
            .iter()
            .filter_map(|(name, file)| {
                others.images.get(name).map(|other| Pair {
                    name: name.clone(),
                    prompt: None,
                    base: file.clone(),
                    personalized: other.clone(),
                })
            })
            .collect();
        if pairs.is_empty() {
            return Err(DataError::NoCommonNames {
                base: base.to_path_buf(),
                personalized: personalized.to_path_buf(),
                base_examples: examples(bases.images.keys()),
                personalized_examples: examples(others.images.keys()),
            });
        }
        pairs.sort_by(|a, b| natural_order::compare(&a.name, &b.name));
        let mut notes = bases.notes.clone();
        notes.extend(others.notes.iter().cloned());
        notes.extend(unmatched(base, &bases, &others));
        notes.extend(unmatched(personalized, &others, &bases));
        Ok(Self { pairs, notes })
    }

    /// Adds prompts from a list of one per line, in the order of the pairs.
    ///
    /// # Errors
    /// Those of [`read_prompts`], and [`DataError::PromptCount`] where there are not as many prompts
    /// as pairs.
    pub fn with_prompts(mut self, list: &Path) -> Result<Self, DataError> {
        let prompts = read_prompts(list)?;
        if prompts.len() != self.pairs.len() {
            return Err(DataError::PromptCount {
                path: list.to_path_buf(),
                prompts: prompts.len(),
                pairs: self.pairs.len(),
            });
        }
        for (pair, prompt) in self.pairs.iter_mut().zip(prompts) {
            pair.prompt = Some(prompt);
        }
        Ok(self)
    }

    /// Decodes the pairs in parallel and applies a function to each; no pair is kept in memory.
    ///
    /// The function gets the position of the pair and its images; what it returns does not depend on
    /// the number of threads as long as the function does not.
    ///
    /// # Errors
    /// With [`BadFiles::Refuse`] the error of the first pair that cannot be loaded; with
    /// [`BadFiles::Skip`] such pairs become notes, and [`DataError::NothingUsable`] means that none
    /// was left.
    pub fn map_loaded<T: Send>(
        &self,
        bad_files: BadFiles,
        apply: impl Fn(usize, &Pair, LoadedPair) -> T + Sync,
    ) -> Result<Loaded<T>, DataError> {
        let outcomes: Vec<_> = self
            .pairs
            .par_iter()
            .enumerate()
            .map(|(index, pair)| {
                let loaded = load_pair(pair)?;
                let note = loaded.note.clone();
                Ok((apply(index, pair, loaded), note))
            })
            .collect();
        let mut results = Vec::with_capacity(outcomes.len());
        let mut notes = Vec::new();
        let mut failures = Vec::new();
        for (index, outcome) in outcomes.into_iter().enumerate() {
            match outcome {
                Ok((result, note)) => {
                    results.push((index, result));
                    notes.extend(note);
                }
                Err(error) if bad_files == BadFiles::Skip => failures.push(left_out(&error)),
                Err(error) => return Err(error),
            }
        }
        if results.is_empty() {
            return Err(nothing_usable(self.pairs.len(), &failures));
        }
        notes.extend(failures);
        Ok(Loaded { results, notes })
    }
}

/// Decodes both images of a pair.
///
/// # Errors
/// Those of [`decode_file`], and [`DataError::ShapesDiffer`] where the aspect ratios (width over
/// height) differ by more than 1%.
pub fn load_pair(pair: &Pair) -> Result<LoadedPair, DataError> {
    let base = decode_file(&pair.base)?;
    let personalized = decode_file(&pair.personalized)?;
    let (a, b) = (&base.image, &personalized.image);
    let (a_ratio, b_ratio) = (aspect_ratio(a), aspect_ratio(b));
    if (a_ratio - b_ratio).abs() > ASPECT_TOLERANCE * a_ratio.min(b_ratio) {
        return Err(DataError::ShapesDiffer {
            base: pair.base.clone(),
            base_size: size(a),
            personalized: pair.personalized.clone(),
            personalized_size: size(b),
        });
    }
    let note = (size(a) != size(b)).then(|| {
        format!(
            "the images of {} differ in size ({} against {}); both are scaled to the same",
            pair.name,
            size(a),
            size(b)
        )
    });
    Ok(LoadedPair {
        base,
        personalized,
        note,
    })
}

/// The error where everything was left out.
pub(crate) fn nothing_usable(found: usize, failures: &[String]) -> DataError {
    DataError::NothingUsable {
        found,
        first: failures.first().cloned().unwrap_or_default(),
    }
}

/// A note on the images of one folder that have no partner in the other.
fn unmatched(folder: &Path, own: &ImageFolder, others: &ImageFolder) -> Option<String> {
    let alone: Vec<&String> = own
        .images
        .keys()
        .filter(|name| !others.images.contains_key(*name))
        .collect();
    (!alone.is_empty()).then(|| {
        format!(
            "{} of {} images in {} have no partner and were left out ({})",
            alone.len(),
            own.images.len(),
            folder.display(),
            examples(alone.into_iter())
        )
    })
}

/// The first few names in natural order, and how many more there are.
fn examples<'a>(names: impl Iterator<Item = &'a String>) -> String {
    let mut names: Vec<&str> = names.map(String::as_str).collect();
    names.sort_by(|a, b| natural_order::compare(a, b));
    let shown = names[..names.len().min(EXAMPLES)].join(", ");
    match names.len().saturating_sub(EXAMPLES) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}

fn aspect_ratio(image: &Image) -> f64 {
    image.width as f64 / image.height as f64
}

fn size(image: &Image) -> String {
    format!("{} x {}", image.width, image.height)
}
