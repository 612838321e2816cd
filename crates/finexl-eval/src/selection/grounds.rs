//! The offers of an experiment: the common one, and those of variants with other concepts or prompts.

use super::pool_features::PoolFeatures;
use crate::EvalError;
use crate::baselines::{ConceptTexts, Decomposed, Offer, TextForm, mean_embedding};
use finexl_core::experiment::{ProbeChoice, Variant};
use finexl_explain::bank::ConceptBank;
use finexl_explain::probes::Probes;
use finexl_explain::vocabulary::Vocabulary;
use finexl_zoo::encoders::Encoder;
use std::sync::Arc;

/// Seed by which concepts are left out.
const SEED: u64 = 0;

/// What makes an offer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ground {
    /// Concepts that are left in; none: all.
    concepts: Option<usize>,
    probes: ProbeChoice,
}

impl Ground {
    /// That of a variant.
    pub fn of(variant: &Variant) -> Self {
        Self {
            concepts: variant.concepts,
            probes: variant.probes,
        }
    }
}

/// The grounds of all methods with their vocabularies; the first is the common one.
#[derive(Clone, Debug)]
pub struct Grounds(Vec<(Ground, Vocabulary)>);

impl Grounds {
    /// The grounds of some variants beside the common one.
    pub fn new(vocabulary: &Vocabulary, variants: &[Variant]) -> Self {
        let mut all = vec![(Ground::default(), vocabulary.clone())];
        for ground in variants.iter().map(Ground::of) {
            if all.iter().any(|(known, _)| *known == ground) {
                continue;
            }
            let concepts = match ground.concepts {
                Some(count) => vocabulary.drawn(count.max(1), SEED),
                None => vocabulary.clone(),
            };
            all.push((ground, concepts));
        }
        Self(all)
    }

    /// The number of a ground; the common one where it is not known.
    pub fn place(&self, ground: &Ground) -> usize {
        let place = self.0.iter().position(|(known, _)| known == ground);
        place.unwrap_or(0)
    }

    /// The concepts of a ground.
    ///
    /// # Panics
    /// If there is none of that number.
    pub fn vocabulary(&self, place: usize) -> &Vocabulary {
        &self.0[place].1
    }

    /// An offer per ground for a pool.
    ///
    /// # Errors
    /// Concepts or prompts that the encoder cannot read.
    pub fn offers(
        &self,
        encoder: &Arc<dyn Encoder>,
        pool: &PoolFeatures,
    ) -> Result<Vec<Offer<'_>>, EvalError> {
        let offers = self.0.iter().map(|(ground, vocabulary)| {
            let prompts = match ground.probes {
                ProbeChoice::Matched => pool.prompts.clone(),
                ProbeChoice::Default => Probes::default_prompts(),
            };
            let bank = ConceptBank::build(encoder.as_ref(), vocabulary, &prompts)?;
            let texts =
                ConceptTexts::encode(encoder.as_ref(), vocabulary, TextForm::OnProbes(&prompts))?;
            let reference = Decomposed::profile_of(encoder, vocabulary)?;
            let mean = mean_embedding(&[&pool.base]);
            Offer::new(vocabulary, &bank, texts, mean, &reference)
        });
        offers.collect()
    }
}
