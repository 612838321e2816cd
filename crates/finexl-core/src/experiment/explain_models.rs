//! Personalized models of a generator, explained in one go.

use super::{Mechanism, ReadBy, StyleShare};
use crate::names::{MethodName, Split};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::PathBuf;

/// Generates with a base and with personalized models of it, and explains each; or explains the models of pools.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct ExplainModels {
    /// Folder for images, explanations, reports and figures.
    pub output: PathBuf,
    /// The generator: its name or its weights file; absent: the base that the adapters say they were made for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// Split of the scenes whose prompts are used.
    pub split: Split,
    /// Number of prompts, and so of image pairs.
    pub pairs: usize,
    /// Prompts, one per line, of which the first `pairs` are used; scenes of the split where there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prompts: Option<PathBuf>,
    /// Seed of prompts and images.
    pub seed: u64,
    /// Sampling steps of all images; absent: the generator's own number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub steps: Option<usize>,
    /// Scale of classifier-free guidance of all images; absent: the generator's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub guidance: Option<f64>,
    /// Width and height of all images in pixels, such as "384x512"; absent: the generator's own. Stable Diffusion only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub size: Option<String>,
    /// Adapters, learned directions or fine-tuned models, by name: their folders, or for Stable Diffusion LoRA files,
    /// learned words and whole checkpoints.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub personalized: BTreeMap<String, PathBuf>,
    /// Models that are trained first, by name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub trained: BTreeMap<String, TrainedHere>,
    /// Pools whose models are explained too: folders that `finexl run` made, or the `[make-pool]` experiments that make
    /// them, which are run first then. They bring their own images.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub pools: Vec<PathBuf>,
    /// Scales at which every adapter or direction is applied, each a model of its own; absent: as it was trained.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub scales: Vec<f64>,
    /// The encoder; absent: that of `--encoder`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub encoder: Option<String>,
    /// Decompositions, each with explanations of its own; absent: what suits the encoder.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub methods: Vec<MethodName>,
    /// A head of your own, as `finexl train` wrote it, for the methods that read by one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub head: Option<PathBuf>,
    /// Reference models of the base, for the methods that read by a head: a file, or the name of a base inside the
    /// program.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub references: Option<PathBuf>,
    /// Phrases to explain with, one concept per line; absent: those of the head, else the program's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vocabulary: Option<PathBuf>,
    /// Folder in which trainings and images are kept for other experiments too; absent: the output.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kept: Option<PathBuf>,
}

impl ExplainModels {
    /// What explanations are read by.
    pub fn read_by(&self) -> ReadBy<'_> {
        ReadBy {
            methods: &self.methods,
            head: self.head.as_deref(),
            references: self.references.as_deref(),
            vocabulary: self.vocabulary.as_deref(),
            seed: self.seed,
        }
    }
}

/// A model that is trained before it is explained.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct TrainedHere {
    /// What is trained.
    pub mechanism: Mechanism,
    /// What the training images look like; several make a mixture.
    pub styles: Vec<StyleShare>,
    /// Seed of everything that is drawn.
    pub seed: u64,
    /// Folder that `scripts/fetch_art.py` filled; for other artists than Twemoji.
    #[serde(default = "fetched")]
    pub art_folder: PathBuf,
    /// Training images; they are drawn once and shown again and again.
    pub images: usize,
    /// Images per step.
    pub images_per_step: usize,
    /// Peak learning rate, after a short warm-up; it then stays.
    pub learning_rate: f64,
    /// Steps of the training.
    pub steps: usize,
}

fn fetched() -> PathBuf {
    "datasets/fetched".into()
}
