//! Trials with known aspects, and maps from weights to levels.

use super::Fit;
use crate::EvalError;
use crate::bench::random_pair;
use crate::pool::Scenario;
use crate::trial::for_scenarios;
use finexl_core::seed;
use finexl_data::aspects::all;
use finexl_explain::calibrated_space::KnownTrial;
use finexl_explain::statistics::{Knot, MonotoneMap};
use finexl_explain::vocabulary::Vocabulary;
use rand::RngExt;
use serde::Serialize;
use std::collections::BTreeMap;

/// Weakest level of a mixture's aspects.
const LOWEST_LEVEL: f32 = 0.2;

/// The weight of an applied aspect in one trial.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct Point {
    aspect: String,
    /// Number of aspects that were applied together.
    together: usize,
    level: f64,
    weight: f64,
}

/// Every aspect at every level in several styles, and mixtures of two; artists take turns.
pub(super) fn known_trials(fit: &mut Fit<'_>) -> Result<Vec<KnownTrial>, EvalError> {
    let mut scenarios = singles(fit)?;
    for trial in 0..fit.config.mixtures {
        let keys = [seed::key("calibrate-mixtures"), trial as u64];
        let mut random = seed::generator(fit.config.seed, &keys);
        let pair = random_pair(&fit.definitions, false, &mut random);
        let aspects = pair.map(|aspect| (aspect, random.random_range(LOWEST_LEVEL..=1.0)));
        scenarios.push(fit.scenario("mixtures", trial, aspects.to_vec())?);
    }
    let means = for_scenarios(
        &mut fit.pool,
        ("known aspects", fit.progress),
        &scenarios,
        |divergences, bank| Ok((divergences.mean(), bank.mean())),
    )?;
    let position = |name: &str| fit.explainer.vocabulary().position(name);
    Ok(scenarios
        .iter()
        .zip(means)
        .map(|(scenario, (divergence, directions))| KnownTrial {
            divergence,
            directions: directions.into(),
            applied: scenario
                .aspects
                .iter()
                .filter_map(|(aspect, level)| Some((position(aspect.name)?, f64::from(*level))))
                .collect(),
        })
        .collect())
}

fn singles(fit: &Fit<'_>) -> Result<Vec<Scenario>, EvalError> {
    let levels = fit.config.levels;
    let mut scenarios = Vec::new();
    for style in 0..fit.config.styles {
        for (number, aspect) in all().iter().enumerate() {
            let trial = style * all().len() + number;
            let mut cell = fit.scenario("maps", trial, Vec::new())?;
            // Counted by style, so that every aspect meets every artist.
            cell.artist = (style + number) % fit.pool.artists().len();
            scenarios.extend((1..=levels).map(|step| Scenario {
                aspects: vec![(aspect, step as f32 / levels as f32)],
                ..cell.clone()
            }));
        }
    }
    Ok(scenarios)
}

/// The weights of applied aspects, for the report.
pub(super) fn points(
    trials: &[KnownTrial],
    weights: &[Vec<f64>],
    vocabulary: &Vocabulary,
) -> Vec<Point> {
    let rows = trials.iter().zip(weights).flat_map(|(trial, weights)| {
        trial.applied.iter().map(|(concept, level)| Point {
            aspect: vocabulary.concepts()[*concept].name.clone(),
            together: trial.applied.len(),
            level: *level,
            weight: weights[*concept],
        })
    });
    rows.collect()
}

/// The map of every aspect that was applied, and one of all together for the other concepts.
///
/// A map is the monotone fit of the level, 0 where the aspect was not applied, on the weight. Trials
/// without it count together `absent` times as much as those with it, so that a score is the level to
/// be expected: weights that an aspect often gets in the presence of others mean little.
pub(super) fn fitted(
    trials: &[KnownTrial],
    weights: &[Vec<f64>],
    vocabulary: &Vocabulary,
    absent: f64,
) -> Result<(BTreeMap<String, MonotoneMap>, MonotoneMap), EvalError> {
    let mut samples: BTreeMap<usize, Sample> = BTreeMap::new();
    for (concept, _) in trials.iter().flat_map(|t| &t.applied) {
        samples.entry(*concept).or_default();
    }
    let mut together = Sample::default();
    for (concept, sample) in &mut samples {
        for (trial, weights) in trials.iter().zip(weights) {
            let found = trial.applied.iter().find(|(applied, _)| applied == concept);
            let level = found.map_or(0.0, |(_, level)| *level);
            sample.push(weights[*concept].max(0.0), level);
            together.push(weights[*concept].max(0.0), level);
        }
    }
    let maps = samples
        .into_iter()
        .map(|(concept, sample)| {
            let name = vocabulary.concepts()[concept].name.clone();
            Ok((name, sample.map(absent)?))
        })
        .collect::<Result<_, EvalError>>()?;
    Ok((maps, together.map(absent)?))
}

/// Weights with the levels they were found at.
#[derive(Default)]
struct Sample {
    weights: Vec<f64>,
    levels: Vec<f64>,
}

impl Sample {
    fn push(&mut self, weight: f64, level: f64) {
        self.weights.push(weight);
        self.levels.push(level);
    }

    /// The monotone fit, made to begin at (0, 0): no weight is no level.
    fn map(&self, absent: f64) -> Result<MonotoneMap, EvalError> {
        let without = self.levels.iter().filter(|level| **level == 0.0).count();
        let with = self.levels.len() - without;
        let share = absent * with as f64 / without.max(1) as f64;
        let kept = |level: f64| level > 0.0 || share > 0.0;
        let points = self.weights.iter().zip(&self.levels).filter(|p| kept(*p.1));
        let (mut x, mut y, mut counts) = (Vec::new(), Vec::new(), Vec::new());
        for (weight, level) in points {
            x.push(*weight);
            y.push(*level);
            counts.push(if *level > 0.0 { 1.0 } else { share });
        }
        let fitted = MonotoneMap::fit_smooth(&x, &y, &counts)?;
        let mut knots = vec![Knot { x: 0.0, y: 0.0 }];
        knots.extend(fitted.knots().iter().filter(|knot| knot.x > 0.0).copied());
        Ok(MonotoneMap::new(knots)?)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn maps_begin_at_zero_and_expect_little_of_weights_that_mean_little() {
        let vocabulary = Vocabulary::default_phrases().unwrap();
        let trial = |applied: Vec<(usize, f64)>| KnownTrial {
            divergence: Vec::new(),
            directions: Vec::new().into(),
            applied,
        };
        let mut trials: Vec<KnownTrial> = (1..=8)
            .map(|i| trial(vec![(0, f64::from(i) / 8.0)]))
            .collect();
        trials.push(trial(vec![(1, 1.0)]));
        let mut weights: Vec<Vec<f64>> = (1..=8).map(|i| vec![f64::from(i) / 4.0, 0.0]).collect();
        // The first concept gets some weight where the second was applied.
        weights.push(vec![0.25, 1.0]);
        let name = |k: usize| vocabulary.concepts()[k].name.clone();
        let (maps, _) = fitted(&trials, &weights, &vocabulary, 0.0).unwrap();
        assert_eq!(maps[&name(0)].apply(0.0), 0.0);
        assert!((maps[&name(0)].apply(1.0) - 0.5).abs() < 1e-12);
        assert!((maps[&name(0)].apply(0.25) - 0.125).abs() < 1e-12);
        assert_eq!(maps[&name(0)].apply(9.0), 1.0);
        let (maps, shared) = fitted(&trials, &weights, &vocabulary, 1.0).unwrap();
        assert!((maps[&name(0)].apply(0.25) - 0.125 / 9.0).abs() < 1e-12);
        assert!(shared.apply(2.0) > 0.9);
        let points = points(&trials, &weights, &vocabulary);
        assert_eq!((points.len(), points[8].weight), (9, 1.0));
    }
}
