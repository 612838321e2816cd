//! What every generator does.

use crate::ZooError;
use crate::sampling::SamplerKind;
use finexl_core::fingerprint::Fingerprint;
use finexl_data::art::subject_indices;
use finexl_data::image::Image;
use finexl_data::scenes::{Scene, Split};
use serde::{Deserialize, Serialize};

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

/// How images are made.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct GenerationSettings {
    /// Sampler of diffusion models.
    pub sampler: SamplerKind,
    /// Sampling steps; 1 where a family takes none.
    pub steps: usize,
    /// Scale of classifier-free guidance; 1 is none.
    pub guidance: f64,
    /// Concept guidance, if any.
    pub concept: Option<ConceptGuidance>,
    /// How tokens are drawn, of autoregressive models alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tokens: Option<TokenSampling>,
    /// A walk in the latent space, of generators with a mapping network alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub walk: Option<Walk>,
}

/// A walk along a direction that follows from the weights alone.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Walk {
    /// Rank of the direction, from 0.
    pub direction: usize,
    /// Distance walked.
    pub distance: f64,
}

/// How a token is drawn from what a network expects.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct TokenSampling {
    /// What logits are divided by: below 1 the likely becomes likelier, 0 takes the likeliest.
    pub temperature: f64,
    /// Only so many of the likeliest values are drawn from; none draws from all.
    pub top_k: Option<usize>,
}

impl Default for TokenSampling {
    fn default() -> Self {
        Self {
            temperature: 1.0,
            top_k: None,
        }
    }
}

/// Moves every prediction along a concept (arXiv 2511.01932, Eq. 12).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct ConceptGuidance {
    /// The concept's phrase, which the generator has to know.
    pub phrase: String,
    /// lambda; the paper uses -5 to 10.
    pub strength: f64,
}

impl Default for GenerationSettings {
    fn default() -> Self {
        Self {
            sampler: SamplerKind::DpmSolverPp2M,
            steps: 20,
            guidance: 3.0,
            concept: None,
            tokens: None,
            walk: None,
        }
    }
}

impl GenerationSettings {
    /// Refuses what only families that draw tokens know.
    pub(crate) fn without_tokens(&self, why: &str) -> Result<(), ZooError> {
        match self.tokens {
            None => Ok(()),
            Some(_) => Err(ZooError::Config(format!(
                "{why} and draws no tokens; leave temperature and top-k out"
            ))),
        }
    }

    /// Refuses what only generators with a mapping network know.
    pub(crate) fn without_walk(&self, what: &str) -> Result<(), ZooError> {
        match self.walk {
            None => Ok(()),
            Some(_) => Err(ZooError::Config(format!(
                "{what} has no mapping network, whose space could be walked in; leave the direction \
                 out, or take a GAN"
            ))),
        }
    }

    /// Refuses sampling steps where there are none.
    pub(crate) fn without_steps(&self, why: &str) -> Result<(), ZooError> {
        match self.steps {
            1 => Ok(()),
            _ => Err(ZooError::Config(format!(
                "{why} and takes no sampling steps; leave steps out"
            ))),
        }
    }
}

/// Prompts and seeds in, images out.
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

    /// Side of its square images in pixels.
    fn image_size(&self) -> usize;

    /// The subjects that it learned.
    fn subjects(&self) -> &[String];

    /// Settings that suit it.
    fn default_settings(&self) -> GenerationSettings;

    /// Checks settings before anything is made.
    ///
    /// # Errors
    /// [`ZooError::Config`] for settings of another family or outside their range.
    fn check_settings(&self, settings: &GenerationSettings) -> Result<(), ZooError>;

    /// What a reader wants to know of it: names and values.
    fn describe(&self) -> Vec<(String, String)>;

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

    /// Checks that a prompt can be read.
    ///
    /// # Errors
    /// [`ZooError::UnknownWords`], [`ZooError::TextTooLong`].
    fn check_prompt(&self, prompt: &str) -> Result<(), ZooError>;

    /// Bytes of memory that making this many images in one call takes, roughly.
    fn memory(&self, images: usize) -> u64;

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

    /// Images of its size through its autoencoder and back: nothing nearer to them can it draw.
    ///
    /// # Errors
    /// An image that is not finite.
    fn reconstruct(&self, images: &[Image]) -> Result<Vec<Image>, ZooError>;
}
