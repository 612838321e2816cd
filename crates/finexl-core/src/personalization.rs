//! What is known of a personalized model: it travels with the model.

use crate::experiment::{Mechanism, StyleShare};
use crate::fingerprint::Fingerprint;
use crate::{CoreError, json_file};
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
    /// Fingerprint of the training images and their prompts.
    pub images_fingerprint: Fingerprint,
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
        json_file::write(&folder.join(FILE), self)
    }

    /// Reads the record of a model, if its folder has one.
    ///
    /// # Errors
    /// [`CoreError::Read`] where it is there but cannot be read, [`CoreError::Json`] where it is damaged
    /// or of another version.
    pub fn read(folder: &Path) -> Result<Option<Self>, CoreError> {
        json_file::read_if_there(&folder.join(FILE), Self::VERSION)
    }
}
