//! What a user states of how images are made; the rest is the generator's own.

use super::concept_guidance::ConceptGuidance;
use super::settings::{TokenSampling, Walk};
use super::stable_diffusion::{SchedulerChoice, Size};
use crate::ZooError;
use crate::sampling::Prediction;

/// Settings that are stated, of any family. A generator makes its [`GenerationSettings`](super::GenerationSettings) of
/// them and refuses what it does not know.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ChosenSettings {
    /// Sampling steps.
    pub steps: Option<usize>,
    /// Scale of classifier-free guidance; 1 is none.
    pub guidance: Option<f64>,
    /// Concept guidance.
    pub concept: Option<ConceptGuidance>,
    /// Temperature of tokens.
    pub temperature: Option<f64>,
    /// Values that a token is drawn from.
    pub top_k: Option<usize>,
    /// A walk in a latent space.
    pub walk: Option<Walk>,
    /// Of Stable Diffusion alone.
    pub stable_diffusion: ChosenStableDiffusion,
}

/// Settings that only Stable Diffusion has.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ChosenStableDiffusion {
    /// What pictures should not show.
    pub negative: Option<String>,
    /// Width and height in pixels.
    pub size: Option<Size>,
    /// Layers of the text encoder that are left out at its end.
    pub clip_skip: Option<usize>,
    /// Another scheduler.
    pub scheduler: Option<SchedulerChoice>,
    /// What the network predicts, where its files cannot say.
    pub prediction: Option<Prediction>,
}

impl ChosenSettings {
    /// Steps, guidance and a size in words, as experiments state them.
    ///
    /// # Errors
    /// [`ZooError::Config`] for a size that is none.
    pub fn stated(
        steps: Option<usize>,
        guidance: Option<f64>,
        size: Option<&str>,
    ) -> Result<Self, ZooError> {
        let size = size.map(Size::parse).transpose();
        let size = size.map_err(|problem| ZooError::Config(format!("size: {problem}")))?;
        Ok(Self {
            steps,
            guidance,
            stable_diffusion: ChosenStableDiffusion {
                size,
                ..ChosenStableDiffusion::default()
            },
            ..Self::default()
        })
    }

    /// Refuses everything that is stated beside what a family knows.
    pub(crate) fn refuse(&self, model: &str, unknown: &[Stated]) -> Result<(), ZooError> {
        for stated in unknown {
            if let Some(why) = stated.of(self) {
                return Err(ZooError::Config(format!("{model} {why}")));
            }
        }
        Ok(())
    }

    /// How tokens are drawn.
    pub(crate) fn tokens(&self) -> TokenSampling {
        TokenSampling {
            temperature: self
                .temperature
                .unwrap_or(TokenSampling::default().temperature),
            top_k: self.top_k,
        }
    }
}

/// What a family may not know.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Stated {
    Steps,
    Guidance,
    Concept,
    Tokens,
    Walk,
    StableDiffusion,
}

impl Stated {
    /// Why a family cannot take what is stated of it; nothing where nothing is.
    fn of(self, chosen: &ChosenSettings) -> Option<&'static str> {
        let (stated, why) = match self {
            Self::Steps => (
                chosen.steps.is_some(),
                "takes no sampling steps; leave steps out",
            ),
            // A scale of 1 is none, which every family has.
            Self::Guidance => (
                chosen.guidance.is_some_and(|scale| scale != 1.0),
                "has no guidance; leave guidance out, or walk along a direction instead",
            ),
            Self::Concept => (
                chosen.concept.is_some(),
                "has no guidance by a concept; leave the concept out",
            ),
            Self::Tokens => (
                chosen.temperature.is_some() || chosen.top_k.is_some(),
                "draws no tokens; leave temperature and top-k out",
            ),
            Self::Walk => (
                chosen.walk.is_some(),
                "has no mapping network, whose space could be walked in; leave the direction out, or take a GAN",
            ),
            Self::StableDiffusion => (
                chosen.stable_diffusion != ChosenStableDiffusion::default(),
                "is no Stable Diffusion; leave negative, size, clip-skip, scheduler and prediction out",
            ),
        };
        stated.then_some(why)
    }
}
