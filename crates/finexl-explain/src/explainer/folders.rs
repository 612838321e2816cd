//! Two folders of images.

use super::object::{Explained, Explainer};
use super::sides::Sides;
use crate::error::ExplainError;
use finexl_data::image_folder::BadFiles;
use finexl_data::pairs::{Pair, PairOptions, PairSet};
use std::path::{Path, PathBuf};

/// Two folders of images, with what is known of them.
#[derive(Clone, Debug)]
pub struct Folders {
    /// Folder of the base's images.
    pub base: PathBuf,
    /// Folder of the personalized model's images.
    pub personalized: PathBuf,
    /// A file with their prompts; without one those that the images' files say.
    pub prompts: Option<PathBuf>,
    /// How images make pairs.
    pub options: PairOptions,
    /// Names, and how the images were generated.
    pub sides: Sides,
}

impl Folders {
    /// Folders whose images make pairs as their files say, and are all used.
    pub fn new(base: impl Into<PathBuf>, personalized: impl Into<PathBuf>) -> Self {
        let (base, personalized) = (base.into(), personalized.into());
        Self {
            sides: Sides::of_folders(&base, &personalized),
            base,
            personalized,
            prompts: None,
            options: PairOptions::plain(BadFiles::Refuse),
        }
    }

    /// The pairs of their images; nothing is decoded yet.
    ///
    /// # Errors
    /// As [`PairSet::open`].
    pub fn pairs(&self) -> Result<PairSet, ExplainError> {
        let prompts = self.prompts.as_deref();
        let set = PairSet::open(&self.base, &self.personalized, prompts, &self.options)?;
        Ok(self.noted(set))
    }

    /// The same with prompts in the order of the pairs, in the place of a file with them.
    ///
    /// # Errors
    /// As [`PairSet::with_prompts`].
    pub fn pairs_with_prompts(&self, prompts: Vec<String>) -> Result<PairSet, ExplainError> {
        let (base, personalized) = (&self.base, &self.personalized);
        let set = PairSet::with_prompts(base, personalized, prompts, &self.options)?;
        Ok(self.noted(set))
    }

    fn noted(&self, mut set: PairSet) -> PairSet {
        let same = same_folder([&self.base, &self.personalized], &set);
        set.notes.splice(0..0, same);
        set
    }
}

/// Says that both sides are one folder, where no manifest pairs its images with others of it.
fn same_folder(folders: [&Path; 2], set: &PairSet) -> Option<String> {
    let [base, personalized] = folders.map(|folder| folder.canonicalize().ok());
    let itself =
        |pair: &Pair| pair.base.canonicalize().ok() == pair.personalized.canonicalize().ok();
    (base.is_some() && base == personalized && set.pairs.iter().all(itself)).then(|| {
        format!(
            "Both sides are the same folder, {}: there is nothing to differ.",
            folders[0].display()
        )
    })
}

impl Explainer {
    /// Explains the images of two folders; `progress` is told pairs encoded and in all.
    ///
    /// # Errors
    /// Folders without pairs, images that cannot be used, and all of [`Explainer::explain_pairs`].
    pub fn explain_folders(
        &self,
        folders: &Folders,
        progress: &dyn Fn(usize, usize),
    ) -> Result<Explained, ExplainError> {
        let set = folders.pairs()?;
        self.explain_pairs(&set, &folders.sides, &folders.options, progress)
    }
}
