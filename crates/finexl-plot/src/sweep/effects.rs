//! How much a figure depends on every axis, and on two together.

use finexl_core::sweep::SweepTableRecord;

/// How far the means of a column's values are apart.
pub(super) struct Effect {
    /// The column.
    pub column: usize,
    /// Largest less smallest mean.
    pub range: f64,
    /// Value with the largest mean, and with the smallest.
    pub extremes: [String; 2],
}

/// How much the effect of one column depends on another.
pub(super) struct Interaction {
    pub columns: [usize; 2],
    /// Root mean square of what means over both do not share with the sum of both effects.
    pub size: f64,
}

/// Columns that tell rows apart by more than one value and less than one each.
pub(super) fn varying(record: &SweepTableRecord) -> Vec<usize> {
    let columns = 0..record.columns.len();
    columns
        .filter(|column| {
            let labels = record.columns[*column].labels.len();
            labels > 1 && (labels < record.rows.len() || *column < record.axes)
        })
        .collect()
}

fn mean(record: &SweepTableRecord, figure: usize, fixed: &[(usize, &str)]) -> Option<f64> {
    let fits = |row: &finexl_core::sweep::SweepRow| {
        fixed
            .iter()
            .all(|(column, label)| row.values[*column] == **label)
    };
    record.mean(figure, fits).map(|(figure, _)| figure.value)
}

/// The effect of every column, the largest first.
pub(super) fn effects(record: &SweepTableRecord, figure: usize) -> Vec<Effect> {
    let mut found: Vec<Effect> = varying(record)
        .into_iter()
        .filter_map(|column| {
            let labels = record.columns[column].labels.iter();
            let mut means: Vec<(f64, &String)> = labels
                .filter_map(|label| Some((mean(record, figure, &[(column, label)])?, label)))
                .collect();
            means.sort_by(|a, b| b.0.total_cmp(&a.0));
            let (first, last) = (means.first()?, means.last()?);
            Some(Effect {
                column,
                range: first.0 - last.0,
                extremes: [first.1.clone(), last.1.clone()],
            })
        })
        .collect();
    found.sort_by(|a, b| b.range.total_cmp(&a.range));
    found
}

/// Pairs of columns that depend on each other, the largest first.
pub(super) fn interactions(record: &SweepTableRecord, figure: usize) -> Vec<Interaction> {
    const MOST_LABELS: usize = 12;
    let few = |column: &usize| record.columns[*column].labels.len() <= MOST_LABELS;
    let columns: Vec<usize> = varying(record).into_iter().filter(few).collect();
    let mut found = Vec::new();
    for (place, a) in columns.iter().enumerate() {
        for b in &columns[place + 1..] {
            if let Some(size) = interaction(record, figure, (*a, *b)) {
                found.push(Interaction {
                    columns: [*a, *b],
                    size,
                });
            }
        }
    }
    found.sort_by(|a, b| b.size.total_cmp(&a.size));
    found
}

/// Nothing where a combination of the two is missing: what is unbalanced would look like an interaction.
fn interaction(record: &SweepTableRecord, figure: usize, (a, b): (usize, usize)) -> Option<f64> {
    let (rows, columns) = (&record.columns[a].labels, &record.columns[b].labels);
    let mut means = Vec::new();
    for row in rows {
        let of_row: Option<Vec<f64>> = columns
            .iter()
            .map(|column| mean(record, figure, &[(a, row), (b, column)]))
            .collect();
        means.push(of_row?);
    }
    let count = (rows.len() * columns.len()) as f64;
    let all = means.iter().flatten().sum::<f64>() / count;
    let of_row: Vec<f64> = means
        .iter()
        .map(|row| row.iter().sum::<f64>() / columns.len() as f64)
        .collect();
    let of_column =
        |column: usize| means.iter().map(|row| row[column]).sum::<f64>() / rows.len() as f64;
    let mut squares = 0.0;
    for (row, values) in means.iter().enumerate() {
        for (column, value) in values.iter().enumerate() {
            squares += (value - of_row[row] - of_column(column) + all).powi(2);
        }
    }
    Some((squares / count).sqrt())
}
