//! An aspect that a head learns.

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

    /// Its words, its conflicts and what makes it, to tell it from others.
    pub(super) fn described(&self) -> String {
        let operators = self.operators.iter();
        let operators: Vec<String> = operators
            .map(|(o, share)| format!("{} {share}", o.name))
            .collect();
        let Concept {
            phrases,
            conflicts_with,
            ..
        } = &self.concept;
        format!("{phrases:?} not with {conflicts_with:?} by {operators:?}")
    }
}
