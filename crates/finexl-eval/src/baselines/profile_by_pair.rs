//! What `finexl similar` compares models by.

use super::decomposed::{fingerprint_of, space_of};
use super::{Evidence, ExplanationMethod, MethodAnswer, Offer};
use crate::EvalError;
use finexl_core::fingerprint::Fingerprint;
use finexl_explain::calibrated_space::CalibratedSpace;
use finexl_explain::decompose::{Method, Ridge};
use finexl_explain::profile::{VERSION, profiles};
use finexl_explain::vocabulary::Vocabulary;
use finexl_zoo::encoders::Encoder;
use std::sync::Arc;

/// Profiles of every pair; models are as near as these are, pair by pair ([`finexl_explain::profile`]).
#[derive(Debug)]
pub struct ProfileByPair {
    ridge: Ridge,
    space: Option<CalibratedSpace>,
}

impl ProfileByPair {
    /// By a ridge fit, with this encoder and vocabulary: in the embedded calibrated space where there is one.
    ///
    /// # Errors
    /// Where the embedded calibration is damaged.
    pub fn new(
        ridge: Ridge,
        encoder: &Arc<dyn Encoder>,
        vocabulary: &Vocabulary,
    ) -> Result<Self, EvalError> {
        Ok(Self {
            ridge,
            space: space_of(encoder, vocabulary)?,
        })
    }
}

impl ExplanationMethod for ProfileByPair {
    fn name(&self) -> String {
        "profile by pair".to_string()
    }

    fn fingerprint(&self) -> Result<Fingerprint, EvalError> {
        Ok(Fingerprint::of("profile by pair")
            .number("version", u64::from(VERSION))
            .nested("fit", &Method::Ridge(self.ridge.clone()).fingerprint(None)?)
            .nested("space", &fingerprint_of(self.space.as_ref())?)
            .finish())
    }

    fn explain(&self, offer: &Offer<'_>, model: &Evidence<'_>) -> Result<MethodAnswer, EvalError> {
        let by_pair = profiles(
            model.divergences(),
            offer.directions()?.values(),
            offer.vocabulary(),
            self.space.as_ref(),
            &self.ridge,
        )?;
        let count = offer.concepts();
        let mut mean = vec![0.0; count];
        for row in by_pair.chunks_exact(count) {
            mean.iter_mut().zip(row).for_each(|(sum, v)| *sum += v);
        }
        let pairs = model.divergences().pairs() as f64;
        mean.iter_mut().for_each(|sum| *sum /= pairs);
        Ok(MethodAnswer::of_pairs(mean, by_pair))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::baselines::Column;
    use crate::baselines::toy::Toy;
    use crate::made_up::FakeEncoder;
    use finexl_explain::profile::profile_method;

    #[test]
    fn its_weights_are_the_profile_and_its_vector_keeps_every_pair() {
        let (mut toy, encoder) = (Toy::new(), Arc::new(FakeEncoder::new()) as Arc<dyn Encoder>);
        // One pair changes otherwise than all others.
        toy.personalized.values[1] += 0.3;
        let offer = toy.offer();
        let method =
            ProfileByPair::new(Ridge { lambda: 1.0 }, &encoder, offer.vocabulary()).unwrap();
        let evidence = toy.evidence(&offer, None);
        let answer = method.explain(&offer, &evidence).unwrap();
        let mean = toy.decomposed(profile_method());
        let expected = mean.explain(&offer, &evidence).unwrap();
        for (found, expected) in answer.weights().iter().zip(expected.weights()) {
            assert!((found - expected).abs() < 1e-9);
        }
        let vector = answer.vector(&offer, Column::Transformed, None).unwrap();
        assert_eq!(vector.len(), 4 * 3);
        assert!(vector[1] > 0.0 && vector[4].abs() < 1e-6, "{vector:?}");
        assert!((vector.iter().map(|v| v * v).sum::<f64>() - 1.0).abs() < 1e-9);
    }
}
