//! A model card as a file: what is there already stays, finexl's own part aside.

use crate::diagnostics::CliError;
use crate::output::write;
use finexl::Report;
use finexl_core::atomic;
use finexl_plot::check_card;
use std::path::Path;

/// Refuses, before any work is done, a card that nothing can be put into.
pub fn check_card_file(path: &Path) -> Result<(), CliError> {
    if let Some(card) = there(path)? {
        check_card(&card).map_err(|source| CliError::of_card(path, source))?;
    }
    Ok(())
}

/// Writes a card, or puts the explanation into the one that is there; with remarks on what was left as it is.
pub fn write_card(
    path: &Path,
    report: &Report<'_>,
    base_model: Option<String>,
) -> Result<Vec<String>, CliError> {
    let card = report.card_at(path, there(path)?.as_deref(), base_model)?;
    write(path, card.text.as_bytes())?;
    Ok(card.notes)
}

/// The card that is there; nothing where the path is that of no file (a pipe, standard output).
fn there(path: &Path) -> Result<Option<Vec<u8>>, CliError> {
    match path.is_file() && !crate::output::is_standard_output(path) {
        true => Ok(Some(atomic::read(path)?)),
        false => Ok(None),
    }
}
