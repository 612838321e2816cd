//! Records and tables of model selection.

use crate::{CoreError, atomic};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::Path;

/// The main figure of columns of one aspect: the share made with exactly the target's aspects.
pub const SAME_STYLE: &str = "same style";
/// The main figure of columns of mixtures: the F1 of the selected model's aspects.
pub const ASPECT_F1: &str = "aspect F1";
/// The F1 of the aspects that a method names, as many as the target has, as a guess of the target's.
pub const NAMED_F1: &str = "named aspects F1";
/// Whether the selected model is within one level of the target.
pub const LEVEL_WITHIN_ONE: &str = "level within one";
/// Mean rank correlation of levels and strengths within runs.
pub const LEVEL_SPEARMAN: &str = "level Spearman";
/// Mean difference of true and predicted rank of a level within runs, in levels.
pub const LEVEL_RANK_ERROR: &str = "level rank error";
/// How far the selected model's images are from the target's, by LPIPS.
pub const LPIPS: &str = "LPIPS";
/// How far the selected model's images are from the target's, by the Fréchet Inception distance. A pool has
/// few images of each model, which makes it large for all; it compares rows of one table and nothing else.
pub const FID: &str = "FID";
/// The row of what a random selection gets on average.
pub const CHANCE: &str = "chance";
/// The row of what somebody selects who knows all.
pub const ORACLE: &str = "oracle";
/// Pool and column of all pools and columns together.
pub const POOLED: &str = "all";
/// The protocol under which models of the target's own run cannot be selected.
pub const OTHER_RUNS: &str = "other runs only";

/// What a row of a table is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// Nobody's method: chance, and somebody who knows all.
    Reference,
    /// What explains nothing and is compared all the same: models are told apart, in no words.
    Control,
    /// Somebody else's method.
    Baseline,
    /// A way to explain that is not the default.
    Variant,
    /// One that reads by a trained head.
    Head,
    /// What `explain` does by default.
    Ours,
}

impl Role {
    /// Its name in tables and files.
    pub fn name(self) -> &'static str {
        match self {
            Self::Reference => "reference",
            Self::Control => "control",
            Self::Baseline => "baseline",
            Self::Variant => "variant",
            Self::Head => "head",
            Self::Ours => "ours",
        }
    }
}

/// An aspect that a method found.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Found {
    /// Its name.
    pub concept: String,
    /// Its weight, comparable within a method.
    pub weight: f64,
}

/// How many pairs of images a method looked at.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct SeenPairs {
    /// The method that looks at all of them and is otherwise the same; itself, where it looks at all.
    pub of: String,
    /// Their number.
    pub pairs: usize,
}

/// What a method answered for one target of a pool, and how right that is; a line of
/// `records.jsonl`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct SelectionRecord {
    /// The pool.
    pub pool: String,
    /// Which models are in it, and which are targets.
    pub column: String,
    /// Who may be selected.
    pub protocol: String,
    /// The method.
    pub method: String,
    /// What the method is.
    pub role: Role,
    /// How many pairs it looked at; none of what is changed in more than that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seen: Option<SeenPairs>,
    /// The target.
    pub target: String,
    /// The run that it belongs to.
    pub run: String,
    /// What it was made with.
    pub aspects: Vec<String>,
    /// Its place among the levels of its run, from 0.
    pub level: usize,
    /// The selected models; several where they tie.
    pub selected: Vec<String>,
    /// What the selected models were made with, in the same order, joined by ` + `.
    pub selected_styles: Vec<String>,
    /// Figures in [0, 1] or distances, by name; those of several selected models are means.
    pub figures: BTreeMap<String, f64>,
    /// The largest figures that the pool allows for, where there is such a thing.
    pub ceilings: BTreeMap<String, f64>,
    /// How strong the target's own aspects are in the answer: the sum of their weights, the method's
    /// estimate of the level. None where one of them is no concept, or the method gives no weights.
    #[serde(default)]
    pub strength: Option<f64>,
    /// The strongest aspects, strongest first.
    pub found: Vec<Found>,
    /// Why there is no answer; it then counts as one without preference.
    pub problem: Option<String>,
}

impl SelectionRecord {
    /// Writes records, a line each.
    ///
    /// # Errors
    /// [`CoreError::Write`], [`CoreError::Json`].
    pub fn write_all(path: &Path, records: &[Self]) -> Result<(), CoreError> {
        let mut lines = Vec::new();
        for record in records {
            serde_json::to_writer(&mut lines, record).map_err(|source| CoreError::Json {
                what: path.display().to_string(),
                source,
            })?;
            lines.push(b'\n');
        }
        atomic::write(path, &lines)
    }

    /// Reads what [`SelectionRecord::write_all`] wrote.
    ///
    /// # Errors
    /// [`CoreError::Read`]; [`CoreError::Json`] naming the line that is damaged.
    pub fn read_all(path: &Path) -> Result<Vec<Self>, CoreError> {
        let bytes = atomic::read(path)?;
        let lines = bytes.split(|byte| *byte == b'\n').enumerate();
        lines
            .filter(|(_, line)| !line.is_empty())
            .map(|(index, line)| {
                serde_json::from_slice(line).map_err(|source| CoreError::Json {
                    what: format!("{}, line {}", path.display(), index + 1),
                    source,
                })
            })
            .collect()
    }
}

/// A figure with its interval.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Figure {
    /// The figure.
    pub value: f64,
    /// Lower end of its 95% interval over runs.
    pub low: f64,
    /// Upper end of its 95% interval over runs.
    pub high: f64,
}

/// A method in one column.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct TableRow {
    /// The method.
    pub method: String,
    /// What it is.
    pub role: Role,
    /// How many pairs it looked at; none of what is changed in more than that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seen: Option<SeenPairs>,
    /// Its figures by name.
    pub figures: BTreeMap<String, Figure>,
    /// Targets without an answer.
    pub problems: usize,
}

/// Our method beside another one, on the same targets.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct TableComparison {
    /// The other method.
    pub other: String,
    /// Which figure.
    pub figure: String,
    /// How much larger ours is.
    pub difference: Figure,
    /// Two-sided p of a sign-flip test over runs.
    pub p: f64,
    /// The same after Holm's correction over the table.
    pub adjusted: f64,
    /// The share of the other's error that ours removes; none where it makes none.
    pub error_removed: Option<Figure>,
    /// Our relative gain, as the paper reports it; none where the other is never right.
    pub relative_gain: Option<f64>,
    /// The largest gain that the pool allows for.
    pub possible_gain: Option<f64>,
}

/// What a head reads beside what another method does, on the same targets.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct ReadingComparison {
    /// The method with a head.
    pub head: String,
    /// The method without one.
    pub other: String,
    /// [`NAMED_F1`] or [`LEVEL_SPEARMAN`].
    pub figure: String,
    /// How much larger the head's is.
    pub difference: Figure,
    /// Two-sided p of a sign-flip test over runs, not corrected.
    pub p: f64,
}

/// One column under one protocol.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct TableColumn {
    /// The pool.
    pub pool: String,
    /// Which models are in it, and which are targets.
    pub column: String,
    /// Who may be selected.
    pub protocol: String,
    /// Targets.
    pub targets: usize,
    /// Runs that they belong to.
    pub runs: usize,
    /// Mean ceilings by figure.
    pub ceilings: BTreeMap<String, f64>,
    /// Methods, in the order of the records.
    pub rows: Vec<TableRow>,
    /// Ours beside the others.
    pub comparisons: Vec<TableComparison>,
    /// Heads beside methods without one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub readings: Vec<ReadingComparison>,
    /// The baseline with the largest main figure.
    pub best_baseline: Option<String>,
}
