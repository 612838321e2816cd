//! From scenarios to explanations, and what is read off them.

use crate::EvalError;
use crate::pool::{ProbePool, Scenario};
use crate::settings::Progress;
use finexl_core::explanation::{AspectScore, Explanation, Generated};
use finexl_core::fingerprint::Fingerprint;
use finexl_explain::analysis::AnalysisSettings;
use finexl_explain::bank::ConceptBank;
use finexl_explain::calibrated_space::CalibratedSpace;
use finexl_explain::calibration::Calibration;
use finexl_explain::decompose::Directions;
use finexl_explain::divergence::Divergences;
use finexl_explain::explain::{Request, explain};
use finexl_explain::vocabulary::Vocabulary;
use finexl_zoo::encoders::Encoder;
use rayon::prelude::*;

/// Scenarios whose images are encoded, and which are then analysed, together.
const BLOCK: usize = 8;

/// The explainer as a user has it, for divergences that are already there.
#[derive(Clone)]
pub(crate) struct Explainer<'a> {
    pub encoder: &'a dyn Encoder,
    pub vocabulary: &'a Vocabulary,
    pub space: Option<&'a CalibratedSpace>,
    pub calibration: Option<&'a Calibration>,
    pub settings: AnalysisSettings,
}

impl Explainer<'_> {
    /// The same with another number of bootstrap resamples, and with as few sign flips as can be:
    /// for trials that look at intervals only.
    pub fn with_resamples(&self, resamples: usize) -> Self {
        let mut other = self.clone();
        other.settings.resamples = resamples;
        other.settings.flips = 1;
        other
    }

    /// Explains divergences exactly as `finexl explain` does.
    pub fn explain(
        &self,
        divergences: &Divergences,
        bank: &ConceptBank,
    ) -> Result<Explanation, EvalError> {
        Ok(explain(Request {
            base: "base".to_owned(),
            personalized: "personalized".to_owned(),
            pairs: (0..divergences.pairs()).map(|i| i.to_string()).collect(),
            pair_fingerprints: vec![Fingerprint::of("evaluation").finish(); divergences.pairs()],
            divergences,
            bank,
            vocabulary: self.vocabulary,
            space: self.space,
            profile_space: self.space,
            calibration: self.calibration,
            settings: &self.settings,
            encoder: self.encoder.name().to_owned(),
            encoder_fingerprint: self.encoder.fingerprint().clone(),
            device: self.encoder.device().to_owned(),
            generated: Generated::default(),
            calibrated_by: None,
            images: Fingerprint::of("evaluation").finish(),
            base_images: Fingerprint::of("evaluation").finish(),
            notes: Vec::new(),
        })?)
    }

    /// Weights of a mean divergence, `[N]`; without intervals and tests.
    pub fn weights(
        &self,
        mean: &[f64],
        directions: &[f64],
        concepts: usize,
    ) -> Result<Vec<f64>, EvalError> {
        Ok(self.weights_and_errors(mean, directions, concepts)?.0)
    }

    /// The same with how far their levels may be off, where the method knows it.
    pub fn weights_and_errors(
        &self,
        mean: &[f64],
        directions: &[f64],
        concepts: usize,
    ) -> Result<(Vec<f64>, Option<Vec<f64>>), EvalError> {
        let (mean, directions) = match self.space {
            Some(space) => (
                space.whitened(mean)?,
                space.directions(directions, self.vocabulary)?,
            ),
            None => (mean.to_vec(), directions.to_vec()),
        };
        let directions = Directions::new(&directions, concepts, mean.len())?;
        let method = self.settings.method.build()?;
        let prepared = method.prepare(directions)?;
        let weights = prepared.fit(&mean, None)?.weights;
        Ok((weights, prepared.level_errors(&mean)?))
    }

    /// The score of a weight.
    pub fn level(&self, concept: &str, weight: f64) -> f64 {
        self.calibration
            .map_or(weight, |c| c.level(concept, weight))
    }
}

/// Applies `work` to the divergences and the bank of every scenario, in parallel.
///
/// # Errors
/// The first error of the encoder or of `work`.
pub(crate) fn for_scenarios<T: Send>(
    pool: &mut ProbePool<'_>,
    (stage, progress): (&str, Progress),
    scenarios: &[Scenario],
    work: impl Fn(&Divergences, &ConceptBank) -> Result<T, EvalError> + Sync,
) -> Result<Vec<T>, EvalError> {
    let mut results = Vec::with_capacity(scenarios.len());
    for block in scenarios.chunks(BLOCK) {
        progress(stage, results.len(), scenarios.len());
        let divergences = pool.divergences(block)?;
        let pool = &*pool;
        let done: Vec<T> = block
            .par_iter()
            .zip(&divergences)
            .map(|(scenario, divergences)| work(divergences, &pool.bank(&scenario.probes)?))
            .collect::<Result<_, _>>()?;
        results.extend(done);
    }
    progress(stage, scenarios.len(), scenarios.len());
    Ok(results)
}

/// The rank of a concept from 0; none where its score is not above 0.
pub(crate) fn rank(record: &Explanation, concept: &str) -> Option<usize> {
    record
        .aspects
        .iter()
        .position(|aspect| aspect.concept == concept && aspect.score > 0.0)
}

/// The entry of a concept.
pub(crate) fn entry<'a>(record: &'a Explanation, concept: &str) -> Option<&'a AspectScore> {
    record.aspects.iter().find(|a| a.concept == concept)
}

/// Significant concepts that belong to none of the families.
pub(crate) fn outside(record: &Explanation, families: &[&str]) -> Vec<String> {
    record
        .aspects
        .iter()
        .filter(|aspect| {
            let inside = aspect
                .family
                .as_deref()
                .is_some_and(|f| families.contains(&f));
            aspect.significant && !inside
        })
        .map(|aspect| aspect.concept.clone())
        .collect()
}

/// The number of significant concepts.
pub(crate) fn significant(record: &Explanation) -> usize {
    record.aspects.iter().filter(|a| a.significant).count()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::made_up::{aspect, record};

    #[test]
    fn ranks_need_a_score_and_families_are_matched() {
        let record = record(vec![
            aspect("warm", Some("colour"), 0.5, true),
            aspect("gothic", None, 0.4, true),
            aspect("dark", Some("tone"), 0.0, false),
        ]);
        assert_eq!(rank(&record, "gothic"), Some(1));
        assert_eq!(rank(&record, "dark"), None);
        assert_eq!(outside(&record, &["colour"]), ["gothic"]);
        assert_eq!(significant(&record), 2);
    }
}
