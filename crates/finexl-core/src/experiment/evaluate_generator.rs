//! How good a generator is.

use crate::names::Split;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// Measures a generator on scenes of a split with the judge encoder.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct EvaluateGenerator {
    /// Folder for figures and the grid.
    pub output: PathBuf,
    /// The generator: its name or its weights file.
    pub model: String,
    /// The encoder that judges; never the one that explains.
    pub judge: String,
    /// Split of the scenes: validation while choosing, test for what is reported.
    pub split: Split,
    /// Sets of a hundred scenes; every image has to find its prompt among those of its set.
    pub sets: usize,
    /// Seed of scenes and images.
    pub seed: u64,
    /// Sampling steps of a diffusion model; that of the family by default.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub steps: Option<usize>,
    /// Temperature of an autoregressive model; that of the family by default.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub temperature: Option<f64>,
    /// Levels that an autoregressive model draws from; that of the family by default.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub top_k: Option<usize>,
    /// Scales of classifier-free guidance to measure; the first one is that of the grid. A GAN has 1 alone.
    pub guidance: Vec<f64>,
}
