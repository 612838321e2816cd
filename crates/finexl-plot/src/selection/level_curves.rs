//! How right methods are by the level of the target, as lines.

use super::column::{holds, is_share, main_figure, ours, title};
use crate::error::PlotError;
use crate::lines::{LineChart, Series, SeriesPoint};
use finexl_core::selection::{CHANCE, SelectionRecord, TableColumn};
use std::collections::{BTreeMap, BTreeSet};

/// Methods that are drawn wherever they are there, after ours and the best baseline.
const ALWAYS: [&str; 2] = ["paper", "subspace-nnls"];
/// Quantile of the normal distribution for 95% intervals.
const NORMAL: f64 = 1.959_964;

/// The targets of one level.
#[derive(Default)]
struct Level<'a> {
    sum: f64,
    targets: usize,
    runs: BTreeSet<&'a str>,
}

/// Draws the main figure by the level of the target: ours, the best baseline, Algorithm 1, subspace-nnls and chance;
/// nothing where there is one level only. Ours and the best baseline have Wilson intervals, since at one
/// level all targets are of different runs; where they are not, there are none.
pub(super) fn level_curves(
    column: &TableColumn,
    records: &[SelectionRecord],
) -> Result<Option<String>, PlotError> {
    let figure = main_figure(column);
    let best = column.best_baseline.as_deref();
    let first: Vec<&str> = ours(column)
        .map(|row| row.method.as_str())
        .into_iter()
        .chain(best)
        .collect();
    let mut names = first.clone();
    for name in ALWAYS.into_iter().chain([CHANCE]) {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    let mut series = Vec::new();
    for name in names {
        let levels = levels(column, records, name, figure);
        if !levels.is_empty() {
            series.push(line(name, &levels, first.contains(&name)));
        }
    }
    if series.iter().all(|line| line.points.len() < 2) {
        return Ok(None);
    }
    let share = is_share(column, figure);
    let chart = LineChart {
        title: Some(format!("{figure} by level on {}", title(column))),
        x_axis: "level of the target, from the weakest".to_string(),
        y_axis: match series.iter().any(has_band) {
            true => format!("{figure}; bands: 95% Wilson intervals of ours and the best baseline"),
            false => figure.to_string(),
        },
        y_range: share.then_some((0.0, 1.0)),
        percent: share,
        series,
        ..LineChart::default()
    };
    chart.svg().map(Some)
}

fn has_band(line: &Series) -> bool {
    line.points.iter().any(|point| point.low < point.high)
}

fn levels<'a>(
    column: &TableColumn,
    records: &'a [SelectionRecord],
    method: &str,
    figure: &str,
) -> BTreeMap<usize, Level<'a>> {
    let mut levels: BTreeMap<usize, Level<'a>> = BTreeMap::new();
    for record in records {
        if record.method == method
            && holds(column, record)
            && let Some(value) = record.figures.get(figure)
        {
            let level = levels.entry(record.level).or_default();
            level.sum += value;
            level.targets += 1;
            level.runs.insert(&record.run);
        }
    }
    levels
}

fn line(name: &str, levels: &BTreeMap<usize, Level<'_>>, band: bool) -> Series {
    let points = levels.iter().map(|(level, of)| {
        let mean = of.sum / of.targets as f64;
        let (low, high) = match band && of.runs.len() == of.targets {
            true => wilson(mean, of.targets),
            false => (mean, mean),
        };
        SeriesPoint {
            x: *level as f64 + 1.0,
            y: mean,
            low,
            high,
        }
    });
    Series {
        name: name.to_string(),
        points: points.collect(),
    }
}

/// The interval of a share of `count` independent targets at 95% (Wilson, 1927). What is partly right, by
/// ties or by F1, varies less than right and wrong do, so for it the interval is rather too wide.
fn wilson(share: f64, count: usize) -> (f64, f64) {
    let (count, square) = (count as f64, NORMAL * NORMAL);
    let middle = share + square / (2.0 * count);
    let spread = share * (1.0 - share) / count + square / (4.0 * count * count);
    let half = NORMAL * spread.max(0.0).sqrt();
    let scale = 1.0 + square / count;
    let (low, high) = ((middle - half) / scale, (middle + half) / scale);
    (low.clamp(0.0, 1.0), high.clamp(0.0, 1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wilson_is_as_published() {
        // Newcombe (1998), table I: 81 of 263.
        let (low, high) = wilson(81.0 / 263.0, 263);
        assert!((low - 0.2553).abs() < 5e-5 && (high - 0.3662).abs() < 5e-5);
        // The same, 0 of 20.
        let (low, high) = wilson(0.0, 20);
        assert!(low == 0.0 && (high - 0.1611).abs() < 5e-5);
    }
}
