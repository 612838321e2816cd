//! Settings as records hold them.

use super::concept_guidance::ConceptGuidance;
use super::settings::{
    AutoregressiveSettings, DiffusionSettings, GanSettings, GenerationSettings, TokenSampling, Walk,
};
use super::stable_diffusion::StableDiffusionSettings;
use crate::sampling::SamplerKind;
use finexl_core::fingerprint::FingerprintBuilder;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The form of records. Embedded families share one, in which what a family does not have stands at the value that
/// changes nothing; records and fingerprints of images that are kept depend on it.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(untagged)]
pub(super) enum RecordedSettings {
    Named(NamedSettings),
    Embedded(EmbeddedSettings),
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct NamedSettings {
    stable_diffusion: StableDiffusionSettings,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct EmbeddedSettings {
    sampler: SamplerKind,
    steps: usize,
    guidance: f64,
    concept: Option<ConceptGuidance>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tokens: Option<TokenSampling>,
    #[serde(skip_serializing_if = "Option::is_none")]
    walk: Option<Walk>,
}

impl Default for EmbeddedSettings {
    fn default() -> Self {
        DiffusionSettings::default().into()
    }
}

impl From<DiffusionSettings> for EmbeddedSettings {
    fn from(own: DiffusionSettings) -> Self {
        Self {
            sampler: own.sampler,
            steps: own.steps,
            guidance: own.guidance,
            concept: own.concept,
            tokens: None,
            walk: None,
        }
    }
}

impl EmbeddedSettings {
    /// Of families that make an image without a sampler.
    fn one_pass() -> Self {
        Self {
            steps: 1,
            guidance: 1.0,
            ..Self::default()
        }
    }

    fn key(&self, key: FingerprintBuilder) -> FingerprintBuilder {
        let mut key = key
            .text("sampler", self.sampler.name())
            .number("steps", self.steps as u64)
            .real("guidance", self.guidance);
        if let Some(concept) = &self.concept {
            key = concept.key(key);
        }
        if let Some(tokens) = &self.tokens {
            key = key.real("temperature", tokens.temperature);
            if let Some(top_k) = tokens.top_k {
                key = key.number("top-k", top_k as u64);
            }
        }
        if let Some(walk) = &self.walk {
            key = (key.number("direction", walk.direction as u64)).real("distance", walk.distance);
        }
        key
    }

    fn described(&self) -> BTreeMap<String, String> {
        let mut all: BTreeMap<String, String> = BTreeMap::new();
        let mut say = |name: &str, value: String| {
            all.insert(name.to_string(), value);
        };
        // Families that take one pass have no sampler.
        if self.steps > 1 {
            say("sampler", self.sampler.name().to_string());
            say("steps", self.steps.to_string());
        }
        if self.guidance != 1.0 {
            say("guidance", self.guidance.to_string());
        }
        if let Some(concept) = &self.concept {
            say("concept", concept.described());
        }
        if let Some(tokens) = &self.tokens {
            say("temperature", tokens.temperature.to_string());
            if let Some(top_k) = tokens.top_k {
                say("top-k", top_k.to_string());
            }
        }
        if let Some(walk) = &self.walk {
            say(
                "walk",
                format!("closed-form:{} for {}", walk.direction, walk.distance),
            );
        }
        all
    }
}

impl From<GenerationSettings> for RecordedSettings {
    fn from(settings: GenerationSettings) -> Self {
        match settings {
            GenerationSettings::Diffusion(own) => Self::Embedded(own.into()),
            GenerationSettings::Autoregressive(own) => Self::Embedded(EmbeddedSettings {
                guidance: own.guidance,
                concept: own.concept,
                tokens: Some(own.tokens),
                ..EmbeddedSettings::one_pass()
            }),
            GenerationSettings::Gan(own) => Self::Embedded(EmbeddedSettings {
                walk: own.walk,
                ..EmbeddedSettings::one_pass()
            }),
            GenerationSettings::StableDiffusion(stable_diffusion) => {
                Self::Named(NamedSettings { stable_diffusion })
            }
        }
    }
}

impl TryFrom<RecordedSettings> for GenerationSettings {
    type Error = String;

    fn try_from(recorded: RecordedSettings) -> Result<Self, String> {
        let own = match recorded {
            RecordedSettings::Named(named) => {
                return Ok(Self::StableDiffusion(named.stable_diffusion));
            }
            RecordedSettings::Embedded(own) => own,
        };
        let one_pass = own.steps == 1;
        match (own.tokens, own.walk) {
            (Some(_), Some(_)) => {
                Err("settings have tokens and a walk; no family has both".to_string())
            }
            (Some(tokens), None) => Ok(Self::Autoregressive(AutoregressiveSettings {
                guidance: own.guidance,
                concept: own.concept,
                tokens,
            })),
            (None, walk)
                if walk.is_some() || (one_pass && own.guidance == 1.0 && own.concept.is_none()) =>
            {
                Ok(Self::Gan(GanSettings { walk }))
            }
            _ => Ok(Self::Diffusion(DiffusionSettings {
                sampler: own.sampler,
                steps: own.steps,
                guidance: own.guidance,
                concept: own.concept,
            })),
        }
    }
}

/// Adds every setting under its name.
pub(super) fn settings_key(
    key: FingerprintBuilder,
    settings: &GenerationSettings,
) -> FingerprintBuilder {
    match RecordedSettings::from(settings.clone()) {
        RecordedSettings::Embedded(own) => own.key(key),
        RecordedSettings::Named(named) => named.stable_diffusion.key(key),
    }
}

/// The settings that mean something to the family, by name.
pub(super) fn described(settings: &GenerationSettings) -> BTreeMap<String, String> {
    match RecordedSettings::from(settings.clone()) {
        RecordedSettings::Embedded(own) => own.described(),
        RecordedSettings::Named(named) => named.stable_diffusion.described(),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    /// Records that older versions wrote, as they stand in kept folders.
    const WRITTEN: [&str; 4] = [
        r#"{"sampler":"dpm-solver-pp-2m","steps":20,"guidance":3.0,"concept":null}"#,
        r#"{"sampler":"euler","steps":4,"guidance":1.0,"concept":{"phrase":"vivid","strength":2.0}}"#,
        r#"{"sampler":"dpm-solver-pp-2m","steps":1,"guidance":2.0,"concept":null,"tokens":{"temperature":1.0,"top-k":null}}"#,
        r#"{"sampler":"dpm-solver-pp-2m","steps":1,"guidance":1.0,"concept":null,"walk":{"direction":0,"distance":4.0}}"#,
    ];

    #[test]
    fn records_of_embedded_families_keep_their_form() {
        for written in WRITTEN {
            let settings: GenerationSettings = serde_json::from_str(written).unwrap();
            assert_eq!(serde_json::to_string(&settings).unwrap(), written);
        }
        let gan = GenerationSettings::Gan(GanSettings::default());
        let written = r#"{"sampler":"dpm-solver-pp-2m","steps":1,"guidance":1.0,"concept":null}"#;
        assert_eq!(serde_json::to_string(&gan).unwrap(), written);
        assert_eq!(
            serde_json::from_str::<GenerationSettings>(written).unwrap(),
            gan
        );
    }

    #[test]
    fn settings_that_no_family_has_are_refused() {
        let both = r#"{"tokens":{"temperature":1.0},"walk":{"direction":0,"distance":4.0}}"#;
        assert!(serde_json::from_str::<GenerationSettings>(both).is_err());
        assert!(serde_json::from_str::<GenerationSettings>(r#"{"stepz":3}"#).is_err());
    }
}
