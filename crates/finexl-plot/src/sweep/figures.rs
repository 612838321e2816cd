//! Figures of a sweep, chosen by what its axes are: curves over numbers, bars over names, heat maps over two numbers.

use super::effects::effects;
use crate::error::PlotError;
use crate::{Bar, BarChart, BarRow, Heatmap, Interval, LineChart, Series, SeriesPoint, Tone};
use finexl_core::sweep::{Figure, SweepTableRecord};

/// Most lines of a chart, and most bars.
const MOST_LINES: usize = 8;
const MOST_BARS: usize = 40;
/// Most charts of one kind for a figure, those of the largest effects.
const MOST_CHARTS: usize = 3;

/// A figure with its place in the report.
#[derive(Clone, Debug)]
pub struct SweepFigure {
    /// Which figure of the table it shows.
    pub figure: usize,
    /// Name of its file, without ending.
    pub name: String,
    /// What it shows.
    pub title: String,
    /// The drawing.
    pub svg: String,
}

/// All figures for some figures of the table.
///
/// # Errors
/// What cannot be drawn.
pub fn sweep_figures(
    record: &SweepTableRecord,
    figures: &[usize],
) -> Result<Vec<SweepFigure>, PlotError> {
    let mut drawn = Vec::new();
    for figure in figures {
        let ranked: Vec<usize> = effects(record, *figure)
            .into_iter()
            .map(|effect| effect.column)
            .collect();
        let (numbers, names): (Vec<usize>, Vec<usize>) = ranked
            .into_iter()
            .partition(|column| record.columns[*column].numbers.is_some());
        for column in numbers.iter().take(MOST_CHARTS) {
            drawn.push(curves(record, *figure, *column, &names)?);
        }
        for column in names.iter().take(MOST_CHARTS) {
            drawn.push(bars(record, *figure, *column)?);
        }
        if let [a, b, ..] = numbers[..] {
            drawn.extend(map(record, *figure, (a, b))?);
        }
    }
    Ok(drawn)
}

impl SweepFigure {
    fn new(
        record: &SweepTableRecord,
        figure: usize,
        kind: &str,
        title: String,
        svg: String,
    ) -> Self {
        let plain = |c: char| {
            if c.is_ascii_alphanumeric() {
                c.to_ascii_lowercase()
            } else {
                '-'
            }
        };
        let name = format!("{} {kind}", record.figures[figure]);
        Self {
            figure,
            name: name.chars().map(plain).collect(),
            title,
            svg,
        }
    }
}

fn point(x: f64, figure: &Figure) -> SeriesPoint {
    SeriesPoint {
        x,
        y: figure.value,
        low: figure.low.unwrap_or(figure.value),
        high: figure.high.unwrap_or(figure.value),
    }
}

/// A line per value of the name axis with the largest effect, over a numeric one.
fn curves(
    record: &SweepTableRecord,
    figure: usize,
    x: usize,
    names: &[usize],
) -> Result<SweepFigure, PlotError> {
    let over = &record.columns[x];
    let numbers = over.numbers.as_deref().unwrap_or_default();
    let by = names
        .iter()
        .find(|column| record.columns[**column].labels.len() <= MOST_LINES);
    let lines: Vec<(String, Option<(usize, &str)>)> = match by {
        Some(by) => {
            let labels = record.columns[*by].labels.iter();
            labels
                .map(|label| (label.clone(), Some((*by, label.as_str()))))
                .collect()
        }
        None => vec![(record.figures[figure].clone(), None)],
    };
    let series = lines.into_iter().map(|(name, fixed)| {
        let points = over
            .labels
            .iter()
            .zip(numbers)
            .filter_map(|(label, number)| {
                let fits = |row: &finexl_core::sweep::SweepRow| {
                    row.values[x] == *label
                        && fixed.is_none_or(|(column, value)| row.values[column] == value)
                };
                let (mean, _) = record.mean(figure, fits)?;
                Some(point(*number, &mean))
            });
        Series {
            name,
            points: points.collect(),
        }
    });
    let by_name = by.map_or(String::new(), |by| {
        format!(", by {}", record.columns[*by].name)
    });
    let title = format!("{} over {}{by_name}", record.figures[figure], over.name);
    let chart = LineChart {
        title: Some(title.clone()),
        x_axis: over.name.clone(),
        y_axis: format!("{}, mean over all else", record.figures[figure]),
        series: series
            .filter(|series: &Series| !series.points.is_empty())
            .collect(),
        ..LineChart::default()
    };
    Ok(SweepFigure::new(
        record,
        figure,
        &format!("over {}", over.name),
        title,
        chart.svg()?,
    ))
}

/// A bar per value of a name axis.
fn bars(record: &SweepTableRecord, figure: usize, column: usize) -> Result<SweepFigure, PlotError> {
    let of = &record.columns[column];
    let rows = of.labels.iter().filter_map(|label| {
        let (mean, _) = record.mean(figure, |row| row.values[column] == *label)?;
        let name = if label.is_empty() { "none" } else { label };
        Some(BarRow {
            name: name.to_string(),
            bars: vec![Some(Bar {
                interval: Interval {
                    value: mean.value,
                    low: mean.low.unwrap_or(mean.value),
                    high: mean.high.unwrap_or(mean.value),
                },
                tone: Tone::Full,
            })],
            mark: None,
        })
    });
    let title = format!("{} by {}", record.figures[figure], of.name);
    let chart = BarChart {
        title: Some(title.clone()),
        axis: format!("{}, mean over all else", record.figures[figure]),
        series: vec![record.figures[figure].clone()],
        rows: rows.take(MOST_BARS).collect(),
        ..BarChart::default()
    };
    Ok(SweepFigure::new(
        record,
        figure,
        &format!("by {}", of.name),
        title,
        chart.svg()?,
    ))
}

/// A heat map over two numeric axes, where every mean is a share.
fn map(
    record: &SweepTableRecord,
    figure: usize,
    (a, b): (usize, usize),
) -> Result<Option<SweepFigure>, PlotError> {
    let (rows, columns) = (&record.columns[a], &record.columns[b]);
    let mut shares = Vec::new();
    for row in &rows.labels {
        let of_row: Option<Vec<f64>> = columns
            .labels
            .iter()
            .map(|column| {
                let fits = |r: &finexl_core::sweep::SweepRow| {
                    r.values[a] == *row && r.values[b] == *column
                };
                record.mean(figure, fits).map(|(mean, _)| mean.value)
            })
            .collect();
        match of_row {
            Some(of_row) if of_row.iter().all(|share| (0.0..=1.0).contains(share)) => {
                shares.push(of_row)
            }
            _ => return Ok(None),
        }
    }
    let title = format!(
        "{} over {} and {}",
        record.figures[figure], rows.name, columns.name
    );
    let chart = Heatmap {
        title: Some(title.clone()),
        row_axis: rows.name.clone(),
        column_axis: columns.name.clone(),
        rows: rows.labels.clone(),
        columns: columns.labels.clone(),
        shares,
    };
    let kind = format!("over {} and {}", rows.name, columns.name);
    Ok(Some(SweepFigure::new(
        record,
        figure,
        &kind,
        title,
        chart.svg()?,
    )))
}
