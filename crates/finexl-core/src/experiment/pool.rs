//! Many personalized models of one generator, with images of all of them.

use super::{Mechanism, StyleShare};
use crate::names::Split;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::PathBuf;

/// Makes personalized models at known levels, and images of the base and of every model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct MakePool {
    /// Name of the pool.
    pub name: String,
    /// Folder of models, images and the list of both.
    pub output: PathBuf,
    /// The generator: its name or its weights file.
    pub model: String,
    /// Folder that `scripts/fetch_art.py` filled; for other artists than Twemoji.
    pub art_folder: PathBuf,
    /// Split of the scenes that images are made of.
    pub split: Split,
    /// Images of the base and of each model: as many prompts.
    pub pairs: usize,
    /// Seed of prompts and of the noise of images.
    pub seed: u64,
    /// Prompts, one per line, of which the first `pairs` are used; scenes of the split where there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prompts: Option<PathBuf>,
    /// Sampling steps of all images; the generator's own number where there is none.
    #[serde(default)]
    pub steps: Option<usize>,
    /// Scale of classifier-free guidance of all images; the generator's own where there is none.
    #[serde(default)]
    pub guidance: Option<f64>,
    /// Width and height of all images in pixels, such as "384x512"; the generator's own where there is none. Stable
    /// Diffusion only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub size: Option<String>,
    /// Styles by name; several shares make a mixture.
    pub styles: BTreeMap<String, Vec<StyleShare>>,
    /// Models that are trained.
    #[serde(default)]
    pub trained: Vec<TrainedModels>,
    /// Models that are the base with adapters that are there already, such as downloaded LoRA files.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub adapters: Vec<GivenAdapters>,
    /// Models that are the base with concept guidance.
    #[serde(default)]
    pub guided: Vec<GuidedModels>,
    /// Models that are the base, walked along closed-form directions of its latent space.
    #[serde(default)]
    pub walked: Vec<WalkedModels>,
}

/// A training per style, seed and share; a model per snapshot and scale.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct TrainedModels {
    /// Names of the pool's styles.
    pub styles: Vec<String>,
    /// Seeds of the trainings.
    pub seeds: Vec<u64>,
    /// What is trained.
    pub mechanism: Mechanism,
    /// Training images; they are drawn once and shown again and again.
    pub images: usize,
    /// Images per step.
    pub images_per_step: usize,
    /// Peak learning rate.
    pub learning_rate: f64,
    /// Steps after which a model is kept, rising.
    pub snapshots: Vec<usize>,
    /// Scales at which the adapter, or the direction, of the last snapshot is a model too.
    #[serde(default)]
    pub scales: Vec<f64>,
    /// Shares of training images that have the style, each a training of its own; the others are drawn
    /// as the base knows them. Only the last snapshot is a model then.
    #[serde(default)]
    pub shares: Vec<f64>,
}

/// A model per file and scale.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct GivenAdapters {
    /// Files by name, or folders of adapters: for Stable Diffusion LoRA files of every kind, learned words and whole
    /// checkpoints, for FineXL's own generators folders in PEFT's layout.
    pub files: BTreeMap<String, PathBuf>,
    /// Scales at which each is a model; absent: as it was trained.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub scales: Vec<f64>,
    /// What the files show, by name with a level in (0, 1]: aspects that the program knows, or any others, which count as
    /// the same where they are called the same. Absent: not known.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub aspects: BTreeMap<String, f32>,
    /// How far each of the files is personalized, such as the steps of its training. They are the snapshots of one
    /// training then, a run in the order of these numbers; each has a number of its own, and there are no scales. Absent:
    /// each file is a run of its own.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub levels: BTreeMap<String, f64>,
}

/// A model per concept, or mixture of concepts, and strength.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct GuidedModels {
    /// Aspects that the generator knows, by name; for Stable Diffusion any phrases.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub concepts: Vec<String>,
    /// Mixtures of them, each concept with its part of the strength: `{ vivid = 1.0, dark = 0.5 }` at strength 4 guides along
    /// one with lambda 4 and along the other with 2.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub mixtures: Vec<BTreeMap<String, f64>>,
    /// Strengths of the guidance (lambda).
    pub strengths: Vec<f64>,
}

/// A model per direction and distance.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct WalkedModels {
    /// Closed-form directions by their rank, from 0.
    pub directions: Vec<usize>,
    /// Distances that are walked along them.
    pub distances: Vec<f64>,
}
