//! The recipe of an image captioner.

use super::{TrainingArt, TrainingSchedule};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// Trains a decoder that writes captions from an encoder's image tokens, and writes its weights.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct TrainCaptioner {
    /// Name of the captioner, also of its run folder.
    pub name: String,
    /// Where the finished weights go (f16 safetensors).
    pub output: PathBuf,
    /// Seed of initial weights and of everything that is drawn.
    pub seed: u64,
    /// The encoder whose image tokens it reads: mini-clip or the weights file of another one of its kind.
    /// It stays as it is.
    pub encoder: String,
    /// Layers and widths.
    pub architecture: CaptionerArchitecture,
    /// Training images and where their art lies.
    pub art: TrainingArt,
    /// Images per step.
    pub images_per_step: usize,
    /// Share of images that wear aspects, named in the caption.
    pub stylized_share: f64,
    /// Most aspects that an image wears.
    pub most_aspects: usize,
    /// Decay per step of the averaged weights, which are the ones that are kept.
    pub averaging_decay: f64,
    /// Steps and learning rates.
    pub schedule: TrainingSchedule,
}

/// A causal transformer over the words of a caption that attends to image tokens.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct CaptionerArchitecture {
    /// Longest caption in tokens, start and end included.
    pub context: usize,
    /// Token width.
    pub width: usize,
    /// Layers.
    pub layers: usize,
    /// Attention heads.
    pub heads: usize,
    /// Width of the feed-forward layers.
    pub hidden: usize,
}
