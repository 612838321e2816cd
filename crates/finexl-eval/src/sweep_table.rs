//! The results of a sweep, collected from the tables that its cells wrote.

use crate::EvalError;
use finexl_core::atomic;
use finexl_core::sweep::{Figure, SweepColumn, SweepPlan, SweepRow, SweepStatus, SweepTableRecord};
use std::collections::BTreeMap;
use std::path::Path;

/// Tables of figures, by the names that experiments give them; the first one that is there counts.
const TABLES: [&str; 2] = ["summary.csv", "table.csv"];
/// Columns that name a figure.
const NAMES: [&str; 2] = ["figure", "name"];
/// Columns that neither tell rows apart nor are figures.
const BESIDE: [&str; 10] = [
    "value", "low", "high", "trials", "target", "met", "aim", "role", "ceiling", "targets",
];

/// What a cell has on every axis, and its figures by name.
type CellRow = (Vec<String>, Vec<(String, Figure)>);

/// A table that a cell wrote.
#[derive(Default)]
struct CellTable {
    /// Columns that tell rows apart.
    items: Vec<String>,
    /// Rows, by what tells them apart, with their figures by name.
    rows: Vec<CellRow>,
}

/// Collects the tables of all cells that are done, in the order of the plan.
///
/// # Errors
/// A table that is damaged; no figures at all.
pub fn collect_sweep(
    plan: &SweepPlan,
    status: &SweepStatus,
) -> Result<SweepTableRecord, EvalError> {
    let mut tables = Vec::new();
    let mut without = 0;
    for cell in &status.done {
        let folder = plan.folder(*cell).results();
        match TABLES
            .iter()
            .map(|name| folder.join(name))
            .find(|path| path.is_file())
        {
            Some(path) => tables.push((*cell, read(&path)?)),
            None => without += 1,
        }
    }
    if tables.is_empty() {
        let problem = match status.done.len() {
            0 => "no cell is done yet; run the sweep first".to_string(),
            done => format!(
                "none of the {done} cells that are done wrote figures, which [{}] does not; sweep an experiment that \
                 measures or explains",
                plan.kind
            ),
        };
        return Err(EvalError::setting("sweep", problem));
    }
    let mut record = joined(plan, &tables);
    let missing = plan.cells.len() - status.done.len();
    if missing > 0 {
        record.notes.push(format!(
            "{missing} of {} cells are missing: {} failed, {} were not run",
            plan.cells.len(),
            status.failed.len(),
            missing - status.failed.len()
        ));
    }
    if without > 0 {
        record
            .notes
            .push(format!("{without} cells are done and wrote no figures"));
    }
    Ok(record)
}

fn joined(plan: &SweepPlan, tables: &[(usize, CellTable)]) -> SweepTableRecord {
    let (mut items, mut figures) = (Vec::new(), Vec::new());
    for (_, table) in tables {
        add_new(&mut items, &table.items);
        for (_, named) in &table.rows {
            add_new(&mut figures, named.iter().map(|(name, _)| name));
        }
    }
    items.retain(|item| !repeats_axis(plan, tables, item));
    let rows = rows(plan, tables, &items, &figures);
    let mut columns: Vec<SweepColumn> = plan
        .axes
        .iter()
        .map(|axis| SweepColumn {
            name: axis.column.clone(),
            labels: axis.labels.clone(),
            numbers: axis.numbers.clone(),
        })
        .collect();
    let axes = columns.len();
    for (place, item) in items.iter().enumerate() {
        columns.push(item_column(
            item,
            &columns,
            rows.iter().map(|row| &row.values[axes + place]),
        ));
    }
    SweepTableRecord {
        name: plan.name.clone(),
        kind: plan.kind.clone(),
        axes,
        columns,
        figures,
        rows,
        notes: Vec::new(),
    }
}

/// A row per cell and per row of its table.
fn rows(
    plan: &SweepPlan,
    tables: &[(usize, CellTable)],
    items: &[String],
    figures: &[String],
) -> Vec<SweepRow> {
    let mut rows = Vec::new();
    for (cell, table) in tables {
        for (values, named) in &table.rows {
            let own = items.iter().map(|item| {
                let place = table.items.iter().position(|name| name == item);
                place.map_or(String::new(), |place| values[place].clone())
            });
            let of_figure = |name: &String| {
                named
                    .iter()
                    .find(|(n, _)| n == name)
                    .map(|(_, figure)| *figure)
            };
            rows.push(SweepRow {
                cell: *cell,
                values: plan.cells[*cell]
                    .values
                    .iter()
                    .cloned()
                    .chain(own)
                    .collect(),
                figures: figures.iter().map(of_figure).collect(),
            });
        }
    }
    rows
}

/// Whether what the cells' own tables say under a name is what an axis of that name says already.
fn repeats_axis(plan: &SweepPlan, tables: &[(usize, CellTable)], item: &str) -> bool {
    let Some(axis) = plan.axes.iter().position(|axis| axis.column == item) else {
        return false;
    };
    tables.iter().all(|(cell, table)| {
        let place = table.items.iter().position(|name| name == item);
        place.is_none_or(|place| {
            let mut values = table.rows.iter().map(|(values, _)| &values[place]);
            values.all(|value| *value == plan.cells[*cell].values[axis])
        })
    })
}

/// A column of the cells' own tables; where an axis has its name it gets another one.
fn item_column<'a>(
    name: &str,
    others: &[SweepColumn],
    values: impl Iterator<Item = &'a String>,
) -> SweepColumn {
    let mut labels = Vec::new();
    add_new(&mut labels, values);
    let filled = labels.iter().filter(|label| !label.is_empty());
    let numbers: Option<Vec<f64>> = filled.map(|label| label.parse().ok()).collect();
    let complete = !labels.is_empty() && !labels.iter().any(String::is_empty);
    let taken = others.iter().any(|other| other.name == name);
    SweepColumn {
        name: if taken {
            format!("{name} (row)")
        } else {
            name.to_string()
        },
        numbers: numbers.filter(|_| complete),
        labels,
    }
}

fn add_new<'a>(all: &mut Vec<String>, names: impl IntoIterator<Item = &'a String>) {
    for name in names {
        if !all.contains(name) {
            all.push(name.clone());
        }
    }
}

/// Reads a table in long form: a row per figure.
fn read(path: &Path) -> Result<CellTable, EvalError> {
    let failed = |source: csv::Error| EvalError::Csv {
        table: path.display().to_string(),
        source,
    };
    let damaged =
        |problem: String| EvalError::setting("sweep", format!("{}: {problem}", path.display()));
    let bytes = atomic::read(path)?;
    let mut reader = csv::Reader::from_reader(&bytes[..]);
    let header: Vec<String> = reader
        .headers()
        .map_err(failed)?
        .iter()
        .map(str::to_string)
        .collect();
    let place = |name: &str| header.iter().position(|column| column == name);
    let name = NAMES.iter().find_map(|name| place(name));
    let (Some(name), Some(value)) = (name, place("value")) else {
        return Err(damaged(
            "it has no column `name` or `figure`, or none `value`".to_string(),
        ));
    };
    let ends = [place("low"), place("high")];
    let items: Vec<usize> = (0..header.len())
        .filter(|column| *column != name && !BESIDE.contains(&header[*column].as_str()))
        .filter(|column| !["runs", "problems"].contains(&header[*column].as_str()))
        .collect();
    let mut table = CellTable {
        items: items.iter().map(|column| header[*column].clone()).collect(),
        rows: Vec::new(),
    };
    let mut places: BTreeMap<Vec<String>, usize> = BTreeMap::new();
    for row in reader.records() {
        let row = row.map_err(failed)?;
        let text = |column: usize| row.get(column).unwrap_or_default().to_string();
        let number = |column: usize| text(column).parse::<f64>().ok();
        let Some(value) = number(value) else {
            return Err(damaged(format!(
                "`{}` has the value \"{}\"",
                text(name),
                text(value)
            )));
        };
        let key: Vec<String> = items.iter().map(|column| text(*column)).collect();
        let of_key = *places.entry(key.clone()).or_insert_with(|| {
            table.rows.push((key, Vec::new()));
            table.rows.len() - 1
        });
        let [low, high] = ends.map(|end| end.and_then(number));
        table.rows[of_key]
            .1
            .push((text(name), Figure { value, low, high }));
    }
    Ok(table)
}

/// Writes the table as CSV: a column per axis and per figure, and its ends where it has any.
///
/// # Errors
/// A file that cannot be written.
pub fn write_sweep_table(path: &Path, record: &SweepTableRecord) -> Result<(), EvalError> {
    let failed = |source: csv::Error| EvalError::Csv {
        table: path.display().to_string(),
        source,
    };
    let has_ends = |figure: usize| {
        let mut figures = record.rows.iter().filter_map(|row| row.figures[figure]);
        figures.any(|figure| figure.low.is_some() || figure.high.is_some())
    };
    let ends: Vec<bool> = (0..record.figures.len()).map(has_ends).collect();
    let mut header: Vec<String> = record
        .columns
        .iter()
        .map(|column| column.name.clone())
        .collect();
    for (name, ends) in record.figures.iter().zip(&ends) {
        header.push(name.clone());
        if *ends {
            header.extend([format!("{name} low"), format!("{name} high")]);
        }
    }
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(&header).map_err(failed)?;
    let text = |value: Option<f64>| value.map_or(String::new(), |value| value.to_string());
    for row in &record.rows {
        let mut line = row.values.clone();
        for (figure, ends) in row.figures.iter().zip(&ends) {
            line.push(text(figure.map(|f| f.value)));
            if *ends {
                line.extend([
                    text(figure.and_then(|f| f.low)),
                    text(figure.and_then(|f| f.high)),
                ]);
            }
        }
        writer.write_record(&line).map_err(failed)?;
    }
    let bytes = writer
        .into_inner()
        .map_err(|e| failed(e.into_error().into()))?;
    Ok(atomic::write(path, &bytes)?)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn long_tables_are_read_by_what_tells_their_rows_apart() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("summary.csv");
        std::fs::write(
            &path,
            "model,method,level,name,value,low,high\na,nnls,1,score,0.5,0.4,\na,nnls,1,named,1,,\nb,nnls,1,score,0.25,,\n",
        )
        .unwrap();
        let table = read(&path).unwrap();
        assert_eq!(table.items, ["model", "method", "level"]);
        assert_eq!(table.rows.len(), 2);
        let (_, figures) = &table.rows[0];
        assert_eq!(
            figures[0].1,
            Figure {
                value: 0.5,
                low: Some(0.4),
                high: None
            }
        );
        assert_eq!(figures[1].0, "named");
        std::fs::write(&path, "a,b\n1,2\n").unwrap();
        assert!(
            read(&path)
                .err()
                .unwrap()
                .to_string()
                .contains("summary.csv")
        );
    }
}
