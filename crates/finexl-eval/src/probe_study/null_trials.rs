//! The base against itself: disturbed copies of its images, and its images from other seeds.

use super::drawn_features::{Disturbance, Drawing};
use super::trials::Study;
use crate::EvalError;
use finexl_core::experiment::EvaluateProbes;
use finexl_core::seed;
use finexl_data::nuisance::Nuisance;
use finexl_explain::divergence::Divergences;
use finexl_zoo::encoders::Features;
use finexl_zoo::generators::GenerationRequest;
use rayon::prelude::*;
use serde::Serialize;

/// Name of what differs in the seed alone.
pub(super) const RE_SEEDED: &str = "re-seeded";

/// Features of the base's images. Null trial `t` has the probes from `t * pairs` to before `(t + 1) * pairs`:
/// scenes stand in the order in which they were drawn, so any part of them is a random one.
pub(super) struct BaseFeatures {
    /// As they are, `[probes, d]`.
    pub plain: Features,
    /// The first ones disturbed, `[nulls * pairs, d]`.
    disturbed: Features,
    /// The first ones from another seed, `[nulls * pairs, d]`.
    re_seeded: Features,
}

/// What is found between the base and itself.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct NullTrial {
    /// Name of the method.
    pub method: String,
    /// What differs: the name of the disturbance, or the seed.
    pub null: String,
    /// Number of the trial.
    pub trial: usize,
    /// Number of concepts that are called significant.
    pub significant: usize,
    /// Their names.
    pub concepts: String,
}

impl BaseFeatures {
    /// Draws the base's images, or takes what the cache has; `told` hears what is drawn, and how many are done.
    ///
    /// # Errors
    /// What cannot be generated, disturbed or encoded.
    pub fn of(
        drawing: Drawing<'_>,
        prompts: &[String],
        config: &EvaluateProbes,
        told: &dyn Fn(&str, usize),
    ) -> Result<Self, EvalError> {
        let count = config.nulls * config.pairs;
        let key = config.seed ^ seed::key("disturbed probes");
        let disturbances: Vec<Disturbance> = (0..count)
            .map(|place| Disturbance {
                nuisance: nuisance(place / config.pairs),
                seed: key.wrapping_add(place as u64),
            })
            .collect();
        let requests = GenerationRequest::of_prompts(prompts, config.seed);
        let [plain, disturbed] =
            drawing.with_disturbed(&requests, &disturbances, &|done| told("the base", done))?;
        let other = config.seed ^ seed::key("re-seeded probes");
        let requests = GenerationRequest::of_prompts(&prompts[..count.min(prompts.len())], other);
        let re_seeded = drawing.plain(&requests, &|done| told("the base, re-seeded", done))?;
        Ok(Self {
            plain,
            disturbed,
            re_seeded,
        })
    }
}

/// Disturbances in turn.
fn nuisance(trial: usize) -> Nuisance {
    Nuisance::ALL[trial % Nuisance::ALL.len()]
}

impl Study<'_> {
    /// All null trials: those with disturbed copies first, then as many with another seed.
    ///
    /// # Errors
    /// An explainer that fails.
    pub fn nulls(&self, base: &BaseFeatures) -> Result<Vec<NullTrial>, EvalError> {
        let disturbed = (0..self.config.nulls)
            .into_par_iter()
            .map(|trial| self.null(trial, nuisance(trial).name(), &base.plain, &base.disturbed));
        let mut all: Vec<NullTrial> = disturbed.collect::<Result<_, _>>()?;
        let re_seeded = (0..self.config.nulls)
            .into_par_iter()
            .map(|trial| self.null(trial, RE_SEEDED, &base.plain, &base.re_seeded));
        let re_seeded: Vec<NullTrial> = re_seeded.collect::<Result<_, _>>()?;
        all.extend(re_seeded);
        Ok(all)
    }

    fn null(
        &self,
        trial: usize,
        null: &str,
        plain: &Features,
        other: &Features,
    ) -> Result<NullTrial, EvalError> {
        let pairs = self.config.pairs;
        let probes: Vec<usize> = (trial * pairs..(trial + 1) * pairs).collect();
        let rows = |features: &Features| Features {
            dimension: features.dimension,
            values: probes
                .iter()
                .flat_map(|probe| features.row(*probe))
                .copied()
                .collect(),
        };
        let divergences = Divergences::between(&rows(plain), &rows(other))?;
        let record = self
            .explainer
            .explain_divergences(&divergences, &self.bank.bank(&probes)?)?;
        let significant = record.aspects.iter().filter(|aspect| aspect.significant);
        let names: Vec<&str> = significant.map(|aspect| aspect.concept.as_str()).collect();
        Ok(NullTrial {
            method: self.method().to_string(),
            null: null.to_string(),
            trial,
            significant: names.len(),
            concepts: names.join(", "),
        })
    }
}
