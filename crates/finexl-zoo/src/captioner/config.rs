//! What rebuilds a mini-captioner from its weights file.

use super::CaptionDecoder;
use burn::tensor::Device;
use finexl_core::experiment::CaptionerArchitecture;
use serde::{Deserialize, Serialize};

/// Architecture and vocabulary; travels in the metadata of the weights file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct CaptionerConfig {
    /// Name of the captioner.
    pub name: String,
    /// Layers and widths.
    pub architecture: CaptionerArchitecture,
    /// Fingerprint of the encoder whose image tokens it reads.
    pub encoder: String,
    /// Known words; token `i + 3` is word `i`, after padding, start and end.
    pub words: Vec<String>,
    /// The aspects that captions of its training named: the phrases of each, its name first.
    pub aspects: Vec<Vec<String>>,
}

impl CaptionerConfig {
    /// A decoder with fresh weights that reads image tokens of `token_width` values.
    pub fn init(&self, token_width: usize, device: &Device) -> CaptionDecoder {
        CaptionDecoder::new(&self.architecture, token_width, self.words.len(), device)
    }
}
