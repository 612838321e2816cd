//! The results of a sweep as one tidy table.

use serde::{Deserialize, Serialize};

/// A figure with its interval, where it has one.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Figure {
    /// The figure.
    pub value: f64,
    /// Lower end of its interval.
    pub low: Option<f64>,
    /// Upper end.
    pub high: Option<f64>,
}

/// A column that tells rows apart: an axis, or what a cell's own table tells apart.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SweepColumn {
    /// Its name.
    pub name: String,
    /// Its values, in order.
    pub labels: Vec<String>,
    /// The values as numbers, where all are.
    pub numbers: Option<Vec<f64>>,
}

/// A row: a cell, and one of what its table tells apart.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SweepRow {
    /// Number of the cell, from 0.
    pub cell: usize,
    /// A value per column.
    pub values: Vec<String>,
    /// A figure per name, where the row has it.
    pub figures: Vec<Option<Figure>>,
}

/// All results of a sweep.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SweepTableRecord {
    /// Name of the sweep.
    pub name: String,
    /// Kind of its experiments.
    pub kind: String,
    /// How many of the columns are axes of the sweep; they come first.
    pub axes: usize,
    /// The columns.
    pub columns: Vec<SweepColumn>,
    /// Names of the figures.
    pub figures: Vec<String>,
    /// The rows, cell after cell.
    pub rows: Vec<SweepRow>,
    /// What is missing.
    pub notes: Vec<String>,
}

impl SweepTableRecord {
    /// The mean of a figure over the rows that fit, with the mean ends of their intervals where all have one; and how
    /// many rows these are.
    pub fn mean(&self, figure: usize, fits: impl Fn(&SweepRow) -> bool) -> Option<(Figure, usize)> {
        let found: Vec<Figure> = self
            .rows
            .iter()
            .filter(|row| fits(row))
            .filter_map(|row| row.figures[figure])
            .filter(|figure| figure.value.is_finite())
            .collect();
        let count = found.len();
        if count == 0 {
            return None;
        }
        let mean = |of: &dyn Fn(&Figure) -> f64| found.iter().map(of).sum::<f64>() / count as f64;
        let value = mean(&|f| f.value);
        // Over several rows: 1.96 standard errors of their mean.
        let spread = (found.iter().map(|f| (f.value - value).powi(2)).sum::<f64>()
            / (count.max(2) - 1) as f64)
            .sqrt();
        let half = 1.96 * spread / (count as f64).sqrt();
        let (low, high) = match &found[..] {
            [one] => (one.low, one.high),
            _ => (Some(value - half), Some(value + half)),
        };
        Some((Figure { value, low, high }, count))
    }
}
