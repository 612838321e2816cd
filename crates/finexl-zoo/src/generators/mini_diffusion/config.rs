//! What rebuilds a mini-diffusion from its weights file.

use super::Denoiser;
use burn::tensor::Device;
use finexl_core::experiment::DenoiserArchitecture;
use finexl_data::scenes::{BACKGROUNDS, Place, SceneSize};
use finexl_data::vocabulary::Concept;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// Architecture and vocabulary; travels in the metadata of the weights file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct MiniDiffusionConfig {
    /// Name of the generator.
    pub name: String,
    /// Layers and widths.
    pub architecture: DenoiserArchitecture,
    /// Fingerprint of the autoencoder's weights file.
    pub autoencoder: String,
    /// Known words; token `i + 3` is word `i`, after padding, start and end.
    pub words: Vec<String>,
    /// The subjects it learned.
    pub subjects: Vec<String>,
    /// The aspects whose words it learned.
    pub aspects: Vec<String>,
}

impl MiniDiffusionConfig {
    /// A denoiser with fresh weights for latents of `[positions, channels]`.
    pub fn init(&self, latents: [usize; 2], device: &Device) -> Denoiser {
        Denoiser::new(&self.architecture, latents, self.words.len(), device)
    }
}

/// Every word of captions of scenes with these subjects and aspects, sorted.
pub(crate) fn known_words(subjects: &[String], aspects: &[Concept]) -> Vec<String> {
    let mut words: BTreeSet<&str> = "a an and on background style ,".split(' ').collect();
    let phrases = aspects.iter().flat_map(|a| &a.phrases);
    words.extend(
        subjects
            .iter()
            .chain(phrases)
            .flat_map(|s| s.split_whitespace()),
    );
    words.extend(BACKGROUNDS.iter().map(|b| b.name));
    words.extend(Place::ALL.iter().flat_map(|p| p.phrase().split(' ')));
    words.extend(SceneSize::ALL.iter().map(|s| s.word()));
    words.into_iter().map(str::to_string).collect()
}
