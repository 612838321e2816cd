//! What rebuilds a mini-gan from its weights file.

use super::Gan;
use crate::generators::GeneratorConfig;
use burn::tensor::Device;
use finexl_core::experiment::GanArchitecture;

/// Architecture and vocabulary; travels in the metadata of the weights file.
pub type MiniGanConfig = GeneratorConfig<GanArchitecture>;

impl MiniGanConfig {
    /// Two players with fresh weights for latents of `[positions, channels]`.
    pub fn init(&self, latents: [usize; 2], device: &Device) -> Gan {
        Gan::new(&self.architecture, latents, self.words.len(), device)
    }
}
