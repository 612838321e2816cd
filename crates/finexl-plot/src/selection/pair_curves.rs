//! A figure over the number of pairs that methods look at, as lines.

use super::column::{finite, is_share, title};
use crate::error::PlotError;
use crate::lines::{LineChart, Series, SeriesPoint};
use finexl_core::selection::{Figure, LEVEL_SPEARMAN, NAMED_F1, TableColumn};
use std::collections::BTreeMap;

/// What is drawn beside the main figure.
const READINGS: [&str; 2] = [NAMED_F1, LEVEL_SPEARMAN];

/// The figures that are drawn over pairs: the main one and what is read.
pub(super) fn over_pairs(main: &str) -> Vec<&str> {
    let others = READINGS.into_iter().filter(|name| *name != main);
    std::iter::once(main).chain(others).collect()
}

/// Draws a figure of every method that was also measured on fewer pairs; nothing where there is none.
pub(super) fn pair_curves(column: &TableColumn, figure: &str) -> Result<Option<String>, PlotError> {
    let mut methods: BTreeMap<&str, BTreeMap<usize, &Figure>> = BTreeMap::new();
    for row in &column.rows {
        let value = row.figures.get(figure).filter(|figure| finite(figure));
        if let (Some(seen), Some(value)) = (&row.seen, value) {
            let points = methods.entry(&seen.of).or_default();
            points.insert(seen.pairs, value);
        }
    }
    methods.retain(|_, points| points.len() > 1);
    if methods.is_empty() {
        return Ok(None);
    }
    let series = methods.into_iter().map(|(name, points)| Series {
        name: name.to_string(),
        points: points.into_iter().map(point).collect(),
    });
    let share = is_share(column, figure) || figure == NAMED_F1;
    let chart = LineChart {
        title: Some(format!("{figure} by pairs on {}", title(column))),
        x_axis: "pairs of images that are looked at".to_string(),
        y_axis: format!("{figure}; bands: 95% intervals over {} runs", column.runs),
        y_range: share.then_some((0.0, 1.0)),
        percent: share,
        series: series.collect(),
        ..LineChart::default()
    };
    chart.svg().map(Some)
}

fn point((pairs, figure): (usize, &Figure)) -> SeriesPoint {
    SeriesPoint {
        x: pairs as f64,
        y: figure.value,
        low: figure.low,
        high: figure.high,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use finexl_core::selection::{Role, SAME_STYLE, SeenPairs, TableRow};

    fn row(method: &str, of: &str, pairs: usize, value: f64) -> TableRow {
        let figure = Figure {
            value,
            low: value - 0.1,
            high: value + 0.1,
        };
        TableRow {
            method: method.to_string(),
            role: Role::Head,
            seen: Some(SeenPairs {
                of: of.to_string(),
                pairs,
            }),
            figures: [(NAMED_F1.to_string(), figure)].into(),
            problems: 0,
        }
    }

    #[test]
    fn a_line_joins_what_differs_in_pairs_alone() {
        let mut column = TableColumn {
            pool: "pool".to_string(),
            column: "single aspect".to_string(),
            protocol: "other runs only".to_string(),
            targets: 4,
            runs: 2,
            ceilings: BTreeMap::new(),
            rows: ["learned", "nnls", "ridge"]
                .map(|name| row(name, name, 25, 0.4))
                .into(),
            comparisons: Vec::new(),
            readings: Vec::new(),
            best_baseline: None,
        };
        assert_eq!(pair_curves(&column, NAMED_F1).unwrap(), None);
        for name in ["learned", "nnls"] {
            column.rows.push(row("few", name, 3, 0.5));
        }
        let svg = pair_curves(&column, NAMED_F1).unwrap().unwrap();
        for (name, drawn) in [("learned", true), ("nnls", true), ("ridge", false)] {
            assert_eq!(svg.contains(name), drawn, "{name}: {svg}");
        }
        assert_eq!(pair_curves(&column, SAME_STYLE).unwrap(), None);
    }
}
