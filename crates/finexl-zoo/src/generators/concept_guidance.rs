//! Guidance along concepts.

use finexl_core::fingerprint::FingerprintBuilder;
use serde::{Deserialize, Serialize};

/// A concept and how strongly predictions are moved along it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct GuidedConcept {
    /// The concept's phrase, which the generator has to know.
    pub phrase: String,
    /// lambda; the paper uses -5 to 10.
    pub strength: f64,
}

/// Moves every prediction along concepts, each with a strength of its own; their moves add up (arXiv 2511.01932, Eq. 12).
///
/// A record has one concept as it is and several as a list.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(from = "Recorded", into = "Recorded")]
pub struct ConceptGuidance {
    concepts: Vec<GuidedConcept>,
}

#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Recorded {
    One(GuidedConcept),
    Several(Vec<GuidedConcept>),
}

impl From<Recorded> for ConceptGuidance {
    fn from(recorded: Recorded) -> Self {
        let concepts = match recorded {
            Recorded::One(concept) => vec![concept],
            Recorded::Several(concepts) => concepts,
        };
        Self { concepts }
    }
}

impl From<ConceptGuidance> for Recorded {
    fn from(guidance: ConceptGuidance) -> Self {
        match <[GuidedConcept; 1]>::try_from(guidance.concepts) {
            Ok([concept]) => Self::One(concept),
            Err(concepts) => Self::Several(concepts),
        }
    }
}

impl ConceptGuidance {
    /// Along one concept.
    pub fn one(phrase: &str, strength: f64) -> Self {
        let phrase = phrase.to_string();
        Self {
            concepts: vec![GuidedConcept { phrase, strength }],
        }
    }

    /// Along some concepts; `None` where there is none.
    pub fn of(concepts: Vec<GuidedConcept>) -> Option<Self> {
        (!concepts.is_empty()).then_some(Self { concepts })
    }

    /// The concepts, in their order.
    pub fn concepts(&self) -> &[GuidedConcept] {
        &self.concepts
    }

    /// Their phrases.
    pub fn phrases(&self) -> impl Iterator<Item = &str> {
        self.concepts.iter().map(|concept| concept.phrase.as_str())
    }

    /// Their strengths.
    pub fn strengths(&self) -> Vec<f64> {
        self.concepts
            .iter()
            .map(|concept| concept.strength)
            .collect()
    }

    /// Adds every concept under its name.
    pub(in crate::generators) fn key(&self, key: FingerprintBuilder) -> FingerprintBuilder {
        self.concepts.iter().fold(key, |key, concept| {
            (key.text("concept", &concept.phrase)).real("strength", concept.strength)
        })
    }

    /// The concepts for a reader.
    pub fn described(&self) -> String {
        let each = self
            .concepts
            .iter()
            .map(|concept| format!("\"{}\" at strength {}", concept.phrase, concept.strength));
        each.collect::<Vec<_>>().join(", ")
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn one_concept_stands_as_it_is_in_records_and_several_as_a_list() {
        let one = r#"{"phrase":"vivid","strength":2.0}"#;
        let two = r#"[{"phrase":"vivid","strength":2.0},{"phrase":"dark","strength":-1.5}]"#;
        for written in [one, two] {
            let read: ConceptGuidance = serde_json::from_str(written).unwrap();
            assert_eq!(serde_json::to_string(&read).unwrap(), written);
        }
        let read: ConceptGuidance = serde_json::from_str(two).unwrap();
        assert_eq!(read.strengths(), [2.0, -1.5]);
        assert_eq!(
            read.described(),
            "\"vivid\" at strength 2, \"dark\" at strength -1.5"
        );
        assert!(ConceptGuidance::of(Vec::new()).is_none());
    }
}
