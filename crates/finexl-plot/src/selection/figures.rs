//! All figures of model selection, by name.

use super::column::{charted, heading, main_figure};
use super::error_removed::{error_removed, error_removed_of_columns};
use super::level_curves::level_curves;
use super::method_bars::method_bars;
use super::pair_curves::{over_pairs, pair_curves};
use super::selected_styles::selected_styles;
use crate::error::PlotError;
use finexl_core::published::Published;
use finexl_core::selection::{SelectionRecord, TableColumn};
use std::collections::BTreeSet;

/// Letters of a file name before its end.
const LONGEST_NAME: usize = 120;

/// A figure of model selection.
#[derive(Clone, Debug, PartialEq)]
pub struct SelectionFigure {
    /// Its name as a file, without an ending: small letters, digits and hyphens only.
    pub name: String,
    /// The place of its column in the tables; none for a figure over all of them.
    pub column: Option<usize>,
    /// The drawing, for pages and for [`crate::png()`].
    pub svg: String,
}

/// Draws everything that there is to draw: for all columns together what is left of the best baseline's
/// error; for each column the main figures of all methods as bars, the same by level, figures over the
/// number of pairs, what our method selected, and how much of every other method's error it removes.
///
/// # Errors
/// [`PlotError::NotFinite`] for a figure that is not finite.
pub fn selection_figures(
    columns: &[TableColumn],
    records: &[SelectionRecord],
    published: &Published,
) -> Result<Vec<SelectionFigure>, PlotError> {
    let mut drawn = Vec::new();
    drawn.push((
        None,
        "error-removed".to_string(),
        error_removed_of_columns(columns)?,
    ));
    for (index, column) in columns.iter().enumerate() {
        let mut add = |kind: &str, svg: Option<String>| {
            drawn.push((
                Some(index),
                format!("{} {} {kind}", heading(column), column.protocol),
                svg,
            ));
        };
        for figure in charted(column) {
            add(figure, Some(method_bars(column, figure, published)?));
        }
        add("error removed", error_removed(column)?);
        add("by level", level_curves(column, records)?);
        for figure in over_pairs(main_figure(column)) {
            add(&format!("{figure} by pairs"), pair_curves(column, figure)?);
        }
        add("selected styles", selected_styles(column, records)?);
    }
    let mut taken = BTreeSet::new();
    let figures = drawn.into_iter().filter_map(|(column, name, svg)| {
        let svg = svg?;
        Some(SelectionFigure {
            name: free(file_name(&name), &mut taken),
            column,
            svg,
        })
    });
    Ok(figures.collect())
}

/// A name that is safe as a file's, whatever a pool is called.
fn file_name(name: &str) -> String {
    let mut safe = String::new();
    for c in name.chars() {
        match c {
            c if c.is_ascii_alphanumeric() => safe.push(c.to_ascii_lowercase()),
            _ if safe.is_empty() || safe.ends_with('-') => (),
            _ => safe.push('-'),
        }
    }
    safe.truncate(LONGEST_NAME);
    safe.trim_end_matches('-').to_string()
}

/// The name, or the first with a number that is not taken.
fn free(name: String, taken: &mut BTreeSet<String>) -> String {
    let numbered = (2..).map(|number| format!("{name}-{number}"));
    let mut names = std::iter::once(name.clone()).chain(numbered);
    let free = names.find(|name| !taken.contains(name)).unwrap_or(name);
    taken.insert(free.clone());
    free
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn file_names_are_safe_and_differ() {
        let mut taken = BTreeSet::new();
        let mut named = |name: &str| free(file_name(name), &mut taken);
        assert_eq!(named("../Pool: 2 aspects"), "pool-2-aspects");
        assert_eq!(named("pool 2 aspects!"), "pool-2-aspects-2");
        assert_eq!(named("pool/2/aspects"), "pool-2-aspects-3");
    }
}
