//! Where prompts come from.

use super::AnyGenerator;
use crate::ZooError;
use finexl_data::manifest::{PromptList, read_prompts};
use finexl_data::scenes::Split;
use std::path::Path;

/// Where the prompts of generated images come from.
#[derive(Clone, Copy, Debug)]
pub enum PromptSource<'a> {
    /// Scenes with the subjects that a generator learned.
    Scenes {
        /// Which of them.
        split: Split,
        /// Which are drawn.
        seed: u64,
        /// How many.
        count: usize,
    },
    /// A file, one prompt per line.
    File {
        /// The file.
        path: &'a Path,
        /// How many of its first prompts; none takes all.
        count: Option<usize>,
    },
}

impl PromptSource<'_> {
    /// The prompts, each of which the generator can read, and notes on what their file holds beside them.
    ///
    /// # Errors
    /// [`ZooError::Config`] where there are fewer than asked for, where a generator has no list of subjects, or with
    /// the file of a prompt that cannot be read; a file that cannot be read.
    pub fn prompts(&self, generator: &AnyGenerator) -> Result<PromptList, ZooError> {
        match self {
            Self::Scenes { split, seed, count } => {
                let prompts = generator.scenes()?.scene_prompts(*split, *seed, *count)?;
                Ok(PromptList {
                    prompts,
                    notes: Vec::new(),
                })
            }
            Self::File { path, count } => {
                let mut list = read_prompts(path)?;
                let prompts = &mut list.prompts;
                if let Some(count) = *count {
                    if count == 0 || prompts.len() < count {
                        return Err(ZooError::Config(format!(
                            "{count} prompts were asked for; {} has {}",
                            path.display(),
                            prompts.len()
                        )));
                    }
                    prompts.truncate(count);
                }
                for prompt in prompts.iter() {
                    generator.check_prompt(prompt).map_err(|error| {
                        ZooError::Config(format!("{}: {error}", path.display()))
                    })?;
                }
                Ok(list)
            }
        }
    }
}
