//! How good a generator is.

use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// Measures a generator on scenes of a split with the judge encoder.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct EvaluateGenerator {
    /// Folder for figures and the grid.
    pub output: PathBuf,
    /// The generator: its name or its weights file.
    pub model: String,
    /// The encoder that judges; never the one that explains.
    pub judge: String,
    /// Split of the scenes: validation while choosing, test for what is reported.
    pub split: String,
    /// Sets of a hundred scenes; every image has to find its prompt among those of its set.
    pub sets: usize,
    /// Seed of scenes and images.
    pub seed: u64,
    /// Sampling steps.
    pub steps: usize,
    /// Scales of classifier-free guidance to measure; the first one is that of the grid.
    pub guidance: Vec<f64>,
}
