//! Two aspects at once.

use crate::EvalError;
use crate::bench::{Bench, Findings};
use crate::outcome::{Outcome, Setting};
use crate::pool::Scenario;
use crate::summary::{Kind, Target};
use crate::trial::{entry, outside, rank};
use finexl_core::explanation::Explanation;

/// Both aspects have to be among this many.
pub(super) const AMONG: usize = 3;

/// Names of the quantities, with and without conflicts.
struct Names {
    both: &'static str,
    recall: &'static str,
    outside: &'static str,
    found: &'static str,
}

const COMPATIBLE: Names = Names {
    both: "two-aspects/both-in-first-three",
    recall: "two-aspects/recall-in-first-two",
    outside: "two-aspects/significant-outside-families",
    found: "two-aspects/significant",
};

const ANY: Names = Names {
    both: "two-aspects-with-conflicts/both-in-first-three",
    recall: "two-aspects-with-conflicts/recall-in-first-two",
    outside: "two-aspects-with-conflicts/significant-outside-families",
    found: "two-aspects-with-conflicts/significant",
};

/// Random pairs of aspects at the run's level: whether both are among the first three.
///
/// # Errors
/// Where encoder or explainer fail.
pub(crate) fn two_aspects(
    bench: &mut Bench<'_>,
    trials: usize,
    conflicts: bool,
) -> Result<Findings, EvalError> {
    let (names, target) = if conflicts {
        (&ANY, Target::None)
    } else {
        (&COMPATIBLE, Target::AtLeast(0.8))
    };
    let scenarios: Vec<Scenario> = (0..trials)
        .map(|trial| bench.random_double(names.both, trial, conflicts))
        .collect::<Result<_, _>>()?;
    let settings = bench.settings(&scenarios);
    let records = bench.explain_all("two aspects", &scenarios)?;
    let outcomes = scenarios
        .iter()
        .zip(&settings)
        .zip(&records)
        .flat_map(|((scenario, setting), record)| outcomes(names, scenario, setting, record))
        .collect();
    Ok(Findings {
        outcomes,
        quantities: vec![
            (names.both, Kind::Share, target),
            (names.recall, Kind::Mean, Target::None),
            (names.found, Kind::Mean, Target::None),
            (names.outside, Kind::Mean, Target::None),
        ],
        measures: Vec::new(),
    })
}

fn outcomes(
    names: &Names,
    scenario: &Scenario,
    setting: &Setting,
    record: &Explanation,
) -> Vec<Outcome> {
    let applied: Vec<&str> = scenario.aspects.iter().map(|(a, _)| a.name).collect();
    let families: Vec<&str> = scenario
        .aspects
        .iter()
        .map(|(a, _)| a.family.name())
        .collect();
    let leaders: Vec<&str> = record
        .aspects
        .iter()
        .take(AMONG)
        .map(|a| a.concept.as_str())
        .collect();
    let share = |count: usize| count as f64 / applied.len().max(1) as f64;
    let found = applied
        .iter()
        .filter(|name| entry(record, name).is_some_and(|a| a.significant));
    let outside = outside(record, &families);
    vec![
        setting.outcome(
            names.both,
            f64::from(u8::from(within(record, &applied, AMONG) == applied.len())),
            leaders.join(", "),
        ),
        setting.outcome(names.recall, share(within(record, &applied, 2)), ""),
        setting.outcome(names.found, share(found.count()), ""),
        setting.outcome(names.outside, outside.len() as f64, outside.join(", ")),
    ]
}

/// How many of the names are among the first `places`.
pub(super) fn within(record: &Explanation, names: &[&str], places: usize) -> usize {
    names
        .iter()
        .filter(|name| rank(record, name).is_some_and(|rank| rank < places))
        .count()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::made_up::{aspect, record};

    #[test]
    fn places_count_only_with_a_score() {
        let record = record(vec![
            aspect("warm", Some("colour"), 0.5, true),
            aspect("gothic", None, 0.4, false),
            aspect("dark", Some("tone"), 0.3, false),
            aspect("paper", Some("texture"), 0.0, false),
        ]);
        assert_eq!(within(&record, &["dark", "warm"], 3), 2);
        assert_eq!(within(&record, &["dark", "warm"], 2), 1);
        assert_eq!(within(&record, &["paper", "warm"], 4), 1);
    }
}
