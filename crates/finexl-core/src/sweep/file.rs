//! The TOML file of a sweep.

use crate::experiment::KINDS;
use crate::{CoreError, toml_file};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use toml::de::DeTable;
use toml::{Table, Value};

/// Name of the table of a sweep.
pub const SWEEP: &str = "sweep";

/// One experiment for every combination of what its axes have.
///
/// The template stands in a file of its own or as the second table of this one. Axes are keys of the template; the
/// cells are the grid times every zip times the random draws times the repeats.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct SweepTable {
    /// Name of the sweep.
    pub name: String,
    /// Folder of the cells, of what they share, and of the table and the report.
    pub output: PathBuf,
    /// The experiment that every cell begins with; absent: the second table of this file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub template: Option<PathBuf>,
    /// Where tensors are computed: cpu; wgpu or cuda in a build with that feature.
    #[serde(default = "cpu")]
    pub device: String,
    /// Values by key of the template; every combination is a cell.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[schemars(with = "BTreeMap<String, Vec<serde_json::Value>>")]
    pub grid: BTreeMap<String, Vec<Value>>,
    /// Keys whose values go together, the first with the first and so on; all lists of one table are equally long.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(with = "Vec<BTreeMap<String, Vec<serde_json::Value>>>")]
    pub zip: Vec<BTreeMap<String, Vec<Value>>>,
    /// Keys whose values are drawn.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub random: Option<RandomAxes>,
    /// Combinations that are left out: those that fit all conditions of one of these tables. A condition is a key and a
    /// value, a list of values, or a table of `above`, `below`, `at-least` and `at-most`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(with = "Vec<BTreeMap<String, serde_json::Value>>")]
    pub leave_out: Vec<BTreeMap<String, Value>>,
    /// Cells per combination, with the template's seed, the one after it and so on.
    #[serde(default = "once")]
    pub repeats: usize,
    /// The key that repeats count up.
    #[serde(default = "seed")]
    pub seed_key: String,
    /// Names of keys in tables and figures; absent: the keys.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub columns: BTreeMap<String, String>,
    /// Names of the values of a key, in their order, where values are tables that nobody would read.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<String, Vec<String>>,
    /// Figures that the report draws and ranks by, the first one foremost; absent: all, in the order of the table.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub figures: Vec<String>,
}

/// Keys whose values are drawn by lot.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct RandomAxes {
    /// Draws.
    pub count: usize,
    /// Seed of the draws.
    pub seed: u64,
    /// What is drawn, by key.
    pub axes: BTreeMap<String, RandomAxis>,
}

/// What a key's values are drawn from: a range or a list.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct RandomAxis {
    /// Smallest value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<f64>,
    /// Largest value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<f64>,
    /// Whether all factors are equally likely, and not all differences.
    #[serde(default)]
    pub logarithmic: bool,
    /// Whether values are whole numbers.
    #[serde(default)]
    pub whole: bool,
    /// Values of which each is equally likely; instead of a range.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(with = "Vec<serde_json::Value>")]
    pub values: Vec<Value>,
}

fn cpu() -> String {
    "cpu".to_string()
}

fn once() -> usize {
    1
}

fn seed() -> String {
    "seed".to_string()
}

/// A sweep as it stands in its file.
pub(super) struct SweepFile {
    /// For messages.
    pub path: PathBuf,
    /// The whole file.
    pub text: String,
    /// Its table.
    pub table: SweepTable,
    /// The template, with the table of its kind.
    pub template: Table,
    /// The file of the template, if it has one of its own.
    pub template_path: Option<PathBuf>,
}

impl SweepFile {
    /// Reads a sweep and its template.
    ///
    /// # Errors
    /// [`CoreError::Read`], or [`CoreError::Toml`] with the line of what is wrong.
    pub fn read(path: &Path) -> Result<Self, CoreError> {
        #[derive(Deserialize)]
        struct Outer {
            sweep: SweepTable,
        }
        let text = toml_file::text(path)?;
        let mut whole: Table = toml_file::parse(path, &text)?;
        let mistake = |problem: String, key: &str| {
            let span = key_span(&text, key).unwrap_or(0..0);
            toml_file::mistake(path, &text, problem, span)
        };
        if !whole.contains_key(SWEEP) {
            let problem = "there is no [sweep]; `finexl run` runs single experiments".to_string();
            return Err(mistake(problem, ""));
        }
        if let Some(other) = whole
            .keys()
            .find(|key| *key != SWEEP && !KINDS.contains(&key.as_str()))
        {
            let problem = format!(
                "`{other}` is neither [sweep] nor a kind of experiment; there are {}",
                KINDS.join(", ")
            );
            return Err(mistake(problem, other));
        }
        let table = toml_file::parse::<Outer>(path, &text)?.sweep;
        whole.remove(SWEEP);
        let (template, template_path) = template_of((path, &text), &table, whole)?;
        Ok(Self {
            path: path.to_path_buf(),
            text,
            table,
            template,
            template_path,
        })
    }

    /// A mistake at a place of this file.
    pub fn mistake(&self, problem: String, span: std::ops::Range<usize>) -> CoreError {
        toml_file::mistake(&self.path, &self.text, problem, span)
    }
}

/// The template and its file: the rest of the sweep's own file, or the file that it names.
fn template_of(
    (path, text): (&Path, &str),
    table: &SweepTable,
    rest: Table,
) -> Result<(Table, Option<PathBuf>), CoreError> {
    let mistake = |problem: String, key: &str| {
        let span = key_span(text, key).unwrap_or(0..0);
        Err(toml_file::mistake(path, text, problem, span))
    };
    let kinds: Vec<String> = rest.keys().cloned().collect();
    match (&table.template, &kinds[..]) {
        (None, [_]) => Ok((rest, None)),
        (Some(template), []) => {
            let place = toml_file::place_of(text, "sweep.template").unwrap_or(0..0);
            let read = toml_file::text(template)
                .map_err(|error| toml_file::mistake(path, text, error.to_string(), place))?;
            Ok((toml_file::parse(template, &read)?, Some(template.clone())))
        }
        (None, []) => mistake(
            "there is no template; write the experiment as a second table, or name its file as `template`"
                .to_string(),
            SWEEP,
        ),
        (Some(_), [kind, ..]) => mistake(
            format!("`template` names a file, and [{kind}] is a template too; leave one of them out"),
            kind,
        ),
        (None, [first, second, ..]) => mistake(
            format!("[{first}] and [{second}] would both be the template; give one"),
            second,
        ),
    }
}

/// Where the name of a table stands.
fn key_span(text: &str, key: &str) -> Option<std::ops::Range<usize>> {
    let document = DeTable::parse(text).ok()?;
    let found = document
        .get_ref()
        .iter()
        .find(|(name, _)| name.get_ref() == key);
    found.map(|(name, _)| name.span())
}
