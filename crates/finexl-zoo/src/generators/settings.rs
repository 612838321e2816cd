//! How images are made, per family.

use super::concept_guidance::ConceptGuidance;
use super::stable_diffusion::StableDiffusionSettings;
use crate::ZooError;
use crate::sampling::SamplerKind;
use serde::{Deserialize, Serialize};

/// How images are made: what an image depends on beside the generator and the request.
///
/// In records the embedded families share one form (see `recorded_settings`).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(
    try_from = "super::recorded_settings::RecordedSettings",
    into = "super::recorded_settings::RecordedSettings"
)]
pub enum GenerationSettings {
    /// Of models that denoise.
    Diffusion(DiffusionSettings),
    /// Of models that draw tokens.
    Autoregressive(AutoregressiveSettings),
    /// Of models that make an image in one pass.
    Gan(GanSettings),
    /// Of Stable Diffusion.
    StableDiffusion(StableDiffusionSettings),
}

/// Settings of one family.
pub trait FamilySettings: Clone + Into<GenerationSettings> {
    /// Those of the family, if they are.
    fn of(settings: &GenerationSettings) -> Option<&Self>;

    /// Concept guidance, where the family has it and it is asked for.
    fn concept(&self) -> Option<&ConceptGuidance>;
}

/// Settings of an embedded diffusion model.
#[derive(Clone, Debug, PartialEq)]
pub struct DiffusionSettings {
    /// How it is sampled.
    pub sampler: SamplerKind,
    /// Sampling steps, at least 1.
    pub steps: usize,
    /// Scale of classifier-free guidance; 1 is none.
    pub guidance: f64,
    /// Concept guidance, if any.
    pub concept: Option<ConceptGuidance>,
}

impl Default for DiffusionSettings {
    fn default() -> Self {
        Self {
            sampler: SamplerKind::DpmSolverPp2M,
            steps: 20,
            guidance: 3.0,
            concept: None,
        }
    }
}

/// Settings of an autoregressive model.
#[derive(Clone, Debug, PartialEq)]
pub struct AutoregressiveSettings {
    /// Scale of classifier-free guidance; 1 is none.
    pub guidance: f64,
    /// Concept guidance, if any.
    pub concept: Option<ConceptGuidance>,
    /// How tokens are drawn.
    pub tokens: TokenSampling,
}

/// Settings of a GAN.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct GanSettings {
    /// A walk in the latent space, if any.
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

macro_rules! family_settings {
    ($settings:ident, $family:ident, $concept:expr) => {
        impl From<$settings> for GenerationSettings {
            fn from(settings: $settings) -> Self {
                Self::$family(settings)
            }
        }

        impl FamilySettings for $settings {
            fn of(settings: &GenerationSettings) -> Option<&Self> {
                match settings {
                    GenerationSettings::$family(settings) => Some(settings),
                    _ => None,
                }
            }

            fn concept(&self) -> Option<&ConceptGuidance> {
                let concept: fn(&Self) -> Option<&ConceptGuidance> = $concept;
                concept(self)
            }
        }
    };
}

family_settings!(DiffusionSettings, Diffusion, |own| own.concept.as_ref());
family_settings!(AutoregressiveSettings, Autoregressive, |own| own
    .concept
    .as_ref());
family_settings!(GanSettings, Gan, |_| None);
family_settings!(StableDiffusionSettings, StableDiffusion, |own| own
    .concept
    .as_ref());

impl GenerationSettings {
    /// The settings of a family.
    ///
    /// # Errors
    /// [`ZooError::Config`] where they are those of another one.
    pub(crate) fn of_family<S: FamilySettings>(&self, model: &str) -> Result<&S, ZooError> {
        S::of(self).ok_or_else(|| {
            ZooError::Config(format!(
                "the settings are those of another family of generators than {model}"
            ))
        })
    }
}

impl Default for GenerationSettings {
    fn default() -> Self {
        Self::Diffusion(DiffusionSettings::default())
    }
}
