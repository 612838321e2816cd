//! How much of others' error our method removes, as bars.

use super::column::{beside_best, finite, heading, title};
use crate::bars::{Bar, BarChart, BarRow, Interval, Tone};
use crate::error::PlotError;
use finexl_core::selection::{Figure, OTHER_RUNS, TableColumn};

/// Lowest end of the axis: twice the other's error.
const LOWEST: f64 = -1.0;

/// Draws the share of every other method's error that ours removes in a column; nothing where no other
/// makes an error.
pub(super) fn error_removed(column: &TableColumn) -> Result<Option<String>, PlotError> {
    let rows = column.comparisons.iter().filter_map(|comparison| {
        let removed = comparison.error_removed.filter(finite)?;
        let best = column.best_baseline.as_ref() == Some(&comparison.other);
        Some((comparison.other.clone(), removed, best))
    });
    let title = format!("Error that ours removes on {}", title(column));
    chart(title, rows.collect())
}

/// Draws the share of the best baseline's error that ours removes, for every column of other runs; nothing
/// where there is one column only.
pub(super) fn error_removed_of_columns(
    columns: &[TableColumn],
) -> Result<Option<String>, PlotError> {
    let of_other_runs = columns.iter().filter(|c| c.protocol == OTHER_RUNS);
    let rows = of_other_runs.filter_map(|column| {
        let best = beside_best(column)?;
        let removed = best.error_removed.filter(finite)?;
        Some((heading(column), removed, true))
    });
    let rows: Vec<_> = rows.collect();
    if rows.len() < 2 {
        return Ok(None);
    }
    let title = format!("Error of the best baseline that ours removes, {OTHER_RUNS}");
    chart(title, rows)
}

/// Rows are a name, the share, and whether the other is the best baseline.
fn chart(title: String, rows: Vec<(String, Figure, bool)>) -> Result<Option<String>, PlotError> {
    if rows.is_empty() {
        return Ok(None);
    }
    let lowest = rows
        .iter()
        .map(|(_, figure, _)| figure.low)
        .fold(0.0, f64::min);
    let rows: Vec<BarRow> = rows.into_iter().map(row).collect();
    let any = |tone| {
        let mut bars = rows.iter().flat_map(|row| row.bars.iter().flatten());
        bars.any(|bar| bar.tone == tone)
    };
    let chart = BarChart {
        title: Some(title),
        axis: "share of the error that is gone: 0 as many errors, 100% none left; \
               whiskers: 95% intervals over runs"
            .to_string(),
        range: Some((lowest.max(LOWEST), 1.0)),
        percent: true,
        series: vec!["beside the best baseline".to_string()],
        light: any(Tone::Light).then(|| "beside another method".to_string()),
        faint: any(Tone::Faint).then(|| "the interval holds 0 or lies below it".to_string()),
        rows,
        ..BarChart::default()
    };
    chart.svg().map(Some)
}

fn row((name, figure, best): (String, Figure, bool)) -> BarRow {
    let interval = Interval {
        value: figure.value,
        low: figure.low,
        high: figure.high,
    };
    let tone = match (figure.low > 0.0, best) {
        (true, true) => Tone::Full,
        (true, false) => Tone::Light,
        (false, _) => Tone::Faint,
    };
    BarRow {
        name,
        bars: vec![Some(Bar { interval, tone })],
        mark: None,
    }
}
