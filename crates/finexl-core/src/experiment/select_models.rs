//! Model selection on pools: how well explanations tell alike models from others.

use super::ProposerChoice;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// For every model of a pool, selects the other model with the most similar explanation, by every method.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct SelectModels {
    /// Folder for records, tables and figures.
    pub output: PathBuf,
    /// Folders of pools that `finexl run` made; each is a table of its own.
    pub pools: Vec<PathBuf>,
    /// The encoder of all methods.
    pub encoder: String,
    /// The encoder that measures how far selected images are from the target's; never the one above.
    pub judge: String,
    /// Weights of LPIPS v0.1 on SqueezeNet as one file; without it that distance is left out.
    #[serde(default)]
    pub lpips: Option<PathBuf>,
    /// Columns of the table.
    pub columns: Vec<PoolColumn>,
    /// Methods: `default` is what `finexl explain` does; decompositions by name; `naive`, `gsclip`,
    /// `visdiff`, `visdiff-means`, `splice`, `divergence` (nearest neighbour on V_div), `random`.
    pub methods: Vec<String>,
    /// Only so many of the largest weights make an explanation vector; absent: all.
    #[serde(default)]
    pub largest: Option<usize>,
    /// Below which size a weight counts as none, by method, as a run on validation pools wrote it;
    /// absent: nowhere.
    #[serde(default)]
    pub thresholds: Option<PathBuf>,
    /// Where to write the thresholds that are best on these pools, which then have to be ones for
    /// validation.
    #[serde(default)]
    pub tune: Option<PathBuf>,
    /// Who proposes aspects to the baselines that choose among proposals.
    #[serde(default)]
    pub proposer: Option<ProposerChoice>,
}

/// Which models of a pool can be selected, and which are targets.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub enum PoolColumn {
    /// Models of one aspect alone, at so many levels spread over those that there are.
    Single {
        /// Levels of each run.
        levels: usize,
    },
    /// Mixtures of so many aspects are the targets; models of one aspect can be selected too.
    Mixed {
        /// Aspects of each mixture.
        aspects: usize,
    },
}
