//! What rebuilds a mini-clip from its weights file.

use finexl_core::experiment::{ImageTower, TextTower};
use serde::{Deserialize, Serialize};

/// Architecture, vocabulary and preprocessing; travels in the metadata of the weights file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct MiniClipConfig {
    /// Name of the encoder.
    pub name: String,
    /// Side of the square input in pixels.
    pub image_size: usize,
    /// Dimension of the shared space.
    pub embedding: usize,
    /// Image side.
    pub image_tower: ImageTower,
    /// Text side.
    pub text_tower: TextTower,
    /// Known words; token `i + 3` is word `i`, after padding, start and end.
    pub words: Vec<String>,
}
