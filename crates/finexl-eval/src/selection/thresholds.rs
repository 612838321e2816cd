//! Below which size a weight counts as none, chosen on validation pools.

use super::methods::Contender;
use super::{Candidate, Protocol, outcomes};
use crate::EvalError;
use finexl_core::{CoreError, atomic, json_file};
use finexl_explain::statistics::quantile;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::Path;

/// Thresholds by method.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Thresholds {
    version: u32,
    /// Pools that they were chosen on.
    pub pools: Vec<String>,
    /// The threshold of each method, by its name in tables.
    pub by_method: BTreeMap<String, f64>,
}

impl Thresholds {
    const VERSION: u32 = 1;

    /// None yet.
    pub fn of(pools: Vec<String>) -> Self {
        Self {
            version: Self::VERSION,
            pools,
            by_method: BTreeMap::new(),
        }
    }

    /// Reads what [`Thresholds::write`] wrote.
    ///
    /// # Errors
    /// [`CoreError::Read`], [`CoreError::Json`].
    pub fn read(path: &Path) -> Result<Self, CoreError> {
        json_file::read(path, Self::VERSION)
    }

    /// Writes them, with the folder.
    ///
    /// # Errors
    /// [`CoreError::Write`].
    pub fn write(&self, path: &Path) -> Result<(), CoreError> {
        if let Some(folder) = path.parent().filter(|folder| *folder != Path::new("")) {
            atomic::create_folder(folder)?;
        }
        json_file::write(path, self)
    }

    /// That of a method; 0 where none was chosen.
    pub fn of_method(&self, method: &str) -> f64 {
        self.by_method.get(method).copied().unwrap_or(0.0)
    }

    /// That of a contender: a variant for which none was chosen has that of the method itself, or none where
    /// its weights are of another size.
    pub fn of_contender(&self, contender: &Contender) -> f64 {
        match self.by_method.get(&contender.name()) {
            Some(threshold) => *threshold,
            // With another penalty weights are of another size.
            None if contender
                .variant
                .as_ref()
                .is_some_and(|v| v.lambda.is_some()) =>
            {
                0.0
            }
            None => self.of_method(&contender.method.name()),
        }
    }
}

/// What thresholds are tried: 0, and quantiles of the sizes of all weights that are not 0.
pub fn choices(weights: &[Vec<f64>]) -> Vec<f64> {
    const QUANTILES: [f64; 6] = [0.25, 0.5, 0.7, 0.8, 0.9, 0.95];
    let sizes = weights.iter().flatten().map(|weight| weight.abs());
    let mut sizes: Vec<f64> = sizes.filter(|size| *size > 0.0).collect();
    sizes.sort_by(f64::total_cmp);
    let mut choices = vec![0.0];
    if !sizes.is_empty() {
        choices.extend(QUANTILES.map(|at| quantile(&sizes, at)));
    }
    choices.dedup();
    choices
}

/// How good vectors are for choosing: the mean F1 of the aspects of what is selected from other runs.
///
/// # Errors
/// [`EvalError::Setting`] where every model has the same run.
pub fn quality(candidates: &[Candidate], vectors: &[Vec<f64>]) -> Result<f64, EvalError> {
    let all: Vec<usize> = (0..candidates.len()).collect();
    let found = outcomes(candidates, &all, Protocol::OtherRuns, vectors);
    if found.is_empty() {
        return Err(EvalError::setting(
            "pools",
            "all models of a pool are of one run; thresholds are chosen on models of other runs",
        ));
    }
    let sum: f64 = found.iter().map(|outcome| outcome.credit.aspect_f1).sum();
    Ok(sum / found.len() as f64)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::super::candidate::made_up;
    use super::*;

    #[test]
    fn choices_begin_with_none_and_rise() {
        let found = choices(&[vec![0.0, -0.4, 0.2], vec![0.1, 0.0, 0.3]]);
        assert_eq!(found[0], 0.0);
        assert!(found.is_sorted() && *found.last().unwrap() <= 0.4);
        assert_eq!(choices(&[vec![0.0]]), [0.0]);
    }

    #[test]
    fn what_is_chosen_on_has_several_runs() {
        let vectors = vec![vec![1.0], vec![1.0]];
        let same = vec![made_up("a", &["x"], 0), made_up("a", &["x"], 1)];
        assert!(quality(&same, &vectors).is_err());
        let two = vec![made_up("a", &["x"], 0), made_up("b", &["x"], 1)];
        assert_eq!(quality(&two, &vectors).unwrap(), 1.0);
    }

    #[test]
    fn thresholds_read_back_as_written() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("new/thresholds.json");
        let mut thresholds = Thresholds::of(vec!["validation".to_string()]);
        thresholds.by_method.insert("naive".to_string(), 0.25);
        thresholds.write(&path).unwrap();
        let again = Thresholds::read(&path).unwrap();
        assert_eq!(again, thresholds);
        assert_eq!(
            (again.of_method("naive"), again.of_method("omp")),
            (0.25, 0.0)
        );
    }
}
