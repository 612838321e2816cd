//! One aspect over 25 pairs, in every (aspect, implementation, artist) cell.

use crate::EvalError;
use crate::bench::{Bench, Findings};
use crate::outcome::{Outcome, Setting};
use crate::pool::Scenario;
use crate::summary::{Kind, Target};
use crate::trial::{entry, outside, rank};
use finexl_core::explanation::Explanation;

pub(super) const FIRST: &str = "one-aspect/first";
pub(super) const OUTSIDE: &str = "one-aspect/significant-outside-family";
const FOUND: &str = "one-aspect/significant";
const SCORE: &str = "one-aspect/score";
const COVERED: &str = "one-aspect/interval-holds-level";
const UNEXPLAINED: &str = "one-aspect/unexplained";

/// One aspect at the run's level: whether it comes first, and what else is called significant.
///
/// # Errors
/// Where encoder or explainer fail.
pub(crate) fn one_aspect(bench: &mut Bench<'_>, repeats: usize) -> Result<Findings, EvalError> {
    let scenarios = scenarios(bench, repeats)?;
    let settings = bench.settings(&scenarios);
    let records = bench.explain_all("one aspect", &scenarios)?;
    let outcomes = scenarios
        .iter()
        .zip(&settings)
        .zip(&records)
        .flat_map(|((scenario, setting), record)| outcomes(scenario, setting, record))
        .collect();
    Ok(Findings {
        outcomes,
        quantities: vec![
            (FIRST, Kind::Share, Target::AtLeast(0.9)),
            (OUTSIDE, Kind::Mean, Target::AtMost(1.0)),
            (FOUND, Kind::Share, Target::None),
            (SCORE, Kind::Mean, Target::None),
            (COVERED, Kind::Share, Target::None),
            (UNEXPLAINED, Kind::Mean, Target::None),
        ],
        measures: Vec::new(),
    })
}

/// Every cell, `repeats` times.
pub(super) fn scenarios(bench: &Bench<'_>, repeats: usize) -> Result<Vec<Scenario>, EvalError> {
    let mut scenarios = Vec::new();
    for cell in bench.cells() {
        for _ in 0..repeats {
            let aspects = vec![(cell.aspect, bench.config.level)];
            let drawn = (cell.implementation, cell.artist);
            scenarios.push(bench.scenario("one-aspect", scenarios.len(), aspects, drawn)?);
        }
    }
    Ok(scenarios)
}

pub(super) fn outcomes(
    scenario: &Scenario,
    setting: &Setting,
    record: &Explanation,
) -> Vec<Outcome> {
    let Some((aspect, level)) = scenario.aspects.first() else {
        return Vec::new();
    };
    let flag = |yes: bool| f64::from(u8::from(yes));
    let first = record.aspects.first().map_or("", |a| a.concept.as_str());
    let outside = outside(record, &[aspect.family.name()]);
    let mut outcomes = vec![
        setting.outcome(FIRST, flag(rank(record, aspect.name) == Some(0)), first),
        setting.outcome(OUTSIDE, outside.len() as f64, outside.join(", ")),
        setting.outcome(UNEXPLAINED, record.unexplained, ""),
    ];
    if let Some(found) = entry(record, aspect.name) {
        let level = f64::from(*level);
        let holds = found.low <= level && level <= found.high;
        outcomes.push(setting.outcome(FOUND, flag(found.significant), ""));
        outcomes.push(setting.outcome(SCORE, found.score, ""));
        outcomes.push(setting.outcome(COVERED, flag(holds), ""));
    }
    outcomes
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::made_up::{aspect, record};
    use finexl_data::aspects::{Implementation, find};

    #[test]
    fn firsts_and_findings_outside_the_family_are_counted() {
        let scenario = Scenario {
            aspects: vec![(find("warm").unwrap(), 0.6)],
            implementation: Implementation::Training,
            artist: 0,
            style_seed: 0,
            nuisance: None,
            probes: vec![0],
        };
        let setting = Setting::of(&scenario, &[], 0);
        let value = |record: &Explanation, quantity: &str| {
            let all = outcomes(&scenario, &setting, record);
            all.into_iter()
                .find(|o| o.quantity == quantity)
                .unwrap()
                .value
        };
        let right = record(vec![
            aspect("warm", Some("colour"), 0.5, true),
            aspect("sepia", Some("colour"), 0.3, true),
            aspect("dark", Some("tone"), 0.2, true),
            aspect("gothic", None, 0.1, true),
            aspect("bright", Some("tone"), 0.05, false),
        ]);
        assert_eq!(value(&right, FIRST), 1.0);
        assert_eq!(value(&right, OUTSIDE), 2.0);
        assert_eq!((value(&right, FOUND), value(&right, SCORE)), (1.0, 0.5));
        let wrong = record(vec![
            aspect("sepia", Some("colour"), 0.3, false),
            aspect("warm", Some("colour"), 0.2, false),
        ]);
        assert_eq!((value(&wrong, FIRST), value(&wrong, OUTSIDE)), (0.0, 0.0));
        let nothing = record(vec![aspect("warm", Some("colour"), 0.0, false)]);
        assert_eq!(value(&nothing, FIRST), 0.0);
    }
}
