//! What aspects are called: descriptions, synonyms, opposites and conflicts, from
//! `datasets/aspects.toml`.

use std::path::Path;

use finexl_core::toml_file;
use serde::Deserialize;

use super::Family;
use crate::DataError;

const FILE: &str = "datasets/aspects.toml";
const TEXT: &str = include_str!("../../../../datasets/aspects.toml");

/// All definitions, the reserved aspects last.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Definitions {
    /// One per aspect.
    pub aspects: Vec<Definition>,
}

/// The words for one aspect.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Definition {
    /// The name, as in the catalogue.
    pub name: String,
    /// What it is about.
    pub family: Family,
    /// One plain sentence.
    pub description: String,
    /// Phrases of one or two words that mean the same in "{synonym} style"; no phrase belongs to
    /// two aspects.
    pub synonyms: Vec<String>,
    /// The aspect that is the opposite direction, where there is one.
    pub antonym: Option<String>,
    /// The aspects that it cannot be combined with: the meanings cancel, swallow one another, or
    /// depend on the order. Symmetric.
    pub conflicts_with: Vec<String>,
    /// How a sentence says that there is more or less of it.
    pub wording: Wording,
}

/// Forms that complete "the pictures are ...".
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Wording {
    /// For a positive score, for example `more vivid`.
    pub more: String,
    /// For a negative score, for example `less vivid`.
    pub less: String,
}

impl Definitions {
    /// The definitions built into the program.
    ///
    /// # Errors
    /// [`DataError::Core`] with the line, if the file the program was built with is damaged; a test
    /// keeps that from happening.
    pub fn embedded() -> Result<Self, DataError> {
        Ok(toml_file::parse(Path::new(FILE), TEXT)?)
    }

    /// The definition of an aspect.
    pub fn find(&self, name: &str) -> Option<&Definition> {
        self.aspects.iter().find(|d| d.name == name)
    }

    /// The aspect that a name or a synonym belongs to.
    pub fn of_phrase(&self, phrase: &str) -> Option<&Definition> {
        self.aspects
            .iter()
            .find(|d| d.name == phrase || d.synonyms.iter().any(|s| s == phrase))
    }

    /// Whether two different aspects may be combined in one model.
    pub fn compatible(&self, one: &str, other: &str) -> bool {
        one != other
            && self
                .find(one)
                .is_some_and(|d| !d.conflicts_with.iter().any(|c| c == other))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic)]
    use std::collections::HashMap;

    use super::*;
    use crate::aspects::{all, reserved};

    #[test]
    fn every_operator_has_a_definition_and_the_other_way_round() {
        let definitions = Definitions::embedded().unwrap();
        let defined: Vec<_> = definitions
            .aspects
            .iter()
            .map(|d| (d.name.as_str(), d.family))
            .collect();
        let operators: Vec<_> = all()
            .iter()
            .chain(reserved())
            .map(|a| (a.name, a.family))
            .collect();
        assert_eq!(defined, operators, "same aspects, families and order");
    }

    #[test]
    fn no_phrase_belongs_to_two_aspects() {
        let definitions = Definitions::embedded().unwrap();
        let mut owner = HashMap::new();
        for d in &definitions.aspects {
            assert!(d.synonyms.len() >= 5, "{} has few synonyms", d.name);
            for phrase in d.synonyms.iter().chain([&d.name]) {
                let plain = phrase.bytes().all(|b| b == b' ' || b.is_ascii_lowercase());
                let words = phrase.split(' ').count();
                assert!(plain && words <= 2 && !phrase.contains("style"), "{phrase}");
                if let Some(other) = owner.insert(phrase.clone(), &d.name) {
                    panic!("{phrase} belongs to {other} and {}", d.name);
                }
                assert_eq!(definitions.of_phrase(phrase).unwrap().name, d.name);
            }
        }
    }

    #[test]
    fn opposites_and_conflicts_are_symmetric() {
        let definitions = Definitions::embedded().unwrap();
        for d in &definitions.aspects {
            if let Some(name) = &d.antonym {
                let other = definitions.find(name).unwrap();
                assert_eq!(other.antonym.as_ref(), Some(&d.name), "{name}");
                assert!(!definitions.compatible(&d.name, name), "{} {name}", d.name);
            }
            for name in &d.conflicts_with {
                assert_ne!(*name, d.name);
                let other = definitions
                    .find(name)
                    .unwrap_or_else(|| panic!("{} conflicts with unknown {name}", d.name));
                assert!(
                    other.conflicts_with.contains(&d.name),
                    "{name} does not list {}",
                    d.name
                );
                let times = d.conflicts_with.iter().filter(|c| *c == name).count();
                assert_eq!(times, 1, "{} lists {name} twice", d.name);
            }
        }
    }

    #[test]
    fn every_aspect_combines_with_most_others() {
        let definitions = Definitions::embedded().unwrap();
        for d in &definitions.aspects {
            assert!(d.conflicts_with.len() <= 14, "{}", d.name);
            assert!(d.description.ends_with('.') && !d.wording.more.is_empty());
        }
    }
}
