//! Personalizations of rendered scenes, made and explained in one go.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::PathBuf;

/// Renders scenes, personalizes them in known ways and explains each personalization.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct ExplainScenes {
    /// Folder for images, explanations and reports.
    pub output: PathBuf,
    /// Split that the scenes are drawn from: train, validation or test.
    pub split: String,
    /// Number of scenes, and so of image pairs.
    pub scenes: usize,
    /// Side of the images in pixels.
    pub size: usize,
    /// Seed of the scenes and of every style.
    pub seed: u64,
    /// Artist of the base images.
    pub artist: String,
    /// Folder that `scripts/fetch_art.py` filled.
    pub art_folder: PathBuf,
    /// What is explained, in order.
    pub personalizations: Vec<Personalization>,
}

/// One way to personalize the base images.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Personalization {
    /// Name, also of its folder.
    pub name: String,
    /// Another artist's hand; left out with a remark where that art was not fetched.
    #[serde(default)]
    pub artist: Option<String>,
    /// Aspects and their levels in [0, 1].
    #[serde(default)]
    pub aspects: BTreeMap<String, f32>,
}
