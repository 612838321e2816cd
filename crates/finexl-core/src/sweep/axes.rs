//! The axes of a sweep: keys with their values, and where these stand in the file.

use super::file::{SWEEP, SweepFile};
use super::random_axes::drawn;
use crate::CoreError;
use crate::experiment::Key;
use std::ops::Range;
use toml::Value;
use toml::de::{DeTable, DeValue};

/// A key of the template with the values that it takes.
#[derive(Clone, Debug, PartialEq)]
pub struct Axis {
    /// The key.
    pub key: Key,
    /// Its name in tables and figures.
    pub column: String,
    /// Names of the values, without repetition.
    pub labels: Vec<String>,
    /// The values as numbers, where all are.
    pub numbers: Option<Vec<f64>>,
}

/// Axes whose values go together.
pub(super) struct Group {
    pub axes: Vec<Axis>,
    /// A value per axis.
    pub rows: Vec<Vec<Value>>,
    /// The name of each of these values.
    pub names: Vec<Vec<String>>,
    /// Where each row stands in the file.
    pub spans: Vec<Range<usize>>,
}

/// A key as it stands in the file.
struct Place {
    key: String,
    span: Range<usize>,
    values: Vec<Range<usize>>,
}

impl SweepFile {
    /// All groups of axes in the order of the file: grid, zips, random draws; those of the grid and each zip by where
    /// they stand.
    ///
    /// # Errors
    /// [`CoreError::Toml`] with the line of a key that the template does not have, or of lists of unlike lengths.
    pub fn groups(&self, kind: &str) -> Result<Vec<Group>, CoreError> {
        let document =
            DeTable::parse(&self.text).map_err(|e| self.mistake(e.message().to_string(), 0..0))?;
        let sweep = match document.get_ref().get(SWEEP).map(|value| value.get_ref()) {
            Some(DeValue::Table(table)) => table,
            _ => return Ok(Vec::new()),
        };
        let mut groups = Vec::new();
        if let Some(DeValue::Table(grid)) = sweep.get("grid").map(|v| v.get_ref()) {
            for place in places(grid) {
                groups.push(self.group(kind, &[place], &self.table.grid)?);
            }
        }
        if let Some(DeValue::Array(zips)) = sweep.get("zip").map(|v| v.get_ref()) {
            for (zip, values) in zips.iter().zip(&self.table.zip) {
                if let DeValue::Table(zip) = zip.get_ref() {
                    groups.push(self.group(kind, &places(zip), values)?);
                }
            }
        }
        if let Some(random) = &self.table.random {
            let axes = match sweep.get("random").map(|v| v.get_ref()) {
                Some(DeValue::Table(random)) => random.get("axes").map(|v| v.get_ref()),
                _ => None,
            };
            let places = match axes {
                Some(DeValue::Table(axes)) => places(axes),
                _ => Vec::new(),
            };
            groups.push(self.random(kind, &places, random)?);
        }
        self.check_names(&groups)?;
        Ok(groups)
    }

    fn group(
        &self,
        kind: &str,
        places: &[Place],
        values: &std::collections::BTreeMap<String, Vec<Value>>,
    ) -> Result<Group, CoreError> {
        let mut columns: Vec<&Vec<Value>> = Vec::new();
        let mut axes = Vec::new();
        let mut names = Vec::new();
        for place in places {
            let Some(of_key) = values.get(&place.key) else {
                continue;
            };
            if of_key.is_empty() {
                return Err(
                    self.mistake(format!("`{}` has no value", place.key), place.span.clone())
                );
            }
            if let Some(first) = columns.first()
                && first.len() != of_key.len()
            {
                let problem = format!(
                    "`{}` has {} values, and `{}` beside it {}; lists that go together are equally long",
                    place.key,
                    of_key.len(),
                    places[0].key,
                    first.len()
                );
                return Err(self.mistake(problem, place.span.clone()));
            }
            let labels = self.labels(place, of_key)?;
            axes.push(self.axis(kind, place, of_key, &labels)?);
            names.push(labels);
            columns.push(of_key);
        }
        let count = columns.first().map_or(0, |column| column.len());
        let row = |i: usize| columns.iter().map(|column| column[i].clone()).collect();
        let names_of = |i: usize| names.iter().map(|names| names[i].clone()).collect();
        let span = |i: usize| match places.last() {
            Some(place) => place.values.get(i).cloned().unwrap_or(place.span.clone()),
            None => 0..0,
        };
        Ok(Group {
            axes,
            rows: (0..count).map(row).collect(),
            names: (0..count).map(names_of).collect(),
            spans: (0..count).map(span).collect(),
        })
    }

    fn random(
        &self,
        kind: &str,
        places: &[Place],
        random: &super::RandomAxes,
    ) -> Result<Group, CoreError> {
        let mut columns = Vec::new();
        let mut axes = Vec::new();
        for place in places {
            let Some(axis) = random.axes.get(&place.key) else {
                continue;
            };
            let values = drawn(&place.key, axis, random)
                .map_err(|problem| self.mistake(problem, place.span.clone()))?;
            let labels: Vec<String> = values.iter().map(label).collect();
            axes.push(self.axis(kind, place, &values, &labels)?);
            columns.push((values, labels));
        }
        let span = places.first().map_or(0..0, |place| place.span.clone());
        let rows = |i: usize| {
            columns
                .iter()
                .map(|(values, _)| values[i].clone())
                .collect()
        };
        let names = |i: usize| {
            columns
                .iter()
                .map(|(_, labels)| labels[i].clone())
                .collect()
        };
        let count = if columns.is_empty() { 0 } else { random.count };
        Ok(Group {
            axes,
            rows: (0..count).map(rows).collect(),
            names: (0..count).map(names).collect(),
            spans: vec![span; count],
        })
    }

    fn axis(
        &self,
        kind: &str,
        place: &Place,
        values: &[Value],
        labels: &[String],
    ) -> Result<Axis, CoreError> {
        let key = Key::parse(&place.key).and_then(|key| key.check(kind).map(|()| key));
        let key = key.map_err(|problem| self.mistake(problem, place.span.clone()))?;
        Ok(Axis::of(
            key,
            self.table.columns.get(&place.key),
            values,
            labels,
        ))
    }

    fn labels(&self, place: &Place, values: &[Value]) -> Result<Vec<String>, CoreError> {
        match self.table.labels.get(&place.key) {
            Some(labels) if labels.len() != values.len() => {
                let problem = format!(
                    "`{}` has {} values and {} labels; give one for each",
                    place.key,
                    values.len(),
                    labels.len()
                );
                Err(self.mistake(problem, place.span.clone()))
            }
            Some(labels) => Ok(labels.clone()),
            None => Ok(values.iter().map(label).collect()),
        }
    }

    /// Refuses keys that stand twice, columns of one name, and names for keys that are no axis.
    fn check_names(&self, groups: &[Group]) -> Result<(), CoreError> {
        let axes: Vec<&Axis> = groups.iter().flat_map(|group| &group.axes).collect();
        let place = |key: &str| crate::toml_file::place_of(&self.text, key).unwrap_or(0..0);
        for (index, axis) in axes.iter().enumerate() {
            if axes[..index]
                .iter()
                .any(|other| other.key == axis.key || other.column == axis.column)
            {
                let problem = format!(
                    "two axes are `{}`; give each key once, and each a name of its own",
                    axis.column
                );
                return Err(self.mistake(problem, place(axis.key.text())));
            }
        }
        for named in self.table.columns.keys().chain(self.table.labels.keys()) {
            if axes.iter().all(|axis| axis.key.text() != named) && *named != self.table.seed_key {
                let problem =
                    format!("`{named}` has a name and is no axis; write it as the axis is written");
                return Err(self.mistake(problem, place("columns")));
            }
        }
        Ok(())
    }
}

impl Axis {
    pub(super) fn of(
        key: Key,
        column: Option<&String>,
        values: &[Value],
        labels: &[String],
    ) -> Self {
        let number = |value: &Value| match value {
            Value::Integer(number) => Some(*number as f64),
            Value::Float(number) => Some(*number),
            _ => None,
        };
        let mut distinct: Vec<String> = Vec::new();
        let mut numbers = Vec::new();
        for (value, label) in values.iter().zip(labels) {
            if !distinct.contains(label) {
                distinct.push(label.clone());
                numbers.push(number(value));
            }
        }
        Self {
            column: column.cloned().unwrap_or_else(|| key.text().to_string()),
            key,
            labels: distinct,
            numbers: numbers.into_iter().collect(),
        }
    }
}

/// A value as it is written in tables.
pub(super) fn label(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(items) => items.iter().map(label).collect::<Vec<_>>().join("+"),
        Value::Table(table) => {
            let entries = table.iter().map(|(key, value)| match value {
                Value::Table(inner) if inner.is_empty() => key.clone(),
                value => format!("{key}={}", label(value)),
            });
            entries.collect::<Vec<_>>().join(" ")
        }
        other => other.to_string(),
    }
}

/// Keys of a table from top to bottom.
fn places(table: &DeTable<'_>) -> Vec<Place> {
    let mut found: Vec<Place> = table
        .iter()
        .map(|(key, value)| Place {
            key: key.get_ref().to_string(),
            span: key.span(),
            values: match value.get_ref() {
                DeValue::Array(values) => values.iter().map(|value| value.span()).collect(),
                _ => Vec::new(),
            },
        })
        .collect();
    found.sort_by_key(|place| place.span.start);
    found
}
