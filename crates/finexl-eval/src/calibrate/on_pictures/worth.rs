//! What a calibration is worth, on pictures and operators that no fit has seen.

use super::fitting::Fitting;
use super::makings::Changes;
use super::pictures::Part;
use super::plan::{Making, PAIRS, Plan};
use crate::EvalError;
use crate::trial::{entry, rank};
use finexl_core::change::Measured;
use finexl_core::explanation::Explanation;
use finexl_explain::calibration::{Calibration, CalibrationChoice};
use finexl_explain::kept_calibrations::{Worth, WorthRow};
use finexl_explain::statistics::wilson;
use std::collections::BTreeMap;

const LEVEL: f64 = 0.95;
/// Standard errors on either side of a mean's interval.
const NORMAL: f64 = 1.96;

/// What is read off a case.
struct Outcome {
    first: bool,
    among_three: bool,
    significant: bool,
    /// Other significant concepts.
    others: usize,
}

/// Measures a calibration beside raw weights.
///
/// # Errors
/// An encoder or a solver that fails.
pub(super) fn measure(
    fitting: &Fitting<'_>,
    plan: &Plan,
    calibration: &Calibration,
    pictures: usize,
) -> Result<Worth, EvalError> {
    let singles = fitting
        .looks
        .changes(&plan.check_singles, fitting.progress)?;
    let nulls = fitting.looks.changes(&plan.check_nulls, fitting.progress)?;
    let fitted = CalibrationChoice::Fitted(Box::new(calibration.clone()));
    let [calibrated, raw] = [fitted, CalibrationChoice::Raw(None)].map(|choice| {
        let singles = outcomes(fitting, choice.clone(), (&plan.check_singles, &singles))?;
        let nulls = outcomes(fitting, choice, (&plan.check_nulls, &nulls))?;
        Ok::<_, EvalError>([singles, nulls])
    });
    let ([singles, nulls], [raw_singles, raw_nulls]) = (calibrated?, raw?);
    let row =
        |what: &str, own: &[Outcome], raw: &[Outcome], of: fn(&[Outcome]) -> Measured| WorthRow {
            what: what.to_string(),
            cases: own.len(),
            calibrated: of(own),
            raw: of(raw),
        };
    let one = |what: &str, of| row(what, &singles, &raw_singles, of);
    let rows = vec![
        one("one aspect comes first", |all| share(all, |o| o.first)),
        one("it is among the first three", |all| {
            share(all, |o| o.among_three)
        }),
        one("it is significant", |all| share(all, |o| o.significant)),
        one("other words significant, per case", others),
        row(
            "nothing changed, and a word is significant",
            &nulls,
            &raw_nulls,
            |all| share(all, |o| o.others > 0),
        ),
    ];
    Ok(Worth {
        pictures,
        pairs: PAIRS,
        rows,
        weak: weak(&plan.check_singles, &singles),
    })
}

/// The part of the pictures that this is measured on.
pub(super) const MEASURED_ON: Part = Part::Check;

fn outcomes(
    fitting: &Fitting<'_>,
    choice: CalibrationChoice,
    (makings, changes): (&[Making], &[Changes]),
) -> Result<Vec<Outcome>, EvalError> {
    let concepts = fitting.explainer.vocabulary().concepts();
    let records = fitting.records(("measuring what it is worth", choice), changes)?;
    let of = |(making, record): (&Making, &Explanation)| {
        let applied = fitting.applied(making).next();
        let name = applied.map(|(concept, _)| concepts[concept].name.as_str());
        let place = name.and_then(|name| rank(record, name));
        let found = name.and_then(|name| entry(record, name));
        let significant = found.is_some_and(|aspect| aspect.significant);
        let all = record.aspects.iter().filter(|aspect| aspect.significant);
        Outcome {
            first: place == Some(0),
            among_three: place.is_some_and(|place| place < 3),
            significant,
            others: all.count() - usize::from(significant),
        }
    };
    Ok(makings.iter().zip(&records).map(of).collect())
}

fn share(all: &[Outcome], of: impl Fn(&Outcome) -> bool) -> Measured {
    let count = all.iter().filter(|outcome| of(outcome)).count();
    let interval = wilson(count, all.len(), LEVEL);
    Measured {
        value: count as f64 / all.len().max(1) as f64,
        interval: Some([interval.low, interval.high]),
    }
}

fn others(all: &[Outcome]) -> Measured {
    let count = all.len().max(1) as f64;
    let mean = all.iter().map(|o| o.others as f64).sum::<f64>() / count;
    let squares = all
        .iter()
        .map(|o| (o.others as f64 - mean).powi(2))
        .sum::<f64>();
    let error = NORMAL * (squares / (count - 1.0).max(1.0) / count).sqrt();
    Measured {
        value: mean,
        interval: Some([(mean - error).max(0.0), mean + error]),
    }
}

/// Aspects that come first in less than half of their cases, in the order of their names.
fn weak(makings: &[Making], outcomes: &[Outcome]) -> Vec<String> {
    let mut counts: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    for (making, outcome) in makings.iter().zip(outcomes) {
        if let Some((aspect, _)) = making.aspects.first() {
            let (first, all) = counts.entry(aspect.name).or_default();
            *first += usize::from(outcome.first);
            *all += 1;
        }
    }
    let seldom = counts
        .into_iter()
        .filter(|(_, (first, all))| 2 * first < *all);
    seldom.map(|(name, _)| name.to_string()).collect()
}
