//! What is inside the adapters of an explanation, for its page and its card.

use super::page_sections::{block_table, entries, facts, list, tags};
use super::{figures, words};
use crate::error::PlotError;
use crate::text::html;
use finexl_core::inspection::InspectedFile;
use std::fmt::Write;

/// Sections of a page: facts, strength by block, trigger words, training.
///
/// # Errors
/// [`PlotError`] for numbers that cannot be drawn.
pub(crate) fn adapter_sections(files: &[InspectedFile]) -> Result<String, PlotError> {
    let mut sections = String::new();
    for file in files {
        let _ = write!(
            sections,
            "<section>\n<h2>Inside {}</h2>\n{}",
            html(&file.name),
            facts(file)
        );
        if let Some(figure) = figures::strength(file)? {
            let _ = write!(
                sections,
                "<figure class=\"panel chart\">\n{figure}</figure>\n<p class=\"small\">Frobenius norm of the change of \
                 the weights. {}.</p>\n",
                html(words::PLACES)
            );
        }
        sections += "</section>\n";
        sections += &list("Suspicious", &file.suspicions);
        sections += &entries("Trigger words", &file.triggers);
        sections += &tags(file);
        let inner = block_table(file)
            + &entries("Training", &file.training)
            + &entries("Private metadata", &file.private);
        if !inner.is_empty() {
            let name = html(&file.name);
            let _ = write!(
                sections,
                "<details>\n<summary>Blocks and training of {name}</summary>\n{inner}</details>\n"
            );
        }
        if let Some(left_out) = words::left_out(file) {
            let _ = writeln!(sections, "<p class=\"small\">{}</p>", html(&left_out));
        }
    }
    Ok(sections)
}

/// The same in short, as names and values by file.
pub(crate) fn adapter_facts(file: &InspectedFile) -> Vec<(String, String)> {
    let known = words::facts(file).into_iter();
    let known = known.map(|(name, value)| (name.to_string(), value));
    let triggers = file.triggers.iter();
    let triggers = triggers.map(|entry| (entry.key.clone(), entry.value.clone()));
    let private = file.private.iter();
    let private = private.map(|entry| (entry.key.clone(), entry.value.clone()));
    let suspicious = file.suspicions.iter();
    let suspicious = suspicious.map(|said| ("suspicious".to_string(), said.clone()));
    known
        .chain(suspicious)
        .chain(triggers)
        .chain(private)
        .collect()
}
