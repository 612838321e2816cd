//! What every generator does.

use super::{ChosenSettings, GenerationSettings, KeptPictures};
use crate::ZooError;
use finexl_core::fingerprint::Fingerprint;
use finexl_data::art::subject_indices;
use finexl_data::image::Image;
use finexl_data::scenes::{Scene, Split};

/// One image to make. The same request gives the same image whatever else is made with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GenerationRequest {
    /// What it should show.
    pub prompt: String,
    /// Seed, with `index` the source of all randomness.
    pub seed: u64,
    /// Place of the prompt in its list.
    pub index: u64,
}

impl GenerationRequest {
    /// A request per prompt; its place in the list is the index.
    pub fn of_prompts(prompts: &[String], seed: u64) -> Vec<Self> {
        let places = prompts.iter().zip(0..);
        places
            .map(|(prompt, index)| Self {
                prompt: prompt.clone(),
                seed,
                index,
            })
            .collect()
    }
}

/// Prompts and seeds in, images out: what a checkpoint of any kind, or a server, can do.
pub trait Generator: Send + Sync {
    /// Name as given to `--model`.
    fn name(&self) -> &str;

    /// Fingerprint of everything that an image depends on beside request and settings.
    fn fingerprint(&self) -> &Fingerprint;

    /// Where it computes, by the name of [`crate::device`]: devices differ in the last digits.
    fn device(&self) -> &'static str {
        "cpu"
    }

    /// Fingerprint of its network's weights file: what adapters are trained on.
    fn weights(&self) -> &Fingerprint;

    /// The settings that a user states, and its own where none is stated.
    ///
    /// # Errors
    /// [`ZooError::Config`] for settings of another family or outside their range.
    fn settings(&self, chosen: &ChosenSettings) -> Result<GenerationSettings, ZooError>;

    /// What a reader wants to know of it: names and values.
    fn describe(&self) -> Vec<(String, String)>;

    /// Checks that a prompt can be read.
    ///
    /// # Errors
    /// [`ZooError::UnknownWords`], [`ZooError::TextTooLong`].
    fn check_prompt(&self, prompt: &str) -> Result<(), ZooError>;

    /// What a user should know of its files.
    fn notes(&self) -> &[String] {
        &[]
    }

    /// What a user should know of prompts that can be read, such as that one is cut.
    fn prompt_notes(&self, _prompts: &[String]) -> Vec<String> {
        Vec::new()
    }

    /// Bytes of memory that making this many images in one call takes, roughly.
    fn memory(&self, images: usize, settings: &GenerationSettings) -> u64;

    /// Images that are best made in one call; each call that has ended is kept.
    fn at_once(&self) -> usize {
        256
    }

    /// Where its pictures are kept one by one; nothing where they are quickly made.
    fn kept(&self) -> Option<&KeptPictures> {
        None
    }

    /// Makes images in the order of the requests; `progress` is told the share that is done, in
    /// [0, 1], from any thread.
    ///
    /// # Errors
    /// A prompt that cannot be read, settings outside their range, an image that is not finite.
    fn generate(
        &self,
        requests: &[GenerationRequest],
        settings: &GenerationSettings,
        progress: &(dyn Fn(f64) + Sync),
    ) -> Result<Vec<Image>, ZooError>;
}

/// A generator of scenes whose subjects are known.
pub trait SceneGenerator: Generator {
    /// Side of its square images in pixels.
    fn image_size(&self) -> usize;

    /// The subjects that it learned.
    fn subjects(&self) -> &[String];

    /// Prompts of different scenes with the subjects that it learned.
    ///
    /// # Errors
    /// [`ZooError::Config`] where there are fewer than `count`, or where none is asked for.
    fn scene_prompts(
        &self,
        split: Split,
        seed: u64,
        count: usize,
    ) -> Result<Vec<String>, ZooError> {
        let subjects = subject_indices(self.subjects())?;
        let scenes = Scene::draw_distinct_among(&subjects, split, seed, count);
        if count == 0 || scenes.len() < count {
            return Err(ZooError::Config(format!(
                "{count} prompts were asked for; {} has between 1 and {} scenes of the split {}",
                self.name(),
                scenes.len(),
                split.name()
            )));
        }
        Ok(scenes.iter().map(Scene::prompt).collect())
    }
}

/// A generator with an autoencoder.
pub trait Reconstruction: Generator {
    /// Images of its size through its autoencoder and back: nothing nearer to them can it draw.
    ///
    /// # Errors
    /// An image that is not finite.
    fn reconstruct(&self, images: &[Image]) -> Result<Vec<Image>, ZooError>;
}
