//! Personalized models of a generator, explained in one go.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::PathBuf;

/// Generates with a base and with personalized models of it, and explains each.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct ExplainModels {
    /// Folder for images, explanations and reports.
    pub output: PathBuf,
    /// The generator: its name or its weights file.
    pub model: String,
    /// Split of the scenes whose prompts are used.
    pub split: String,
    /// Number of prompts, and so of image pairs.
    pub pairs: usize,
    /// Prompts, one per line, of which the first `pairs` are used; scenes of the split where there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prompts: Option<PathBuf>,
    /// Seed of prompts and images.
    pub seed: u64,
    /// Folders of adapters, of learned directions or of fine-tuned models, by name.
    pub personalized: BTreeMap<String, PathBuf>,
}
