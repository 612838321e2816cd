//! The page of an inspection: one file of HTML that needs nothing but itself.

use super::page_sections::{block_table, comparison, entries, facts, layer_table, list, tags};
use super::{figures, words};
use crate::error::PlotError;
use crate::html_page;
use crate::text::html;
use finexl_core::inspection::{InspectedFile, Inspection};
use std::fmt::Write;

/// An inspection as a self-contained page: facts, heat map of the strength per block, tables, training.
///
/// The page holds no script and asks for nothing from elsewhere; all names are escaped.
///
/// # Errors
/// [`PlotError`] for a record with numbers that cannot be drawn.
pub fn inspection_page(inspection: &Inspection) -> Result<String, PlotError> {
    let names: Vec<String> = inspection
        .files
        .iter()
        .map(|file| html(&file.name))
        .collect();
    let title = names.join(" beside ");
    let mut page = html_page::opening(&format!("Inside {title}"));
    if let Some(found) = &inspection.comparison {
        let cosine = match found.cosine {
            Some(_) => words::cosine(found.cosine),
            None => "none, as one of them has no norm or is all zero".to_string(),
        };
        let _ = write!(
            page,
            "<header>\n<p>{title}</p>\n<h1>Cosine of the two changes: {cosine}</h1>\n</header>\n"
        );
        page += &comparison(found);
    }
    for file in &inspection.files {
        page += &one_file(file)?;
    }
    let _ = writeln!(
        page,
        "<p class=\"small\">finexl {}, {}</p>",
        html(&inspection.version),
        html(&inspection.schema)
    );
    page += html_page::CLOSING;
    Ok(page)
}

fn one_file(file: &InspectedFile) -> Result<String, PlotError> {
    let mut page = format!(
        "<header>\n<p>{}</p>\n<h1>{}</h1>\n</header>\n",
        html(&file.name),
        html(&words::headline(file))
    );
    page += &list("Problems: it cannot be applied as it is", &file.problems);
    page += &list("Suspicious", &file.suspicions);
    page += &facts(file);
    if let Some(figure) = figures::strength(file)? {
        let _ = write!(
            page,
            "<section>\n<h2>Strength by block</h2>\n\
             <figure class=\"panel chart\">\n{figure}</figure>\n\
             <p class=\"small\">Frobenius norm of the change of the weights. {}.</p>\n</section>\n",
            html(words::PLACES)
        );
    }
    page += &block_table(file);
    page += &entries("Trigger words", &file.triggers);
    page += &tags(file);
    page += &entries("Training", &file.training);
    page += &entries("Private metadata", &file.private);
    let mut notes = file.notes.clone();
    notes.extend(words::left_out(file));
    page += &list("Notes", &notes);
    page += &layer_table(file);
    Ok(page)
}
