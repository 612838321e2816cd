//! Whether what an explanation reads by is of the base that it is about.

use crate::error::ExplainError;
use crate::references::References;
use finexl_core::explanation::{Generated, GeneratedImages};
use finexl_core::fingerprint::Fingerprint;

/// The base that reference models are of.
#[derive(Clone, Debug)]
pub(super) struct KnownBase {
    name: String,
    weights: Option<Fingerprint>,
}

/// How sure it is that two bases differ.
enum Certainty {
    Known,
    ByName,
}

impl KnownBase {
    pub fn of(references: &References) -> Self {
        Self {
            name: references.base().to_string(),
            weights: references.base_fingerprint().cloned(),
        }
    }

    /// Refuses another base than the one that images are known to be of. Where only names differ, that is said in a
    /// note.
    pub fn check(&self, generated: &Generated) -> Result<Option<String>, ExplainError> {
        let Some(base) = &generated.base else {
            return Ok(None);
        };
        let (ours, theirs) = (&self.name, &base.generator);
        match self.differs_from(base) {
            None => Ok(None),
            Some(Certainty::Known) => Err(ExplainError::Explainer {
                problem: format!(
                    "the reference models are of the base {ours}, and these images are of {theirs}; give references of \
                     {theirs}, or leave --references out"
                ),
            }),
            Some(Certainty::ByName) => Ok(Some(format!(
                "The reference models are of a base called {ours}, and these images are of {theirs}: if that is another \
                 generator, leave --references out."
            ))),
        }
    }

    fn differs_from(&self, base: &GeneratedImages) -> Option<Certainty> {
        let named_alike = self.name == base.generator;
        match (&self.weights, &base.weights) {
            (Some(stated), Some(found)) => (stated != found).then_some(Certainty::Known),
            (Some(_), None) => (!named_alike).then_some(Certainty::Known),
            (None, _) => (!named_alike).then_some(Certainty::ByName),
        }
    }
}
