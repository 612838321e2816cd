//! The recipe of an embedded encoder.

use super::TrainingSchedule;
use crate::names::ArtistName;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// Trains an image and text encoder on rendered scenes and writes its weights.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct TrainEncoder {
    /// Name of the encoder, also of its run folder.
    pub name: String,
    /// Where the finished weights go (f16 safetensors).
    pub output: PathBuf,
    /// Seed of initial weights and of everything that is drawn.
    pub seed: u64,
    /// Side of the square input image in pixels.
    pub image_size: usize,
    /// Dimension of the shared embedding space.
    pub embedding: usize,
    /// Architecture of the image side.
    pub image_tower: ImageTower,
    /// Architecture of the text side.
    pub text_tower: TextTower,
    /// Training images and where their art lies.
    pub art: TrainingArt,
    /// Epochs; a checkpoint is written after each.
    pub epochs: usize,
    /// Optimiser steps per epoch.
    pub steps_per_epoch: usize,
    /// Scenes per step; each is shown clean and in three stylized variants.
    pub scenes_per_step: usize,
    /// Procedural pictures per step, shown like scenes but without captions.
    pub procedural_per_step: usize,
    /// Peak learning rate, reached after `warmup-steps` and then lowered along a cosine.
    pub learning_rate: f64,
    /// Steps of linear warm-up.
    pub warmup_steps: usize,
    /// Decoupled weight decay.
    pub weight_decay: f32,
    /// Weight of the divergence loss beside the contrastive loss.
    pub divergence_weight: f32,
    /// Weight of the linearity loss beside the contrastive loss.
    pub linearity_weight: f32,
    /// Weight of the readout loss beside the contrastive loss.
    pub readout_weight: f32,
}

impl TrainEncoder {
    /// Its steps and learning rates.
    pub fn schedule(&self) -> TrainingSchedule {
        TrainingSchedule {
            epochs: self.epochs,
            steps_per_epoch: self.steps_per_epoch,
            learning_rate: self.learning_rate,
            warmup_steps: self.warmup_steps,
            weight_decay: self.weight_decay,
        }
    }
}

/// Architecture of an image side.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(
    deny_unknown_fields,
    rename_all = "kebab-case",
    rename_all_fields = "kebab-case"
)]
pub enum ImageTower {
    /// A pre-norm vision transformer, mean-pooled (Dosovitskiy et al. 2021).
    Transformer {
        /// Side of a patch in pixels.
        patch: usize,
        /// Token width.
        width: usize,
        /// Layers.
        layers: usize,
        /// Attention heads.
        heads: usize,
        /// Width of the feed-forward layer.
        hidden: usize,
    },
    /// An MLP-Mixer, mean-pooled (Tolstikhin et al. 2021).
    Mixer {
        /// Side of a patch in pixels.
        patch: usize,
        /// Token width.
        width: usize,
        /// Layers.
        layers: usize,
        /// Width of the layer that mixes tokens.
        token_hidden: usize,
        /// Width of the layer that mixes channels.
        hidden: usize,
    },
}

/// Architecture of a text side: a causal pre-norm transformer read at its end token.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct TextTower {
    /// Longest text in tokens, start and end included.
    pub context: usize,
    /// Token width.
    pub width: usize,
    /// Layers.
    pub layers: usize,
    /// Attention heads.
    pub heads: usize,
    /// Width of the feed-forward layer.
    pub hidden: usize,
}

/// Which artists' drawings are trained on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct TrainingArt {
    /// Folder that `scripts/fetch_art.py` filled.
    pub folder: PathBuf,
    /// Artists by name; `twemoji` is built in.
    pub artists: Vec<ArtistName>,
}
