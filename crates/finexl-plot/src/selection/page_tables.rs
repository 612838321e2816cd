//! The tables of the report.

use super::column::{charted, finite, heading, main_figure, ours};
use super::headline::removed;
use crate::text::{html, p_value, percent};
use finexl_core::published::Published;
use finexl_core::selection::{Figure, OTHER_RUNS, Role, TableColumn, TableRow};
use std::collections::BTreeSet;
use std::fmt::Write;

/// A cell that stays empty.
const NOTHING: &str = "<td class=\"number\">-</td>";

/// A table with its heads, the first of which stands over words and the others over numbers.
pub(super) fn table(heads: &[&str], rows: &str) -> String {
    let mut table = String::from("<div class=\"panel\"><table>\n<thead><tr>");
    for (place, head) in heads.iter().enumerate() {
        let class = if place == 0 { "" } else { " class=\"number\"" };
        let _ = write!(table, "<th scope=\"col\"{class}>{}</th>", html(head));
    }
    table + "</tr></thead>\n<tbody>\n" + rows + "</tbody>\n</table></div>\n"
}

/// A line per column of other runs: ours beside the best baseline.
pub(super) fn overview(columns: &[TableColumn]) -> String {
    let heads = [
        "Pool and column",
        "Ours",
        "Best baseline",
        "Error removed",
        "Relative gain (possible)",
        "p (Holm)",
    ];
    let mut rows = String::new();
    for column in columns.iter().filter(|c| c.protocol == OTHER_RUNS) {
        let best = column.best_baseline.as_deref();
        let beside = column.comparisons.iter().find(|c| Some(&*c.other) == best);
        let Some(beside) = beside else { continue };
        let figure = |row: Option<&TableRow>| {
            number(row.and_then(|row| row.figures.get(main_figure(column))))
        };
        let other = column.rows.iter().find(|row| row.method == beside.other);
        let _ = writeln!(
            rows,
            "<tr><th scope=\"row\">{}<span class=\"range\">{}; best baseline: {}</span></th>{}{}{}{}{}</tr>",
            html(&heading(column)),
            html(main_figure(column)),
            html(&beside.other),
            figure(ours(column)),
            figure(other),
            share(removed(column).as_ref()),
            gain(beside.relative_gain, beside.possible_gain),
            cell(&p_value(beside.adjusted)),
        );
    }
    match rows.is_empty() {
        true => String::new(),
        false => table(&heads, &rows),
    }
}

/// All methods of a column with all figures, what was published beside ours.
pub(super) fn methods(column: &TableColumn, published: &Published) -> String {
    let figures = figures(column);
    let beside: BTreeSet<&str> = charted(column)
        .into_iter()
        .filter(|figure| published.of(&column.column, figure).next().is_some())
        .collect();
    let mut heads = vec!["Method".to_string()];
    for figure in &figures {
        heads.push((*figure).to_string());
        if beside.contains(figure) {
            heads.push(format!("{figure}, published*"));
        }
    }
    if problems(column) {
        heads.push("no answer".to_string());
    }
    let mut rows = String::new();
    for row in &column.rows {
        let class = match row.role {
            Role::Ours => " class=\"ours\"",
            Role::Reference => " class=\"faint\"",
            Role::Baseline | Role::Variant => "",
        };
        let _ = write!(
            rows,
            "<tr{class}><th scope=\"row\">{}<span class=\"range\">{}</span></th>",
            html(&row.method),
            row.role.name()
        );
        for figure in &figures {
            rows += &number(row.figures.get(*figure));
            if beside.contains(figure) {
                let value = published.value(&column.column, &row.method, figure);
                rows += &value.map_or(NOTHING.to_string(), |value| cell(&format!("{value:.2}")));
            }
        }
        if problems(column) {
            rows += &cell(&row.problems.to_string());
        }
        rows += "</tr>\n";
    }
    rows += &ceilings(column, &figures, &beside);
    let heads: Vec<&str> = heads.iter().map(String::as_str).collect();
    let mut text = table(&heads, &rows);
    if !beside.is_empty() {
        let _ = writeln!(
            text,
            "<p class=\"small\">* {}: other generators, aspects and encoders, so these figures stand beside \
             ours and test nothing.</p>",
            html(&published.from)
        );
    }
    text
}

/// The largest figures that the pool allows for, as the last row.
fn ceilings(column: &TableColumn, figures: &[&str], beside: &BTreeSet<&str>) -> String {
    let mut row = String::from("<tr class=\"faint\"><th scope=\"row\">ceiling</th>");
    for figure in figures {
        let ceiling = column.ceilings.get(*figure);
        row += &ceiling.map_or(NOTHING.to_string(), |value| cell(&format!("{value:.3}")));
        if beside.contains(figure) {
            row += NOTHING;
        }
    }
    if problems(column) {
        row += NOTHING;
    }
    row + "</tr>\n"
}

/// Ours beside every other method.
pub(super) fn comparisons(column: &TableColumn) -> String {
    if column.comparisons.is_empty() {
        return String::new();
    }
    let heads = [
        "Ours beside",
        "Difference",
        "p (Holm)",
        "Error removed",
        "Relative gain (possible)",
    ];
    let mut rows = String::new();
    for comparison in &column.comparisons {
        let class = match comparison.adjusted < 0.05 {
            true => "",
            false => " class=\"faint\"",
        };
        let _ = writeln!(
            rows,
            "<tr{class}><th scope=\"row\">{}</th>{}{}{}{}</tr>",
            html(&comparison.other),
            number(Some(&comparison.difference)),
            cell(&p_value(comparison.adjusted)),
            share(comparison.error_removed.as_ref()),
            gain(comparison.relative_gain, comparison.possible_gain),
        );
    }
    table(&heads, &rows)
}

/// Names of all figures, the main one first.
fn figures(column: &TableColumn) -> Vec<&str> {
    let main = main_figure(column);
    let names = column.rows.iter().flat_map(|row| row.figures.keys());
    let mut names: Vec<&str> = names.map(String::as_str).collect();
    names.sort_unstable_by_key(|name| (*name != main, *name));
    names.dedup();
    names
}

fn problems(column: &TableColumn) -> bool {
    column.rows.iter().any(|row| row.problems > 0)
}

pub(super) fn cell(text: &str) -> String {
    format!("<td class=\"number\">{}</td>", html(text))
}

fn with_range(value: &str, low: &str, high: &str) -> String {
    format!("<td class=\"number\">{value}<span class=\"range\">{low} to {high}</span></td>")
}

fn number(figure: Option<&Figure>) -> String {
    let write = |value: f64| format!("{value:.3}");
    match figure {
        Some(f) => with_range(&write(f.value), &write(f.low), &write(f.high)),
        None => NOTHING.to_string(),
    }
}

fn share(figure: Option<&Figure>) -> String {
    match figure.filter(|figure| finite(figure)) {
        Some(f) => {
            let [value, low, high] = [f.value, f.low, f.high].map(|share| html(&percent(share)));
            with_range(&value, &low, &high)
        }
        None => NOTHING.to_string(),
    }
}

fn gain(gain: Option<f64>, possible: Option<f64>) -> String {
    match (gain, possible) {
        (Some(gain), Some(possible)) => cell(&format!(
            "{:+.0}% ({:+.0}%)",
            100.0 * gain,
            100.0 * possible
        )),
        _ => NOTHING.to_string(),
    }
}
