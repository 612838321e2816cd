//! Lines of a terminal: columns and hanging paragraphs.

use crate::text;

/// Width of a terminal.
pub(super) const WIDTH: usize = 80;
/// Widest name in front of a paragraph.
const NAME: usize = 14;

/// A paragraph behind its name, later lines below its beginning.
pub(super) fn named(lines: &mut Vec<String>, name: &str, value: &str) {
    let name = text::shorten(&text::plain(name), NAME, '…');
    let wrapped = text::wrap(&text::plain(value), WIDTH - NAME - 2);
    for (index, line) in wrapped.into_iter().enumerate() {
        let name = if index == 0 { name.as_str() } else { "" };
        lines.push(format!("{name:NAME$}  {line}"));
    }
}

/// A paragraph behind a mark such as "note: ".
pub(super) fn marked(lines: &mut Vec<String>, mark: &str, value: &str) {
    let wrapped = text::wrap(&text::plain(value), WIDTH - mark.chars().count());
    for (index, line) in wrapped.into_iter().enumerate() {
        let width = mark.chars().count();
        let mark = if index == 0 { mark } else { "" };
        lines.push(format!("{mark:width$}{line}"));
    }
}

/// Rows as columns, the first one to the left and the others to the right, as wide as what is in them.
pub(super) fn columns(lines: &mut Vec<String>, head: &[&str], rows: &[Vec<String>]) {
    let width = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.get(column));
        let widest = cells.map(|cell| cell.chars().count()).max().unwrap_or(0);
        widest.max(head.get(column).map_or(0, |name| name.chars().count()))
    };
    let widths: Vec<usize> = (0..head.len()).map(width).collect();
    let line = |cells: &[&str]| {
        let mut line = String::new();
        for (column, (cell, width)) in cells.iter().zip(&widths).enumerate() {
            match column {
                0 => line.push_str(&format!("{cell:width$}")),
                _ => line.push_str(&format!("  {cell:>width$}")),
            }
        }
        line.trim_end().to_string()
    };
    lines.push(line(head));
    for row in rows {
        let cells: Vec<&str> = row.iter().map(String::as_str).collect();
        lines.push(line(&cells));
    }
}
