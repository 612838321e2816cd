//! Steps and learning rates of a training.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How long a training takes and how fast it learns.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct TrainingSchedule {
    /// Epochs; a checkpoint is written after each.
    pub epochs: usize,
    /// Optimiser steps per epoch.
    pub steps_per_epoch: usize,
    /// Peak learning rate, reached after `warmup-steps` and then lowered along a cosine.
    pub learning_rate: f64,
    /// Steps of linear warm-up.
    pub warmup_steps: usize,
    /// Decoupled weight decay.
    pub weight_decay: f32,
}
