//! How often an interval holds what the same estimator gives on many other probes.

use crate::EvalError;
use crate::bench::{Bench, Findings};
use crate::outcome::{Outcome, Setting};
use crate::pool::{ProbePool, Scenario, draw_probes};
use crate::summary::{Kind, Target};
use finexl_core::experiment::Coverage;
use finexl_core::explanation::Explanation;
use finexl_core::seed;
use finexl_data::art::Artist;
use finexl_explain::Explainer;
use finexl_explain::divergence::Divergences;
use rayon::prelude::*;

/// Quantities by number of pairs; other numbers of pairs are not reported.
const NAMES: [(usize, [&str; 3], Target); 2] = [
    (
        25,
        [
            "coverage-25/present",
            "coverage-25/absent",
            "coverage-25/absent-with-weight",
        ],
        Target::Between(0.90, 0.98),
    ),
    (
        100,
        [
            "coverage-100/present",
            "coverage-100/absent",
            "coverage-100/absent-with-weight",
        ],
        Target::Between(0.92, 0.98),
    ),
];

/// Coverage of present and absent aspects apart.
///
/// The truth of a trial is the estimate on all probes of the pool that the trial did not draw, so
/// that truth and trial share no probe.
///
/// # Errors
/// A number of pairs other than 25 or 100, fewer probes than pairs, or an explainer that fails.
pub(crate) fn coverage(bench: &mut Bench<'_>, settings: &Coverage) -> Result<Findings, EvalError> {
    let mut findings = Findings::default();
    for pairs in &settings.pairs {
        let (_, names, target) = named(*pairs)?;
        for name in names {
            findings.quantities.push((name, Kind::Mean, *target));
        }
    }
    let explainer = (bench.explainer.clone())
        .with_resamples(settings.resamples)
        .with_flips(1);
    let scenarios = scenarios(bench, settings)?;
    bench.pool.require(settings.probes, bench.progress)?;
    let reference = Reference::of(&bench.pool, settings.probes);
    let each = settings.trials.div_ceil(settings.scenarios.max(1));
    for (number, scenario) in scenarios.iter().enumerate() {
        (bench.progress)("coverage", number, scenarios.len());
        let divergences = bench.pool.divergences(std::slice::from_ref(scenario))?;
        let model = Model {
            pool: &bench.pool,
            reference: &reference,
            scenario,
            divergences: &divergences[0],
            artists: bench.artists(),
        };
        for pairs in &settings.pairs {
            let found: Vec<Vec<Outcome>> = (number * each..(number + 1) * each)
                .into_par_iter()
                .map(|trial| model.trial(&explainer, *pairs, trial))
                .collect::<Result<_, _>>()?;
            findings.outcomes.extend(found.into_iter().flatten());
        }
    }
    Ok(findings)
}

fn named(pairs: usize) -> Result<&'static (usize, [&'static str; 3], Target), EvalError> {
    NAMES
        .iter()
        .find(|(known, _, _)| *known == pairs)
        .ok_or_else(|| EvalError::setting("coverage.pairs", "only 25 and 100 are reported"))
}

/// One and two aspects in turn, over implementations and artists.
pub(super) fn scenarios(
    bench: &Bench<'_>,
    settings: &Coverage,
) -> Result<Vec<Scenario>, EvalError> {
    let probes: Vec<usize> = (0..settings.probes).collect();
    (0..settings.scenarios)
        .map(|number| {
            let mut scenario = bench.random_double("coverage", number, false)?;
            if number % 2 == 0 {
                scenario.aspects.truncate(1);
            }
            scenario.probes.clone_from(&probes);
            Ok(scenario)
        })
        .collect()
}

/// Sum of the directions of all probes, from which those of a trial are taken off.
pub(super) struct Reference {
    probes: usize,
    /// `[N, d]`
    sum: Vec<f64>,
}

impl Reference {
    pub fn of(pool: &ProbePool<'_>, probes: usize) -> Self {
        let mut sum = vec![0.0f64; pool.directions(0).len()];
        for probe in 0..probes {
            for (total, value) in sum.iter_mut().zip(pool.directions(probe)) {
                *total += f64::from(*value);
            }
        }
        Self { probes, sum }
    }

    /// How many probes there are.
    pub fn probes(&self) -> usize {
        self.probes
    }

    /// Mean directions of all probes but some.
    pub fn without(&self, pool: &ProbePool<'_>, drawn: &[usize]) -> Vec<f64> {
        let mut rest = self.sum.clone();
        for probe in drawn {
            for (total, value) in rest.iter_mut().zip(pool.directions(*probe)) {
                *total -= f64::from(*value);
            }
        }
        let scale = 1.0 / (self.probes - drawn.len()) as f64;
        rest.iter_mut().for_each(|v| *v *= scale);
        rest
    }
}

/// One personalized model with its divergences on all probes.
pub(super) struct Model<'a> {
    pub pool: &'a ProbePool<'a>,
    pub reference: &'a Reference,
    pub scenario: &'a Scenario,
    pub divergences: &'a Divergences,
    pub artists: Vec<Artist>,
}

impl Model<'_> {
    /// One trial: what was drawn explained, and compared with the estimate on the rest.
    pub fn trial(
        &self,
        explainer: &Explainer,
        pairs: usize,
        trial: usize,
    ) -> Result<Vec<Outcome>, EvalError> {
        let keys = [seed::key("coverage"), pairs as u64, trial as u64];
        // At least one probe has to remain for the truth.
        let drawn = draw_probes(
            self.scenario.style_seed,
            &keys,
            self.reference.probes.saturating_sub(1),
            pairs,
        )?;
        let record = explainer
            .explain_divergences(&self.divergences.subset(&drawn), &self.pool.bank(&drawn)?)?;
        let truth = self.truth(explainer, &drawn)?;
        let present: Vec<&str> = self.scenario.aspects.iter().map(|(a, _)| a.name).collect();
        let shares = held(&record, &present, |concept| {
            explainer
                .vocabulary()
                .position(concept)
                .map_or(0.0, |k| truth[k])
        });
        let setting = Setting::of(self.scenario, &self.artists, trial);
        let (_, names, _) = named(pairs)?;
        let found = names
            .iter()
            .zip([shares.present, shares.absent, shares.weighted]);
        Ok(found
            .filter_map(|(name, share)| share.map(|value| setting.outcome(name, value, "")))
            .collect())
    }

    /// Scores of the same estimator on all probes but those drawn.
    pub fn truth(&self, explainer: &Explainer, drawn: &[usize]) -> Result<Vec<f64>, EvalError> {
        let mut rest = vec![true; self.reference.probes];
        drawn.iter().for_each(|probe| rest[*probe] = false);
        let rest: Vec<usize> = (0..rest.len()).filter(|probe| rest[*probe]).collect();
        let mean = self.divergences.mean_over(&rest);
        let directions = self.reference.without(self.pool, drawn);
        let weights = explainer.fit(&mean, &directions)?.weights.weights;
        let concepts = explainer.vocabulary().concepts().iter();
        Ok(concepts
            .zip(weights)
            .map(|(concept, weight)| explainer.level(&concept.name, weight))
            .collect())
    }
}

/// Shares of intervals that hold the truth; none where there is no such aspect.
#[derive(Debug, PartialEq)]
pub(super) struct Held {
    pub present: Option<f64>,
    pub absent: Option<f64>,
    /// Absent aspects to which the trial or the truth gives any weight.
    pub weighted: Option<f64>,
}

/// Absent are all concepts of the vocabulary that were not applied, distractors included.
pub(super) fn held(record: &Explanation, applied: &[&str], truth: impl Fn(&str) -> f64) -> Held {
    // Rounding apart: an interval that ends at 0 holds a truth of 0.
    const SLACK: f64 = 1e-9;
    let mut counts = [(0usize, 0usize); 3];
    for aspect in &record.aspects {
        let truth = truth(&aspect.concept);
        let holds = (aspect.low - SLACK..=aspect.high + SLACK).contains(&truth);
        let mut count = |place: usize| {
            counts[place].0 += usize::from(holds);
            counts[place].1 += 1;
        };
        if applied.contains(&aspect.concept.as_str()) {
            count(0);
        } else {
            count(1);
            if aspect.score != 0.0 || truth != 0.0 {
                count(2);
            }
        }
    }
    let share = |(held, all): (usize, usize)| (all > 0).then(|| held as f64 / all as f64);
    Held {
        present: share(counts[0]),
        absent: share(counts[1]),
        weighted: share(counts[2]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::made_up::{aspect, record};

    #[test]
    fn intervals_are_counted_by_presence() {
        let record = record(vec![
            aspect("warm", None, 0.5, true),
            aspect("dark", None, 0.3, false),
            aspect("gothic", None, 0.0, false),
            aspect("paper", None, 0.0, false),
        ]);
        let truth = |concept: &str| match concept {
            "warm" => 0.59,
            "dark" => 0.1,
            "paper" => 0.05,
            _ => 0.0,
        };
        let held = held(&record, &["warm"], truth);
        assert_eq!(held.present, Some(1.0));
        assert_eq!(held.absent, Some(2.0 / 3.0));
        assert_eq!(held.weighted, Some(0.5));
    }
}
