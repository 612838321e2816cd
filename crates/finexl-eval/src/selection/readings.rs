//! What a head reads beside what is computed without one: which aspects are there, and how strong.

use super::{Clustered, compare, level_recovery};
use crate::EvalError;
use finexl_core::selection::{
    Figure, LEVEL_SPEARMAN, NAMED_F1, ReadingComparison, Role, SelectionRecord,
};
use std::collections::BTreeMap;

/// Fewest levels of a run that have an order.
const FEWEST: usize = 3;

/// Methods with their records.
pub(super) type ByMethod<'a> = [(&'a str, Vec<&'a SelectionRecord>)];

/// Every head beside every method without one, on the same targets: the F1 of the aspects that they name, and
/// the rank correlation of strength and level within runs.
///
/// # Errors
/// Where a statistic fails.
pub(super) fn readings(methods: &ByMethod<'_>) -> Result<Vec<ReadingComparison>, EvalError> {
    let heads = methods.iter().filter(|(_, of)| of[0].role == Role::Head);
    let mut found = Vec::new();
    for (head, own) in heads {
        for (other, theirs) in methods {
            let role = theirs[0].role;
            if matches!(role, Role::Head | Role::Reference | Role::Control) {
                continue;
            }
            let both = [named(own), named(theirs)];
            found.extend(reading([head, other], NAMED_F1, &both)?);
            let both = [spearman(own)?, spearman(theirs)?];
            found.extend(reading([head, other], LEVEL_SPEARMAN, &both)?);
        }
    }
    Ok(found)
}

/// Values by run and target.
type Values<'a> = BTreeMap<(&'a str, &'a str), f64>;

fn named<'a>(records: &[&'a SelectionRecord]) -> Values<'a> {
    let of = |record: &&'a SelectionRecord| {
        let value = *record.figures.get(NAMED_F1)?;
        Some(((&*record.run, &*record.target), value))
    };
    records.iter().filter_map(of).collect()
}

/// The correlation of each run.
fn spearman<'a>(records: &[&'a SelectionRecord]) -> Result<Values<'a>, EvalError> {
    let mut values = Values::new();
    for (run, strengths) in strengths(records) {
        if strengths.len() >= FEWEST {
            let (value, _) = level_recovery(&[strengths])?.spearman;
            values.insert((run, ""), value);
        }
    }
    Ok(values)
}

/// The strengths of each run in the order of its levels, where they are told.
pub(super) fn strengths<'a>(records: &[&'a SelectionRecord]) -> BTreeMap<&'a str, Vec<f64>> {
    let mut runs: BTreeMap<&str, Vec<(usize, f64)>> = BTreeMap::new();
    for record in records {
        if let Some(strength) = record.strength {
            let run = runs.entry(&record.run).or_default();
            run.push((record.level, strength));
        }
    }
    let sorted = |(run, mut of): (&'a str, Vec<(usize, f64)>)| {
        of.sort_by_key(|(level, _)| *level);
        (run, of.into_iter().map(|(_, strength)| strength).collect())
    };
    runs.into_iter().map(sorted).collect()
}

fn reading(
    [head, other]: [&str; 2],
    figure: &str,
    [own, theirs]: &[Values<'_>; 2],
) -> Result<Option<ReadingComparison>, EvalError> {
    let paired = own.iter().filter_map(|((run, target), value)| {
        let other = theirs.get(&(*run, *target))?;
        Some((*run, vec![*value, *other]))
    });
    let paired = Clustered::new(paired);
    if paired.runs() == 0 {
        return Ok(None);
    }
    let difference = compare(&paired)?;
    Ok(Some(ReadingComparison {
        head: head.to_string(),
        other: other.to_string(),
        figure: figure.to_string(),
        difference: Figure {
            value: difference.difference,
            low: difference.low,
            high: difference.high,
        },
        p: difference.p,
    }))
}
