//! The recipe of an explainer head.

use super::{TrainingArt, TrainingSchedule};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// Trains what reads aspects and their levels off divergences, on pictures that are stylized in known ways,
/// and writes its weights.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct TrainHead {
    /// Name of the head, also of its run folder.
    pub name: String,
    /// Where the finished weights go (f16 safetensors).
    pub output: PathBuf,
    /// Seed of initial weights and of everything that is drawn.
    pub seed: u64,
    /// The encoder that it reads; it serves no other.
    pub encoder: String,
    /// What is stylized.
    pub pictures: HeadPictures,
    /// Aspects with their words and operators (TOML); absent: the program's own.
    #[serde(default)]
    pub aspects: Option<PathBuf>,
    /// Aspects by name that are neither shown nor learned, to see how the head does without.
    #[serde(default)]
    pub held_out: Vec<String>,
    /// Generators whose autoencoders half of all sets pass through; none of them generates anything.
    #[serde(default)]
    pub codecs: Vec<String>,
    /// Sets that were made by other programs' filters (`scripts/make_sets.py`), learned from beside those that are drawn;
    /// absent: none.
    #[serde(default)]
    pub made_sets: Option<MadeSets>,
    /// Sets of pictures.
    pub episodes: HeadEpisodes,
    /// Layers and widths.
    pub architecture: HeadArchitecture,
    /// Sets per step.
    pub episodes_per_step: usize,
    /// Decay per step of the averaged weights, which are the ones that are kept.
    pub averaging_decay: f64,
    /// Epochs without a better validation loss after which the training ends; absent: never early.
    #[serde(default)]
    pub patience: Option<usize>,
    /// Steps and learning rates.
    pub schedule: TrainingSchedule,
}

/// Where a head's pictures come from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub enum HeadPictures {
    /// Scenes in emoji art.
    Scenes(ScenePictures),
    /// A folder of images; a fifth of them, by their names, is for validation only.
    Folder(FolderPictures),
}

/// Scenes of the training and the validation split.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct ScenePictures {
    /// Seed by which scenes are drawn.
    pub seed: u64,
    /// Artists; each of them draws every scene.
    pub art: TrainingArt,
    /// Training scenes; a fifth as many are for validation.
    pub count: usize,
    /// Their side in pixels.
    pub side: usize,
}

/// Images of the user's own.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct FolderPictures {
    /// Folder of images.
    pub images: PathBuf,
    /// Prompts of such images, one per line, to measure directions of words on; absent: prompts of the program's
    /// own.
    #[serde(default)]
    pub prompts: Option<PathBuf>,
    /// Side in pixels that they are brought to before they are stylized.
    pub side: usize,
}

/// Folders of sets, each with a table `sets.csv`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct MadeSets {
    /// Sets that are learned from.
    pub training: Vec<PathBuf>,
    /// Sets that thresholds and intervals are fitted on, and that say when to stop.
    pub validation: Vec<PathBuf>,
}

/// Made-up personalizations: sets of pictures with and without aspects.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct HeadEpisodes {
    /// Sets that are learned from.
    pub training: usize,
    /// Sets that thresholds and intervals are fitted on, and that say when to stop.
    pub validation: usize,
    /// Pictures of a set; a step sees some of them.
    pub pairs: usize,
    /// Most aspects at once.
    pub most_aspects: usize,
}

/// A transformer whose tokens are the concepts on offer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct HeadArchitecture {
    /// Token width.
    pub width: usize,
    /// Layers.
    pub layers: usize,
    /// Attention heads.
    pub heads: usize,
    /// Width of the feed-forward layers.
    pub hidden: usize,
}
