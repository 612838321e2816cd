//! What rebuilds a mini-autoregressive from its weights file.

use super::{TokenShape, TokenTransformer};
use crate::generators::GeneratorConfig;
use burn::tensor::Device;
use finexl_core::experiment::AutoregressiveArchitecture;

/// Architecture and vocabulary; travels in the metadata of the weights file.
pub type MiniAutoregressiveConfig = GeneratorConfig<AutoregressiveArchitecture>;

impl MiniAutoregressiveConfig {
    /// A transformer with fresh weights for tokens of a shape.
    pub fn init(&self, tokens: TokenShape, device: &Device) -> TokenTransformer {
        TokenTransformer::new(&self.architecture, tokens, self.words.len(), device)
    }
}
