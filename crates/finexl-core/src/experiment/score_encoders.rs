//! How well the text spaces of encoders suit directions.

use crate::names::Split;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// Scores encoders by how orthogonal the directions of concepts are and how linearly they add up, side
/// by side.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct ScoreEncoders {
    /// Folder for the figures.
    pub output: PathBuf,
    /// Encoders: embedded ones by name, published ones as for `finexl zoo info`. A published one that is
    /// not on this machine is left out with a note.
    pub encoders: Vec<String>,
    /// Concepts, one per line; absent: the program's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vocabulary: Option<PathBuf>,
    /// Prompts, one per line, of which the first `probes` are probes; scenes of the split where there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prompts: Option<PathBuf>,
    /// Split of the scenes whose prompts are probes.
    pub split: Split,
    /// Probes.
    pub probes: usize,
    /// Pairs of concepts, drawn for the linearity.
    pub pairs: usize,
    /// Seed of probes and pairs.
    pub seed: u64,
}
