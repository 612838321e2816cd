//! How large an effect has to be: above what nulls show and above what strong aspects spill over.

use super::Fit;
use crate::EvalError;
use crate::bench::random_pair;
use crate::pool::Scenario;
use crate::trial::{entry, for_scenarios};
use finexl_core::explanation::{AspectScore, Explanation};
use finexl_core::seed;
use finexl_data::aspects::all;
use finexl_data::nuisance::Nuisance;
use finexl_data::vocabulary::Concept;
use finexl_explain::analysis::SIGNIFICANCE;
use finexl_explain::calibration::{Calibration, CalibrationChoice};
use finexl_explain::vocabulary::Vocabulary;
use serde::Serialize;

/// Spills that are tried.
const SPILLS: usize = 61;
/// Distance between them.
const SPILL_STEP: f64 = 0.01;

/// What the thresholds look at in one trial.
#[derive(Clone, Debug)]
pub(super) struct Trial {
    /// Applied concepts, as indices of the vocabulary.
    applied: Vec<usize>,
    /// Whether each concept is of a family that was applied, `[N]`.
    inside: Vec<bool>,
    /// Level at which each interval begins where the flips find an effect, else none, `[N]`.
    beyond: Vec<Option<f64>>,
    /// The highest level.
    highest: f64,
    /// What was done, for the tables.
    note: String,
}

/// Analyses the trials of one kind: `nulls`, `one aspect` or `two aspects`.
pub(super) fn judge(
    fit: &mut Fit<'_>,
    calibration: &Calibration,
    kind: &str,
) -> Result<Vec<Trial>, EvalError> {
    let scenarios = scenarios(fit, kind)?;
    let explainer = (fit.explainer.to_builder())
        .calibration(CalibrationChoice::Fitted(Box::new(calibration.clone())))
        .build()?;
    let records = for_scenarios(
        &mut fit.pool,
        (kind, fit.progress),
        &scenarios,
        |divergences, bank| Ok(explainer.explain_divergences(divergences, bank)?),
    )?;
    let vocabulary = fit.explainer.vocabulary();
    Ok(scenarios
        .iter()
        .zip(&records)
        .map(|(scenario, record)| {
            let names: Vec<&str> = scenario.aspects.iter().map(|(a, _)| a.name).collect();
            let applied = names.iter().filter_map(|name| vocabulary.position(name));
            let note = match scenario.nuisance {
                Some(nuisance) => nuisance.name().to_owned(),
                None => names.join(" + "),
            };
            Trial::new(record, vocabulary, applied.collect(), note)
        })
        .collect())
}

impl Trial {
    /// What a record says where these concepts were applied.
    pub fn new(
        record: &Explanation,
        vocabulary: &Vocabulary,
        applied: Vec<usize>,
        note: String,
    ) -> Self {
        let concepts = vocabulary.concepts();
        let families = applied
            .iter()
            .filter_map(|k| concepts[*k].family.as_deref());
        let families: Vec<&str> = families.collect();
        let of_family = |concept: &Concept| {
            let family = concept.family.as_deref();
            family.is_some_and(|family| families.contains(&family))
        };
        let own = |k: usize| applied.contains(&k);
        let scores = record.aspects.iter().map(|aspect| aspect.score.abs());
        Self {
            inside: (concepts.iter().enumerate())
                .map(|(k, concept)| own(k) || of_family(concept))
                .collect(),
            beyond: (concepts.iter())
                .map(|concept| entry(record, &concept.name).and_then(beyond))
                .collect(),
            highest: scores.fold(0.0, f64::max),
            applied,
            note,
        }
    }
}

fn scenarios(fit: &Fit<'_>, kind: &str) -> Result<Vec<Scenario>, EvalError> {
    let level = fit.config.level;
    match kind {
        "nulls" => (0..fit.config.nulls)
            .map(|trial| {
                let mut scenario = fit.scenario(kind, trial, Vec::new())?;
                // Artists take turns by trial: kinds by rounds, so that all meet.
                let round = trial / fit.pool.artists().len();
                scenario.nuisance = Some(Nuisance::ALL[round % Nuisance::ALL.len()]);
                Ok(scenario)
            })
            .collect(),
        "one aspect" => (0..fit.config.styles * all().len())
            .map(|trial| {
                let aspect = &all()[trial % all().len()];
                fit.scenario(kind, trial, vec![(aspect, level)])
            })
            .collect(),
        _ => (0..fit.config.doubles)
            .map(|trial| {
                let keys = [seed::key("calibrate-doubles"), trial as u64];
                let mut random = seed::generator(fit.config.seed, &keys);
                let [first, second] = random_pair(&fit.definitions, false, &mut random);
                fit.scenario(kind, trial, vec![(first, level), (second, level)])
            })
            .collect(),
    }
}

/// The rule of the explainer without its thresholds.
fn beyond(aspect: &AspectScore) -> Option<f64> {
    let reach = aspect.low.max(-aspect.high);
    (aspect.weight != 0.0 && aspect.p_adjusted <= SIGNIFICANCE && reach > 0.0).then_some(reach)
}

/// One null trial in the report.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct NullRow {
    kind: String,
    /// The effect threshold at which the trial shows nothing any more.
    silent_at: f64,
    /// The threshold that was chosen.
    effect: f64,
}

pub(super) fn null_rows(nulls: &[Trial], effect: f64) -> Vec<NullRow> {
    nulls
        .iter()
        .map(|trial| NullRow {
            kind: trial.note.clone(),
            silent_at: silent_at(trial),
            effect,
        })
        .collect()
}

fn silent_at(trial: &Trial) -> f64 {
    trial
        .beyond
        .iter()
        .flatten()
        .fold(0.0, |most, b| most.max(*b))
}

/// The smallest threshold at which at most a share `false_alarms` of the nulls shows anything.
pub(super) fn effect(nulls: &[Trial], false_alarms: f64) -> f64 {
    let mut thresholds: Vec<f64> = nulls.iter().map(silent_at).collect();
    thresholds.sort_by(|a, b| b.total_cmp(a));
    let allowed = (false_alarms * nulls.len() as f64) as usize;
    thresholds.get(allowed).copied().unwrap_or(0.0)
}

/// One spill with what it leads to.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct SpillRow {
    spill: f64,
    /// Mean number of significant concepts outside the family of one applied aspect.
    outside_family: f64,
    /// The same with two applied aspects.
    outside_families_of_two: f64,
    /// Share of single applied aspects that are significant.
    recall_of_one: f64,
    /// Share of applied aspects that are significant, two at a time.
    recall_of_two: f64,
    chosen: bool,
}

/// What a spill has to keep.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    /// Largest mean number of significant concepts outside the family of one applied aspect.
    pub outside_family: f64,
    /// Smallest share of applied aspects that stay significant, two at a time, where both can be had.
    pub recall: f64,
}

/// The smallest spill that keeps both limits; where none does, the smallest that keeps
/// what lies outside the family, and failing that the largest.
pub(super) fn choose_spill(
    limits: Limits,
    effect: f64,
    singles: &[Trial],
    doubles: &[Trial],
) -> (f64, Vec<SpillRow>) {
    let mut rows: Vec<SpillRow> = (0..SPILLS)
        .map(|step| {
            let spill = step as f64 * SPILL_STEP;
            SpillRow {
                spill,
                outside_family: outside(singles, effect, spill),
                outside_families_of_two: outside(doubles, effect, spill),
                recall_of_one: recall(singles, effect, spill),
                recall_of_two: recall(doubles, effect, spill),
                chosen: false,
            }
        })
        .collect();
    let quiet = |row: &SpillRow| row.outside_family <= limits.outside_family;
    let chosen = rows
        .iter()
        .position(|row| quiet(row) && row.recall_of_two >= limits.recall)
        .or_else(|| rows.iter().position(quiet))
        .unwrap_or(SPILLS - 1);
    rows[chosen].chosen = true;
    (rows[chosen].spill, rows)
}

fn significant(trial: &Trial, concept: usize, effect: f64, spill: f64) -> bool {
    let threshold = effect.max(spill * trial.highest);
    trial.beyond[concept].is_some_and(|beyond| beyond > threshold)
}

fn outside(trials: &[Trial], effect: f64, spill: f64) -> f64 {
    let count = |trial: &Trial| {
        (0..trial.beyond.len())
            .filter(|k| !trial.inside[*k] && significant(trial, *k, effect, spill))
            .count()
    };
    trials.iter().map(count).sum::<usize>() as f64 / trials.len().max(1) as f64
}

fn recall(trials: &[Trial], effect: f64, spill: f64) -> f64 {
    let found = |trial: &Trial| {
        let applied = trial.applied.iter();
        applied
            .filter(|k| significant(trial, **k, effect, spill))
            .count()
    };
    let all: usize = trials.iter().map(|trial| trial.applied.len()).sum();
    trials.iter().map(found).sum::<usize>() as f64 / all.max(1) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trial(applied: &[usize], beyond: &[Option<f64>]) -> Trial {
        Trial {
            applied: applied.to_vec(),
            inside: (0..beyond.len()).map(|k| applied.contains(&k)).collect(),
            beyond: beyond.to_vec(),
            highest: 1.0,
            note: String::new(),
        }
    }

    const LIMITS: Limits = Limits {
        outside_family: 0.5,
        recall: 0.95,
    };

    #[test]
    fn the_effect_silences_all_nulls_but_the_allowed_share() {
        let nulls: Vec<Trial> = (0..100)
            .map(|i| trial(&[], &[(i < 5).then(|| f64::from(i + 1)), None]))
            .collect();
        // Five nulls reach 5, 4, 3, 2 and 1; three of them may speak.
        assert_eq!(effect(&nulls, 0.03), 2.0);
        assert_eq!(effect(&nulls, 0.05), 0.0);
        assert_eq!(effect(&[], 0.03), 0.0);
    }

    #[test]
    fn the_smallest_spill_that_keeps_both_limits_is_chosen() {
        let singles = [trial(&[0], &[Some(0.9), Some(0.1)]); 1];
        let doubles = [trial(&[0, 1], &[Some(0.9), Some(0.3)]); 1];
        let (spill, rows) = choose_spill(LIMITS, 0.0, &singles, &doubles);
        assert!((spill - 0.1).abs() < 1e-12, "{spill}");
        assert_eq!(rows.iter().filter(|row| row.chosen).count(), 1);
        assert_eq!(
            (rows[0].outside_family, rows[10].outside_family),
            (1.0, 0.0)
        );
        // Where the recall cannot be kept, silence outside the family comes first.
        let weak = [trial(&[0, 1], &[Some(0.9), Some(0.05)]); 1];
        assert!((choose_spill(LIMITS, 0.0, &singles, &weak).0 - 0.1).abs() < 1e-12);
    }
}
