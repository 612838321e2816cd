//! Which words an explanation may use.

use crate::diagnostics::CliError;
use finexl_explain::heads::Head;
use finexl_explain::vocabulary::Vocabulary;
use std::path::Path;

/// The user's own words, else those that a head brings, else the default ones.
pub fn vocabulary(file: Option<&Path>, head: Option<&Path>) -> Result<Vocabulary, CliError> {
    Ok(match (file, head) {
        (Some(path), _) => Vocabulary::read(path)?,
        (None, Some(head)) => Head::open(head)?.vocabulary()?,
        (None, None) => Vocabulary::default_phrases()?,
    })
}

/// Names the aspects of a head of one's own that a vocabulary file has no phrase of.
pub fn left_out(
    vocabulary: &Vocabulary,
    file: Option<&Path>,
    head: Option<&Path>,
) -> Result<Option<String>, CliError> {
    let (Some(file), Some(path)) = (file, head) else {
        return Ok(None);
    };
    let head = Head::open(path)?;
    let offered = head.vocabulary()?;
    let missing: Vec<&str> = offered
        .concepts()
        .iter()
        .filter(|concept| head.config().aspects.names.contains(&concept.name))
        .filter(|concept| (concept.phrases.iter()).all(|p| vocabulary.position(p).is_none()))
        .map(|concept| concept.name.as_str())
        .collect();
    Ok((!missing.is_empty()).then(|| {
        format!(
            "The head {} also knows {}: {} has no phrase of {}, so {} cannot be named. Without --vocabulary a head \
             brings its own words.",
            head.config().name,
            missing.join(", "),
            file.display(),
            if missing.len() == 1 { "it" } else { "them" },
            if missing.len() == 1 { "it" } else { "they" },
        )
    }))
}
