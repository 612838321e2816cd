//! Personalizations of rendered scenes, made and explained in one go.

use super::ReadBy;
use crate::names::{ArtistName, MethodName, Split};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::PathBuf;

/// Renders scenes, personalizes them in known ways and explains each personalization.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct ExplainScenes {
    /// Folder for images, explanations and reports.
    pub output: PathBuf,
    /// Split that the scenes are drawn from: train, validation or test.
    pub split: Split,
    /// Number of scenes, and so of image pairs.
    pub scenes: usize,
    /// Side of the images in pixels.
    pub size: usize,
    /// Seed of the scenes and of every style.
    pub seed: u64,
    /// Artist of the base images.
    pub artist: ArtistName,
    /// Folder that `scripts/fetch_art.py` filled.
    pub art_folder: PathBuf,
    /// The encoder; absent: that of `--encoder`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub encoder: Option<String>,
    /// Decompositions, each with explanations of its own; absent: what suits the encoder.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub methods: Vec<MethodName>,
    /// A head of your own, as `finexl train` wrote it, for the methods that read by one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub head: Option<PathBuf>,
    /// Phrases to explain with, one concept per line; absent: those of the head, else the program's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vocabulary: Option<PathBuf>,
    /// What is explained, in order.
    pub personalizations: Vec<Personalization>,
}

impl ExplainScenes {
    /// What explanations are read by.
    pub fn read_by(&self) -> ReadBy<'_> {
        ReadBy {
            methods: &self.methods,
            head: self.head.as_deref(),
            references: None,
            vocabulary: self.vocabulary.as_deref(),
            seed: self.seed,
        }
    }
}

/// One way to personalize the base images.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Personalization {
    /// Name, also of its folder.
    pub name: String,
    /// Another artist's hand; left out with a remark where that art was not fetched.
    #[serde(default)]
    pub artist: Option<ArtistName>,
    /// Aspects and their levels in [0, 1].
    #[serde(default)]
    pub aspects: BTreeMap<String, f32>,
}
