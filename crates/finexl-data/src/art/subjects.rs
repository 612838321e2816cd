//! The things that can stand in a scene.

use crate::error::DataError;
use serde::Deserialize;
use std::collections::HashMap;
use std::sync::LazyLock;

/// One thing that every artist draws.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Subject {
    /// The wording in prompts: one to three lower-case ASCII words.
    pub name: String,
    /// The emoji, by which Twemoji is looked up.
    pub emoji: String,
    /// The key in the fetched sets.
    pub key: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SubjectFile {
    subjects: Vec<Subject>,
}

static SUBJECTS: LazyLock<Vec<Subject>> = LazyLock::new(|| {
    let text = include_str!("../../../../datasets/subjects.toml");
    // The file is compiled in; the tests below fail if it ever does not parse.
    toml::from_str::<SubjectFile>(text).map_or_else(|_| Vec::new(), |file| file.subjects)
});

static BY_NAME: LazyLock<HashMap<&'static str, usize>> = LazyLock::new(|| {
    let named = subjects().iter().enumerate();
    named.map(|(i, s)| (s.name.as_str(), i)).collect()
});

/// All subjects, in alphabetical order; indices elsewhere are into this slice.
pub fn subjects() -> &'static [Subject] {
    &SUBJECTS
}

/// The subject at an index of [`subjects`].
///
/// # Errors
/// [`DataError::SubjectIndex`] beyond the end.
pub fn subject(index: usize) -> Result<&'static Subject, DataError> {
    let count = subjects().len();
    subjects()
        .get(index)
        .ok_or(DataError::SubjectIndex { index, count })
}

/// The index of the subject of that name.
///
/// # Errors
/// [`DataError::UnknownSubject`] for a name that is not in `datasets/subjects.toml`.
pub fn subject_index(name: &str) -> Result<usize, DataError> {
    BY_NAME
        .get(name)
        .copied()
        .ok_or_else(|| DataError::UnknownSubject {
            name: name.to_owned(),
        })
}

/// The indices of the subjects of those names.
///
/// # Errors
/// As [`subject_index`].
pub fn subject_indices(names: &[String]) -> Result<Vec<usize>, DataError> {
    names.iter().map(|name| subject_index(name)).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn there_are_enough_subjects_with_distinct_plain_names() {
        assert!(subjects().len() >= 600);
        assert_eq!(BY_NAME.len(), subjects().len());
        for subject in subjects() {
            let plain = |c: char| c.is_ascii_lowercase() || c == ' ';
            assert!(subject.name.chars().all(plain), "{}", subject.name);
        }
        assert!(subjects().is_sorted_by(|a, b| a.name < b.name));
    }

    #[test]
    fn names_are_found_and_unknown_ones_are_errors() {
        let index = subject_index("red apple").unwrap();
        assert_eq!(subject(index).unwrap().key, "red-apple");
        let error = subject_index("flying carpet").unwrap_err();
        assert!(error.to_string().contains("flying carpet"));
        assert!(subject(100_000).is_err());
    }
}
