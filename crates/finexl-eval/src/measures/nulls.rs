//! A base against itself.

use crate::EvalError;
use crate::bench::{Bench, Findings};
use crate::pool::Scenario;
use crate::summary::{Kind, Target};
use crate::trial::significant;
use finexl_core::explanation::Explanation;
use finexl_data::nuisance::Nuisance;

const DISTURBED: &str = "nulls/any-significant";
const COPIES: &str = "nulls/any-significant-in-exact-copies";

/// Disturbances below visibility in turn, and exact copies: in how many trials anything at all is
/// called significant.
///
/// # Errors
/// Where encoder or explainer fail.
pub(crate) fn nulls(
    bench: &mut Bench<'_>,
    trials: usize,
    copies: usize,
) -> Result<Findings, EvalError> {
    let scenarios = (0..trials + copies)
        .map(|trial| {
            let nuisance = (trial < trials).then(|| Nuisance::ALL[trial % Nuisance::ALL.len()]);
            null_scenario(bench, trial, nuisance)
        })
        .collect::<Result<Vec<_>, _>>()?;
    let settings = bench.settings(&scenarios);
    let records = bench.explain_all("nulls", &scenarios)?;
    let outcomes = scenarios
        .iter()
        .zip(settings)
        .zip(&records)
        .map(|((scenario, setting), record)| {
            let any = f64::from(u8::from(significant(record) > 0));
            match scenario.nuisance {
                Some(nuisance) => {
                    let note = format!("{}: {}", nuisance.name(), names(record));
                    setting.outcome(DISTURBED, any, note)
                }
                None => setting.outcome(COPIES, any, names(record)),
            }
        })
        .collect();
    Ok(Findings {
        outcomes,
        quantities: vec![
            (DISTURBED, Kind::Share, Target::AtMost(0.09)),
            (COPIES, Kind::Share, Target::AtMost(0.0)),
        ],
        measures: Vec::new(),
    })
}

fn null_scenario(
    bench: &Bench<'_>,
    trial: usize,
    nuisance: Option<Nuisance>,
) -> Result<Scenario, EvalError> {
    let artist = trial / Nuisance::ALL.len() % bench.artists().len();
    let implementation = bench.pool.implementations()[0];
    let scenario = bench.scenario("nulls", trial, Vec::new(), (implementation, artist))?;
    Ok(Scenario {
        nuisance,
        ..scenario
    })
}

/// The significant concepts.
fn names(record: &Explanation) -> String {
    let significant = record.aspects.iter().filter(|a| a.significant);
    let names: Vec<&str> = significant.map(|a| a.concept.as_str()).collect();
    names.join(", ")
}
