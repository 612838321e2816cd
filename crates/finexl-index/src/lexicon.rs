//! Which words stand for which concepts of a group.

use crate::group::Group;
use crate::word_forms::{forms, words};
use std::collections::{BTreeMap, BTreeSet};

/// What a vocabulary says of a concept beside its name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ConceptWords {
    /// Its name.
    pub name: String,
    /// Synonyms, and how a sentence says that there is more of it.
    pub phrases: Vec<String>,
    /// The opposite concept.
    pub antonym: Option<String>,
}

/// Words of the concepts of a group.
#[derive(Clone, Debug)]
pub struct Lexicon {
    names: Vec<String>,
    antonyms: Vec<Option<usize>>,
    /// Phrases by their words as they are.
    exact: BTreeMap<Vec<String>, BTreeSet<usize>>,
    /// All phrases, for words in other forms.
    phrases: Vec<(Vec<Vec<String>>, usize)>,
    longest: usize,
}

/// What some words were found to mean.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Found {
    /// A concept, said with so many words of the text.
    Concept(usize, usize),
    /// Several concepts.
    Ambiguous(Vec<usize>, usize),
    /// Nothing.
    Nothing,
}

impl Lexicon {
    /// Of the concepts of a group; `known` are the words of those that a vocabulary knows by the same name. Where a phrase is
    /// the name of one concept and a synonym of another, it is the name.
    pub fn new(group: &Group, known: &[ConceptWords]) -> Self {
        let names: Vec<String> = group.concepts.iter().map(|c| c.name.clone()).collect();
        let known: BTreeMap<&str, &ConceptWords> = known
            .iter()
            .map(|words| (words.name.as_str(), words))
            .collect();
        let of = |name: &String| known.get(name.as_str()).copied();
        let antonyms = (names.iter())
            .map(|name| group.position(of(name)?.antonym.as_deref()?))
            .collect();
        let mut exact: BTreeMap<Vec<String>, BTreeSet<usize>> = BTreeMap::new();
        let own: BTreeSet<Vec<String>> = names.iter().map(|name| phrase_words(name)).collect();
        for (at, name) in names.iter().enumerate() {
            exact.entry(phrase_words(name)).or_default().insert(at);
            for phrase in of(name).iter().flat_map(|known| &known.phrases) {
                let phrase = phrase_words(phrase);
                if !own.contains(&phrase) {
                    exact.entry(phrase).or_default().insert(at);
                }
            }
        }
        exact.retain(|phrase, _| !phrase.is_empty());
        let phrases = (exact.iter())
            .flat_map(|(phrase, concepts)| {
                let forms: Vec<Vec<String>> = phrase.iter().map(|word| forms(word)).collect();
                concepts
                    .iter()
                    .map(move |concept| (forms.clone(), *concept))
            })
            .collect();
        Self {
            longest: exact.keys().map(Vec::len).max().unwrap_or(0),
            names,
            antonyms,
            exact,
            phrases,
        }
    }

    /// Name of a concept.
    pub fn name(&self, concept: usize) -> &str {
        self.names.get(concept).map_or("", String::as_str)
    }

    /// The opposite of a concept.
    pub fn antonym(&self, concept: usize) -> Option<usize> {
        self.antonyms.get(concept).copied().flatten()
    }

    /// The concept of the longest phrase that the words begin with: as they are, else in another form. An "and" inside of
    /// a phrase does not count (black and white).
    pub(crate) fn find(&self, text: &[&str]) -> Found {
        for length in (1..=self.longest).rev() {
            let Some((phrase, used)) = first_words(text, length) else {
                continue;
            };
            let owned: Vec<String> = phrase.iter().map(|word| (*word).to_string()).collect();
            if let Some(concepts) = self.exact.get(&owned) {
                return found(concepts, used);
            }
            let forms: Vec<Vec<String>> = phrase.iter().map(|word| forms(word)).collect();
            let alike = |(one, other): (&Vec<String>, &Vec<String>)| {
                one.iter().any(|form| other.contains(form))
            };
            let fits = |phrase: &Vec<Vec<String>>| {
                phrase.len() == length && phrase.iter().zip(&forms).all(alike)
            };
            let fitting = self.phrases.iter().filter(|(phrase, _)| fits(phrase));
            let concepts: BTreeSet<usize> = fitting.map(|(_, concept)| *concept).collect();
            if !concepts.is_empty() {
                return found(&concepts, used);
            }
        }
        Found::Nothing
    }

    /// Names of concepts one of whose phrases has such a word in it.
    pub(crate) fn with_word(&self, word: &str) -> Vec<&str> {
        let asked = forms(word);
        let has = |phrase: &Vec<Vec<String>>| {
            let mut words = phrase.iter();
            words.any(|known| known.iter().any(|form| asked.contains(form)))
        };
        let fitting = self.phrases.iter().filter(|(phrase, _)| has(phrase));
        let concepts: BTreeSet<usize> = fitting.map(|(_, concept)| *concept).collect();
        concepts
            .into_iter()
            .map(|concept| self.name(concept))
            .collect()
    }
}

/// The words of a phrase; an "and" does not count.
fn phrase_words(phrase: &str) -> Vec<String> {
    let mut found = words(phrase);
    found.retain(|word| word != "and");
    found
}

fn found(concepts: &BTreeSet<usize>, used: usize) -> Found {
    let concepts: Vec<usize> = concepts.iter().copied().collect();
    match concepts[..] {
        [one] => Found::Concept(one, used),
        _ => Found::Ambiguous(concepts, used),
    }
}

/// So many words, with an "and" between them left out, and how many of the text they take.
fn first_words<'a>(text: &[&'a str], count: usize) -> Option<(Vec<&'a str>, usize)> {
    let mut chosen = Vec::new();
    for (at, word) in text.iter().enumerate() {
        match *word {
            "and" if !chosen.is_empty() => {}
            "," => return None,
            word => chosen.push(word),
        }
        if chosen.len() == count {
            return Some((chosen, at + 1));
        }
    }
    None
}
