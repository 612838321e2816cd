//! What a folder holds and was not used, counted and named once.

use crate::natural_order;
use finexl_core::counting::counted_were;
use std::path::Path;

/// How many names an error or a note shows.
const EXAMPLES: usize = 3;

/// The first few names in natural order, and how many more there are.
pub(crate) fn examples<S: AsRef<str>>(names: impl IntoIterator<Item = S>) -> String {
    let names: Vec<S> = names.into_iter().collect();
    let mut names: Vec<&str> = names.iter().map(AsRef::as_ref).collect();
    names.sort_by(|a, b| natural_order::compare(a, b));
    let shown = names[..names.len().min(EXAMPLES)].join(", ");
    match names.len().saturating_sub(EXAMPLES) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}

/// A note on some files of a folder; nothing where there are none.
pub(super) fn note(folder: &Path, what: &str, names: &[String], became: &str) -> Option<String> {
    (!names.is_empty()).then(|| {
        format!(
            "in {}, {} {became} ({})",
            folder.display(),
            counted_were(names.len(), what),
            examples(names)
        )
    })
}
