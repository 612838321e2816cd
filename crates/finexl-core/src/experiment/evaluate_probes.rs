//! How far the explanation of a personalized model depends on the probes that it was made with.

use crate::names::{MethodName, Split};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// Explains models of a pool again and again, each time with other probes, and measures whether the intervals
/// hold what all other probes say, whether two explanations agree, and whether the base differs from itself.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct EvaluateProbes {
    /// Folder for the figures.
    pub output: PathBuf,
    /// Folder of a pool that `finexl run` made, or its `[make-pool]` experiment, which is run first then.
    pub pool: PathBuf,
    /// The encoder that explains.
    pub encoder: String,
    /// Decompositions by name, each with figures of its own.
    pub methods: Vec<MethodName>,
    /// Reference models that methods which read by a head read with: a file, or the name of a base inside the program.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub references: Option<PathBuf>,
    /// Models: the last snapshots of so many LoRA trainings, spread evenly over those of the pool whose aspects
    /// are known.
    pub models: usize,
    /// Prompts that the base and every model make an image of; at least ten times `pairs`.
    pub probes: usize,
    /// Pairs of an explanation.
    pub pairs: usize,
    /// Explanations per model and method; no two of a model share a probe.
    pub trials: usize,
    /// Comparisons of the base with disturbed copies of itself, and as many with its images from other seeds;
    /// no two share a probe. 0 for none.
    pub nulls: usize,
    /// Bootstrap resamples behind every interval.
    pub resamples: usize,
    /// Prompts, one per line, of which the first `probes` are used; scenes of the split where there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prompts: Option<PathBuf>,
    /// Split of the scenes that prompts are of.
    pub split: Split,
    /// Seed of prompts, of the noise of images, and of what trials draw.
    pub seed: u64,
    /// Sampling steps; the generator's own number where there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub steps: Option<usize>,
}
