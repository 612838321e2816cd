//! Chance.

use super::{Evidence, ExplanationMethod, MethodAnswer, Offer};
use crate::EvalError;
use finexl_core::fingerprint::Fingerprint;
use finexl_core::seed::{generator, key};
use rand::RngExt;

/// Version of the code below: raised whenever it answers otherwise.
const VERSION: u32 = 1;

/// Weights that know nothing: uniform in [0, 1), drawn from a seed and the model's name. Its nearest
/// neighbour is any other model of a pool.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Random {
    /// Seed.
    pub seed: u64,
}

impl ExplanationMethod for Random {
    fn name(&self) -> String {
        "random".to_string()
    }

    fn fingerprint(&self) -> Result<Fingerprint, EvalError> {
        Ok(Fingerprint::of("random")
            .number("version", u64::from(VERSION))
            .number("seed", self.seed)
            .finish())
    }

    fn explain(&self, offer: &Offer<'_>, model: &Evidence<'_>) -> Result<MethodAnswer, EvalError> {
        let mut random = generator(self.seed, &[key("random baseline"), key(model.model())]);
        let weights = (0..offer.concepts()).map(|_| random.random::<f64>());
        Ok(MethodAnswer::of_weights(weights.collect()))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::baselines::toy::Toy;

    #[test]
    fn a_model_has_its_own_weights_each_time() {
        let toy = Toy::new();
        let offer = toy.offer();
        let evidence = toy.evidence(&offer, None);
        let weights = |seed| {
            let answer = Random { seed }.explain(&offer, &evidence).unwrap();
            answer.weights().to_vec()
        };
        assert_eq!(weights(1), weights(1));
        assert_ne!(weights(1), weights(2));
        assert!(weights(3).iter().all(|w| (0.0..1.0).contains(w)));
    }
}
