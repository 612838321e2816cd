//! What several figures ask of a column of the table.

use crate::text::shorten;
use finexl_core::selection::{
    FID, Figure, LPIPS, POOLED, Role, SAME_STYLE, SelectionRecord, TableColumn, TableComparison,
    TableRow,
};

/// Letters of a pool's name in a title, so that column and protocol have room behind it.
const LONGEST_POOL: usize = 24;

/// What all columns together are called.
const ALL: &str = "all columns together";

/// Which column, for titles: "pool: column, protocol".
pub(super) fn title(column: &TableColumn) -> String {
    if is_pooled(column) {
        return format!("{ALL}, {}", column.protocol);
    }
    let pool = shorten(&column.pool, LONGEST_POOL, '\u{2026}');
    format!("{pool}: {}, {}", column.column, column.protocol)
}

/// Which pool and column, whoever may be selected.
pub(super) fn heading(column: &TableColumn) -> String {
    if is_pooled(column) {
        return ALL.to_string();
    }
    format!("{}: {}", column.pool, column.column)
}

/// Whether it holds all pools and columns together.
pub(super) fn is_pooled(column: &TableColumn) -> bool {
    column.pool == POOLED && column.column == POOLED
}

/// Whether a record is one of a column.
pub(super) fn holds(column: &TableColumn, record: &SelectionRecord) -> bool {
    record.pool == column.pool
        && record.column == column.column
        && record.protocol == column.protocol
}

/// The figure that decides, by which methods are compared.
pub(super) fn main_figure(column: &TableColumn) -> &str {
    let first = column.comparisons.first();
    first.map_or(SAME_STYLE, |comparison| &comparison.figure)
}

/// What has a bar chart of its own: the main figure, the share of the same style, LPIPS and FID.
pub(super) fn charted(column: &TableColumn) -> Vec<&str> {
    let mut names = vec![main_figure(column)];
    for name in [SAME_STYLE, LPIPS, FID] {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    let there = |name: &&str| column.rows.iter().any(|r| r.figures.contains_key(*name));
    names.retain(there);
    names
}

/// Whether a figure is a share, of which more is better; else it is a distance.
pub(super) fn is_share(column: &TableColumn, figure: &str) -> bool {
    column.ceilings.contains_key(figure)
}

/// What `explain` does by default.
pub(super) fn ours(column: &TableColumn) -> Option<&TableRow> {
    column.rows.iter().find(|row| row.role == Role::Ours)
}

/// A figure of a row by the name of its method.
pub(super) fn figure_of<'a>(
    column: &'a TableColumn,
    method: &str,
    name: &str,
) -> Option<&'a Figure> {
    let row = column.rows.iter().find(|row| row.method == method)?;
    row.figures.get(name)
}

/// Ours beside the best baseline.
pub(super) fn beside_best(column: &TableColumn) -> Option<&TableComparison> {
    let best = column.best_baseline.as_ref()?;
    column.comparisons.iter().find(|c| c.other == *best)
}

/// A figure whose numbers can all be drawn.
pub(super) fn finite(figure: &Figure) -> bool {
    [figure.value, figure.low, figure.high]
        .iter()
        .all(|number| number.is_finite())
}
