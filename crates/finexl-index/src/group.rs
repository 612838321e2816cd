//! Records whose numbers may stand in one ranking.

use finexl_core::explanation::Explanation;
use finexl_core::fingerprint::Fingerprint;
use serde::{Deserialize, Serialize};

/// A concept of a group.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GroupConcept {
    /// The phrase that names it.
    pub name: String,
    /// Its family, where it has one.
    pub family: Option<String>,
}

/// What the records of a group have in common. Scores of other encoders, words, methods or pictures are other numbers, so
/// rankings stay inside a group.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Group {
    /// Name of the encoder.
    pub encoder: String,
    /// Its fingerprint.
    pub encoder_fingerprint: Fingerprint,
    /// Fingerprint of the vocabulary.
    pub vocabulary: Fingerprint,
    /// Decomposition.
    pub method: String,
    /// Its settings, with the content of what it reads by.
    pub settings: Fingerprint,
    /// Whether scores are levels.
    pub calibrated: bool,
    /// The base's images and the prompts; or, where the user says that records of several bases belong together, the name
    /// that they gave to their prompts.
    pub prompts: Prompts,
    /// All concepts, by name.
    pub concepts: Vec<GroupConcept>,
}

/// What pictures were compared.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Prompts {
    /// The same images of one base.
    BaseImages(Fingerprint),
    /// Those that the user calls so.
    Named(String),
}

impl Group {
    /// The group of a record; `prompts` is the user's name for its prompts.
    pub fn of(record: &Explanation, prompts: Option<&str>) -> Self {
        let mut concepts: Vec<GroupConcept> = (record.aspects.iter())
            .map(|aspect| GroupConcept {
                name: aspect.concept.clone(),
                family: aspect.family.clone(),
            })
            .collect();
        concepts.sort_by(|a, b| a.name.cmp(&b.name));
        let from = &record.provenance;
        Self {
            encoder: record.encoder.clone(),
            encoder_fingerprint: from.encoder.clone(),
            vocabulary: from.vocabulary.clone(),
            method: record.method.clone(),
            settings: from.settings.clone(),
            calibrated: record.calibrated,
            prompts: match prompts {
                Some(name) => Prompts::Named(name.to_string()),
                None => Prompts::BaseImages(from.base_images.clone()),
            },
            concepts,
        }
    }

    /// Short name of the group, the same wherever it stands: the first 8 digits of the fingerprint of what it is.
    pub fn id(&self) -> String {
        let builder = Fingerprint::of("group")
            .nested("encoder", &self.encoder_fingerprint)
            .nested("vocabulary", &self.vocabulary)
            .text("method", &self.method)
            .nested("settings", &self.settings)
            .number("calibrated", self.calibrated.into());
        let builder = match &self.prompts {
            Prompts::BaseImages(images) => builder.nested("images", images),
            Prompts::Named(name) => builder.text("named", name),
        };
        let all = builder.finish();
        all.as_str().chars().take(8).collect()
    }

    /// In a line for a person.
    pub fn described(&self) -> String {
        let pictures = match &self.prompts {
            Prompts::BaseImages(images) => format!("base images {}", images.short()),
            Prompts::Named(name) => format!("prompts \"{name}\""),
        };
        let scores = match self.calibrated {
            true => "levels",
            false => "raw weights",
        };
        format!(
            "{}: encoder {}, method {} ({scores}), {} concepts, {pictures}",
            self.id(),
            self.encoder,
            self.method,
            self.concepts.len()
        )
    }

    /// Place of a concept.
    pub fn position(&self, concept: &str) -> Option<usize> {
        let by_name = |known: &GroupConcept| known.name.as_str().cmp(concept);
        self.concepts.binary_search_by(by_name).ok()
    }
}
