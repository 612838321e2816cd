//! What a fresh adapter is like.

use super::targets::Targets;
use crate::ZooError;
use serde::{Deserialize, Serialize};

/// Settings of a fresh LoRA adapter.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct LoraSettings {
    /// Rank of the change of each weight; at least 1, at most the smaller side of the weight.
    pub rank: usize,
    /// The change is scaled by `alpha / rank`.
    pub alpha: f64,
    /// Which [`burn::nn::Linear`]s get an adapter, as in PEFT's `target_modules`: the whole path of
    /// one, or its last segments (`query`, `attention.query`, `blocks.0.attention.query`).
    pub targets: Vec<String>,
}

impl LoraSettings {
    /// # Errors
    /// [`ZooError::Adapter`] for what suits no model.
    pub(super) fn check(&self) -> Result<Targets, ZooError> {
        let wrong = |problem: String, remedy| Err(ZooError::Adapter { problem, remedy });
        if self.rank == 0 {
            return wrong(
                "a rank of 0 leaves nothing to train".to_string(),
                "give a rank of at least 1",
            );
        }
        if !(self.alpha.is_finite() && self.alpha > 0.0) {
            return wrong(
                format!("alpha is {}", self.alpha),
                "give a number above 0; as large as the rank is usual",
            );
        }
        if self.targets.is_empty() || self.targets.iter().any(String::is_empty) {
            return wrong(
                "there is no target, or one without a name".to_string(),
                "name the layers that are to be adapted",
            );
        }
        Ok(Targets::Names(self.targets.clone()))
    }
}
