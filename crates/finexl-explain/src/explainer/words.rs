//! Words of one's own beside a head of one's own.

use crate::error::ExplainError;
use crate::heads::Head;
use crate::vocabulary::Vocabulary;

/// Names the aspects of a head of one's own that a vocabulary has no phrase of.
pub(super) fn left_out(
    vocabulary: &Vocabulary,
    head: &Head,
) -> Result<Option<String>, ExplainError> {
    let offered = head.vocabulary()?;
    let missing: Vec<&str> = offered
        .concepts()
        .iter()
        .filter(|concept| head.config().aspects.names.contains(&concept.name))
        .filter(|concept| (concept.phrases.iter()).all(|p| vocabulary.position(p).is_none()))
        .map(|concept| concept.name.as_str())
        .collect();
    let (it, they) = match missing.len() {
        0 => return Ok(None),
        1 => ("it", "it"),
        _ => ("them", "they"),
    };
    Ok(Some(format!(
        "The head {} also knows {}: the vocabulary has no phrase of {it}, so {they} cannot be named. Without \
         --vocabulary a head brings its own words.",
        head.config().name,
        missing.join(", "),
    )))
}
