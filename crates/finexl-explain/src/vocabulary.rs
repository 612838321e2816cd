//! The concepts that an explanation may name.

use crate::error::ExplainError;
use crate::probe_room::Room;
use finexl_core::fingerprint::Fingerprint;
use finexl_core::seed;
use finexl_data::styles::styles;
use finexl_data::vocabulary::{Concept, default_vocabulary};
use finexl_zoo::encoders::Encoder;
use std::collections::HashMap;
use std::path::{Path, PathBuf};

/// Concepts, each with one or several phrases; a phrase stands for one concept only.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Vocabulary {
    concepts: Vec<Concept>,
    fingerprint: Fingerprint,
    /// Whether concepts that an encoder hardly tells apart are to be made one.
    pub(crate) to_merge: bool,
}

/// Name of the vocabulary for encoders that read any word.
pub const STYLES: &str = "styles";

impl Vocabulary {
    /// The default: every aspect of the catalogue with its synonyms, and distractors.
    ///
    /// # Errors
    /// Where the embedded definitions are damaged.
    pub fn default_phrases() -> Result<Self, ExplainError> {
        Ok(Self::of_concepts(default_vocabulary()?))
    }

    /// The vocabulary for encoders that read any word: what people call looks of pictures, in families. What an encoder
    /// hardly tells apart is made one where it is used.
    pub fn styles() -> Self {
        Self {
            to_merge: true,
            ..Self::of_concepts(styles())
        }
    }

    /// The default for an encoder: [`Vocabulary::styles`] where it reads all of its phrases, each as a whole, else
    /// [`Vocabulary::default_phrases`].
    ///
    /// # Errors
    /// Where the embedded definitions are damaged.
    pub fn default_for(encoder: &dyn Encoder) -> Result<Self, ExplainError> {
        let styles = Self::styles();
        let mut phrases = styles.concepts.iter().flat_map(|c| &c.phrases);
        let known = phrases.all(|phrase| encoder.check_text(phrase).is_ok());
        match known && Room::of(encoder, &styles).is_ok() {
            true => Ok(styles),
            false => Self::default_phrases(),
        }
    }

    /// A vocabulary by its name ([`STYLES`]), else a file ([`Vocabulary::read`]).
    ///
    /// # Errors
    /// As [`Vocabulary::read`].
    pub fn open(path: &Path) -> Result<Self, ExplainError> {
        match path == Path::new(STYLES) {
            true => Ok(Self::styles()),
            false => Self::read(path),
        }
    }

    /// Reads a text file: one concept per line, synonyms separated by `|`, `#` starts a comment.
    ///
    /// The words are the user's own: a concept is called what the file calls it, whatever the catalogue of aspects
    /// has under such a phrase.
    ///
    /// # Errors
    /// No phrase at all, or a phrase that stands twice, by line.
    pub fn read(path: &Path) -> Result<Self, ExplainError> {
        let bytes = finexl_core::atomic::read(path)?;
        let text = String::from_utf8(bytes).map_err(|e| ExplainError::Vocabulary {
            path: path.to_path_buf(),
            line: 1,
            problem: format!("it is not UTF-8 ({e}); save it as UTF-8"),
        })?;
        Self::parse(path, text.trim_start_matches('\u{feff}'))
    }

    /// As [`Vocabulary::read`], from text; `path` stands in messages.
    ///
    /// # Errors
    /// As [`Vocabulary::read`].
    pub fn parse(path: &Path, text: &str) -> Result<Self, ExplainError> {
        let fault = |line: usize, problem: String| ExplainError::Vocabulary {
            path: PathBuf::from(path),
            line,
            problem,
        };
        let mut seen: HashMap<String, usize> = HashMap::new();
        let mut concepts = Vec::new();
        for (index, raw) in text.lines().enumerate() {
            let content = raw.split('#').next().unwrap_or_default();
            let phrases: Vec<String> = content
                .split('|')
                .map(|phrase| phrase.split_whitespace().collect::<Vec<_>>().join(" "))
                .filter(|phrase| !phrase.is_empty())
                .collect();
            for phrase in &phrases {
                if let Some(first) = seen.insert(phrase.to_lowercase(), index + 1) {
                    let problem =
                        format!("\"{phrase}\" stands on line {first} already; remove one of them");
                    return Err(fault(index + 1, problem));
                }
            }
            if let Some(name) = phrases.first() {
                concepts.push(Concept {
                    phrases: phrases.clone(),
                    ..Concept::phrase(name)
                });
            }
        }
        if concepts.is_empty() {
            return Err(fault(
                1,
                "it holds no phrase; write one per line, for example \"pixelated\"".to_string(),
            ));
        }
        Ok(Self::of_concepts(concepts))
    }

    /// Named directions that came without text: one phrase each.
    pub fn of_names(names: &[String]) -> Self {
        Self::of_concepts(names.iter().map(|name| Concept::phrase(name)).collect())
    }

    /// Concepts by their phrases. One with exactly the phrases of a concept of the default vocabulary is that one, with
    /// its family and how it is said; its antonym is said only where that is there too.
    ///
    /// # Errors
    /// Where the embedded definitions are damaged.
    pub fn of_phrases(phrases: &[Vec<String>]) -> Result<Self, ExplainError> {
        let known = default_vocabulary()?;
        let mut concepts: Vec<Concept> = phrases
            .iter()
            .filter_map(|phrases| {
                let same = known.iter().find(|concept| concept.phrases == *phrases);
                let own = || {
                    phrases.first().map(|name| Concept {
                        phrases: phrases.clone(),
                        ..Concept::phrase(name)
                    })
                };
                same.cloned().or_else(own)
            })
            .collect();
        let names: Vec<String> = concepts.iter().map(|c| c.name.clone()).collect();
        for concept in &mut concepts {
            concept.antonym = concept.antonym.take().filter(|name| names.contains(name));
        }
        Ok(Self::of_concepts(concepts))
    }

    /// Concepts with their words.
    pub fn of_concepts(concepts: Vec<Concept>) -> Self {
        let mut builder = Fingerprint::of("vocabulary");
        for concept in &concepts {
            builder = builder.number("phrases", concept.phrases.len() as u64);
            for phrase in &concept.phrases {
                builder = builder.text("phrase", phrase);
            }
        }
        Self {
            concepts,
            fingerprint: builder.finish(),
            to_merge: false,
        }
    }

    /// So many of its concepts, drawn by a seed, in their order; all where there are no more.
    pub fn drawn(&self, count: usize, seed: u64) -> Self {
        let lot = |index: &usize| seed::key(&format!("{seed} {}", self.concepts[*index].name));
        let mut kept: Vec<usize> = (0..self.concepts.len()).collect();
        kept.sort_by_key(lot);
        kept.truncate(count);
        kept.sort_unstable();
        Self::of_concepts(kept.iter().map(|i| self.concepts[*i].clone()).collect())
    }

    /// The concepts in order.
    pub fn concepts(&self) -> &[Concept] {
        &self.concepts
    }

    /// Fingerprint of all phrases and their grouping.
    pub fn fingerprint(&self) -> &Fingerprint {
        &self.fingerprint
    }

    /// The concept that a phrase stands for.
    pub fn position(&self, phrase: &str) -> Option<usize> {
        self.concepts
            .iter()
            .position(|concept| concept.phrases.iter().any(|p| p == phrase))
    }

    /// Number of phrases.
    pub fn phrase_count(&self) -> usize {
        self.concepts.iter().map(|c| c.phrases.len()).sum()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn parse(text: &str) -> Result<Vocabulary, ExplainError> {
        Vocabulary::parse(Path::new("words.txt"), text)
    }

    #[test]
    fn the_default_holds_at_least_150_phrases_and_30_distractors() {
        let vocabulary = Vocabulary::default_phrases().unwrap();
        assert!(vocabulary.phrase_count() >= 150);
        assert!(finexl_data::vocabulary::distractors().len() >= 30);
    }

    #[test]
    fn lines_hold_phrases_synonyms_and_comments() {
        let vocabulary = parse("# mine\npixelated | blocky\n\nold  master # two words\n").unwrap();
        assert_eq!(vocabulary.concepts().len(), 2);
        assert_eq!(vocabulary.concepts()[0].phrases, ["pixelated", "blocky"]);
        assert_eq!(vocabulary.concepts()[1].name, "old master");
        assert_eq!(vocabulary.position("blocky"), Some(0));
    }

    #[test]
    fn words_of_a_file_are_the_users_own() {
        // Synonyms of "posterized" and "outlined" in the catalogue.
        let vocabulary = parse("poster\nink drawing | pen\nwarm\n").unwrap();
        for concept in vocabulary.concepts() {
            let own = Concept {
                phrases: concept.phrases.clone(),
                ..Concept::phrase(&concept.name)
            };
            assert_eq!(*concept, own);
        }
    }

    #[test]
    fn phrases_of_the_catalogue_are_its_concepts_and_others_are_ones_own() {
        let default = Vocabulary::default_phrases().unwrap();
        let all: Vec<Vec<String>> =
            (default.concepts().iter().map(|c| c.phrases.clone())).collect();
        let again = Vocabulary::of_phrases(&all).unwrap();
        assert_eq!(again, default);
        let warm = all[default.position("warm").unwrap()].clone();
        let own = vec!["poster".to_string(), "placard".to_string()];
        let few = Vocabulary::of_phrases(&[warm, own]).unwrap();
        assert!(few.concepts()[0].more.is_some() && few.concepts()[0].antonym.is_none());
        assert!(few.concepts()[1].more.is_none() && few.concepts()[1].name == "poster");
    }

    #[test]
    fn a_draw_is_a_part_in_order_and_depends_on_the_seed() {
        let all = parse("a\nb\nc\nd\ne\nf\ng\nh\n").unwrap();
        let [one, other] = [1, 2].map(|seed| all.drawn(4, seed));
        assert_eq!(one.concepts().len(), 4);
        assert!(one.concepts().is_sorted_by_key(|concept| &concept.name));
        assert_ne!(one, other);
        assert_eq!(all.drawn(99, 1), all);
    }

    #[test]
    fn empty_and_duplicate_vocabularies_are_errors_with_a_line() {
        assert!(
            parse("# nothing\n")
                .unwrap_err()
                .to_string()
                .contains("no phrase")
        );
        let error = parse("warm\ncool\nWarm\n").unwrap_err().to_string();
        assert!(
            error.contains("line 3") && error.contains("line 1"),
            "{error}"
        );
    }
}
