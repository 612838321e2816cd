//! Whether the score follows the level.

use crate::EvalError;
use crate::bench::{Bench, Findings};
use crate::outcome::Setting;
use crate::pool::Scenario;
use crate::summary::{Kind, Target};
use crate::trial::for_scenarios;
use finexl_data::aspects::all;
use finexl_explain::analysis::level_interval;
use finexl_explain::statistics::spearman;

const SCORE: &str = "levels/spearman-of-score";
const WEIGHT: &str = "levels/spearman-of-weight";
const ERROR: &str = "levels/mean-absolute-error";
/// Of intervals of levels, from methods that have them.
const COVERED: &str = "levels/interval-holds-level";

/// Several levels of one aspect in one style on one set of probes; artists take turns.
///
/// # Errors
/// Where encoder or decomposition fail.
pub(crate) fn levels(bench: &mut Bench<'_>, levels: usize) -> Result<Findings, EvalError> {
    bench.pool.require(bench.config.probes, bench.progress)?;
    let truth: Vec<f64> = (1..=levels).map(|i| i as f64 / levels as f64).collect();
    let scenarios = scenarios(bench, &truth)?;
    let explainer = &bench.explainer;
    let fitted = for_scenarios(
        &mut bench.pool,
        ("levels", bench.progress),
        &scenarios,
        |divergences, bank| {
            let fit = explainer.fit(&divergences.mean(), &bank.mean())?;
            Ok((fit.weights.weights, fit.level_errors))
        },
    )?;
    let artists = bench.artists();
    let mut outcomes = Vec::new();
    let chunks = scenarios.chunks(levels).zip(fitted.chunks(levels));
    for (trial, (scenarios, fitted)) in chunks.enumerate() {
        let Some((aspect, _)) = scenarios[0].aspects.first() else {
            continue;
        };
        let Some(concept) = explainer.vocabulary().position(aspect.name) else {
            continue;
        };
        let weights: Vec<f64> = fitted.iter().map(|(weights, _)| weights[concept]).collect();
        let scores: Vec<f64> = weights
            .iter()
            .map(|w| explainer.level(aspect.name, *w))
            .collect();
        let setting = Setting::of(&scenarios[0], &artists, trial);
        // A score that never moves follows nothing.
        let correlation = |values: &[f64]| spearman(&truth, values).unwrap_or(0.0);
        outcomes.push(setting.outcome(SCORE, correlation(&scores), list(&scores)));
        outcomes.push(setting.outcome(WEIGHT, correlation(&weights), list(&weights)));
        outcomes.push(setting.outcome(ERROR, absolute_error(&truth, &scores), ""));
        for ((level, score), (_, errors)) in truth.iter().zip(&scores).zip(fitted) {
            if let Some(errors) = errors {
                let [low, high] = level_interval(*score, errors[concept]);
                let inside = f64::from(u8::from((low..=high).contains(level)));
                let note = format!("{level:.3} in {low:.3} to {high:.3}");
                outcomes.push(setting.outcome(COVERED, inside, note));
            }
        }
    }
    Ok(Findings {
        outcomes,
        quantities: vec![
            (SCORE, Kind::Mean, Target::AtLeast(0.9)),
            (WEIGHT, Kind::Mean, Target::None),
            (ERROR, Kind::Mean, Target::None),
            (COVERED, Kind::Share, Target::Between(0.9, 0.98)),
        ],
        measures: Vec::new(),
    })
}

/// All levels of one (aspect, implementation) after the other.
fn scenarios(bench: &Bench<'_>, truth: &[f64]) -> Result<Vec<Scenario>, EvalError> {
    let artists = bench.artists().len();
    let mut scenarios = Vec::new();
    let mut trial = 0;
    for aspect in all() {
        for implementation in bench.pool.implementations() {
            let drawn = (*implementation, trial % artists);
            let cell = bench.scenario("levels", trial, Vec::new(), drawn)?;
            scenarios.extend(truth.iter().map(|level| Scenario {
                aspects: vec![(aspect, *level as f32)],
                ..cell.clone()
            }));
            trial += 1;
        }
    }
    Ok(scenarios)
}

fn absolute_error(truth: &[f64], scores: &[f64]) -> f64 {
    let sum: f64 = truth.iter().zip(scores).map(|(t, s)| (t - s).abs()).sum();
    sum / truth.len().max(1) as f64
}

fn list(values: &[f64]) -> String {
    let texts: Vec<String> = values.iter().map(|v| format!("{v:.3}")).collect();
    texts.join(" ")
}
