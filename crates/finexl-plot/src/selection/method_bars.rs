//! One figure of all methods of a column, as bars.

use super::column::{figure_of, is_share, title};
use crate::bars::{Bar, BarChart, BarRow, Interval, Tone};
use crate::error::PlotError;
use finexl_core::published::Published;
use finexl_core::selection::{CHANCE, ORACLE, Role, TableColumn, TableRow};

/// Draws a figure of every method, ours first and the others from best to worst, with chance and the most
/// that can be reached as lines and what was published of the same method as marks.
pub(super) fn method_bars(
    column: &TableColumn,
    figure: &str,
    published: &Published,
) -> Result<String, PlotError> {
    let share = is_share(column, figure);
    let mut rows: Vec<(&TableRow, f64)> = column
        .rows
        .iter()
        .filter(|row| row.role != Role::Reference)
        .filter_map(|row| Some((row, row.figures.get(figure)?.value)))
        .collect();
    let worse = |value: f64| if share { -value } else { value };
    rows.sort_by(|(a, first), (b, second)| {
        let ours = |row: &TableRow| row.role != Role::Ours;
        let by_value = worse(*first).total_cmp(&worse(*second));
        ours(a).cmp(&ours(b)).then(by_value)
    });
    let rows: Vec<BarRow> = rows
        .iter()
        .filter_map(|(row, _)| {
            let mark = published.value(&column.column, &row.method, figure);
            bar_row(row, figure, mark)
        })
        .collect();
    let any = |role: Role| column.rows.iter().any(|row| row.role == role);
    let line = |value: Option<f64>, name: &str| Some((value?, name.to_string()));
    let of_row = |name: &str| figure_of(column, name, figure).map(|figure| figure.value);
    let goal = match column.ceilings.get(figure) {
        Some(ceiling) => line(Some(*ceiling), "ceiling: the most that the pool allows for"),
        None => line(of_row(ORACLE), "oracle: somebody who knows all"),
    };
    let meaning = if share {
        "share of targets"
    } else {
        "mean, smaller is nearer"
    };
    let mark = "published on another pool, so no test of ours";
    BarChart {
        title: Some(format!("{figure} on {}", title(column))),
        axis: format!(
            "{figure} ({meaning}); whiskers: 95% intervals over {} runs",
            column.runs
        ),
        range: share.then_some((0.0, 1.0)),
        percent: share,
        series: vec!["what explain compares models by".to_string()],
        light: (any(Role::Variant) || any(Role::Head)).then(|| "other ways to explain".to_string()),
        faint: any(Role::Baseline).then(|| "baselines and controls".to_string()),
        mark: rows
            .iter()
            .any(|row| row.mark.is_some())
            .then(|| mark.to_string()),
        goal,
        floor: line(of_row(CHANCE), "chance"),
        rows,
        ..BarChart::default()
    }
    .svg()
}

fn bar_row(row: &TableRow, figure: &str, mark: Option<f64>) -> Option<BarRow> {
    let figure = row.figures.get(figure)?;
    let tone = match row.role {
        Role::Ours => Tone::Full,
        Role::Variant | Role::Head => Tone::Light,
        Role::Baseline | Role::Control | Role::Reference => Tone::Faint,
    };
    let interval = Interval {
        value: figure.value,
        low: figure.low,
        high: figure.high,
    };
    Some(BarRow {
        name: row.method.clone(),
        bars: vec![Some(Bar { interval, tone })],
        mark,
    })
}
