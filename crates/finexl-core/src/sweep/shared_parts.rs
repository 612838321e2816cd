//! What several cells have in common, which is made once.

use super::plan::SweepPlan;
use crate::CoreError;
use crate::experiment::{Experiment, ExplainModels};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

/// Something that cells use together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SharedPart {
    /// What it is, in the plural.
    pub what: &'static str,
    /// How many different ones there are.
    pub different: usize,
    /// How often cells use one.
    pub uses: usize,
}

impl SweepPlan {
    /// What is made once for several cells, as far as it depends on keys alone. (Features and banks are kept under their
    /// content besides, in the cache of the user.)
    ///
    /// # Errors
    /// An experiment without a TOML form.
    pub fn shared_parts(&self) -> Result<Vec<SharedPart>, CoreError> {
        let mut found: BTreeMap<&'static str, (BTreeSet<String>, usize)> = BTreeMap::new();
        for cell in &self.cells {
            for (what, key) in parts(&cell.experiment)? {
                let entry = found.entry(what).or_default();
                entry.0.insert(key);
                entry.1 += 1;
            }
        }
        let parts = found
            .into_iter()
            .map(|(what, (different, uses))| SharedPart {
                what,
                different: different.len(),
                uses,
            });
        Ok(parts.collect())
    }

    /// Pools that cells name by the experiment that makes them; they are made before the first cell that uses them.
    pub fn pool_experiments(&self) -> Vec<PathBuf> {
        let mut found = BTreeSet::new();
        for cell in &self.cells {
            let pools = pools(&cell.experiment).into_iter();
            found.extend(pools.filter(|path| path.extension().is_some_and(|end| end == "toml")));
        }
        found.into_iter().collect()
    }
}

fn pools(experiment: &Experiment) -> Vec<PathBuf> {
    match experiment {
        Experiment::EvaluatePool(e) => vec![e.pool.clone()],
        Experiment::EvaluateProbes(e) => vec![e.pool.clone()],
        Experiment::ExplainModels(e) => e.pools.clone(),
        Experiment::GatherReferences(e) => e.pools.clone(),
        Experiment::SelectModels(e) => e.pools.clone(),
        _ => Vec::new(),
    }
}

fn parts(experiment: &Experiment) -> Result<Vec<(&'static str, String)>, CoreError> {
    let mut parts = Vec::new();
    for pool in pools(experiment) {
        parts.push(("pools", pool.display().to_string()));
    }
    if let Experiment::ExplainModels(models) = experiment {
        of_models(models, &mut parts)?;
    }
    Ok(parts)
}

fn of_models(
    models: &ExplainModels,
    parts: &mut Vec<(&'static str, String)>,
) -> Result<(), CoreError> {
    if !models.personalized.is_empty() || !models.trained.is_empty() {
        let of_base = (
            &models.model,
            models.split,
            models.pairs,
            &models.prompts,
            models.seed,
        );
        parts.push(("sets of pictures of a base", key(&of_base)?));
    }
    for trained in models.trained.values() {
        parts.push(("trainings", key(&(&models.model, trained))?));
    }
    Ok(())
}

fn key(of: &impl Serialize) -> Result<String, CoreError> {
    serde_json::to_string(of).map_err(|source| CoreError::Json {
        what: "what cells share".to_string(),
        source,
    })
}
