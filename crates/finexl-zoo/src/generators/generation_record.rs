//! How generated images were made.

use super::recorded_settings::{described, settings_key};
use super::{GenerationRequest, GenerationSettings, Generator};
use finexl_core::explanation::{Applied, GeneratedImages};
use finexl_core::fingerprint::Fingerprint;
use finexl_core::{CoreError, json_file};
use serde::{Deserialize, Deserializer, Serialize};
use std::path::Path;

/// Name of the record of how the images were made.
pub const RECORD: &str = "generation.json";

/// Version of the record, and of what makes images of it: another sampler is another version.
const VERSION: u32 = 1;

/// How a folder of images was made.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GenerationRecord {
    /// Version of this record.
    pub version: u32,
    /// Name of the generator.
    pub model: String,
    /// Fingerprint of everything that the images depend on, beside prompts, seeds and settings.
    pub fingerprint: Fingerprint,
    /// Fingerprint of the base's network, where it is known.
    #[serde(default)]
    pub weights: Option<Fingerprint>,
    /// The personalization, if there is one; of several all, joined by " + ".
    pub adapter: Option<String>,
    /// The scale at which an adapter was applied, where it is one.
    pub scale: Option<f64>,
    /// Which files those are, and the base that each says it was made for.
    #[serde(default, deserialize_with = "one_or_several")]
    pub applied: Vec<Applied>,
    /// Where it was computed.
    #[serde(default = "processor")]
    pub device: String,
    /// How they were sampled.
    pub settings: GenerationSettings,
    /// Fingerprint of prompts, seeds and indices.
    pub requests: Fingerprint,
}

/// What a record means that does not say.
fn processor() -> String {
    "cpu".to_string()
}

/// Adapters by their places; nothing where there is none.
fn joined(adapters: &[(&Path, &Applied)]) -> Option<String> {
    let names: Vec<String> = (adapters.iter())
        .map(|(place, _)| place.display().to_string())
        .collect();
    (!names.is_empty()).then(|| names.join(" + "))
}

/// Records of one adapter hold it alone.
fn one_or_several<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<Applied>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Written {
        Several(Vec<Applied>),
        One(Option<Applied>),
    }
    Ok(match Written::deserialize(from)? {
        Written::Several(all) => all,
        Written::One(one) => one.into_iter().collect(),
    })
}

impl GenerationRecord {
    /// The record of images of a generator; `adapters` are the places of what personalizes it and what was applied.
    pub fn new(
        generator: &dyn Generator,
        adapters: &[(&Path, &Applied)],
        settings: GenerationSettings,
        requests: &[GenerationRequest],
    ) -> Self {
        let key = Fingerprint::of("generation requests");
        let key = requests.iter().fold(key, |key, request| {
            key.text("prompt", &request.prompt)
                .number("seed", request.seed)
                .number("index", request.index)
        });
        Self {
            version: VERSION,
            model: generator.name().to_string(),
            fingerprint: generator.fingerprint().clone(),
            weights: Some(generator.weights().clone()),
            adapter: joined(adapters),
            scale: match adapters {
                [(_, only)] => only.scale,
                _ => None,
            },
            applied: adapters.iter().map(|(_, of)| (*of).clone()).collect(),
            device: generator.device().to_string(),
            settings,
            requests: key.finish(),
        }
    }

    /// Fingerprint of everything that the images depend on.
    pub fn key(&self) -> Fingerprint {
        let key = Fingerprint::of("generated images")
            .number("version", u64::from(self.version))
            .nested("generator", &self.fingerprint)
            .text("device", &self.device);
        settings_key(key, &self.settings)
            .nested("requests", &self.requests)
            .finish()
    }

    /// What a reader of an explanation wants to know of it.
    pub fn images(&self) -> GeneratedImages {
        let by_name = self.adapter.iter().map(|adapter| Applied {
            file: adapter.clone(),
            fingerprint: None,
            scale: self.scale,
            base: None,
            base_fingerprint: None,
        });
        let personalization = match self.applied.is_empty() {
            true => by_name.collect(),
            false => self.applied.clone(),
        };
        GeneratedImages {
            generator: self.model.clone(),
            fingerprint: self.fingerprint.clone(),
            weights: self.weights.clone(),
            personalization,
            settings: described(&self.settings),
        }
    }

    /// The record of a folder of images; nothing where it has none.
    ///
    /// # Errors
    /// [`CoreError::Read`] or [`CoreError::Json`] where it is there but no record.
    pub fn read(folder: &Path) -> Result<Option<Self>, CoreError> {
        json_file::read_if_there(&folder.join(RECORD), VERSION)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::generators::{
        AutoregressiveSettings, ConceptGuidance, DiffusionSettings, GanSettings, TokenSampling,
        Walk,
    };

    fn record(settings: GenerationSettings) -> GenerationRecord {
        GenerationRecord {
            version: VERSION,
            model: "a model".to_string(),
            fingerprint: Fingerprint::of_bytes(b"a"),
            weights: None,
            adapter: None,
            scale: None,
            applied: Vec::new(),
            device: processor(),
            settings,
            requests: Fingerprint::of_bytes(b"b"),
        }
    }

    #[test]
    fn every_setting_and_the_device_are_in_the_key() {
        let plain = DiffusionSettings::default;
        let changed: Vec<GenerationSettings> = vec![
            plain().into(),
            DiffusionSettings {
                steps: 21,
                ..plain()
            }
            .into(),
            DiffusionSettings {
                guidance: 3.5,
                ..plain()
            }
            .into(),
            DiffusionSettings {
                concept: Some(ConceptGuidance::one("halftone", 2.0)),
                ..plain()
            }
            .into(),
            DiffusionSettings {
                sampler: crate::sampling::SamplerKind::Euler,
                ..plain()
            }
            .into(),
            AutoregressiveSettings {
                guidance: 3.0,
                concept: None,
                tokens: TokenSampling::default(),
            }
            .into(),
            GanSettings {
                walk: Some(Walk {
                    direction: 0,
                    distance: 1.0,
                }),
            }
            .into(),
        ];
        let mut records: Vec<GenerationRecord> = changed.into_iter().map(record).collect();
        records.push(GenerationRecord {
            device: "wgpu".to_string(),
            ..record(plain().into())
        });
        let keys: std::collections::BTreeSet<Fingerprint> =
            records.iter().map(GenerationRecord::key).collect();
        assert_eq!(keys.len(), records.len());
    }

    #[test]
    fn a_record_without_the_newer_fields_is_read() {
        let folder = tempfile::tempdir().unwrap();
        let mut value = serde_json::to_value(record(GenerationSettings::default())).unwrap();
        for newer in ["weights", "applied", "device"] {
            value.as_object_mut().unwrap().remove(newer);
        }
        std::fs::write(folder.path().join(RECORD), value.to_string()).unwrap();
        let read = GenerationRecord::read(folder.path()).unwrap().unwrap();
        assert_eq!(read, record(GenerationSettings::default()));
    }
}
