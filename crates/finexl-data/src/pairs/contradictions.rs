//! Pairs whose files say that they do not belong together.

use super::side::{Candidate, Side};
use crate::DataError;

/// What two images that were paired say of each other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Contradiction {
    /// Other seeds.
    Seeds(u64, u64),
    /// Other prompts.
    Prompts(String, String),
}

impl Contradiction {
    /// Between two images; nothing where they agree, or one of them does not say.
    pub(super) fn between(base: &Candidate, personalized: &Candidate) -> Option<Self> {
        if let (Some(a), Some(b)) = (base.seed, personalized.seed)
            && a != b
        {
            return Some(Self::Seeds(a, b));
        }
        match (&base.prompt, &personalized.prompt) {
            (Some(a), Some(b)) if !same_words(a, b) => Some(Self::Prompts(a.clone(), b.clone())),
            _ => None,
        }
    }

    /// In words: "other seeds (1 against 2)".
    pub(super) fn words(&self) -> String {
        match self {
            Self::Seeds(a, b) => format!("other seeds ({a} against {b})"),
            Self::Prompts(a, b) => {
                format!("other prompts (\"{}\" against \"{}\")", short(a), short(b))
            }
        }
    }
}

/// The error for a pair that contradicts itself.
pub(super) fn error(sides: &[Side; 2], (a, b): (usize, usize), found: &Contradiction) -> DataError {
    DataError::Contradiction {
        base: sides[0].images[a].file.clone(),
        personalized: sides[1].images[b].file.clone(),
        what: found.words(),
    }
}

/// The pairs that contradict themselves.
pub(super) fn contradictions(
    sides: &[Side; 2],
    pairs: &[(usize, usize)],
) -> Vec<((usize, usize), Contradiction)> {
    let between = |pair: &(usize, usize)| {
        let found = Contradiction::between(&sides[0].images[pair.0], &sides[1].images[pair.1])?;
        Some((*pair, found))
    };
    pairs.iter().filter_map(between).collect()
}

/// A note on contradictions that a rule was forced over.
pub(super) fn forced_note(sides: &[Side; 2], pairs: &[(usize, usize)]) -> Option<String> {
    let found = contradictions(sides, pairs);
    let ((a, b), first) = found.first()?;
    Some(format!(
        "in {} of {} pairs the files say that they were made otherwise: {} and {} have {}",
        found.len(),
        pairs.len(),
        sides[0].images[*a].inside,
        sides[1].images[*b].inside,
        first.words(),
    ))
}

/// The same for pairs that a manifest gives.
pub(super) fn given_note(images: &[[&Candidate; 2]]) -> Option<String> {
    let between =
        |[a, b]: &[&Candidate; 2]| Some((a.inside.clone(), Contradiction::between(a, b)?));
    let found: Vec<(String, Contradiction)> = images.iter().filter_map(between).collect();
    let (name, first) = found.first()?;
    Some(format!(
        "in {} of {} pairs of the manifest the files say that they were made otherwise: the images of {name} have {}",
        found.len(),
        images.len(),
        first.words()
    ))
}

/// A note on pairs that were made with other negative prompts.
pub(super) fn negatives_note(sides: &[Side; 2], pairs: &[(usize, usize)]) -> Option<String> {
    let differ = |(a, b): &&(usize, usize)| {
        let (a, b) = (&sides[0].images[*a], &sides[1].images[*b]);
        let known = a.prompt.is_some() && b.prompt.is_some();
        let [a, b] = [a, b].map(|image| image.negative.as_deref().unwrap_or_default());
        known && !same_words(a, b)
    };
    let count = pairs.iter().filter(differ).count();
    (count > 0).then(|| {
        format!(
            "in {count} of {} pairs the negative prompts differ, which is part of what is measured",
            pairs.len()
        )
    })
}

/// Whether two prompts are the same but for spaces and case.
pub(super) fn same_words(a: &str, b: &str) -> bool {
    key_of_prompt(a) == key_of_prompt(b)
}

/// A prompt as it is compared: lower case, one space between words, none around commas.
pub(super) fn key_of_prompt(prompt: &str) -> String {
    let parts = prompt.split(',').map(|part| {
        let words: Vec<&str> = part.split_whitespace().collect();
        words.join(" ").to_lowercase()
    });
    let parts: Vec<String> = parts.filter(|part| !part.is_empty()).collect();
    parts.join(",")
}

fn short(prompt: &str) -> String {
    const SHOWN: usize = 60;
    match prompt.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}...", &prompt[..end]),
        None => prompt.to_string(),
    }
}
