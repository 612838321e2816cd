//! Personalizing a generator in a known way.

use crate::names::{ArtistName, Implementation};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::PathBuf;

/// Trains a generator on images of a known style and keeps snapshots on the way.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Personalize {
    /// Name of what comes of it.
    pub name: String,
    /// Folder of the snapshots, one folder `step-N` each.
    pub output: PathBuf,
    /// The generator: its name or its weights file.
    pub model: String,
    /// Seed of everything that is drawn.
    pub seed: u64,
    /// What is trained.
    pub mechanism: Mechanism,
    /// What the training images look like; several make a mixture. Left out with pictures of one's own.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub styles: Vec<StyleShare>,
    /// Pictures to train on instead of drawn scenes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pictures: Option<TrainingPictures>,
    /// Folder that `scripts/fetch_art.py` filled; for other artists than Twemoji.
    #[serde(default)]
    pub art_folder: PathBuf,
    /// Training images; they are drawn once and shown again and again. Of a folder the first so many.
    pub images: usize,
    /// Images per step.
    pub images_per_step: usize,
    /// Peak learning rate, after a short warm-up; it then stays.
    pub learning_rate: f64,
    /// Steps after which a snapshot is kept, rising; the last one ends the training.
    pub snapshots: Vec<usize>,
}

/// Pictures that a personalization is trained on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(
    deny_unknown_fields,
    rename_all = "kebab-case",
    rename_all_fields = "kebab-case"
)]
pub enum TrainingPictures {
    /// Those of a folder, as they are.
    Folder {
        /// The folder.
        path: PathBuf,
        /// What all of them show, in words; none reads a text file beside each picture (`cat.png`, `cat.txt`).
        #[serde(default, skip_serializing_if = "Option::is_none")]
        caption: Option<String>,
        /// Side in pixels to which they are brought, the middle square of each; none takes the model's own.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        side: Option<usize>,
    },
    /// The model's own of the prompts of a file, on which the styles are put.
    Prompts {
        /// The file, one prompt per line.
        path: PathBuf,
        /// Side in pixels; none takes the model's own.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        side: Option<usize>,
    },
}

/// What is trained.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(
    deny_unknown_fields,
    rename_all = "kebab-case",
    rename_all_fields = "kebab-case"
)]
pub enum Mechanism {
    /// A low-rank adapter (Hu et al. 2021).
    Lora {
        /// Rank of the change of each weight.
        rank: usize,
        /// The change is scaled by `alpha / rank`.
        alpha: f64,
        /// The layers that are adapted, by the last segments of their paths.
        targets: Vec<String>,
    },
    /// All weights.
    Full {},
    /// One direction in the space that a GAN's mapping network leads to.
    Direction {},
}

impl Mechanism {
    /// Its name in tables and files.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Lora { .. } => "lora",
            Self::Full {} => "full",
            Self::Direction {} => "direction",
        }
    }
}

/// A style and how much of the training images have it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct StyleShare {
    /// Share of the images, relative to the other styles'.
    #[serde(default = "whole")]
    pub share: f64,
    /// Aspects and their levels in [0, 1]; none leaves images as they are drawn.
    #[serde(default)]
    pub aspects: BTreeMap<String, f32>,
    /// Which implementation of the aspects: training or held-out.
    #[serde(default = "training")]
    pub implementation: Implementation,
    /// Whose hand draws; the base's own by default.
    #[serde(default)]
    pub artist: Option<ArtistName>,
}

impl StyleShare {
    /// Images as the base's artist draws them.
    pub fn plain(share: f64) -> Self {
        Self {
            share,
            aspects: BTreeMap::new(),
            implementation: training(),
            artist: None,
        }
    }
}

fn whole() -> f64 {
    1.0
}

fn training() -> Implementation {
    Implementation::Training
}
