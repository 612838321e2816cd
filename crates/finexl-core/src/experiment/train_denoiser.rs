//! The recipe of a latent diffusion model.

use super::{TextReader, TrainGenerator};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Trains a denoising transformer.
pub type TrainDenoiser = TrainGenerator<DenoiserArchitecture>;

/// A diffusion transformer over latent positions that also attends to the words of the prompt.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct DenoiserArchitecture {
    /// Token width.
    pub width: usize,
    /// Blocks.
    pub layers: usize,
    /// Attention heads.
    pub heads: usize,
    /// Width of the feed-forward layers.
    pub hidden: usize,
    /// Width of the time embedding.
    pub time_width: usize,
    /// The reader of prompts.
    pub text: TextReader,
}
