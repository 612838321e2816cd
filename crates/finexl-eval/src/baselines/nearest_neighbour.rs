//! A control without words.

use super::{Evidence, ExplanationMethod, MethodAnswer, Offer};
use crate::EvalError;
use finexl_core::fingerprint::Fingerprint;

/// Version of the code below: raised whenever it answers otherwise.
const VERSION: u32 = 1;

/// V_div itself: models are as near as their divergences are. It names nothing, so all weights are 0; what
/// it finds shows how much of a comparison needs no concepts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct NearestNeighbour {
    /// Whether all divergences are compared, pair by pair, and not their mean.
    pub by_pair: bool,
}

impl ExplanationMethod for NearestNeighbour {
    fn name(&self) -> String {
        match self.by_pair {
            true => "nearest neighbour (raw divergences by pair)",
            false => "nearest neighbour (raw divergence)",
        }
        .to_string()
    }

    fn fingerprint(&self) -> Result<Fingerprint, EvalError> {
        Ok(Fingerprint::of("nearest neighbour")
            .number("version", u64::from(VERSION))
            .number("by pair", u64::from(self.by_pair))
            .finish())
    }

    fn explain(&self, offer: &Offer<'_>, model: &Evidence<'_>) -> Result<MethodAnswer, EvalError> {
        let divergence = match self.by_pair {
            true => model.divergences().values().to_vec(),
            false => model.divergences().mean(),
        };
        Ok(MethodAnswer::of_vector(offer.concepts(), divergence))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::baselines::Column;
    use crate::baselines::toy::Toy;

    #[test]
    fn its_vector_is_the_divergence_of_length_one() {
        let vector = |toy: &Toy| {
            let offer = toy.offer();
            let evidence = toy.evidence(&offer, None);
            let answer = NearestNeighbour::default()
                .explain(&offer, &evidence)
                .unwrap();
            assert!(answer.weights().iter().all(|w| *w == 0.0));
            answer.vector(&offer, Column::Plain, Some(8)).unwrap()
        };
        let mut toy = Toy::new();
        assert!((vector(&toy)[0] - 1.0).abs() < 1e-3);
        toy.personalized = toy.base.clone();
        assert_eq!(vector(&toy), [0.0; 3]);
    }
}
