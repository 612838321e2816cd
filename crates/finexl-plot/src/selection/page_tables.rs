//! The tables of the report.

use super::column::{finite, heading, main_figure, ours};
use super::headline::removed;
use crate::text::{html, p_value, percent};
use finexl_core::published::Published;
use finexl_core::selection::{Figure, OTHER_RUNS, Role, TableColumn, TableRow};
use std::fmt::Write;

/// A cell that stays empty.
const NOTHING: &str = "<td class=\"number\">-</td>";

/// A table with its heads, the first `words` of which stand over words and the others over numbers.
pub(super) fn table(words: usize, heads: &[&str], rows: &str) -> String {
    let mut table = String::from("<div class=\"panel\"><table>\n<thead><tr>");
    for (place, head) in heads.iter().enumerate() {
        let class = if place < words {
            ""
        } else {
            " class=\"number\""
        };
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
        false => table(1, &heads, &rows),
    }
}

/// All methods of a column with all figures, what was published of them below ours.
pub(super) fn methods(column: &TableColumn, published: &Published) -> String {
    let figures = figures(column);
    let mut heads = vec!["Method"];
    heads.extend(&figures);
    if problems(column) {
        heads.push("no answer");
    }
    let mut any_published = false;
    let mut rows = String::new();
    for row in &column.rows {
        let class = match row.role {
            Role::Ours => " class=\"ours\"",
            Role::Reference => " class=\"faint\"",
            Role::Control | Role::Baseline | Role::Variant | Role::Head => "",
        };
        let _ = write!(
            rows,
            "<tr{class}><th scope=\"row\">{}<span class=\"range\">{}</span></th>",
            html(&row.method),
            row.role.name()
        );
        for figure in &figures {
            let value = published.value(&column.column, &row.method, figure);
            any_published |= value.is_some();
            rows += &beside_published(row.figures.get(*figure), value);
        }
        if problems(column) {
            rows += &cell(&row.problems.to_string());
        }
        rows += "</tr>\n";
    }
    rows += &ceilings(column, &figures);
    let mut text = table(1, &heads, &rows);
    if any_published {
        let _ = writeln!(
            text,
            "<p class=\"small\">* published: {}. Other generators, aspects and encoders are behind \
             these figures, so they stand beside ours and test nothing.</p>",
            html(&published.from)
        );
    }
    text
}

/// The largest figures that the pool allows for, as the last row.
fn ceilings(column: &TableColumn, figures: &[&str]) -> String {
    let mut row = String::from("<tr class=\"faint\"><th scope=\"row\">ceiling</th>");
    for figure in figures {
        let ceiling = column.ceilings.get(*figure);
        row += &ceiling.map_or(NOTHING.to_string(), |value| cell(&format!("{value:.3}")));
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
    table(1, &heads, &rows)
}

/// Heads beside every method without one.
pub(super) fn readings(column: &TableColumn) -> String {
    if column.readings.is_empty() {
        return String::new();
    }
    let mut rows = String::new();
    for reading in &column.readings {
        let class = match reading.p < 0.05 {
            true => "",
            false => " class=\"faint\"",
        };
        let _ = writeln!(
            rows,
            "<tr{class}><th scope=\"row\">{} beside {}</th><td>{}</td>{}{}</tr>",
            html(&reading.head),
            html(&reading.other),
            html(&reading.figure),
            number(Some(&reading.difference)),
            cell(&p_value(reading.p)),
        );
    }
    table(2, &["What heads read", "Figure", "Difference", "p"], &rows)
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

/// A number, or words in its place.
pub(super) fn cell(text: &str) -> String {
    format!("<td class=\"number\">{}</td>", html(text))
}

fn with_range(value: &str, low: &str, high: &str) -> String {
    format!("<td class=\"number\">{value}<span class=\"range\">{low} to {high}</span></td>")
}

fn number(figure: Option<&Figure>) -> String {
    beside_published(figure, None)
}

/// A figure with its interval, and below it what was published.
fn beside_published(figure: Option<&Figure>, published: Option<f64>) -> String {
    let Some(f) = figure else {
        return NOTHING.to_string();
    };
    let [value, low, high] = [f.value, f.low, f.high].map(|number| format!("{number:.3}"));
    let text = with_range(&value, &low, &high);
    match published {
        Some(value) => {
            let mark = format!("<span class=\"published\">{value:.2}*</span></td>");
            text.replace("</td>", &mark)
        }
        None => text,
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
