//! What the cells of a sweep are.

use super::axes::{Axis, Group};
use super::combinations::{combinations, count};
use super::conditions::{check, fits};
use super::file::SweepFile;
use super::identity::Identities;
use super::spans::{condition_span, sweep_span};
use crate::CoreError;
use crate::experiment::{Experiment, Key};
use crate::fingerprint::Fingerprint;
use std::collections::BTreeSet;
use std::ops::Range;
use std::path::{Path, PathBuf};
use toml::de::DeTable;
use toml::{Table, Value};

/// Most cells of a sweep.
const MOST: usize = 1_000_000;
/// Folder, inside that of a sweep, of what its cells share.
const SHARED: &str = "shared";

/// All cells of a sweep.
#[derive(Clone, Debug)]
pub struct SweepPlan {
    /// Name of the sweep.
    pub name: String,
    /// Its folder.
    pub output: PathBuf,
    /// Kind of its experiments.
    pub kind: String,
    /// Where tensors are computed.
    pub device: String,
    /// Its axes, the repeats last.
    pub axes: Vec<Axis>,
    /// Its cells.
    pub cells: Vec<Cell>,
    /// Combinations that conditions left out.
    pub left_out: usize,
    /// Combinations that would have been the same cell as one before.
    pub doubled: usize,
    /// Figures to be drawn, if they were chosen.
    pub figures: Vec<String>,
}

/// One experiment of a sweep.
#[derive(Clone, Debug)]
pub struct Cell {
    /// Fingerprint of the experiment, of the files that it names and of the device.
    pub identity: Fingerprint,
    /// What every axis is, in its order.
    pub values: Vec<String>,
    /// The experiment; its results go to the folder of the cell.
    pub experiment: Experiment,
}

impl SweepPlan {
    /// Reads a sweep, checks every value of every axis and makes all experiments. Nothing is run or written.
    ///
    /// # Errors
    /// [`CoreError::Read`], or [`CoreError::Toml`] with the line of what is wrong.
    pub fn read(path: &Path) -> Result<Self, CoreError> {
        let file = SweepFile::read(path)?;
        let (kind, template) = file.only_kind()?;
        let mut groups = file.groups(&kind)?;
        let begin = file.begin(&kind, template, &groups)?;
        file.check_values(&kind, &begin, &groups)?;
        if let Some(repeats) = file.repeats(&kind, &begin, &groups)? {
            groups.push(repeats);
        }
        let rules = file.rules(&groups)?;
        file.plan(&kind, &begin, groups, &rules)
    }
}

/// Conditions of one `leave-out`: which axis, and what it has to be.
type Rule = Vec<(usize, Value)>;

/// A row of every group.
struct Combination<'a> {
    rows: Vec<(&'a Group, usize)>,
    /// A value per axis, and its name.
    values: Vec<&'a Value>,
    names: Vec<String>,
}

impl<'a> Combination<'a> {
    fn of(groups: &'a [Group], places: &[usize]) -> Self {
        let rows: Vec<(&Group, usize)> = groups.iter().zip(places.iter().copied()).collect();
        let values = rows.iter().flat_map(|(group, place)| &group.rows[*place]);
        let names = rows
            .iter()
            .flat_map(|(group, place)| group.names[*place].clone());
        Self {
            values: values.collect(),
            names: names.collect(),
            rows,
        }
    }

    fn fits(&self, rule: &Rule) -> bool {
        let holds = |(axis, condition): &(usize, Value)| {
            fits(self.values[*axis], &self.names[*axis], condition)
        };
        !rule.is_empty() && rule.iter().all(holds)
    }
}

impl SweepFile {
    fn only_kind(&self) -> Result<(String, Table), CoreError> {
        let mut tables = self.template.iter();
        match (tables.next(), tables.next()) {
            (Some((kind, Value::Table(table))), None) => Ok((kind.clone(), table.clone())),
            _ => match &self.template_path {
                // Its own reader says what is wrong, with the line.
                Some(path) => Err(Experiment::read(path)
                    .err()
                    .unwrap_or_else(|| self.no_template())),
                None => Err(self.no_template()),
            },
        }
    }

    fn no_template(&self) -> CoreError {
        let problem =
            "the template is no experiment: it has one table, which says what to run".to_string();
        self.mistake(problem, 0..0)
    }

    /// The template with the first value of every axis.
    fn begin(&self, kind: &str, mut template: Table, groups: &[Group]) -> Result<Table, CoreError> {
        if groups.is_empty() && self.table.repeats < 2 {
            let problem = "the sweep has no axis; give [sweep.grid], [[sweep.zip]], [sweep.random] or repeats".to_string();
            return Err(self.mistake(problem, sweep_span(&self.text)));
        }
        if let Err(problem) = experiment_of(kind, &template) {
            // What only axes give is missing in the template alone.
            let named: Vec<&str> = groups
                .iter()
                .flat_map(|g| &g.axes)
                .map(|axis| axis.key.text())
                .collect();
            if named.is_empty() || !problem.ends_with("is missing") {
                return Err(self.of_template(kind, problem));
            }
        }
        for group in groups {
            if let Some(row) = group.rows.first() {
                self.put(&mut template, group, (row, &group.spans[0]))?;
            }
        }
        Ok(template)
    }

    fn of_template(&self, kind: &str, problem: String) -> CoreError {
        match &self.template_path {
            Some(path) => match Experiment::read(path) {
                Err(error) => error,
                Ok(_) => self.mistake(problem, 0..0),
            },
            None => {
                let text = &self.text;
                let document = DeTable::parse(text).ok();
                let span = document.and_then(|document| {
                    let found = document
                        .get_ref()
                        .iter()
                        .find(|(name, _)| name.get_ref() == kind);
                    found.map(|(name, _)| name.span())
                });
                self.mistake(
                    format!("the template [{kind}]: {problem}"),
                    span.unwrap_or(0..0),
                )
            }
        }
    }

    fn put(
        &self,
        table: &mut Table,
        group: &Group,
        (row, span): (&[Value], &Range<usize>),
    ) -> Result<(), CoreError> {
        for (axis, value) in group.axes.iter().zip(row) {
            let put = axis.key.put(table, value.clone());
            put.map_err(|problem| self.mistake(problem, span.clone()))?;
        }
        Ok(())
    }

    /// Refuses, with its line, a value that the experiment cannot have.
    fn check_values(&self, kind: &str, begin: &Table, groups: &[Group]) -> Result<(), CoreError> {
        for group in groups {
            for (row, span) in group.rows.iter().zip(&group.spans) {
                let mut table = begin.clone();
                self.put(&mut table, group, (row, span))?;
                if let Err(problem) = experiment_of(kind, &table) {
                    let keys: Vec<String> = group
                        .axes
                        .iter()
                        .map(|a| format!("`{}`", a.key.text()))
                        .collect();
                    return Err(
                        self.mistake(format!("{}: {problem}", keys.join(", ")), span.clone())
                    );
                }
            }
        }
        Ok(())
    }

    /// The seeds of the repeats.
    fn repeats(
        &self,
        kind: &str,
        begin: &Table,
        groups: &[Group],
    ) -> Result<Option<Group>, CoreError> {
        let span = crate::toml_file::place_of(&self.text, "sweep.repeats").unwrap_or(0..0);
        let refused = |problem: String| self.mistake(problem, span.clone());
        if self.table.repeats < 2 {
            return Ok(None);
        }
        let name = &self.table.seed_key;
        let key = Key::parse(name)
            .and_then(|key| key.check(kind).map(|()| key))
            .map_err(refused)?;
        if groups
            .iter()
            .flat_map(|group| &group.axes)
            .any(|axis| axis.key == key)
        {
            return Err(refused(format!(
                "`{name}` is an axis, and repeats would count it up; leave one of them out"
            )));
        }
        let first = match key.get(begin) {
            Some(Value::Integer(first)) => *first,
            _ => {
                return Err(refused(format!(
                    "the template has no whole number `{name}` that repeats could count up"
                )));
            }
        };
        let values: Vec<Value> = (0..self.table.repeats as i64)
            .map(|i| Value::Integer(first + i))
            .collect();
        let labels: Vec<String> = values.iter().map(super::axes::label).collect();
        let axis = Axis::of(key, self.table.columns.get(name), &values, &labels);
        Ok(Some(Group {
            axes: vec![axis],
            spans: vec![span.clone(); values.len()],
            rows: values.into_iter().map(|value| vec![value]).collect(),
            names: labels.into_iter().map(|label| vec![label]).collect(),
        }))
    }

    /// The conditions, by the number of their axis among all.
    fn rules(&self, groups: &[Group]) -> Result<Vec<Rule>, CoreError> {
        let axes: Vec<&Axis> = groups.iter().flat_map(|group| &group.axes).collect();
        let mut rules = Vec::new();
        for (number, conditions) in self.table.leave_out.iter().enumerate() {
            let mut rule = Vec::new();
            for (key, condition) in conditions {
                let refused =
                    |problem| self.mistake(problem, condition_span(&self.text, number, key));
                let Some(axis) = axes
                    .iter()
                    .position(|a| a.key.text() == key || a.column == *key)
                else {
                    let known: Vec<&str> = axes.iter().map(|axis| axis.column.as_str()).collect();
                    let problem = format!("`{key}` is no axis; there are {}", known.join(", "));
                    return Err(refused(problem));
                };
                check(key, condition).map_err(refused)?;
                rule.push((axis, condition.clone()));
            }
            rules.push(rule);
        }
        Ok(rules)
    }

    fn plan(
        &self,
        kind: &str,
        begin: &Table,
        groups: Vec<Group>,
        rules: &[Rule],
    ) -> Result<SweepPlan, CoreError> {
        let sizes: Vec<usize> = groups.iter().map(|group| group.rows.len()).collect();
        if count(&sizes).is_none_or(|count| count > MOST) {
            let problem = format!(
                "the axes have more than {MOST} combinations; draw some of them with [sweep.random]"
            );
            return Err(self.mistake(problem, sweep_span(&self.text)));
        }
        let mut identities = Identities::new(&self.table.device);
        let mut plan = SweepPlan {
            name: self.table.name.clone(),
            output: self.table.output.clone(),
            kind: kind.to_string(),
            device: self.table.device.clone(),
            axes: groups.iter().flat_map(|group| group.axes.clone()).collect(),
            cells: Vec::new(),
            left_out: 0,
            doubled: 0,
            figures: self.table.figures.clone(),
        };
        let mut seen = BTreeSet::new();
        for places in combinations(&sizes) {
            let chosen = Combination::of(&groups, &places);
            if rules.iter().any(|rule| chosen.fits(rule)) {
                plan.left_out += 1;
                continue;
            }
            let experiment = self.experiment(kind, begin, &chosen)?;
            let identity = identities.of(&experiment)?;
            match seen.insert(identity.clone()) {
                true => plan.cells.push(Cell {
                    identity,
                    values: chosen.names,
                    experiment,
                }),
                false => plan.doubled += 1,
            }
        }
        plan.place();
        match plan.cells.is_empty() {
            true => Err(self.mistake(
                "every combination is left out; there is no cell".to_string(),
                sweep_span(&self.text),
            )),
            false => Ok(plan),
        }
    }

    /// The experiment of a combination.
    fn experiment(
        &self,
        kind: &str,
        begin: &Table,
        chosen: &Combination<'_>,
    ) -> Result<Experiment, CoreError> {
        let mut table = begin.clone();
        for (group, place) in &chosen.rows {
            self.put(
                &mut table,
                group,
                (&group.rows[*place], &group.spans[*place]),
            )?;
        }
        experiment_of(kind, &table).map_err(|problem| {
            let axes = chosen.rows.iter().flat_map(|(group, _)| &group.axes);
            let named = axes
                .zip(&chosen.names)
                .map(|(axis, name)| format!("{}={name}", axis.column));
            let named: Vec<String> = named.collect();
            let problem = format!("the cell {}: {problem}", named.join(", "));
            self.mistake(problem, sweep_span(&self.text))
        })
    }
}

impl SweepPlan {
    /// Lets every cell's results go to its folder, and what several can use to one that they share.
    fn place(&mut self) {
        let shared = self.output.join(SHARED);
        for index in 0..self.cells.len() {
            let results = self.folder(index).results();
            let experiment = &mut self.cells[index].experiment;
            experiment.set_output(&results);
            if let Experiment::ExplainModels(models) = experiment {
                models.kept.get_or_insert_with(|| shared.clone());
            }
        }
    }
}

fn experiment_of(kind: &str, table: &Table) -> Result<Experiment, String> {
    let file = Table::from_iter([(kind.to_string(), Value::Table(table.clone()))]);
    Experiment::of_table(&file)
}
