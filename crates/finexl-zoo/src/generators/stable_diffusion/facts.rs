//! What is known of a model.

use crate::stable_diffusion::Base;
use serde_json::Value;

/// What is known of a model, for schedulers, settings and people.
#[derive(Clone, Debug, PartialEq)]
pub struct Facts {
    /// Its family.
    pub base: Base,
    /// Numbers of a latent.
    pub latent_channels: usize,
    /// Pixels per latent along a side.
    pub factor: usize,
    /// Side of its pictures where nothing is said, pixels.
    pub default_size: usize,
    /// The content of `scheduler/scheduler_config.json`; none for single files.
    pub scheduler_config: Option<Value>,
    /// What the UNet predicts, where the model itself tells: "epsilon", "v_prediction" or "sample".
    pub prediction: Option<&'static str>,
    /// Whether the last time is pure noise, where the file itself tells.
    pub zero_snr: Option<bool>,
    /// Whether the UNet reads the scale of guidance.
    pub guidance_embedding: bool,
    /// Whether no negative prompt means zeros, and not the empty prompt.
    pub force_zeros_for_empty_prompt: bool,
    /// Precision of most of its weights: "f32", "f16", "bf16".
    pub precision: String,
}
