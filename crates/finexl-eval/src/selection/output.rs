//! What an experiment leaves behind.

use super::table::table;
use super::thresholds::Thresholds;
use crate::EvalError;
use crate::report::{write_json, write_table};
use finexl_core::atomic;
use finexl_core::experiment::SelectModels;
use finexl_core::fingerprint::Fingerprint;
use finexl_core::selection::{Figure, SelectionRecord, TableColumn};
use serde::Serialize;
use std::collections::BTreeMap;
use std::path::Path;

/// Everything that the figures depend on.
#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Provenance<'a> {
    /// Version of finexl.
    pub version: &'static str,
    /// The experiment as read from its file.
    pub experiment: &'a SelectModels,
    /// Pools by name: which base their models are of.
    pub pools: BTreeMap<String, PoolOrigin>,
    /// Where tensors were computed.
    pub device: &'static str,
    /// Methods by name: their settings, the version of their code, and what they read by. Of reference models by base
    /// those of the first.
    pub methods: BTreeMap<String, Fingerprint>,
    /// The encoder of all methods.
    pub encoder: &'a Fingerprint,
    /// The judge.
    pub judge: &'a Fingerprint,
    /// LPIPS, where it was there.
    pub lpips: Option<&'a Fingerprint>,
    /// Inception, where it was there.
    pub inception: Option<&'a Fingerprint>,
    /// Who proposed.
    pub proposer: Option<Fingerprint>,
    /// The vocabulary.
    pub vocabulary: &'a Fingerprint,
    /// Below which size weights count as none.
    pub thresholds: &'a Thresholds,
}

/// What a pool's models are personalized models of.
#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct PoolOrigin {
    /// Name of the base.
    pub base: String,
    /// Its weights.
    pub base_fingerprint: Fingerprint,
    /// Models of the pool.
    pub models: usize,
}

/// A figure of the table as CSV.
#[derive(Serialize)]
struct Line<'a> {
    pool: &'a str,
    column: &'a str,
    protocol: &'a str,
    method: &'a str,
    role: &'a str,
    figure: &'a str,
    value: f64,
    low: f64,
    high: f64,
    ceiling: Option<f64>,
    targets: usize,
    runs: usize,
    problems: usize,
}

/// Writes records, tables and the provenance; returns the tables.
///
/// # Errors
/// Files that cannot be written, a statistic that fails.
pub fn write(
    config: &SelectModels,
    provenance: &Provenance<'_>,
    records: &[SelectionRecord],
) -> Result<Vec<TableColumn>, EvalError> {
    let folder = &config.output;
    SelectionRecord::write_all(&folder.join("records.jsonl"), records)?;
    let columns = write_tables(folder, records)?;
    write_json(&folder.join("provenance.json"), provenance)?;
    Ok(columns)
}

/// Writes the tables of records into a folder, as CSV, JSON and Markdown; returns them.
///
/// # Errors
/// Files that cannot be written, a statistic that fails.
pub fn write_tables(
    folder: &Path,
    records: &[SelectionRecord],
) -> Result<Vec<TableColumn>, EvalError> {
    let columns = table(records)?;
    write_table(&folder.join("table.csv"), &lines(&columns))?;
    write_json(&folder.join("table.json"), &columns)?;
    atomic::write(folder.join("table.md"), markdown(&columns).as_bytes())?;
    Ok(columns)
}

fn lines(columns: &[TableColumn]) -> Vec<Line<'_>> {
    let mut lines = Vec::new();
    for column in columns {
        for row in &column.rows {
            let figures = row.figures.iter().map(|(name, figure)| Line {
                pool: &column.pool,
                column: &column.column,
                protocol: &column.protocol,
                method: &row.method,
                role: row.role.name(),
                figure: name,
                value: figure.value,
                low: figure.low,
                high: figure.high,
                ceiling: column.ceilings.get(name).copied(),
                targets: column.targets,
                runs: column.runs,
                problems: row.problems,
            });
            lines.extend(figures);
        }
    }
    lines
}

/// The tables for a reader.
pub fn markdown(columns: &[TableColumn]) -> String {
    let mut text = String::new();
    for column in columns {
        text.push_str(&format!(
            "## {}: {}, {}\n\n{} targets of {} runs; 95% intervals over runs.\n\n",
            column.pool, column.column, column.protocol, column.targets, column.runs
        ));
        text.push_str(&table_of(column));
        text.push_str(&comparisons_of(column));
        text.push_str(&readings_of(column));
    }
    text
}

fn table_of(column: &TableColumn) -> String {
    let mut names: Vec<&String> = column.rows.iter().flat_map(|r| r.figures.keys()).collect();
    names.sort();
    names.dedup();
    let heads: Vec<&str> = names.iter().map(|name| name.as_str()).collect();
    let mut text = format!("| method | {} |\n|---|", heads.join(" | "));
    text.push_str(&"---|".repeat(names.len()));
    text.push('\n');
    for row in &column.rows {
        let cells = names.iter().map(|name| match row.figures.get(*name) {
            Some(f) => format!("{:.3} [{:.3}, {:.3}]", f.value, f.low, f.high),
            None => String::new(),
        });
        let cells: Vec<String> = cells.collect();
        text.push_str(&format!("| {} | {} |\n", row.method, cells.join(" | ")));
    }
    let ceilings = names.iter().map(|name| match column.ceilings.get(*name) {
        Some(ceiling) => format!("{ceiling:.3}"),
        None => String::new(),
    });
    let ceilings: Vec<String> = ceilings.collect();
    text.push_str(&format!("| ceiling | {} |\n\n", ceilings.join(" | ")));
    text
}

fn readings_of(column: &TableColumn) -> String {
    if column.readings.is_empty() {
        return String::new();
    }
    let mut text =
        String::from("| head | beside | figure | difference | p |\n|---|---|---|---|---|\n");
    for reading in &column.readings {
        let Figure { value, low, high } = reading.difference;
        text.push_str(&format!(
            "| {} | {} | {} | {value:+.3} [{low:+.3}, {high:+.3}] | {:.4} |\n",
            reading.head, reading.other, reading.figure, reading.p
        ));
    }
    text.push('\n');
    text
}

fn comparisons_of(column: &TableColumn) -> String {
    if column.comparisons.is_empty() {
        return String::new();
    }
    let mut text = String::from(
        "| ours beside | difference | p (Holm) | error removed | relative gain (possible) |\n\
         |---|---|---|---|---|\n",
    );
    let percent = |share: Option<f64>| match share {
        Some(share) => format!("{:+.0}%", 100.0 * share),
        None => "-".to_string(),
    };
    for c in &column.comparisons {
        let removed = match &c.error_removed {
            Some(f) => format!("{:.2} [{:.2}, {:.2}]", f.value, f.low, f.high),
            None => "-".to_string(),
        };
        text.push_str(&format!(
            "| {} | {:+.3} [{:+.3}, {:+.3}] | {:.4} | {removed} | {} ({}) |\n",
            c.other,
            c.difference.value,
            c.difference.low,
            c.difference.high,
            c.adjusted,
            percent(c.relative_gain),
            percent(c.possible_gain),
        ));
    }
    text.push('\n');
    text
}
