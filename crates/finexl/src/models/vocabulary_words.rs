//! The words behind the concepts of an index, which records do not tell.

use crate::Error;
use finexl_data::vocabulary::Concept;
use finexl_explain::vocabulary::Vocabulary;
use finexl_index::group::Group;
use finexl_index::lexicon::{ConceptWords, Lexicon};
use std::collections::BTreeSet;
use std::path::Path;

/// Concepts from which on a group is taken to have the vocabulary for encoders that read any word, of which encoders merge
/// what they hardly tell apart.
const MANY: usize = 100;

/// Synonyms and opposites of a group's concepts: from the vocabulary file that is given, else from the vocabularies inside the
/// program where the group's is one of them; and a note where there are none.
///
/// # Errors
/// A vocabulary that cannot be read, or is another than the group's.
pub fn known_words(
    group: &Group,
    given: Option<&Path>,
) -> Result<(Vec<ConceptWords>, Option<String>), Error> {
    if let Some(path) = given {
        let vocabulary = Vocabulary::open(path)?;
        if *vocabulary.fingerprint() != group.vocabulary {
            return Err(Error::Records(format!(
                "{} is another vocabulary than that of the models; give the file that they were explained with",
                path.display()
            )));
        }
        return Ok((words(vocabulary.concepts()), None));
    }
    let default = Vocabulary::default_phrases()?;
    if *default.fingerprint() == group.vocabulary {
        return Ok((words(default.concepts()), None));
    }
    let styles = Vocabulary::styles();
    let names: BTreeSet<&str> = styles.concepts().iter().map(|c| c.name.as_str()).collect();
    let all_known = (group.concepts.iter()).all(|concept| names.contains(concept.name.as_str()));
    if all_known && group.concepts.len() >= MANY {
        return Ok((words(styles.concepts()), None));
    }
    let note = "the models were explained with words of somebody's own, of which records tell only the names; give the \
                file with --vocabulary, and its synonyms are understood too";
    Ok((Vec::new(), Some(note.to_string())))
}

/// The lexicon of a group with its [`known_words`].
///
/// # Errors
/// As [`known_words`].
pub fn lexicon_of(group: &Group, given: Option<&Path>) -> Result<(Lexicon, Option<String>), Error> {
    let (words, note) = known_words(group, given)?;
    Ok((Lexicon::new(group, &words), note))
}

fn words(concepts: &[Concept]) -> Vec<ConceptWords> {
    let said = |concept: &Concept| {
        let more = concept.more.as_deref().map(|more| {
            let begins = ["more like a ", "more like ", "closer to ", "more "];
            let begin = begins.iter().find(|begin| more.starts_with(**begin));
            more.trim_start_matches(begin.copied().unwrap_or_default())
                .to_string()
        });
        ConceptWords {
            name: concept.name.clone(),
            phrases: concept.phrases.iter().cloned().chain(more).collect(),
            antonym: concept.antonym.clone(),
        }
    };
    concepts.iter().map(said).collect()
}
