//! What every method does.

use super::{Evidence, MethodAnswer, Offer};
use crate::EvalError;
use finexl_core::fingerprint::Fingerprint;
use std::fmt::Debug;

/// A way to say in weights of concepts how a personalized model differs from its base.
///
/// What is printed for debugging names every setting: answers are kept under it.
pub trait ExplanationMethod: Debug + Send + Sync {
    /// Name in tables.
    fn name(&self) -> String;

    /// Whether it chooses among the proposals of a vision-language model.
    fn needs_proposals(&self) -> bool {
        false
    }

    /// Fingerprint of the trained weights that it reads by, if any: under one name there may be others tomorrow.
    fn weights(&self) -> Option<&Fingerprint> {
        None
    }

    /// Explains one model with what all methods are offered.
    ///
    /// # Errors
    /// Missing proposals, a solver that fails.
    fn explain(&self, offer: &Offer<'_>, model: &Evidence<'_>) -> Result<MethodAnswer, EvalError>;
}
