//! Numbers that no run can be made with, found in the file itself so that their line can be shown.

use std::ops::Range;
use toml::Spanned;
use toml::de::{DeTable, DeValue};
use toml::{Table, Value};

/// What a number of a key may be. A key means the same in every experiment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Allowed {
    /// So many of something: none is no run.
    Count,
    /// Above 0.
    Positive,
    /// 0 or more.
    NotNegative,
    /// From 0 to 1.
    Share,
    /// From 0 to below 1.
    ShareBelowOne,
    /// Above 0 and at most 1.
    PositiveShare,
}

const COUNTS: [&str; 61] = [
    "after-block",
    "answer-tokens",
    "aspects",
    "attempts",
    "components",
    "concepts",
    "context",
    "count",
    "crops",
    "decoder-blocks",
    "deep-width",
    "doubles",
    "embedding",
    "encoder-blocks",
    "episodes-per-step",
    "epochs",
    "flips",
    "head-width",
    "heads",
    "hidden",
    "image-size",
    "images",
    "images-per-step",
    "largest",
    "latent-channels",
    "latent-width",
    "layers",
    "levels",
    "mixtures",
    "models",
    "most-aspects",
    "most-requests",
    "most-tokens",
    "pairs",
    "patch",
    "patience",
    "probes",
    "prompt-sets",
    "rank",
    "repeats",
    "requests-at-once",
    "resamples",
    "scenarios",
    "scenes",
    "scenes-per-step",
    "sets",
    "side",
    "sides",
    "size",
    "snapshots",
    "steps",
    "steps-per-epoch",
    "styles",
    "time-width",
    "token-hidden",
    "top-k",
    "training",
    "trials",
    "trunk",
    "validation",
    "width",
];

const POSITIVE: [&str; 6] = [
    "alpha",
    "learning-rate",
    "share",
    "shrinkage",
    "slope-distance",
    "timeout-seconds",
];

const NOT_NEGATIVE: [&str; 16] = [
    "absent",
    "divergence-weight",
    "e-ortho",
    "fidelity",
    "first-wait-seconds",
    "lambda",
    "linearity-weight",
    "longest-wait-seconds",
    "outside-family",
    "readout-weight",
    "slope",
    "temperature",
    "tolerance",
    "weight",
    "weight-decay",
    "words",
];

const SHARES: [&str; 6] = [
    "dropped-captions",
    "false-alarms",
    "image-share",
    "level",
    "recall",
    "stylized-share",
];

impl Allowed {
    /// What the number of a key may be.
    pub(super) fn of(key: &str) -> Option<Self> {
        Some(match key {
            "averaging-decay" => Self::ShareBelowOne,
            "shares" => Self::PositiveShare,
            key if COUNTS.contains(&key) => Self::Count,
            key if POSITIVE.contains(&key) => Self::Positive,
            key if NOT_NEGATIVE.contains(&key) => Self::NotNegative,
            key if SHARES.contains(&key) => Self::Share,
            _ => return None,
        })
    }

    fn holds(self, value: f64) -> bool {
        match self {
            Self::Count => value >= 1.0,
            Self::Positive => value > 0.0,
            Self::NotNegative => value >= 0.0,
            Self::Share => (0.0..=1.0).contains(&value),
            Self::ShareBelowOne => (0.0..1.0).contains(&value),
            Self::PositiveShare => value > 0.0 && value <= 1.0,
        }
    }

    /// The same in the words of a JSON schema.
    pub(super) fn bounds(self) -> Vec<(String, serde_json::Value)> {
        let bounds: &[(&str, f64)] = match self {
            Self::Count => &[("minimum", 1.0)],
            Self::Positive => &[("exclusiveMinimum", 0.0)],
            Self::NotNegative => &[("minimum", 0.0)],
            Self::Share => &[("minimum", 0.0), ("maximum", 1.0)],
            Self::ShareBelowOne => &[("minimum", 0.0), ("exclusiveMaximum", 1.0)],
            Self::PositiveShare => &[("exclusiveMinimum", 0.0), ("maximum", 1.0)],
        };
        let whole = |bound: f64| serde_json::Value::from(bound as i64);
        let bounds = bounds.iter();
        bounds
            .map(|(key, bound)| (key.to_string(), whole(*bound)))
            .collect()
    }

    fn words(self) -> &'static str {
        match self {
            Self::Count => "at least 1",
            Self::Positive => "above 0",
            Self::NotNegative => "0 or more",
            Self::Share => "from 0 to 1",
            Self::ShareBelowOne => "from 0 to below 1",
            Self::PositiveShare => "above 0 and at most 1",
        }
    }
}

/// A number that cannot be run with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct OutOfRange {
    /// What is wrong and what would be right.
    pub problem: String,
    /// Its bytes in the file.
    pub span: Range<usize>,
}

/// The first number of an experiment's table that no run can be made with.
pub(super) fn out_of_range(table: &DeTable<'_>) -> Option<OutOfRange> {
    in_table(table, "")
}

fn in_table(table: &DeTable<'_>, path: &str) -> Option<OutOfRange> {
    table.iter().find_map(|(key, value)| {
        let key: &str = key.get_ref();
        let path = if path.is_empty() {
            key.to_string()
        } else {
            format!("{path}.{key}")
        };
        // Levels of aspects stand under the aspects' names; whoever applies them says which may be.
        match (key, value.get_ref()) {
            ("aspects", DeValue::Table(levels)) => levels.iter().find_map(|(name, level)| {
                in_value(level, &format!("{path}.{}", name.get_ref()), None)
            }),
            _ => in_value(value, &path, Allowed::of(key)),
        }
    })
}

fn in_value(
    value: &Spanned<DeValue<'_>>,
    path: &str,
    allowed: Option<Allowed>,
) -> Option<OutOfRange> {
    let (said, number) = match value.get_ref() {
        DeValue::Table(table) => return in_table(table, path),
        DeValue::Array(values) => {
            return values
                .iter()
                .find_map(|value| in_value(value, path, allowed));
        }
        DeValue::Integer(number) => (
            number.to_string(),
            i128::from_str_radix(number.as_str(), number.radix()).ok()? as f64,
        ),
        DeValue::Float(number) => (number.to_string(), number.as_str().parse().ok()?),
        _ => return None,
    };
    Some(OutOfRange {
        problem: problem_of(path, (&said, number), allowed)?,
        span: value.span(),
    })
}

fn problem_of(path: &str, (said, number): (&str, f64), allowed: Option<Allowed>) -> Option<String> {
    if !number.is_finite() {
        return Some(format!("`{path}` is {said}; give a number"));
    }
    let allowed = allowed.filter(|allowed| !allowed.holds(number))?;
    Some(format!(
        "`{path}` is {said}, but has to be {}",
        allowed.words()
    ))
}

/// As [`out_of_range`], of a table that was not read from a file; what is wrong and what would be right.
pub(super) fn out_of_range_value(table: &Table) -> Option<String> {
    table_of_values(table, "")
}

fn table_of_values(table: &Table, path: &str) -> Option<String> {
    table.iter().find_map(|(key, value)| {
        let path = match path {
            "" => key.clone(),
            path => format!("{path}.{key}"),
        };
        match (key.as_str(), value) {
            ("aspects", Value::Table(levels)) => (levels.iter())
                .find_map(|(name, level)| value_of(level, &format!("{path}.{name}"), None)),
            _ => value_of(value, &path, Allowed::of(key)),
        }
    })
}

fn value_of(value: &Value, path: &str, allowed: Option<Allowed>) -> Option<String> {
    match value {
        Value::Table(table) => table_of_values(table, path),
        Value::Array(items) => items.iter().find_map(|item| value_of(item, path, allowed)),
        Value::Integer(number) => problem_of(path, (&number.to_string(), *number as f64), allowed),
        Value::Float(number) => problem_of(path, (&number.to_string(), *number), allowed),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn problem(text: &str) -> Option<String> {
        let table = DeTable::parse(text).unwrap();
        out_of_range(table.get_ref()).map(|found| found.problem)
    }

    #[test]
    fn what_no_run_can_have_is_named_with_what_it_may_be() {
        for (text, words) in [
            ("pairs = 0", "`pairs` is 0, but has to be at least 1"),
            ("pairs = -3", "at least 1"),
            ("[a]\nrank = 0", "`a.rank`"),
            (
                "learning-rate = nan",
                "`learning-rate` is nan; give a number",
            ),
            ("distances = [1.0, -inf]", "-inf"),
            ("levels = [{ levels = 0 }]", "`levels.levels`"),
            ("averaging-decay = 1.0", "below 1"),
            ("shares = [0.5, 0.0]", "above 0 and at most 1"),
            ("level = 1.5", "from 0 to 1"),
            ("weight-decay = -1e-3", "0 or more"),
        ] {
            let found = problem(text).unwrap();
            assert!(found.contains(words), "{text}: {found}");
        }
    }

    #[test]
    fn what_a_run_can_have_is_left_alone() {
        let text = "pairs = 8\nnulls = 0\nseed = 0\ndistances = [-3.0]\nguidance = [0.0]\n\
                    warmup-steps = 0\n[styles.one]\naspects = { levels = 0.0, pairs = 0.5 }\n";
        assert_eq!(problem(text), None);
        let table: Table = toml::from_str(text).unwrap();
        assert_eq!(out_of_range_value(&table), None);
        let table: Table = toml::from_str("[a]\nrank = [1, 0]").unwrap();
        let found = out_of_range_value(&table).unwrap();
        assert_eq!(found, "`a.rank` is 0, but has to be at least 1");
    }
}
