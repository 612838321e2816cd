//! The pairs of two folders.

use super::choose::{Chosen, choose};
use super::contradictions::same_words;
use super::folder_table::FolderTable;
use super::making::making_notes;
use super::options::PairOptions;
use super::side::{Candidate, Side};
use crate::DataError;
use crate::decode::Pictures;
use crate::generation::plain_prompt;
use crate::manifest::PromptFile;
use finexl_core::counting::counted;
use std::path::{Path, PathBuf};

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
    /// Remarks for the reader: how pairs were found, what was left out and why.
    pub notes: Vec<String>,
    /// Where the pictures are that the pairs name.
    pub pictures: Pictures,
}

impl PairSet {
    /// Pairs of two folders and, where given, of a file with prompts, which may say which images make a pair.
    ///
    /// # Errors
    /// Those of [`PairSet::from_folders`], [`PairSet::from_manifest`] and [`PromptFile::read`], and
    /// [`DataError::PromptCount`] where a list has not as many prompts as there are pairs.
    pub fn open(
        base: &Path,
        personalized: &Path,
        prompts: Option<&Path>,
        options: &PairOptions,
    ) -> Result<Self, DataError> {
        let Some(file) = prompts else {
            return Self::from_folders(base, personalized, options);
        };
        match PromptFile::read(file)? {
            PromptFile::Manifest(manifest) => {
                Self::of_manifest(&manifest, Some([base, personalized]), options)
            }
            PromptFile::List(list) => {
                let found = FolderPairs::find([base, personalized], options)?;
                let mut set = found.with_list(file, list.prompts, options)?;
                set.notes.extend(list.notes);
                Ok(set)
            }
        }
    }

    /// Pairs of two folders with prompts in the order of the pairs.
    ///
    /// # Errors
    /// As [`PairSet::open`] with a list of prompts.
    pub fn with_prompts(
        base: &Path,
        personalized: &Path,
        prompts: Vec<String>,
        options: &PairOptions,
    ) -> Result<Self, DataError> {
        let found = FolderPairs::find([base, personalized], options)?;
        found.with_list(Path::new(GIVEN_PROMPTS), prompts, options)
    }

    /// Pairs the images of two folders: by their names, where files do not say otherwise, else by prompt and seed as
    /// the files say, else by seeds in the names; or by the rule that is asked for. Images without a partner are left
    /// out with a note. Prompts are those that the files say.
    ///
    /// # Errors
    /// Those of [`ImageFolder::list`](crate::image_folder::ImageFolder::list); [`DataError::NoCommonNames`] and
    /// [`DataError::NoCommonGeneration`] where no pair is found; with
    /// [`BadFiles::Refuse`](crate::image_folder::BadFiles::Refuse) [`DataError::Contradiction`],
    /// [`DataError::AmbiguousName`] and [`DataError::UnevenGeneration`].
    pub fn from_folders(
        base: &Path,
        personalized: &Path,
        options: &PairOptions,
    ) -> Result<Self, DataError> {
        let mut found = FolderPairs::find([base, personalized], options)?;
        let (mut prompts, mut used) = (found.fill_prompts(None), None);
        if found.pairs.iter().all(|pair| pair.prompt.is_none())
            && let Some(table) = FolderTable::of(&found.sides)
        {
            prompts.push(table.fill(&mut found.pairs, &found.sides, &found.positions));
            used = Some(table.path);
        }
        Ok(found.with_notes(options, used.as_deref(), prompts))
    }
}

/// What prompts that are in no file are called in messages.
pub(super) const GIVEN_PROMPTS: &str = "the list of prompts";

/// The pairs of two folders, with what they were found by.
pub(super) struct FolderPairs {
    sides: [Side; 2],
    positions: Vec<(usize, usize)>,
    pairs: Vec<Pair>,
    notes: Vec<String>,
}

impl FolderPairs {
    /// Lists two folders and pairs their images.
    fn find(folders: [&Path; 2], options: &PairOptions) -> Result<Self, DataError> {
        let [base, personalized] = folders;
        let sides = [
            Side::read(base, options)?,
            Side::read(personalized, options)?,
        ];
        let chosen = choose(&sides, options)?;
        Ok(Self::of(sides, chosen))
    }

    /// Those that were chosen.
    pub(super) fn of(sides: [Side; 2], chosen: Chosen) -> Self {
        let pair = |(a, b): &(usize, usize)| Pair {
            name: sides[0].images[*a].name.clone(),
            prompt: None,
            base: sides[0].images[*a].file.clone(),
            personalized: sides[1].images[*b].file.clone(),
        };
        Self {
            pairs: chosen.pairs.iter().map(pair).collect(),
            positions: chosen.pairs,
            notes: chosen.notes,
            sides,
        }
    }

    /// With prompts from a list, in the order of the pairs; `file` stands in messages.
    ///
    /// # Errors
    /// [`DataError::PromptCount`] where there are not as many prompts as pairs.
    pub(super) fn with_list(
        mut self,
        file: &Path,
        list: Vec<String>,
        options: &PairOptions,
    ) -> Result<PairSet, DataError> {
        if list.len() != self.pairs.len() {
            let (prompts, pairs) = (list.len(), self.pairs.len());
            let notes = self.with_notes(options, Some(file), Vec::new()).notes;
            return Err(DataError::PromptCount {
                path: file.to_path_buf(),
                prompts,
                pairs,
                notes: notes.iter().map(|note| format!("; {note}")).collect(),
            });
        }
        for (pair, prompt) in self.pairs.iter_mut().zip(list) {
            pair.prompt = Some(prompt);
        }
        let mut prompts: Vec<String> = plain_prompts(&mut self.pairs).into_iter().collect();
        prompts.extend(self.fill_prompts(Some(file)));
        Ok(self.with_notes(options, Some(file), prompts))
    }

    pub(super) fn fill_prompts(&mut self, file: Option<&Path>) -> Vec<String> {
        let sides = &self.sides;
        let images: Vec<[&Candidate; 2]> = (self.positions.iter())
            .map(|(a, b)| [&sides[0].images[*a], &sides[1].images[*b]])
            .collect();
        fill_prompts(file, &mut self.pairs, &images)
    }

    /// The pairs with all that has to be said: of the folders, of which `used` is a file that was read, of the rule, of
    /// images without a partner, of prompts.
    pub(super) fn with_notes(
        self,
        options: &PairOptions,
        used: Option<&Path>,
        prompts: Vec<String>,
    ) -> PairSet {
        let mut notes = side_notes(&self.sides, options, used);
        notes.extend(self.notes);
        for (at, side) in self.sides.iter().enumerate() {
            let paired = self
                .positions
                .iter()
                .map(|pair| [pair.0, pair.1][at])
                .collect();
            notes.extend(side.unpaired(&paired));
        }
        notes.extend(prompts);
        PairSet {
            pairs: self.pairs,
            notes,
            pictures: Pictures::files(),
        }
    }
}

/// What the folders hold beside the pairs, and patterns that fit nothing.
pub(super) fn side_notes(
    sides: &[Side; 2],
    options: &PairOptions,
    prompts: Option<&Path>,
) -> Vec<String> {
    let prompts = prompts.and_then(|file| file.canonicalize().ok());
    let is_prompts = |file: &Path| prompts.is_some() && file.canonicalize().ok() == prompts;
    let mut notes: Vec<String> = sides
        .iter()
        .flat_map(|side| side.notes(is_prompts))
        .collect();
    let fits = |pattern: &str| {
        sides
            .iter()
            .any(|side| side.listing.fitting.contains(pattern))
    };
    let idle = options.exclude.patterns().filter(|pattern| !fits(pattern));
    notes.extend(idle.map(|pattern| format!("--exclude {pattern} fits no image")));
    notes
}

/// Takes weights, `<lora:...>` and the like out of the prompts of pairs, with a remark where there were some.
pub(super) fn plain_prompts(pairs: &mut [Pair]) -> Option<String> {
    let mut changed = 0;
    for prompt in pairs.iter_mut().filter_map(|pair| pair.prompt.as_mut()) {
        let plain = plain_prompt(prompt);
        let differs = plain.split_whitespace().ne(prompt.split_whitespace());
        changed += usize::from(differs);
        *prompt = plain;
    }
    (changed > 0).then(|| {
        format!(
            "weights, <lora:...> and other signs that are no words were taken out of {}",
            counted(changed, "prompt")
        )
    })
}

/// Fills in the prompts that pairs lack by what their images' files say, else by the texts beside them. Says where
/// prompts come from, and where `file`, which gave the others, says something else.
pub(super) fn fill_prompts(
    file: Option<&Path>,
    pairs: &mut [Pair],
    images: &[[&Candidate; 2]],
) -> Vec<String> {
    let mut from_files = 0;
    let mut from_texts = 0;
    let mut others = Vec::new();
    for (pair, images) in pairs.iter_mut().zip(images) {
        let said = images
            .iter()
            .find_map(|image| Some((image.prompt.as_ref()?, image.text.is_some())));
        match (&pair.prompt, said) {
            (Some(given), Some((said, _))) if !same_words(given, said) => {
                others.push(pair.name.clone())
            }
            (Some(_), _) => {}
            (None, said) => {
                let caption = || {
                    images
                        .iter()
                        .find_map(|image| Some((image.caption.as_ref()?, true)))
                };
                if let Some((prompt, text)) = said.or_else(caption) {
                    pair.prompt = Some(prompt.clone());
                    *(if text {
                        &mut from_texts
                    } else {
                        &mut from_files
                    }) += 1;
                }
            }
        }
    }
    let filled = source_note(from_files, from_texts, pairs.len());
    let odd = (others.first().zip(file)).map(|(first, file)| {
        format!(
            "{} gives other prompts than the images' files for {} of {} pairs ({first}); those of {} were taken",
            file.display(),
            others.len(),
            pairs.len(),
            file.display()
        )
    });
    let captions = other_captions(images);
    (filled.into_iter().chain(odd).chain(captions))
        .chain(making_notes(images))
        .collect()
}

/// A remark where the texts beside both images of a pair are known and say other things.
fn other_captions(images: &[[&Candidate; 2]]) -> Option<String> {
    let differ = |[base, personalized]: &&[&Candidate; 2]| {
        let captions = base.caption.as_ref().zip(personalized.caption.as_ref());
        captions.is_some_and(|(one, other)| !same_words(one, other))
    };
    let count = images.iter().filter(differ).count();
    (count > 0).then(|| {
        format!(
            "in {count} of {} pairs the texts beside the two images differ; those of the base were taken",
            images.len()
        )
    })
}

fn source_note(from_files: usize, from_texts: usize, pairs: usize) -> Option<String> {
    let source = match (from_files, from_texts) {
        (0, 0) => return None,
        (_, 0) => "the images' files",
        (0, _) => "the texts beside the images",
        _ => "the images' files and the texts beside them",
    };
    let known = from_files + from_texts;
    Some(match known == pairs {
        true => format!("the prompts were read from {source}"),
        false => format!("the prompts of {known} of {pairs} pairs were read from {source}"),
    })
}
