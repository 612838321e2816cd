//! What is known of a model.

use super::default_settings::scheduler;
use super::files::{Opened, open_files};
use crate::ZooError;
use crate::generators::ChosenStableDiffusion;
use crate::sampling::Prediction;
use crate::stable_diffusion::Base;
use serde_json::Value;
use std::path::Path;

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

impl Facts {
    /// What configs and headers say.
    pub(super) fn of(opened: &Opened) -> Self {
        let ((unet, checkpoint), (autoencoder, _)) = (&opened.unet, &opened.autoencoder);
        let usual = if opened.base == Base::Xl { 128 } else { 64 };
        let factor = autoencoder.factor();
        Self {
            base: opened.base,
            latent_channels: unet.latent_channels,
            factor,
            default_size: unet.sample_size.unwrap_or(usual) * factor,
            scheduler_config: opened.scheduler.clone(),
            prediction: opened.prediction,
            zero_snr: opened.zero_snr,
            guidance_embedding: unet.guidance.is_some(),
            force_zeros_for_empty_prompt: opened.force_zeros,
            precision: checkpoint.precision().to_string(),
        }
    }

    /// Whether only the weights tell what the network predicts: shapes do not show it of a single file of SD 2.
    pub(super) fn is_silent(&self) -> bool {
        self.base == Base::Sd2 && self.prediction.is_none() && self.scheduler_config.is_none()
    }
}

/// What a checkpoint predicts as it would be sampled, from configs and headers alone; nothing where only its weights tell.
///
/// # Errors
/// Files that are not whole or not built, as when the checkpoint is opened.
pub fn told_prediction(
    path: &Path,
    chosen: &ChosenStableDiffusion,
) -> Result<Option<Prediction>, ZooError> {
    let facts = Facts::of(&open_files(path)?);
    if facts.is_silent() && chosen.prediction.is_none() {
        return Ok(None);
    }
    Ok(Some(scheduler(&facts, path, chosen)?.prediction))
}
