//! The recipe of an autoregressive model.

use super::{TextReader, TrainGenerator};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Trains a causal transformer on the tokens of a quantising autoencoder.
pub type TrainAutoregressive = TrainGenerator<AutoregressiveArchitecture>;

/// A causal transformer over the positions of an image that also attends to the words of the prompt.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct AutoregressiveArchitecture {
    /// Token width.
    pub width: usize,
    /// Blocks.
    pub layers: usize,
    /// Attention heads.
    pub heads: usize,
    /// Width of the feed-forward layers.
    pub hidden: usize,
    /// Width of the layer that predicts the channels of a position one after the other.
    pub head_width: usize,
    /// The reader of prompts.
    pub text: TextReader,
}
