//! Figures of a pool: how scores follow levels, over runs.

use crate::EvalError;
use crate::summary::{Measure, Target, mean};
use finexl_explain::statistics::spearman;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// Fewest levels that have a rank correlation worth the name.
pub(crate) const FEWEST_LEVELS: usize = 3;
/// What stands behind the name of a group of one side only.
const AWAY: &str = ", away";
const TOWARDS: &str = ", towards";
/// What stands behind the name of a group of runs whose aspect follows the level where it is painted on.
const FOLLOWED: &str = ", followed when painted";
/// Rank correlation of level and strength from which an aspect counts as followed.
const FOLLOWS: f64 = 0.9;
/// The mechanism of rows that are no models but the base's images with a style painted on.
pub(crate) const PAINTED: &str = "painted";
/// Fewest runs for which a figure is held against its target.
const FEWEST_RUNS: usize = 5;
/// How strengths follow levels, and what that should be.
const STRENGTH: &str = "pool/spearman-of-strength";
const TARGET: Target = Target::AtLeast(0.9);

/// What a model's images say of one aspect that it was made with.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Row {
    /// Encoder and method.
    pub scorer: String,
    pub model: String,
    pub run: String,
    pub mechanism: String,
    pub dial: &'static str,
    pub level: f64,
    /// The aspect that it was made with.
    pub aspect: String,
    /// Its score: a level where scores are calibrated, else a weight.
    pub strength: f64,
    /// Mean absolute score of aspects outside the families of all that it was made with.
    pub outside: f64,
    /// The largest absolute one of them.
    pub outside_most: f64,
    /// The aspect with the largest score of all.
    pub strongest: String,
    /// Rank correlation of level and strength where the style is painted on the base's images; absent where
    /// operators cannot paint it.
    pub painted: Option<f64>,
}

/// What the models of a run say together.
struct RunFigures {
    /// Mean rank correlation of level and strength over the run's aspects.
    correlation: f64,
    /// At the largest level: mean and largest score outside the families, each as its share of itself and
    /// the smallest strength of the run's aspects, in [0, 1].
    outside: [f64; 2],
    /// At the largest level: whether an aspect of the run has the largest score of all.
    strongest: bool,
}

/// Figures per mechanism and dial, over runs. Runs with levels on both sides of 0 are shown as a whole and
/// for each side by itself: guidance away from a concept is another thing than guidance towards it.
pub(crate) fn summary(scorer: &str, rows: &[Row]) -> Result<Vec<Measure>, EvalError> {
    let away: BTreeSet<&str> = rows
        .iter()
        .filter(|row| row.level < 0.0)
        .map(|row| row.run.as_str())
        .collect();
    let mut runs: BTreeMap<(String, &str), Vec<&Row>> = BTreeMap::new();
    for row in rows {
        let whole = format!("{scorer}, {} by {}", row.mechanism, row.dial);
        if away.contains(row.run.as_str()) {
            let side = if row.level < 0.0 { AWAY } else { TOWARDS };
            let group = (format!("{whole}{side}"), row.run.as_str());
            runs.entry(group).or_default().push(row);
        }
        if row.painted.is_some_and(|painted| painted >= FOLLOWS) {
            let group = (format!("{whole}{FOLLOWED}"), row.run.as_str());
            runs.entry(group).or_default().push(row);
        }
        runs.entry((whole, &row.run)).or_default().push(row);
    }
    let mut groups: BTreeMap<String, Vec<RunFigures>> = BTreeMap::new();
    for ((group, _), rows) in &runs {
        if let Some(figures) = RunFigures::of(rows) {
            groups.entry(group.clone()).or_default().push(figures);
        }
    }
    let mut measures = Vec::new();
    for (group, runs) in &groups {
        let over =
            |figure: &dyn Fn(&RunFigures) -> f64| -> Vec<f64> { runs.iter().map(figure).collect() };
        let correlation = mean(&over(&|run| run.correlation))?;
        let measure = Measure::new(STRENGTH, group, correlation, runs.len());
        let a_side = [AWAY, TOWARDS].iter().any(|side| group.ends_with(side));
        // What is painted is no model of the pool: it says what could be reached.
        let of_models = !painted(scorer, group);
        measures.push(match runs.len() {
            FEWEST_RUNS.. if !a_side && of_models => measure.with_target(TARGET),
            _ => measure,
        });
        let figures = [
            (
                "pool/outside-family-mean-share",
                over(&|run| run.outside[0]),
            ),
            (
                "pool/outside-family-most-share",
                over(&|run| run.outside[1]),
            ),
            (
                "pool/aspect-strongest",
                over(&|run| f64::from(u8::from(run.strongest))),
            ),
        ];
        for (name, values) in figures {
            measures.push(Measure::new(name, group, mean(&values)?, runs.len()));
        }
    }
    if measures.iter().all(|measure| measure.met.is_none()) {
        let group = format!("{scorer}, models of the pool");
        measures.push(Measure::unmeasured(STRENGTH, &group, TARGET));
    }
    Ok(measures)
}

/// Whether a group is of images that a style was painted on.
fn painted(scorer: &str, group: &str) -> bool {
    group.starts_with(&format!("{scorer}, {PAINTED} by "))
}

/// What there is to say where no group of the pool's own models could be held against the target.
pub(crate) fn unmeasured(measures: &[Measure]) -> Option<String> {
    let any = measures
        .iter()
        .any(|measure| measure.name == STRENGTH && measure.trials == 0 && measure.target.is_some());
    any.then(|| {
        format!(
            "whether strengths follow levels ({TARGET}) is not measured for the pool's models: that takes {FEWEST_RUNS} \
             runs of one mechanism with {FEWEST_LEVELS} levels each; what is painted only says what could be reached"
        )
    })
}

/// Mean rank correlation of level and strength over the aspects of a run; none for too few levels.
pub(crate) fn correlation(rows: &[&Row]) -> Option<f64> {
    RunFigures::of(rows).map(|figures| figures.correlation)
}

impl RunFigures {
    /// Nothing for too few levels.
    fn of(rows: &[&Row]) -> Option<Self> {
        let mut aspects: BTreeMap<&str, Vec<&Row>> = BTreeMap::new();
        for row in rows {
            aspects.entry(&row.aspect).or_default().push(row);
        }
        let levels = aspects.values().map(Vec::len).min()?;
        if levels < FEWEST_LEVELS {
            return None;
        }
        let correlations = aspects.values().map(|rows| {
            let levels: Vec<f64> = rows.iter().map(|row| row.level).collect();
            let strengths: Vec<f64> = rows.iter().map(|row| row.strength).collect();
            // A strength that never moves follows nothing.
            spearman(&levels, &strengths).unwrap_or(0.0)
        });
        let correlation = correlations.sum::<f64>() / aspects.len() as f64;
        let furthest = rows.iter().map(|row| row.level.abs()).fold(0.0, f64::max);
        let top: Vec<&&Row> = rows
            .iter()
            .filter(|row| row.level.abs() == furthest)
            .collect();
        let weakest = top
            .iter()
            .map(|row| row.strength.abs())
            .fold(f64::INFINITY, f64::min);
        let share = |value: f64| match value + weakest {
            0.0 => 0.0,
            both => value / both,
        };
        let first = top.first()?;
        Some(Self {
            correlation,
            outside: [share(first.outside), share(first.outside_most)],
            strongest: aspects.contains_key(first.strongest.as_str()),
        })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn row(run: &str, level: f64, strength: f64) -> Row {
        Row {
            scorer: "judge ridge".to_string(),
            model: format!("{run}-{level}"),
            run: run.to_string(),
            mechanism: "lora".to_string(),
            dial: "steps",
            level,
            aspect: "warm".to_string(),
            strength,
            outside: 0.1,
            outside_most: 0.3,
            strongest: "warm".to_string(),
            painted: None,
        }
    }

    fn figure(measures: &[Measure], name: &str, group: &str) -> (f64, usize) {
        let found = measures.iter().find(|m| m.name == name && m.group == group);
        let found = found.unwrap();
        (found.value, found.trials)
    }

    #[test]
    fn runs_count_once_each_and_too_few_levels_do_not() {
        let mut rows: Vec<Row> = (1..5)
            .map(|i| row("rising", i as f64, 0.1 * i as f64))
            .collect();
        rows.extend((1..5).map(|i| row("falling", i as f64, 10.0 - i as f64)));
        rows.push(row("single", 1.0, 1.0));
        let measures = summary("judge ridge", &rows).unwrap();
        let group = "judge ridge, lora by steps";
        assert_eq!(
            figure(&measures, "pool/spearman-of-strength", group),
            (0.0, 2)
        );
        let (mean, _) = figure(&measures, "pool/outside-family-mean-share", group);
        assert!((mean - (0.1 / 0.5 + 0.1 / 6.1) / 2.0).abs() < 1e-12);
        let (most, _) = figure(&measures, "pool/outside-family-most-share", group);
        assert!((most - (0.3 / 0.7 + 0.3 / 6.3) / 2.0).abs() < 1e-12);
        assert_eq!(figure(&measures, "pool/aspect-strongest", group), (1.0, 2));
        // Two runs are too few for a verdict.
        assert!(measures.iter().all(|m| m.met.is_none()));
    }

    #[test]
    fn a_bar_is_not_met_by_what_is_painted() {
        let rows: Vec<Row> = (0..6)
            .flat_map(|run| {
                (1..5).map(move |i| Row {
                    mechanism: PAINTED.to_string(),
                    ..row(&format!("style {run}"), i as f64, i as f64)
                })
            })
            .collect();
        let measures = summary("judge ridge", &rows).unwrap();
        assert!(measures.iter().all(|m| m.met.is_none()));
        let said = measures.iter().find(|m| m.trials == 0).unwrap();
        assert_eq!(said.target.as_deref(), Some(">= 0.9"));
        assert!(unmeasured(&measures).unwrap().contains("not measured"));
    }

    #[test]
    fn an_aspect_that_is_not_found_leaves_all_to_the_others() {
        let rows: Vec<Row> = (1..4).map(|i| row("lost", i as f64, 0.0)).collect();
        let measures = summary("x", &rows).unwrap();
        let name = "pool/outside-family-most-share";
        assert_eq!(figure(&measures, name, "x, lora by steps"), (1.0, 1));
    }

    #[test]
    fn what_is_followed_when_painted_also_stands_alone() {
        let of_run = |run: &'static str, sign: f64, painted| {
            (1..5).map(move |i| Row {
                painted: Some(painted),
                ..row(run, i as f64, sign * i as f64)
            })
        };
        let rows: Vec<Row> = of_run("warm", 1.0, 0.95)
            .chain(of_run("dots", -1.0, -0.3))
            .collect();
        let measures = summary("x", &rows).unwrap();
        let of = |group: &str| figure(&measures, "pool/spearman-of-strength", group);
        assert_eq!(of("x, lora by steps"), (0.0, 2));
        assert_eq!(of("x, lora by steps, followed when painted"), (1.0, 1));
    }

    #[test]
    fn each_side_of_guidance_also_stands_alone() {
        let levels = [-3.0, -2.0, -1.0, 1.0, 2.0, 3.0];
        let rows: Vec<Row> = levels
            .map(|level| row("guided", level, level * level))
            .to_vec();
        let measures = summary("x", &rows).unwrap();
        let of = |group: &str| figure(&measures, "pool/spearman-of-strength", group);
        assert_eq!(of("x, lora by steps, towards"), (1.0, 1));
        assert_eq!(of("x, lora by steps, away"), (-1.0, 1));
        assert!(of("x, lora by steps").0.abs() < 1e-12);
    }
}
