//! What the default method selects for which style, as a heat map.

use super::column::{holds, title};
use crate::error::PlotError;
use crate::heatmap::Heatmap;
use finexl_core::selection::{Role, SelectionRecord, TableColumn};
use std::collections::BTreeMap;

/// Styles beyond which single aspects are told instead.
const MOST_STYLES: usize = 30;
/// Between the aspects of a style.
const JOINT: &str = " + ";

/// For each name of a row: its targets, and shares of them by the name of a column.
type Shares = BTreeMap<String, (f64, BTreeMap<String, f64>)>;

/// Draws how often each style was selected for targets of each style; where there are too many mixtures to
/// be read, how often each aspect was in the selected model for targets with each aspect. Nothing without
/// our method.
pub(super) fn selected_styles(
    column: &TableColumn,
    records: &[SelectionRecord],
) -> Result<Option<String>, PlotError> {
    let ours: Vec<&SelectionRecord> = records
        .iter()
        .filter(|r| r.role == Role::Ours && holds(column, r) && !r.selected_styles.is_empty())
        .collect();
    if ours.is_empty() {
        return Ok(None);
    }
    let styles = shares(&ours, |style| vec![style.to_string()]);
    let whole = names(&styles).len() <= MOST_STYLES;
    let [row_axis, column_axis] = match whole {
        true => [
            "target made with",
            "selected model made with, in percent of the row's targets",
        ],
        false => [
            "target has",
            "selected model has, in percent of the row's targets",
        ],
    };
    let shares = match whole {
        true => styles,
        false => shares(&ours, |style| {
            style.split(JOINT).map(String::from).collect()
        }),
    };
    let columns = names(&shares);
    let row = |(count, of): &(f64, BTreeMap<String, f64>)| -> Vec<f64> {
        let sums = columns
            .iter()
            .map(|name| of.get(name).copied().unwrap_or(0.0));
        sums.map(|sum| sum / count).collect()
    };
    let map = Heatmap {
        title: Some(format!("What ours selects on {}", title(column))),
        row_axis: row_axis.to_string(),
        column_axis: column_axis.to_string(),
        shares: shares.values().map(row).collect(),
        rows: shares.keys().cloned().collect(),
        columns,
    };
    map.svg().map(Some)
}

/// Every target counts as one, whatever ties for it.
fn shares(records: &[&SelectionRecord], parts: impl Fn(&str) -> Vec<String>) -> Shares {
    let mut shares = Shares::new();
    for record in records {
        let each = 1.0 / record.selected_styles.len() as f64;
        for part in parts(&record.aspects.join(JOINT)) {
            let (count, of) = shares.entry(part).or_default();
            *count += 1.0;
            for other in record.selected_styles.iter().flat_map(|style| parts(style)) {
                *of.entry(other).or_default() += each;
            }
        }
    }
    shares
}

/// Names of the columns: those of the rows in their order, so that what is right lies on the diagonal, then
/// the others that were selected.
fn names(shares: &Shares) -> Vec<String> {
    let mut names: Vec<String> = shares.keys().cloned().collect();
    let selected = shares.values().flat_map(|(_, of)| of.keys());
    let mut others: Vec<String> = selected
        .filter(|name| !shares.contains_key(*name))
        .cloned()
        .collect();
    others.sort();
    others.dedup();
    names.append(&mut others);
    names
}
