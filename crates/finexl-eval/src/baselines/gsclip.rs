//! GSCLIP: proposals ranked by the divergence.

use super::{Evidence, ExplanationMethod, MethodAnswer, Offer};
use crate::EvalError;
use finexl_core::fingerprint::Fingerprint;
use finexl_explain::decompose::cosine;

/// Version of the code below: raised whenever it answers otherwise.
const VERSION: u32 = 1;

/// Proposed concepts weighted by `cos(f(C), V_div)`, none below 0 (Zhu et al. 2022, "GSCLIP: A Framework
/// for Explaining Distribution Shifts in Natural Language"). Proposals are deduplicated: a concept stands
/// once, whatever its phrases. The directions are those that all methods are offered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GsClip {
    /// Proposals that every pair may make: its largest differences.
    pub per_pair: usize,
}

impl Default for GsClip {
    fn default() -> Self {
        Self { per_pair: 5 }
    }
}

impl ExplanationMethod for GsClip {
    fn name(&self) -> String {
        "gsclip".to_string()
    }

    fn needs_proposals(&self) -> bool {
        true
    }

    fn fingerprint(&self) -> Result<Fingerprint, EvalError> {
        Ok(Fingerprint::of("gsclip")
            .number("version", u64::from(VERSION))
            .number("per pair", self.per_pair as u64)
            .finish())
    }

    fn explain(&self, offer: &Offer<'_>, model: &Evidence<'_>) -> Result<MethodAnswer, EvalError> {
        let divergence = model.divergences().mean();
        let directions = offer.directions()?;
        let mut weights = vec![0.0; offer.concepts()];
        for concept in model.proposals(&self.name())?.proposed(self.per_pair)? {
            weights[concept] = cosine(directions.row(concept), &divergence).max(0.0);
        }
        Ok(MethodAnswer::of_weights(weights))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::baselines::toy::Toy;

    #[test]
    fn only_proposals_along_the_divergence_count() {
        let toy = Toy::new();
        let offer = toy.offer();
        let weights = |said: &[(&str, f64, f64)]| {
            let table = toy.proposals(said);
            let evidence = toy.evidence(&offer, Some(&table));
            let answer = GsClip::default().explain(&offer, &evidence).unwrap();
            answer.weights().to_vec()
        };
        let found = weights(&[("first", 0.0, 0.5), ("third", 0.0, 0.5)]);
        assert!(
            found[0] > 0.9 && found[1] == 0.0 && found[2] == 0.0,
            "{found:?}"
        );
        // The right one, but not proposed.
        assert_eq!(
            weights(&[("second", 0.0, 0.5), ("first", 0.5, 0.0)]),
            [0.0; 3]
        );
        assert_eq!(weights(&[]), [0.0; 3]);
    }
}
