//! How pictures of Stable Diffusion are made.

use super::schedulers::SchedulerConfig;
use super::size::Size;
use crate::generators::ConceptGuidance;
use crate::sampling::Prediction;
use finexl_core::fingerprint::{Fingerprint, FingerprintBuilder};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Everything that a picture depends on beside model, prompt and seed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct StableDiffusionSettings {
    /// Sampling steps, at least 1.
    pub steps: usize,
    /// Scale of classifier-free guidance; at most 1 is none.
    pub guidance: f64,
    /// Concept guidance, if any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub concept: Option<ConceptGuidance>,
    /// What pictures should not show; without it what the model takes for nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub negative: Option<String>,
    /// Width and height.
    pub size: Size,
    /// Layers of the text encoder that are left out at its end, beside those that the model leaves out.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub clip_skip: usize,
    /// How noise is taken away.
    pub scheduler: SchedulerConfig,
    /// The file of start noise, where it is not drawn.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub latents: Option<Fingerprint>,
}

fn is_zero(number: &usize) -> bool {
    *number == 0
}

impl StableDiffusionSettings {
    /// Adds every setting under its name.
    pub(in crate::generators) fn key(&self, key: FingerprintBuilder) -> FingerprintBuilder {
        let scheduler = serde_json::to_string(&self.scheduler).unwrap_or_default();
        let mut key = key
            .text("family", "stable-diffusion")
            .number("steps", self.steps as u64)
            .real("guidance", self.guidance)
            .number("width", self.size.width as u64)
            .number("height", self.size.height as u64)
            .number("clip-skip", self.clip_skip as u64)
            .text("scheduler", &scheduler);
        if let Some(negative) = &self.negative {
            key = key.text("negative", negative);
        }
        if let Some(concept) = &self.concept {
            key = concept.key(key);
        }
        match &self.latents {
            Some(latents) => key.nested("latents", latents),
            None => key,
        }
    }

    /// The settings by name, for a reader.
    pub(in crate::generators) fn described(&self) -> BTreeMap<String, String> {
        let mut all: BTreeMap<String, String> = BTreeMap::new();
        let mut say = |name: &str, value: String| {
            all.insert(name.to_string(), value);
        };
        let karras = if self.scheduler.karras { "-karras" } else { "" };
        say(
            "scheduler",
            format!(
                "{}{karras}:{}",
                self.scheduler.class.name(),
                self.scheduler.spacing.name()
            ),
        );
        say("steps", self.steps.to_string());
        say("guidance", self.guidance.to_string());
        say("size", self.size.to_string());
        match self.scheduler.prediction {
            Prediction::Noise => (),
            Prediction::V => say("prediction", "v".to_string()),
            Prediction::Sample => say("prediction", "sample".to_string()),
            Prediction::Velocity => say("prediction", "velocity".to_string()),
        }
        if let Some(negative) = &self.negative {
            say("negative prompt", format!("\"{negative}\""));
        }
        if let Some(concept) = &self.concept {
            say("concept", concept.described());
        }
        if self.clip_skip > 0 {
            say("clip skip", self.clip_skip.to_string());
        }
        if let Some(latents) = &self.latents {
            say("start noise", format!("a file ({})", latents.short()));
        }
        all
    }
}
