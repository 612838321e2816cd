//! An aspect that a head learns.

use finexl_core::fingerprint::Fingerprint;
use finexl_data::aspects::{Aspect, Family};
use finexl_data::vocabulary::Concept;

/// What an aspect is called and what makes it.
#[derive(Clone, Debug)]
pub struct HeadAspect {
    /// Its words.
    pub concept: Concept,
    /// Operators with their share of the aspect's level; at least one.
    pub operators: Vec<(&'static Aspect, f32)>,
}

impl HeadAspect {
    /// Family of the operator with the largest share.
    pub(super) fn family(&self) -> Family {
        let operators = self.operators.iter();
        let strongest = operators.max_by(|(_, a), (_, b)| a.total_cmp(b));
        strongest.map_or(Family::Reserved, |(operator, _)| operator.family)
    }

    /// Fingerprint of its words, its conflicts and what makes it.
    pub(super) fn fingerprint(&self) -> Fingerprint {
        let mut key = Fingerprint::of("aspect of a head");
        for phrase in &self.concept.phrases {
            key = key.text("phrase", phrase);
        }
        for other in &self.concept.conflicts_with {
            key = key.text("not with", other);
        }
        for (operator, share) in &self.operators {
            key = (key.text("operator", operator.name)).real("share", f64::from(*share));
        }
        key.finish()
    }
}
