//! Asking a vision-language model for the answer.

use super::{Evidence, ExplanationMethod, MethodAnswer, Offer};
use crate::EvalError;
use finexl_core::fingerprint::Fingerprint;

/// Version of the code below: raised whenever it answers otherwise.
const VERSION: u32 = 1;

/// The mean over pairs of the proposer's score of a concept in the personalized image minus that in the
/// base's. With the captioner that is P(aspect | personalized) - P(aspect | base).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Naive;

impl ExplanationMethod for Naive {
    fn name(&self) -> String {
        "naive".to_string()
    }

    fn needs_proposals(&self) -> bool {
        true
    }

    fn fingerprint(&self) -> Result<Fingerprint, EvalError> {
        Ok(Fingerprint::of("naive")
            .number("version", u64::from(VERSION))
            .finish())
    }

    fn explain(&self, _offer: &Offer<'_>, model: &Evidence<'_>) -> Result<MethodAnswer, EvalError> {
        let proposals = model.proposals(&self.name())?;
        Ok(MethodAnswer::of_weights(proposals.mean_differences()?))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::baselines::toy::Toy;

    #[test]
    fn it_repeats_what_the_proposer_says() {
        let toy = Toy::new();
        let offer = toy.offer();
        let table = toy.proposals(&[("first", 0.25, 0.75), ("second", 0.5, 0.0)]);
        let answer = Naive
            .explain(&offer, &toy.evidence(&offer, Some(&table)))
            .unwrap();
        assert_eq!(answer.weights(), [0.5, -0.5, 0.0]);
        let nothing = toy.proposals(&[]);
        let answer = Naive
            .explain(&offer, &toy.evidence(&offer, Some(&nothing)))
            .unwrap();
        assert_eq!(answer.weights(), [0.0; 3]);
    }

    #[test]
    fn without_proposals_it_says_so() {
        let toy = Toy::new();
        let offer = toy.offer();
        let error = Naive
            .explain(&offer, &toy.evidence(&offer, None))
            .unwrap_err();
        assert!(error.to_string().contains("naive"), "{error}");
    }
}
