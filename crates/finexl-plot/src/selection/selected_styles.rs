//! What the default method selects for which style, as a heat map.

use super::column::{holds, title};
use crate::error::PlotError;
use crate::heatmap::Heatmap;
use finexl_core::selection::{Role, SelectionRecord, TableColumn};
use std::collections::BTreeMap;

/// Columns beyond which what is rarely selected stands together.
const MOST_COLUMNS: usize = 40;
/// Name of what stands together.
const REST: &str = "others";

/// Shares of what was selected, by the style of the target.
type Selected = BTreeMap<String, BTreeMap<String, f64>>;

/// Draws how often each style was selected for targets of each style; nothing without our method.
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
    let selected = selected(&ours);
    let columns = columns(&selected);
    let shares = selected.values().map(|of| {
        let known = columns
            .iter()
            .map(|name| of.get(name).copied().unwrap_or(0.0));
        let mut shares: Vec<f64> = known.collect();
        let rest = 1.0 - shares.iter().sum::<f64>();
        if columns.last().is_some_and(|last| last == REST)
            && let Some(last) = shares.last_mut()
        {
            *last = rest.max(0.0);
        }
        shares
    });
    let map = Heatmap {
        title: Some(format!("What ours selects on {}", title(column))),
        row_axis: "target made with".to_string(),
        column_axis: "selected model made with, in percent of the row's targets".to_string(),
        shares: shares.collect(),
        rows: selected.keys().cloned().collect(),
        columns,
    };
    map.svg().map(Some)
}

/// Every target counts as one, whatever ties for it.
fn selected(records: &[&SelectionRecord]) -> Selected {
    let mut targets: BTreeMap<String, f64> = BTreeMap::new();
    let mut selected = Selected::new();
    for record in records {
        let style = record.aspects.join(" + ");
        *targets.entry(style.clone()).or_default() += 1.0;
        let of = selected.entry(style).or_default();
        let share = 1.0 / record.selected_styles.len() as f64;
        for other in &record.selected_styles {
            *of.entry(other.clone()).or_default() += share;
        }
    }
    for (style, of) in &mut selected {
        let count = targets.get(style).copied().unwrap_or(1.0);
        of.values_mut().for_each(|share| *share /= count);
    }
    selected
}

/// Styles of targets in the order of the rows, so that what is right lies on the diagonal, then the others
/// that were selected, most often first.
fn columns(selected: &Selected) -> Vec<String> {
    let mut sums: BTreeMap<&String, f64> = BTreeMap::new();
    for (style, share) in selected.values().flatten() {
        *sums.entry(style).or_default() += share;
    }
    let mut columns: Vec<String> = selected.keys().cloned().collect();
    columns.retain(|style| selected.len() <= MOST_COLUMNS || sums.contains_key(style));
    let mut others: Vec<(&String, f64)> = sums
        .into_iter()
        .filter(|(style, _)| !selected.contains_key(*style))
        .collect();
    others.sort_by(|a, b| b.1.total_cmp(&a.1));
    columns.extend(others.into_iter().map(|(style, _)| style.clone()));
    if columns.len() > MOST_COLUMNS {
        columns.truncate(MOST_COLUMNS - 1);
        columns.push(REST.to_string());
    }
    columns
}
