//! Whether a pool has what an experiment asks of it.

use super::pool_features::pairs;
use super::{Candidate, columns};
use crate::EvalError;
use finexl_core::experiment::{PoolColumn, SelectModels};
use finexl_core::pool::PoolRecord;
use std::path::Path;

/// A pool that has something to select in every column, whoever may be selected, and as many pairs and levels as are
/// asked for.
///
/// # Errors
/// [`EvalError::Setting`] that says what there is.
pub(super) fn fitting_pool(config: &SelectModels, folder: &Path) -> Result<PoolRecord, EvalError> {
    let pool = PoolRecord::read(folder)?;
    let candidates = Candidate::of_pool(&pool.models);
    for column in &config.columns {
        check_levels(column, &candidates, folder)?;
        let [members, targets] = columns::members(column, &candidates);
        let run = |index: &usize| &candidates[*index].run;
        let selectable = targets
            .iter()
            .any(|target| members.iter().any(|other| run(other) != run(target)));
        if !selectable {
            let problem = format!(
                "\"{}\" has no target in {} with a model of another run to select",
                columns::name(column),
                folder.display()
            );
            return Err(EvalError::setting("columns", problem));
        }
    }
    check_pairs(config, &pool, folder)?;
    Ok(pool)
}

/// A column that is named after more levels than any run has would be named wrongly.
fn check_levels(
    column: &PoolColumn,
    candidates: &[Candidate],
    folder: &Path,
) -> Result<(), EvalError> {
    let PoolColumn::Single { levels } = column else {
        return Ok(());
    };
    let single = candidates.iter().filter(|c| c.is_single());
    let most = single.map(|c| c.level + 1).max().unwrap_or(0);
    if *levels <= most || most == 0 {
        return Ok(());
    }
    let problem = format!(
        "{levels} levels were asked for, and no run of {} has more than {most}; give at most {most}",
        folder.display()
    );
    Err(EvalError::setting("levels", problem))
}

fn check_pairs(config: &SelectModels, pool: &PoolRecord, folder: &Path) -> Result<(), EvalError> {
    let asked = config.variants.iter().filter_map(|v| Some((v, v.pairs?)));
    let (Some((variant, asked)), Some(model)) =
        (asked.max_by_key(|(_, pairs)| *pairs), pool.models.first())
    else {
        return Ok(());
    };
    let there = pairs(folder, pool, model)?.pairs.len();
    if asked <= there {
        return Ok(());
    }
    let problem = format!(
        "the variant \"{}\" is to see {asked} pairs, and {} has {there}; give at most {there}",
        variant.name,
        folder.display()
    );
    Err(EvalError::setting("pairs", problem))
}

/// Refuses more concepts than the vocabulary has.
///
/// # Errors
/// [`EvalError::Setting`] that says how many there are.
pub(super) fn check_concepts(config: &SelectModels, there: usize) -> Result<(), EvalError> {
    let refused = |setting, what: String, asked: usize| {
        let problem = format!(
            "{what} {asked} concepts were asked for, and the vocabulary has {there}; give at most {there}"
        );
        Err(EvalError::setting(setting, problem))
    };
    match config.largest {
        Some(asked) if asked > there => {
            return refused("largest", "of the largest weights".into(), asked);
        }
        _ => {}
    }
    for variant in &config.variants {
        for (setting, asked) in [("concepts", variant.concepts), ("largest", variant.largest)] {
            if let Some(asked) = asked.filter(|asked| *asked > there) {
                return refused(
                    setting,
                    format!("by the variant \"{}\"", variant.name),
                    asked,
                );
            }
        }
    }
    Ok(())
}
