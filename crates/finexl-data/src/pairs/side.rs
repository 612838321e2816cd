//! One side of the pairs: its images with what their files say.

use super::PairOptions;
use crate::DataError;
use crate::generation::{Generation, plain_prompt, read_generation, read_parameters};
use crate::image_folder::{ImageFolder, examples, without_image_extension};
use crate::manifest::read_text;
use crate::natural_order;
use finexl_core::counting::was_or_were;
use rayon::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// Endings of texts that lie beside an image and say its prompt.
const TEXTS: [&str; 2] = ["txt", "caption"];
/// Longest such text in bytes.
const LONGEST_TEXT: u64 = 1 << 20;

/// The images of a side, in the natural order of their names.
pub(super) struct Side {
    /// The folder.
    pub listing: ImageFolder,
    /// Its images.
    pub images: Vec<Candidate>,
}

/// An image that may become part of a pair.
#[derive(Clone, Debug, Default)]
pub(super) struct Candidate {
    /// Its name for a reader.
    pub name: String,
    /// Path inside the folder, extension included.
    pub inside: String,
    /// The file.
    pub file: PathBuf,
    /// The words of the prompt that the file says, weights and `<lora:...>` taken out.
    pub prompt: Option<String>,
    /// The same of the negative prompt.
    pub negative: Option<String>,
    /// The seed that the file says.
    pub seed: Option<u64>,
    /// The LoRAs that the file says.
    pub loras: BTreeSet<String>,
    /// How it was sampled, as the file says.
    pub settings: BTreeMap<&'static str, String>,
    /// The words of a plain text beside it: a description that proves nothing about the making.
    pub caption: Option<String>,
    /// The text beside the image that a prompt was read from.
    pub text: Option<PathBuf>,
    /// Why what the file says was not understood.
    pub not_understood: Option<String>,
}

impl Side {
    /// Lists a folder and reads what its images say.
    pub(super) fn read(folder: &Path, options: &PairOptions) -> Result<Self, DataError> {
        let listing = ImageFolder::list_without(folder, options.bad_files, &options.exclude)?;
        let texts: BTreeSet<&PathBuf> = listing.others.iter().collect();
        let mut images: Vec<Candidate> = (listing.images.par_iter())
            .map(|(name, file)| Candidate::read(name, file, &listing, &texts))
            .collect();
        images.sort_by(|a, b| natural_order::compare(&a.name, &b.name));
        Ok(Self { listing, images })
    }

    /// Remarks on the folder: what was left out, not used and not understood. `used` knows further files that were used.
    pub(super) fn notes(&self, used: impl Fn(&Path) -> bool) -> Vec<String> {
        let texts: BTreeSet<&PathBuf> = self
            .images
            .iter()
            .filter_map(|image| image.text.as_ref())
            .collect();
        let mut notes = self
            .listing
            .all_notes(|file| used(file) || texts.contains(&file.to_path_buf()));
        let odd: Vec<&Candidate> = (self.images.iter())
            .filter(|image| image.not_understood.is_some())
            .collect();
        if let Some(first) = odd.first()
            && let Some(reason) = &first.not_understood
        {
            notes.push(format!(
                "in {}, what {} of {} images say of their making was passed over ({}: {reason})",
                self.listing.folder.display(),
                odd.len(),
                self.images.len(),
                first.inside,
            ));
        }
        notes
    }

    /// A note on the images that stand in no pair.
    pub(super) fn unpaired(&self, paired: &BTreeSet<usize>) -> Option<String> {
        let alone: Vec<&str> = (self.images.iter().enumerate())
            .filter(|(at, _)| !paired.contains(at))
            .map(|(_, image)| image.name.as_str())
            .collect();
        (!alone.is_empty()).then(|| {
            format!(
                "{} of {} images in {} {} no partner and {} left out ({})",
                alone.len(),
                self.images.len(),
                self.listing.folder.display(),
                if alone.len() == 1 { "has" } else { "have" },
                was_or_were(alone.len()),
                examples(&alone)
            )
        })
    }
}

impl Candidate {
    fn read(name: &str, file: &Path, listing: &ImageFolder, texts: &BTreeSet<&PathBuf>) -> Self {
        let mut candidate = Self {
            name: name.to_string(),
            ..Self::of_file(&listing.inside(file), file)
        };
        if candidate.prompt.is_none() {
            candidate.read_text_beside(texts);
        }
        candidate
    }

    /// A file of a list, with what it and the texts beside it say.
    pub(super) fn listed(name: &str, inside: &str, file: &Path) -> Self {
        let beside = texts_beside(file);
        let texts: BTreeSet<&PathBuf> = beside.iter().filter(|text| text.is_file()).collect();
        let mut candidate = Self {
            name: name.to_string(),
            ..Self::of_file(inside, file)
        };
        if candidate.prompt.is_none() {
            candidate.read_text_beside(&texts);
        }
        candidate
    }

    /// What a file says by itself.
    pub(super) fn of_file(inside: &str, file: &Path) -> Self {
        let mut candidate = Self {
            name: without_image_extension(inside).to_string(),
            inside: inside.to_string(),
            file: file.to_path_buf(),
            ..Self::default()
        };
        // A file that cannot be read says so when it is decoded.
        if let Ok(recorded) = read_generation(file) {
            candidate.not_understood = recorded.not_understood();
            if let Some(generation) = recorded.generation() {
                candidate.learn(generation);
            }
        }
        candidate
    }

    fn learn(&mut self, generation: &Generation) {
        let plain = |text: &Option<String>| text.as_deref().map(plain_prompt);
        self.prompt = plain(&generation.prompt);
        self.negative = plain(&generation.negative);
        self.seed = self.seed.or(generation.seed);
        self.loras = generation.loras.clone();
        self.settings = generation.settings.clone();
    }

    /// A text of the image's name: what a program wrote of the making, or the prompt alone.
    fn read_text_beside(&mut self, texts: &BTreeSet<&PathBuf>) {
        let readable =
            |text: &PathBuf| std::fs::metadata(text).is_ok_and(|found| found.len() <= LONGEST_TEXT);
        let Some(text) = texts_beside(&self.file)
            .into_iter()
            .find(|text| texts.contains(text) && readable(text))
        else {
            return;
        };
        let Ok(content) = read_text(&text) else {
            self.not_understood = Some(format!("{} is no text", text.display()));
            return;
        };
        match read_parameters(&content) {
            Some(generation) => self.learn(&generation),
            None => {
                let words: Vec<&str> = content.split_whitespace().collect();
                let prompt = plain_prompt(&words.join(" "));
                self.caption = (!prompt.is_empty()).then_some(prompt);
            }
        }
        let used = self.prompt.is_some() || self.caption.is_some();
        self.text = used.then_some(text);
    }
}

/// Where a text of an image may lie.
fn texts_beside(file: &Path) -> Vec<PathBuf> {
    let beside = TEXTS.iter().flat_map(|ending| {
        let mut longer = file.to_path_buf().into_os_string();
        longer.push(format!(".{ending}"));
        [file.with_extension(ending), PathBuf::from(longer)]
    });
    beside.collect()
}
