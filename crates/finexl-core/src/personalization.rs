//! What is known of a personalized model: it travels with the model.

use crate::CoreError;
use crate::experiment::{Mechanism, StyleShare};
use crate::fingerprint::Fingerprint;
use serde::{Deserialize, Serialize};
use std::path::Path;

/// Name of the record inside the folder of a personalized model.
const FILE: &str = "personalization.json";

/// How a model was personalized.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PersonalizationRecord {
    /// Version of this record.
    pub version: u32,
    /// Name of the personalization.
    pub name: String,
    /// Name of the base model.
    pub base: String,
    /// Fingerprint of the base model.
    pub base_fingerprint: Fingerprint,
    /// What was trained.
    pub mechanism: Mechanism,
    /// What the training images looked like.
    pub styles: Vec<StyleShare>,
    /// Seed of the training.
    pub seed: u64,
    /// Steps trained.
    pub step: usize,
    /// Training images.
    pub images: usize,
    /// Images per step.
    pub images_per_step: usize,
    /// Learning rate.
    pub learning_rate: f64,
}

impl PersonalizationRecord {
    /// The version that this program writes.
    pub const VERSION: u32 = 1;

    /// Writes the record into the folder of a model.
    ///
    /// # Errors
    /// [`CoreError::Write`].
    pub fn write(&self, folder: &Path) -> Result<(), CoreError> {
        let path = folder.join(FILE);
        let mut text = serde_json::to_string_pretty(self).map_err(|e| json(&path, e))?;
        text.push('\n');
        crate::atomic::write(path, text.as_bytes())
    }

    /// Reads the record of a model, if its folder has one.
    ///
    /// # Errors
    /// [`CoreError::Read`] where it is there but cannot be read.
    pub fn read(folder: &Path) -> Result<Option<Self>, CoreError> {
        let path = folder.join(FILE);
        if !path.exists() {
            return Ok(None);
        }
        let bytes = crate::atomic::read(&path)?;
        serde_json::from_slice(&bytes)
            .map(Some)
            .map_err(|e| json(&path, e))
    }
}

fn json(path: &Path, source: serde_json::Error) -> CoreError {
    CoreError::Json {
        what: path.display().to_string(),
        source,
    }
}
