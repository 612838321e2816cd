//! The unexplained share of what the vocabulary has no word for.

use crate::EvalError;
use crate::bench::{Bench, Findings};
use crate::pool::Scenario;
use crate::summary::{Kind, Measure, Target, resampled};
use crate::trial::for_scenarios;
use finexl_data::aspects::{all, reserved as reserved_aspects};

const RESERVED: &str = "reserved/unexplained";
const KNOWN: &str = "reserved/unexplained-of-known";
const ABOVE: &str = "reserved/share-of-pairs-above-known";
/// The unexplained share needs no intervals.
const RESAMPLES: usize = 2;

/// Unexplained share of reserved aspects, and of known ones under the same circumstances.
///
/// # Errors
/// Where encoder or explainer fail.
pub(crate) fn reserved(bench: &mut Bench<'_>, repeats: usize) -> Result<Findings, EvalError> {
    bench.pool.require(bench.config.probes, bench.progress)?;
    let scenarios = scenarios(bench, repeats)?;
    let settings = bench.settings(&scenarios);
    let explainer = bench
        .explainer
        .clone()
        .with_resamples(RESAMPLES)
        .with_flips(1);
    let shares = for_scenarios(
        &mut bench.pool,
        ("reserved aspects", bench.progress),
        &scenarios,
        |divergences, bank| {
            Ok(explainer
                .explain_divergences(divergences, bank)?
                .unexplained)
        },
    )?;
    let is_reserved = |scenario: &Scenario| {
        let names = reserved_aspects().iter().map(|a| a.name);
        names.clone().any(|name| scenario.aspects[0].0.name == name)
    };
    let (mut outcomes, mut unknown, mut known) = (Vec::new(), Vec::new(), Vec::new());
    for ((scenario, setting), share) in scenarios.iter().zip(&settings).zip(shares) {
        if is_reserved(scenario) {
            unknown.push(share);
            outcomes.push(setting.outcome(RESERVED, share, ""));
        } else {
            known.push(share);
            outcomes.push(setting.outcome(KNOWN, share, ""));
        }
    }
    Ok(Findings {
        outcomes,
        quantities: vec![
            (RESERVED, Kind::Mean, Target::None),
            (KNOWN, Kind::Mean, Target::None),
        ],
        measures: vec![above(&unknown, &known)?],
    })
}

/// Reserved aspects `repeats` times per artist, known ones once per implementation and artist.
fn scenarios(bench: &Bench<'_>, repeats: usize) -> Result<Vec<Scenario>, EvalError> {
    let artists = bench.artists().len();
    let level = bench.config.level;
    let mut scenarios = Vec::new();
    for aspect in reserved_aspects() {
        for turn in 0..repeats * artists {
            // Both implementations of a reserved aspect are one and the same.
            let drawn = (bench.pool.implementations()[0], turn % artists);
            let trial = scenarios.len();
            scenarios.push(bench.scenario("reserved", trial, vec![(aspect, level)], drawn)?);
        }
    }
    for aspect in all() {
        for implementation in bench.pool.implementations() {
            let trial = scenarios.len();
            let drawn = (*implementation, trial % artists);
            scenarios.push(bench.scenario("reserved", trial, vec![(aspect, level)], drawn)?);
        }
    }
    Ok(scenarios)
}

/// Probability that a reserved aspect leaves more unexplained than a known one, ties counting half;
/// both sides are resampled.
fn above(unknown: &[f64], known: &[f64]) -> Result<Measure, EvalError> {
    let count = unknown.len() + known.len();
    let pairs_above = |chosen: &[usize]| {
        let (left, right): (Vec<usize>, Vec<usize>) =
            chosen.iter().partition(|i| **i < unknown.len());
        let mut sum = 0.0;
        for i in &left {
            for j in &right {
                let (a, b) = (unknown[*i], known[*j - unknown.len()]);
                sum += f64::from(u8::from(a > b)) + 0.5 * f64::from(u8::from(a == b));
            }
        }
        sum / (left.len() * right.len()).max(1) as f64
    };
    let all: Vec<usize> = (0..count).collect();
    let interval = resampled(count, pairs_above)?;
    Ok(Measure::new(
        ABOVE,
        "overall",
        (pairs_above(&all), interval),
        count,
    ))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn the_share_of_pairs_above_is_that_of_a_rank_test() {
        let measure = above(&[0.9, 0.5, 0.7], &[0.1, 0.5]).unwrap();
        // Of six pairs five are above and one is a tie.
        assert!((measure.value - 5.5 / 6.0).abs() < 1e-12);
        let apart = above(&[0.8; 9], &[0.1; 9]).unwrap();
        assert_eq!((apart.value, apart.high, apart.trials), (1.0, 1.0, 18));
    }
}
