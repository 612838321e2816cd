//! Reference models: other models of a base, which say how it shows aspects and what any tuning of it changes.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::PathBuf;

/// Gathers reference models of one base into a file: from pools, or from folders of images, at least 8 in all.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct GatherReferences {
    /// File to write (.safetensors).
    pub output: PathBuf,
    /// The encoder: a file is good for this one.
    pub encoder: String,
    /// Pools of the base: folders that `finexl run` made, or the `[make-pool]` experiments that make them, which
    /// are then run first.
    #[serde(default)]
    pub pools: Vec<PathBuf>,
    /// Images of the base, and of models of it; instead of pools.
    #[serde(default)]
    pub folders: Option<ReferenceFolders>,
}

/// Folders of images, paired by name with the base's.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct ReferenceFolders {
    /// Name of the base.
    pub name: String,
    /// Folder of the base's images.
    pub base: PathBuf,
    /// A folder of folders, each the images of a model of which nothing is known.
    #[serde(default)]
    pub unlabelled: Option<PathBuf>,
    /// Models by name.
    #[serde(default)]
    pub models: BTreeMap<String, ReferenceImages>,
}

/// A model's images.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct ReferenceImages {
    /// Their folder.
    pub images: PathBuf,
    /// The aspects that it is known to have, with their levels in (0, 1].
    #[serde(default)]
    pub aspects: BTreeMap<String, f64>,
}
