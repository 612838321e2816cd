//! A table of texts, whatever it was written as.

use std::collections::BTreeMap;

/// Rows with named cells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Table {
    /// The columns of the header, or all that any row has; as they are compared, see [`column_name`].
    pub columns: Vec<String>,
    /// The rows.
    pub rows: Vec<TableRow>,
    /// What it is, for messages: `separated by ";"`.
    pub form: String,
    /// Rows whose last cell, a prompt, was written with separators in it and without quotes.
    pub joined: usize,
}

/// A row of a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct TableRow {
    /// Line in the file where it begins, counted from 1.
    pub line: u64,
    /// Cells that are there, by column.
    pub cells: BTreeMap<String, String>,
}

/// A column's name as it is compared: lower case, `_` for spaces and hyphens.
pub(super) fn column_name(name: &str) -> String {
    name.trim().to_lowercase().replace([' ', '-'], "_")
}
