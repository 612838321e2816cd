//! What rebuilds a mini-diffusion from its weights file.

use super::Denoiser;
use crate::generators::GeneratorConfig;
use burn::tensor::Device;
use finexl_core::experiment::DenoiserArchitecture;

/// Architecture and vocabulary; travels in the metadata of the weights file.
pub type MiniDiffusionConfig = GeneratorConfig<DenoiserArchitecture>;

impl MiniDiffusionConfig {
    /// A denoiser with fresh weights for latents of `[positions, channels]`.
    pub fn init(&self, latents: [usize; 2], device: &Device) -> Denoiser {
        Denoiser::new(&self.architecture, latents, self.words.len(), device)
    }
}
