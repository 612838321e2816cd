//! How two results of model selection differ.

use super::provenance::values;
use crate::text::plain;
use finexl_core::selection::{SelectionRecord, TableColumn};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

/// Differences below this are rounding.
const ROUNDING: f64 = 1e-9;

/// One result: a name for it, its tables and the records behind them.
#[derive(Clone, Copy, Debug)]
pub struct ResultSet<'a> {
    /// What to call it.
    pub name: &'a str,
    /// Its tables.
    pub columns: &'a [TableColumn],
    /// Its records.
    pub records: &'a [SelectionRecord],
    /// What it was made from, where that was kept.
    pub provenance: Option<&'a Value>,
}

/// Pool, column, protocol and method.
type Row<'a> = [&'a str; 4];

impl<'a> ResultSet<'a> {
    /// All figures by row and name.
    fn figures(&self) -> BTreeMap<Row<'a>, BTreeMap<&'a str, f64>> {
        let mut figures: BTreeMap<Row<'a>, BTreeMap<&str, f64>> = BTreeMap::new();
        for column in self.columns {
            for row in &column.rows {
                let key = [&*column.pool, &column.column, &column.protocol, &row.method];
                let values = row.figures.iter().map(|(name, f)| (&**name, f.value));
                figures.entry(key).or_default().extend(values);
            }
        }
        figures
    }

    /// What was selected, by row and target.
    fn selected(&self) -> BTreeMap<Row<'a>, BTreeMap<&'a str, BTreeSet<&'a str>>> {
        let mut selected: BTreeMap<Row<'a>, BTreeMap<&str, BTreeSet<&str>>> = BTreeMap::new();
        for record in self.records {
            let key = [
                &*record.pool,
                &record.column,
                &record.protocol,
                &record.method,
            ];
            let models = record.selected.iter().map(String::as_str).collect();
            selected
                .entry(key)
                .or_default()
                .insert(&record.target, models);
        }
        selected
    }
}

/// A text for a terminal: which figures differ and by how much, which targets have another selection, and
/// what is only in one of the two. Differences are B less A and no test.
pub fn selection_differences(a: &ResultSet<'_>, b: &ResultSet<'_>) -> String {
    let mut text = format!("A: {}\nB: {}\n", plain(a.name), plain(b.name));
    text += &made_from(a, b);
    text += &figures(a, b);
    text += &selections(a, b);
    for (letter, here, there) in [("A", a, b), ("B", b, a)] {
        text += &only_in(letter, here, there);
    }
    text
}

/// Where a result was written, and what it is called: no setting.
const NO_SETTINGS: [&str; 1] = ["experiment, output"];

/// In which settings, encoders, pools and other inputs the two differ.
fn made_from(a: &ResultSet<'_>, b: &ResultSet<'_>) -> String {
    let (Some(first), Some(second)) = (a.provenance, b.provenance) else {
        let lacking: Vec<&str> = [("A", a), ("B", b)]
            .iter()
            .filter(|(_, set)| set.provenance.is_none())
            .map(|(letter, _)| *letter)
            .collect();
        return format!(
            "\nSettings: unknown; there is no provenance.json of {}\n",
            lacking.join(" and ")
        );
    };
    let [first, second] = [first, second].map(|document| {
        let values: BTreeMap<String, String> = values(document).into_iter().collect();
        values
    });
    let keys: BTreeSet<&String> = first.keys().chain(second.keys()).collect();
    let mut lines = String::new();
    let mut differ = 0;
    for key in keys {
        let [left, right] = [&first, &second].map(|of| of.get(key).map_or("-", String::as_str));
        if left != right && !NO_SETTINGS.contains(&key.as_str()) {
            differ += 1;
            let _ = writeln!(
                lines,
                "  {}: {} -> {}",
                plain(key),
                plain(left),
                plain(right)
            );
        }
    }
    match differ {
        0 => "\nSettings: the same\n".to_string(),
        _ => format!("\nSettings: {differ} differ\n{lines}"),
    }
}

fn figures(a: &ResultSet<'_>, b: &ResultSet<'_>) -> String {
    let (first, second) = (a.figures(), b.figures());
    let mut lines: BTreeMap<[&str; 3], Vec<[String; 5]>> = BTreeMap::new();
    let mut equal = 0;
    for (key, values) in &first {
        let Some(others) = second.get(key) else {
            continue;
        };
        let names: BTreeSet<&&str> = values.keys().chain(others.keys()).collect();
        let [pool, column, protocol, method] = *key;
        for name in names {
            let (left, right) = (values.get(*name), others.get(*name));
            let difference = left.zip(right).map(|(left, right)| right - left);
            if difference.is_some_and(|difference| difference.abs() < ROUNDING) {
                equal += 1;
                continue;
            }
            let written =
                |value: Option<&f64>| value.map_or("-".to_string(), |v| format!("{v:.3}"));
            let difference = difference.map_or("-".to_string(), |d| format!("{d:+.3}"));
            let line = [
                plain(method),
                plain(name),
                written(left),
                written(right),
                difference,
            ];
            lines
                .entry([pool, column, protocol])
                .or_default()
                .push(line);
        }
    }
    let differ: usize = lines.values().map(Vec::len).sum();
    let mut text = format!("\nFigures: {differ} differ, {equal} are equal\n");
    for ([pool, column, protocol], lines) in &lines {
        let _ = writeln!(text, "\n{}", heading(pool, column, protocol));
        text += &aligned(lines);
    }
    text
}

/// Lines under their heads: words to the left, numbers to the right.
fn aligned(lines: &[[String; 5]]) -> String {
    let heads = ["method", "figure", "A", "B", "B - A"].map(String::from);
    let all: Vec<&[String; 5]> = std::iter::once(&heads).chain(lines).collect();
    let width = |place: usize| {
        let widths = all.iter().map(|line| line[place].chars().count());
        widths.max().unwrap_or(0)
    };
    let widths = [0, 1, 2, 3, 4].map(width);
    let mut text = String::new();
    for [method, figure, a, b, difference] in all {
        let [first, second, third, fourth, fifth] = widths;
        let _ = writeln!(
            text,
            "  {method:first$}  {figure:second$}  {a:>third$}  {b:>fourth$}  {difference:>fifth$}"
        );
    }
    text
}

fn selections(a: &ResultSet<'_>, b: &ResultSet<'_>) -> String {
    let (first, second) = (a.selected(), b.selected());
    let (mut shared, mut changed) = (0, 0);
    let mut list = String::new();
    for (key, targets) in &first {
        let Some(others) = second.get(key) else {
            continue;
        };
        let mut lines = String::new();
        for (target, selected) in targets {
            let Some(other) = others.get(target) else {
                continue;
            };
            shared += 1;
            if selected != other {
                changed += 1;
                let _ = writeln!(
                    lines,
                    "  {}: {} -> {}",
                    plain(target),
                    names(selected),
                    names(other)
                );
            }
        }
        if !lines.is_empty() {
            let [pool, column, protocol, method] = *key;
            let heading = heading(pool, column, protocol);
            let _ = write!(list, "\n{heading}, {}\n{lines}", plain(method));
        }
    }
    format!("\nSelections: {changed} of {shared} differ\n{list}")
}

fn names(models: &BTreeSet<&str>) -> String {
    let names: Vec<String> = models.iter().map(|name| plain(name)).collect();
    match names.is_empty() {
        true => "nothing".to_string(),
        false => names.join(" or "),
    }
}

fn only_in(letter: &str, here: &ResultSet<'_>, there: &ResultSet<'_>) -> String {
    let (mine, theirs) = (here.selected(), there.selected());
    let mut lines = String::new();
    for (key, targets) in &mine {
        let [pool, column, protocol, method] = *key;
        let row = format!("{}, {}", heading(pool, column, protocol), plain(method));
        match theirs.get(key) {
            None => {
                let _ = writeln!(lines, "  {row}");
            }
            Some(others) => {
                let missing = targets
                    .keys()
                    .filter(|target| !others.contains_key(*target));
                let missing: Vec<String> = missing.map(|target| plain(target)).collect();
                if !missing.is_empty() {
                    let _ = writeln!(lines, "  {row}: {}", missing.join(", "));
                }
            }
        }
    }
    match lines.is_empty() {
        true => String::new(),
        false => format!("\nOnly in {letter}\n{lines}"),
    }
}

fn heading(pool: &str, column: &str, protocol: &str) -> String {
    format!("{}: {}, {}", plain(pool), plain(column), plain(protocol))
}
