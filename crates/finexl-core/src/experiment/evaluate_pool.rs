//! How the strength of aspects follows the level of personalized models.

use crate::names::MethodName;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// Measures, on a pool, whether what was personalized rises with the level and all else stays.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct EvaluatePool {
    /// Folder for the figures.
    pub output: PathBuf,
    /// Folder of a pool that `finexl run` made.
    pub pool: PathBuf,
    /// Encoders that score the aspects, each with figures of its own. The judge never explains; what
    /// is said of generators is said with it.
    pub scorers: Vec<PoolScorer>,
}

/// An encoder with the way in which it scores.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct PoolScorer {
    /// The encoder.
    pub encoder: String,
    /// Decomposition by name; absent: the explainer's default.
    pub method: Option<MethodName>,
}
