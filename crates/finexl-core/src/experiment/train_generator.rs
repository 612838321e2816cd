//! The recipe of a generator of latents.

use super::{TrainingArt, TrainingSchedule};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// Trains a network on the latents of rendered scenes and writes its weights; `A` is its architecture,
/// the only thing in which the recipes of the families differ.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct TrainGenerator<A> {
    /// Name of the generator, also of its run folder.
    pub name: String,
    /// Where the finished weights go (f16 safetensors).
    pub output: PathBuf,
    /// Seed of initial weights and of everything that is drawn.
    pub seed: u64,
    /// Weights of the autoencoder, which stay as they are; for tokens, one that quantises.
    pub autoencoder: PathBuf,
    /// Layers and widths.
    pub architecture: A,
    /// Training images and where their art lies.
    pub art: TrainingArt,
    /// The subjects it learns, by name.
    pub subjects: Vec<String>,
    /// Aspects it never sees, neither in images nor in captions.
    pub unknown_aspects: Vec<String>,
    /// Images per step.
    pub images_per_step: usize,
    /// Share of images that wear one or two aspects, named in the caption.
    pub stylized_share: f64,
    /// Share of images whose caption is dropped, for classifier-free guidance.
    pub dropped_captions: f64,
    /// Decay per step of the averaged weights, which are the ones that are kept.
    pub averaging_decay: f64,
    /// Alignment of inner tokens with those of mini-clip, if any; not for a GAN.
    pub alignment: Option<Alignment>,
    /// Steps and learning rates.
    pub schedule: TrainingSchedule,
}

/// Representation alignment (Yu et al. 2025, REPA).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Alignment {
    /// Weight of the loss, one minus the mean cosine, beside the family's own.
    pub weight: f32,
    /// After which block the tokens are compared, from 1.
    pub after_block: usize,
}

/// A bidirectional transformer over the words of a prompt.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct TextReader {
    /// Longest prompt in tokens, start and end included.
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
