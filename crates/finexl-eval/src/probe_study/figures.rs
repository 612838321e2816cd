//! Figures with intervals from the trials of a method, and the tables of a study.

use super::null_trials::{NullTrial, RE_SEEDED};
use super::trials::{Comparison, Row, SAID};
use crate::EvalError;
use crate::report::write_table;
use crate::selection::Clustered;
use crate::summary::{CONFIDENCE, Measure, Target};
use finexl_explain::statistics::wilson;
use serde::Serialize;
use std::path::Path;

/// Intervals of 25 pairs are a little too narrow, as those of stylized scenes may be.
const COVERED: Target = Target::Between(0.90, 0.98);
/// Two explanations whose intervals are as wide as they should be agree in 95 of 100.
const AGREEING: Target = Target::AtLeast(0.95);
/// Share of nulls that may find anything.
const SILENT: Target = Target::AtMost(0.09);

/// Everything that was found, of all methods so far.
#[derive(Default)]
pub(super) struct Findings {
    /// The figures, each in the group of its method.
    pub measures: Vec<Measure>,
    /// A line per model, method, trial and aspect.
    pub rows: Vec<Row>,
    /// A line per method and null trial.
    pub nulls: Vec<NullTrial>,
}

/// A line of the summary.
#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct SummaryRow<'a> {
    method: &'a str,
    figure: &'a str,
    value: f64,
    low: f64,
    high: f64,
    /// What the figure should be, in words.
    aim: Option<&'a str>,
    /// Intervals, comparisons or null trials behind it.
    trials: usize,
}

impl Findings {
    /// Adds what a method found.
    ///
    /// # Errors
    /// Only where resampling fails.
    pub fn add(
        &mut self,
        method: &str,
        rows: Vec<Row>,
        comparisons: &[Comparison],
        nulls: Vec<NullTrial>,
    ) -> Result<(), EvalError> {
        self.measures.extend(coverage(method, &rows)?);
        self.measures.extend(agreement(method, comparisons)?);
        self.measures.extend(silence(method, &nulls));
        self.rows.extend(rows);
        self.nulls.extend(nulls);
        Ok(())
    }

    /// Writes `summary.csv`, `trials.csv` and `nulls.csv`, each whole or not at all.
    ///
    /// # Errors
    /// A table that cannot be written.
    pub fn write(&self, folder: &Path) -> Result<(), EvalError> {
        let summary: Vec<SummaryRow<'_>> = self
            .measures
            .iter()
            .map(|measure| SummaryRow {
                method: &measure.group,
                figure: &measure.name,
                value: measure.value,
                low: measure.low,
                high: measure.high,
                aim: measure.target.as_deref(),
                trials: measure.trials,
            })
            .collect();
        write_table(&folder.join("trials.csv"), &self.rows)?;
        write_table(&folder.join("nulls.csv"), &self.nulls)?;
        write_table(&folder.join("summary.csv"), &summary)
    }
}

/// Shares of intervals that hold the truth.
fn coverage(method: &str, rows: &[Row]) -> Result<Vec<Measure>, EvalError> {
    let judged = |row: &Row| (row.model.clone(), row.inside);
    let present = rows.iter().filter(|row| row.present).map(judged);
    let said = rows.iter().filter(|row| !row.present && row.score > SAID);
    let present = share(method, "coverage/present", present.collect())?;
    let said = share(
        method,
        "coverage/absent-with-score",
        said.map(judged).collect(),
    )?;
    let present = present.map(|measure| measure.with_target(COVERED));
    Ok([present, said].into_iter().flatten().collect())
}

/// Shares of aspects of which two explanations say the same.
fn agreement(method: &str, comparisons: &[Comparison]) -> Result<Vec<Measure>, EvalError> {
    let judged = |comparison: &Comparison| (comparison.model.clone(), comparison.agrees);
    let present = comparisons.iter().filter(|comparison| comparison.present);
    let said = comparisons.iter().filter(|comparison| comparison.said);
    let present = share(method, "agreement/present", present.map(judged).collect())?;
    let said = share(method, "agreement/with-score", said.map(judged).collect())?;
    let present = present.map(|measure| measure.with_target(AGREEING));
    Ok([present, said].into_iter().flatten().collect())
}

/// A share of what was judged, each beside its model, with the bootstrap interval over models; none where nothing
/// was judged.
fn share(
    method: &str,
    name: &str,
    judged: Vec<(String, bool)>,
) -> Result<Option<Measure>, EvalError> {
    if judged.is_empty() {
        return Ok(None);
    }
    let values = judged
        .iter()
        .map(|(model, holds)| (model.as_str(), vec![f64::from(u8::from(*holds))]));
    let clustered = Clustered::new(values);
    let interval = clustered.interval(|means| means[0])?;
    let share = (clustered.means()[0], interval);
    Ok(Some(Measure::new(name, method, share, judged.len())))
}

/// Shares of null trials in which anything at all is called significant.
fn silence(method: &str, nulls: &[NullTrial]) -> Vec<Measure> {
    let (re_seeded, disturbed): (Vec<_>, Vec<_>) =
        nulls.iter().partition(|trial| trial.null == RE_SEEDED);
    let figures = [
        ("nulls/any-significant", disturbed),
        ("nulls/any-significant-re-seeded", re_seeded),
    ];
    let counted = figures.iter().filter(|(_, trials)| !trials.is_empty());
    counted
        .map(|(name, trials)| {
            let loud = trials.iter().filter(|trial| trial.significant > 0).count();
            let value = loud as f64 / trials.len() as f64;
            let interval = wilson(loud, trials.len(), CONFIDENCE);
            Measure::new(name, method, (value, interval), trials.len()).with_target(SILENT)
        })
        .collect()
}

#[cfg(test)]
pub(super) mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    /// A row with an interval around its score; "warm" was applied, and the truth is 0.5.
    pub fn row(model: &str, trial: usize, aspect: &str, score: f64, half_width: f64) -> Row {
        let (low, high) = (score - half_width, score + half_width);
        Row {
            model: model.to_string(),
            method: "nnls".to_string(),
            trial,
            aspect: aspect.to_string(),
            present: aspect == "warm",
            score,
            low,
            high,
            truth: 0.5,
            inside: (low..=high).contains(&0.5),
        }
    }

    fn null(kind: &str, trial: usize, significant: usize) -> NullTrial {
        NullTrial {
            method: "nnls".to_string(),
            null: kind.to_string(),
            trial,
            significant,
            concepts: String::new(),
        }
    }

    fn found() -> Findings {
        let rows = vec![
            row("a", 0, "warm", 0.45, 0.1),
            row("a", 1, "warm", 0.55, 0.1),
            row("b", 0, "warm", 0.3, 0.1),
            row("b", 1, "warm", 0.5, 0.1),
            row("a", 0, "dark", 0.06, 0.1),
            row("a", 1, "dark", 0.04, 0.1),
        ];
        let comparison = |present: bool, agrees: bool| Comparison {
            model: "a".to_string(),
            present,
            said: true,
            agrees,
        };
        let comparisons = [comparison(true, true), comparison(false, false)];
        let nulls = vec![
            null("grain", 0, 0),
            null("jpeg", 1, 2),
            null(RE_SEEDED, 0, 0),
        ];
        let mut findings = Findings::default();
        findings.add("nnls", rows, &comparisons, nulls).unwrap();
        findings
    }

    #[test]
    fn figures_are_shares_of_what_they_are_about() {
        let findings = found();
        let figures: Vec<(&str, f64, usize)> = findings
            .measures
            .iter()
            .map(|m| (m.name.as_str(), m.value, m.trials))
            .collect();
        assert_eq!(
            figures,
            [
                ("coverage/present", 0.75, 4),
                ("coverage/absent-with-score", 0.0, 1),
                ("agreement/present", 1.0, 1),
                ("agreement/with-score", 0.5, 2),
                ("nulls/any-significant", 0.5, 2),
                ("nulls/any-significant-re-seeded", 0.0, 1),
            ]
        );
        let measures = &findings.measures;
        // Models are resampled: one has all of its intervals right, the other half of them.
        assert_eq!((measures[0].low, measures[0].high), (0.5, 1.0));
        assert_eq!(measures[0].met, Some(false));
        assert_eq!(measures[2].met, Some(true));
        let wilson = wilson(1, 2, CONFIDENCE);
        assert_eq!(
            (measures[4].low, measures[4].high),
            (wilson.low, wilson.high)
        );
    }

    #[test]
    fn what_was_not_tried_has_no_figure() {
        let mut findings = Findings::default();
        findings.add("nnls", Vec::new(), &[], Vec::new()).unwrap();
        assert!(findings.measures.is_empty());
    }

    #[test]
    fn tables_have_their_columns() {
        let folder = tempfile::tempdir().unwrap();
        found().write(folder.path()).unwrap();
        for (file, head, lines) in [
            ("summary.csv", "method,figure,value,low,high,aim,trials", 6),
            (
                "trials.csv",
                "model,method,trial,aspect,present,score,low,high,truth,inside",
                6,
            ),
            ("nulls.csv", "method,null,trial,significant,concepts", 3),
        ] {
            let text = std::fs::read_to_string(folder.path().join(file)).unwrap();
            assert_eq!(text.lines().next().unwrap(), head);
            assert_eq!(text.lines().count(), lines + 1, "{file}");
        }
    }
}
