//! The default vocabulary: every trained aspect with its synonyms, and distractors.

use crate::DataError;
use crate::aspects::{Definition, Definitions, reserved};
use finexl_core::seed::ChaCha8Rng;
use rand::RngExt;
use std::collections::BTreeSet;

/// A concept as a vocabulary knows it: one meaning, one or several phrases.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Concept {
    /// The phrase that names it.
    pub name: String,
    /// All phrases, the name first.
    pub phrases: Vec<String>,
    /// Family, where it has one.
    pub family: Option<String>,
    /// The opposite concept, where there is one.
    pub antonym: Option<String>,
    /// How a sentence says that there is more of it, e.g. "more vivid".
    pub more: Option<String>,
    /// How a sentence says that there is less of it, e.g. "less vivid".
    pub less: Option<String>,
    /// Concepts that cancel it or mean the same.
    pub conflicts_with: Vec<String>,
}

impl Concept {
    /// A concept of one phrase.
    pub fn phrase(phrase: &str) -> Self {
        Self {
            name: phrase.to_string(),
            phrases: vec![phrase.to_string()],
            family: None,
            antonym: None,
            more: None,
            less: None,
            conflicts_with: Vec::new(),
        }
    }
}

impl From<Definition> for Concept {
    fn from(definition: Definition) -> Self {
        let mut phrases = vec![definition.name.clone()];
        phrases.extend(definition.synonyms);
        Self {
            name: definition.name,
            phrases,
            family: Some(definition.family.name().to_string()),
            antonym: definition.antonym,
            more: Some(definition.wording.more),
            less: Some(definition.wording.less),
            conflicts_with: definition.conflicts_with,
        }
    }
}

/// Phrases that no operator makes, from `datasets/distractors.txt`.
pub fn distractors() -> Vec<String> {
    include_str!("../../../datasets/distractors.txt")
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .map(str::to_string)
        .collect()
}

/// The aspects that encoders are trained on, in the order of the catalogue.
///
/// # Errors
/// Where `datasets/aspects.toml` is damaged.
pub fn trained_aspects() -> Result<Vec<Concept>, DataError> {
    Ok(Definitions::embedded()?
        .aspects
        .into_iter()
        .filter(|definition| reserved().iter().all(|r| r.name != definition.name))
        .map(Concept::from)
        .collect())
}

/// The default vocabulary: trained aspects, then distractors.
///
/// # Errors
/// Where `datasets/aspects.toml` is damaged.
pub fn default_vocabulary() -> Result<Vec<Concept>, DataError> {
    let mut concepts = trained_aspects()?;
    concepts.extend(distractors().iter().map(|phrase| Concept::phrase(phrase)));
    Ok(concepts)
}

/// Draws `count` different concepts, as indices, no two of which conflict; fewer where so many cannot be found.
pub fn draw_compatible(concepts: &[Concept], count: usize, random: &mut ChaCha8Rng) -> Vec<usize> {
    const TRIES: usize = 10_000;
    let mut chosen: Vec<usize> = Vec::new();
    for _ in 0..TRIES {
        if chosen.len() >= count || concepts.is_empty() {
            break;
        }
        let index = random.random_range(0..concepts.len());
        let name = &concepts[index].name;
        let fits = chosen
            .iter()
            .all(|other| *other != index && !concepts[*other].conflicts_with.contains(name));
        if fits {
            chosen.push(index);
        }
    }
    chosen
}

/// Every word of prompts, captions and the default vocabulary, sorted; what an embedded encoder
/// can read. The comma is one of them.
///
/// # Errors
/// Where `datasets/aspects.toml` is damaged.
pub fn words() -> Result<Vec<String>, DataError> {
    let mut words: BTreeSet<String> = crate::captions::known_words()
        .into_iter()
        .map(str::to_string)
        .collect();
    for concept in default_vocabulary()? {
        for phrase in &concept.phrases {
            words.extend(phrase.split_whitespace().map(str::to_string));
        }
    }
    words.insert(",".to_string());
    Ok(words.into_iter().collect())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn no_phrase_stands_twice_and_reserved_aspects_stay_out() {
        let mut seen = BTreeSet::new();
        for phrase in default_vocabulary()
            .unwrap()
            .iter()
            .flat_map(|c| &c.phrases)
        {
            assert!(seen.insert(phrase.clone()), "{phrase}");
        }
        for aspect in reserved() {
            assert!(!seen.contains(aspect.name), "{}", aspect.name);
        }
    }
}
