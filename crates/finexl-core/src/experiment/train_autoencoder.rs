//! The recipe of an image autoencoder.

use super::{TrainingArt, TrainingSchedule};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// Trains a convolutional autoencoder on rendered scenes and writes its weights: a variational one, or
/// with `architecture.levels` one that quantises.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct TrainAutoencoder {
    /// Name of the autoencoder, also of its run folder.
    pub name: String,
    /// Where the finished weights go (f16 safetensors).
    pub output: PathBuf,
    /// Seed of initial weights and of everything that is drawn.
    pub seed: u64,
    /// Layers and widths.
    pub architecture: AutoencoderArchitecture,
    /// Training images and where their art lies.
    pub art: TrainingArt,
    /// Images per step.
    pub images_per_step: usize,
    /// Share of images that wear one to three aspects.
    pub stylized_share: f64,
    /// Weight of the Kullback-Leibler divergence (mean per latent value, in nats) beside the mean
    /// absolute error of pixels; none where latents are quantised, which bounds them by itself.
    pub divergence_weight: Option<f32>,
    /// Steps and learning rates.
    pub schedule: TrainingSchedule,
}

/// An autoencoder of square images that halves their side three times.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct AutoencoderArchitecture {
    /// Side of the images in pixels, a multiple of 8.
    pub image_size: usize,
    /// Values per latent position.
    pub latent_channels: usize,
    /// Channels at a quarter of the side.
    pub width: usize,
    /// Channels at an eighth of the side.
    pub deep_width: usize,
    /// Residual blocks of the encoder at each of the two sides.
    pub encoder_blocks: usize,
    /// Residual blocks of the decoder at each of the two sides; it has one more at half the side.
    pub decoder_blocks: usize,
    /// Finite scalar quantisation: every latent value is one of so many levels; none leaves it a
    /// number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub levels: Option<usize>,
}
