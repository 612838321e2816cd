//! Concept directions on every probe, computed once.

use super::drawn_features::KIND;
use crate::EvalError;
use finexl_core::fingerprint::Fingerprint;
use finexl_explain::bank::ConceptBank;
use finexl_explain::cache::Cache;
use finexl_explain::phrase_features;
use finexl_explain::vocabulary::Vocabulary;
use finexl_zoo::encoders::{Encoder, Features};
use std::collections::HashMap;

/// Prompts whose phrases are encoded, and whose directions are kept, at a time.
const BLOCK: usize = 16;

/// The directions of a vocabulary on the prompts of a study.
pub(super) struct ProbeBank {
    probes: usize,
    concepts: usize,
    dimension: usize,
    /// `[probes, N, d]`
    values: Vec<f32>,
    /// Sum over all probes, from which those of a trial are taken off, `[N, d]`.
    sum: Vec<f64>,
}

impl ProbeBank {
    /// Encodes every phrase on every prompt, or takes what the cache has; `told` hears how many prompts are done.
    ///
    /// # Errors
    /// No prompt, or one that the encoder cannot read.
    pub fn of(
        encoder: &dyn Encoder,
        vocabulary: &Vocabulary,
        prompts: &[String],
        cache: &Cache,
        told: &dyn Fn(usize),
    ) -> Result<Self, EvalError> {
        let (concepts, dimension) = (vocabulary.concepts().len(), encoder.dimension());
        let mut values = Vec::with_capacity(prompts.len() * concepts * dimension);
        for (number, block) in prompts.chunks(BLOCK).enumerate() {
            told(number * BLOCK);
            values.extend(directions(encoder, vocabulary, block, cache)?);
        }
        let mut sum = vec![0.0f64; concepts * dimension];
        for probe in values.chunks_exact(sum.len().max(1)) {
            for (total, value) in sum.iter_mut().zip(probe) {
                *total += f64::from(*value);
            }
        }
        Ok(Self {
            probes: prompts.len(),
            concepts,
            dimension,
            values,
            sum,
        })
    }

    /// The bank of some probes, which are the prompts of as many pairs.
    ///
    /// # Errors
    /// No probe.
    pub fn bank(&self, probes: &[usize]) -> Result<ConceptBank, EvalError> {
        let values = probes.iter().flat_map(|probe| self.directions(*probe));
        let values = values.copied().collect();
        let bank = ConceptBank::from_values(values, probes.len(), self.concepts, self.dimension)?;
        Ok(bank.of_pairs((0..probes.len()).collect())?)
    }

    /// Mean directions of all probes but some, `[N, d]`.
    pub fn without(&self, drawn: &[usize]) -> Vec<f64> {
        let mut rest = self.sum.clone();
        for probe in drawn {
            for (total, value) in rest.iter_mut().zip(self.directions(*probe)) {
                *total -= f64::from(*value);
            }
        }
        let scale = 1.0 / self.probes.saturating_sub(drawn.len()).max(1) as f64;
        rest.iter_mut().for_each(|value| *value *= scale);
        rest
    }

    /// Directions of one probe, `[N, d]`.
    fn directions(&self, probe: usize) -> &[f32] {
        let size = self.concepts * self.dimension;
        &self.values[probe * size..(probe + 1) * size]
    }
}

/// Directions on a block of prompts, `[prompts, N, d]`.
fn directions(
    encoder: &dyn Encoder,
    vocabulary: &Vocabulary,
    prompts: &[String],
    cache: &Cache,
) -> Result<Vec<f32>, EvalError> {
    let key = Fingerprint::of("directions on probes")
        .number("version", u64::from(phrase_features::VERSION))
        .nested("encoder", encoder.fingerprint())
        .text("device", encoder.device())
        .nested("vocabulary", vocabulary.fingerprint());
    let key = prompts
        .iter()
        .fold(key, |key, prompt| key.text("prompt", prompt))
        .finish();
    let dimension = encoder.dimension();
    let shape = (prompts.len() * vocabulary.concepts().len(), dimension);
    if let Some((kept, _)) = cache.features(KIND, &key)
        && (kept.len(), kept.dimension) == shape
    {
        return Ok(kept.values);
    }
    let bank = ConceptBank::build(encoder, vocabulary, prompts)?;
    let features = Features {
        dimension,
        values: bank.values().to_vec(),
    };
    cache.keep_features(KIND, &key, &features, HashMap::new());
    Ok(features.values)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::made_up::FakeEncoder;

    #[test]
    fn what_is_left_out_is_not_in_the_mean_and_the_cache_changes_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let cache = Cache::at(folder.path());
        let encoder = FakeEncoder::new();
        let names = ["warm", "dark", "gothic"].map(str::to_string);
        let vocabulary = Vocabulary::of_names(&names);
        let prompts: Vec<String> = (0..BLOCK + 3).map(|i| format!("scene {i}")).collect();
        let made = || ProbeBank::of(&encoder, &vocabulary, &prompts, &cache, &|_| ()).unwrap();
        let bank = made();
        assert_eq!(bank.concepts, 3);
        let drawn: Vec<usize> = (0..BLOCK).collect();
        let rest: Vec<usize> = (BLOCK..prompts.len()).collect();
        let expected = bank.bank(&rest).unwrap().mean();
        for (value, expected) in bank.without(&drawn).iter().zip(expected) {
            assert!((value - expected).abs() < 1e-6, "{value} {expected}");
        }
        let whole = ConceptBank::build(&encoder, &vocabulary, &prompts).unwrap();
        assert_eq!(bank.values, whole.values());
        assert_eq!(made().values, bank.values);
    }
}
