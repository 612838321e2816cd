//! What every method does.

use super::{Evidence, MethodAnswer, Offer};
use crate::EvalError;
use finexl_core::fingerprint::Fingerprint;
use std::fmt::Debug;

/// A way to say in weights of concepts how a personalized model differs from its base.
pub trait ExplanationMethod: Debug + Send + Sync {
    /// Name in tables.
    fn name(&self) -> String;

    /// Whether it chooses among the proposals of a vision-language model.
    fn needs_proposals(&self) -> bool {
        false
    }

    /// Fingerprint of everything that its answers depend on beside offer and evidence: settings, the content of what
    /// it reads by, and the version of its code. Answers are kept under it.
    ///
    /// # Errors
    /// Where something that it reads by has no fingerprint.
    fn fingerprint(&self) -> Result<Fingerprint, EvalError>;

    /// Explains one model with what all methods are offered.
    ///
    /// # Errors
    /// Missing proposals, a solver that fails.
    fn explain(&self, offer: &Offer<'_>, model: &Evidence<'_>) -> Result<MethodAnswer, EvalError>;
}
