//! Model selection on pools: how well explanations tell alike models from others.

use super::ProposerChoice;
use crate::names::{SelectionName, VariedName};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// For every model of a pool, selects the other model with the most similar explanation, by every method.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct SelectModels {
    /// Folder for records, tables and figures.
    pub output: PathBuf,
    /// Pools, each a table of its own: folders that `finexl run` made, or the `[make-pool]` experiments that
    /// make them, which are then run first.
    pub pools: Vec<PathBuf>,
    /// The encoder of all methods.
    pub encoder: String,
    /// The encoder that measures how far selected images are from the target's; never the one above.
    pub judge: String,
    /// Weights of LPIPS v0.1 on SqueezeNet as one file; where there is none that distance is left out.
    #[serde(default)]
    pub lpips: Option<PathBuf>,
    /// Weights of the Inception v3 of pytorch-fid; where there are none FID is left out.
    #[serde(default)]
    pub inception: Option<PathBuf>,
    /// Columns of the table.
    pub columns: Vec<PoolColumn>,
    /// Methods: `default` is what `finexl similar` compares models by, the profiles of all pairs; `profile` their
    /// mean, `scores` what `finexl explain` scores with where no reference models are; decompositions by name; `naive`, `gsclip`, `visdiff`,
    /// `visdiff-means`, `splice`, `divergence` (nearest neighbour on V_div), `divergences` (the same on the
    /// divergences of all pairs), `random`.
    pub methods: Vec<SelectionName>,
    /// Methods with something changed, each a row of its own.
    #[serde(default)]
    pub variants: Vec<Variant>,
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
    /// Phrases to explain with, one concept per line; absent: the program's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vocabulary: Option<PathBuf>,
    /// Who proposes aspects to the baselines that choose among proposals; asked where one of them is in the table.
    #[serde(default)]
    pub proposer: Option<ProposerChoice>,
}

/// The default or a decomposition with something changed; what is left out stays as it is.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Variant {
    /// Its name in tables.
    pub name: String,
    /// `default`, `profile`, `scores`, or a decomposition by name.
    pub method: VariedName,
    /// Weights file of another head of `calibrated` and `learned` than the one inside the program.
    #[serde(default)]
    pub head: Option<PathBuf>,
    /// Reference models that `calibrated` and `learned` read with: files, or names of bases inside the program, of
    /// which a pool takes those of its base.
    #[serde(default)]
    pub references: Vec<PathBuf>,
    /// Penalty of `default` and `ridge`.
    #[serde(default)]
    pub lambda: Option<f64>,
    /// Orthogonality threshold of `paper`.
    #[serde(default)]
    pub e_ortho: Option<f64>,
    /// Singular directions that `subspace-nnls` keeps.
    #[serde(default)]
    pub components: Option<usize>,
    /// Largest weights that make an explanation vector.
    #[serde(default)]
    pub largest: Option<usize>,
    /// Concepts of the vocabulary that are left in, by lot.
    #[serde(default)]
    pub concepts: Option<usize>,
    /// Image pairs that it sees, the first ones; concepts are still measured on all prompts.
    #[serde(default)]
    pub pairs: Option<usize>,
    /// On which prompts the directions of concepts are measured.
    #[serde(default)]
    pub probes: ProbeChoice,
}

/// Prompts on which the directions of concepts are measured.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ProbeChoice {
    /// Those of the images.
    #[default]
    Matched,
    /// The default ones, as where the prompts of images are not known.
    Default,
}

/// Which models of a pool can be selected, and which are targets.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub enum PoolColumn {
    /// Models of one aspect alone, at so many levels spread over those that there are.
    Single {
        /// Levels of each run.
        levels: usize,
    },
    /// Models of one of these aspects alone are the targets; all models of one aspect can be selected.
    Aspects {
        /// Names.
        names: Vec<String>,
    },
    /// Mixtures of so many aspects are the targets; models of one aspect can be selected too.
    Mixed {
        /// Aspects of each mixture.
        aspects: usize,
    },
}
