//! What makes a cell the same cell.

use super::cell_folder::VERSION;
use crate::CoreError;
use crate::experiment::Experiment;
use crate::fingerprint::Fingerprint;
use crate::recipe::Recipe;
use std::collections::BTreeMap;
use std::path::Path;

/// Fingerprints of experiments: of their keys, where results go aside, and of the files that they name by content.
pub(super) struct Identities<'a> {
    device: &'a str,
    /// Files that were read, and names that are none.
    files: BTreeMap<String, Option<Fingerprint>>,
}

impl<'a> Identities<'a> {
    pub fn new(device: &'a str) -> Self {
        Self {
            device,
            files: BTreeMap::new(),
        }
    }

    /// The identity of an experiment.
    ///
    /// # Errors
    /// A file that is named and cannot be read.
    pub fn of(&mut self, experiment: &Experiment) -> Result<Fingerprint, CoreError> {
        let mut experiment = experiment.clone();
        experiment.set_output(Path::new(""));
        if let Experiment::ExplainModels(models) = &mut experiment {
            models.kept = None;
        }
        let recipe = Recipe::of(&experiment)?;
        let mut key = Fingerprint::of("cell of a sweep")
            .number("version", u64::from(VERSION))
            .text("device", self.device)
            .text("experiment", &recipe.text()?);
        for name in recipe.texts() {
            if let Some(content) = self.content(&name)? {
                key = key.text("file", &name).nested("content", &content);
            }
        }
        Ok(key.finish())
    }

    fn content(&mut self, name: &str) -> Result<Option<Fingerprint>, CoreError> {
        if let Some(known) = self.files.get(name) {
            return Ok(known.clone());
        }
        let is_file = name.contains(['.', '/']) && Path::new(name).is_file();
        let content = is_file
            .then(|| Fingerprint::of_file(Path::new(name)))
            .transpose()?;
        self.files.insert(name.to_string(), content.clone());
        Ok(content)
    }
}
