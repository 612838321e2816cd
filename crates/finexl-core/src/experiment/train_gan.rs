//! The recipe of a generative adversarial network.

use super::{TextReader, TrainGenerator};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Trains a generator against a discriminator.
pub type TrainGan = TrainGenerator<GanArchitecture>;

/// A style-based generator of latents, its discriminator, and what they play for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct GanArchitecture {
    /// Numbers that an image is drawn from (z).
    pub latent_width: usize,
    /// Token width of the generator, and width of the space that can be walked in (w).
    pub width: usize,
    /// Blocks of the generator.
    pub layers: usize,
    /// Attention heads.
    pub heads: usize,
    /// Width of the feed-forward layers.
    pub hidden: usize,
    /// The reader of prompts; generator and discriminator have one each.
    pub text: TextReader,
    /// Who is played against.
    pub discriminator: DiscriminatorArchitecture,
    /// What is played for.
    pub losses: GanLosses,
}

/// Blocks that see the latents alone, then blocks that see the prompt too.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct DiscriminatorArchitecture {
    /// Token width.
    pub width: usize,
    /// Blocks that see the latents alone; the words are read off behind them.
    pub trunk: usize,
    /// Blocks that see the prompt too; real or generated is told behind them.
    pub layers: usize,
    /// Attention heads.
    pub heads: usize,
    /// Width of the feed-forward layers.
    pub hidden: usize,
}

/// Weights of what is added to the adversarial loss.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct GanLosses {
    /// Of the mean squared difference of generated latents from the real ones of their prompt.
    pub fidelity: f32,
    /// Of the words that are read off latents.
    pub words: f32,
    /// Of the squared slope of the discriminator.
    pub slope: f32,
    /// Distance over which the slope is measured, in deviations of the latents.
    pub slope_distance: f32,
    /// Epochs at the start of a training in which there is no game yet: the generator learns by fidelity
    /// alone.
    #[serde(default)]
    pub alone_epochs: u64,
}
