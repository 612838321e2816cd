//! Explanations of one model from probes that no other of them has.

use super::chosen_models::ChosenModel;
use super::probe_bank::ProbeBank;
use crate::EvalError;
use crate::pool::draw_probes;
use finexl_core::experiment::EvaluateProbes;
use finexl_core::seed;
use finexl_explain::Explainer;
use finexl_explain::divergence::Divergences;
use rayon::prelude::*;
use serde::Serialize;

/// Rounding apart: an interval that ends at 0 holds a truth of 0.
const SLACK: f64 = 1e-9;
/// Above this an aspect that was not applied counts as said.
pub(super) const SAID: f64 = 0.05;

/// What a method needs to explain.
pub(super) struct Study<'a> {
    /// How many of what.
    pub config: &'a EvaluateProbes,
    /// The explainer as the user has it, with the method.
    pub explainer: Explainer,
    /// Directions on all probes.
    pub bank: &'a ProbeBank,
}

/// What an explanation says of one aspect.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct Row {
    /// Name of the model.
    pub model: String,
    /// Name of the method.
    pub method: String,
    /// Number of the explanation.
    pub trial: usize,
    /// The aspect.
    pub aspect: String,
    /// Whether the model was trained on it.
    pub present: bool,
    /// Its score.
    pub score: f64,
    /// Lower end of the 95% interval of the score.
    pub low: f64,
    /// Upper end of it.
    pub high: f64,
    /// The score on all probes that the trial did not draw.
    pub truth: f64,
    /// Whether the interval holds it.
    pub inside: bool,
}

impl Row {
    /// Half the width of the interval.
    fn half_width(&self) -> f64 {
        (self.high - self.low) / 2.0
    }
}

/// What two explanations of a model say of one aspect.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Comparison {
    /// Name of the model.
    pub model: String,
    /// Whether the model was trained on the aspect.
    pub present: bool,
    /// Whether either says it.
    pub said: bool,
    /// Whether they differ no more than two draws with such intervals may.
    pub agrees: bool,
}

impl<'a> Study<'a> {
    /// A study of the explainer's method.
    pub fn new(config: &'a EvaluateProbes, explainer: Explainer, bank: &'a ProbeBank) -> Self {
        Self {
            config,
            explainer,
            bank,
        }
    }

    /// Name of the method.
    pub fn method(&self) -> &'static str {
        self.explainer.settings().method.name()
    }

    /// All trials of a model, whose divergences are those of all probes: rows of one trial after the other.
    ///
    /// # Errors
    /// More probes than there are, an explainer that fails.
    pub fn trials(
        &self,
        model: &ChosenModel,
        divergences: &Divergences,
    ) -> Result<Vec<Vec<Row>>, EvalError> {
        let EvaluateProbes { trials, pairs, .. } = *self.config;
        let explainer = (self.explainer.clone())
            .with_resamples(self.config.resamples)
            .with_flips(1);
        let keys = [seed::key("probe trials"), seed::key(&model.name)];
        let drawn = draw_probes(self.config.seed, &keys, divergences.pairs(), trials * pairs)?;
        let sets: Vec<&[usize]> = drawn.chunks_exact(pairs).collect();
        sets.into_par_iter()
            .enumerate()
            .map(|(trial, set)| self.trial(&explainer, (model, divergences), (trial, set)))
            .collect()
    }

    fn trial(
        &self,
        explainer: &Explainer,
        (model, divergences): (&ChosenModel, &Divergences),
        (trial, drawn): (usize, &[usize]),
    ) -> Result<Vec<Row>, EvalError> {
        let record =
            explainer.explain_divergences(&divergences.subset(drawn), &self.bank.bank(drawn)?)?;
        let truth = self.truth(divergences, drawn)?;
        let rows = record.aspects.into_iter().map(|aspect| {
            let place = explainer.vocabulary().position(&aspect.concept);
            let truth = place.map_or(0.0, |place| truth[place]);
            Row {
                model: model.name.clone(),
                method: self.method().to_string(),
                trial,
                present: model.aspects.contains(&aspect.concept),
                aspect: aspect.concept,
                score: aspect.score,
                low: aspect.low,
                high: aspect.high,
                truth,
                inside: (aspect.low - SLACK..=aspect.high + SLACK).contains(&truth),
            }
        });
        Ok(rows.collect())
    }

    /// Scores of the same estimator on all probes but those drawn, `[N]`: truth and trial share no probe.
    fn truth(&self, divergences: &Divergences, drawn: &[usize]) -> Result<Vec<f64>, EvalError> {
        let mut rest = vec![true; divergences.pairs()];
        drawn.iter().for_each(|probe| rest[*probe] = false);
        let rest: Vec<usize> = (0..rest.len()).filter(|probe| rest[*probe]).collect();
        let mean = divergences.mean_over(&rest);
        let directions = self.bank.without(drawn);
        let explainer = &self.explainer;
        let weights = explainer.fit(&mean, &directions)?.weights.weights;
        let concepts = explainer.vocabulary().concepts().iter();
        Ok(concepts
            .zip(weights)
            .map(|(concept, weight)| explainer.level(&concept.name, weight))
            .collect())
    }
}

/// The trials of a model paired off, the first with the second and so on; a last one without another is left
/// over.
pub(super) fn comparisons(trials: &[Vec<Row>]) -> Vec<Comparison> {
    let mut all = Vec::new();
    for pair in trials.chunks_exact(2) {
        for first in &pair[0] {
            let second = pair[1].iter().find(|row| row.aspect == first.aspect);
            all.extend(second.map(|second| comparison(first, second)));
        }
    }
    all
}

/// The difference of two independent scores has twice the variance of either.
fn comparison(first: &Row, second: &Row) -> Comparison {
    let half_width = (first.half_width() + second.half_width()) / 2.0;
    let most = std::f64::consts::SQRT_2 * half_width + SLACK;
    Comparison {
        model: first.model.clone(),
        present: first.present,
        said: first.score > SAID || second.score > SAID,
        agrees: (first.score - second.score).abs() <= most,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::made_up::FakeEncoder;
    use crate::probe_study::figures::tests::row;
    use finexl_explain::cache::Cache;
    use finexl_explain::vocabulary::Vocabulary;
    use finexl_zoo::encoders::Encoder;
    use std::sync::Arc;

    fn config() -> EvaluateProbes {
        EvaluateProbes {
            output: "out".into(),
            pool: "pool".into(),
            encoder: "fake".to_string(),
            methods: vec![finexl_core::names::MethodName::Nnls],
            references: None,
            models: 1,
            probes: 40,
            pairs: 4,
            trials: 3,
            nulls: 0,
            resamples: 20,
            prompts: None,
            split: finexl_core::names::Split::Test,
            seed: 1,
            steps: None,
        }
    }

    /// Every probe moves along its own direction of the first concept, by nearly as much.
    fn divergences(bank: &ProbeBank, dimension: usize) -> Divergences {
        let rows = (0..40).flat_map(|probe| {
            let directions = bank.bank(&[probe]).unwrap().mean();
            let level = 0.5 + 0.002 * probe as f64;
            directions[..dimension]
                .iter()
                .map(move |v| level * v)
                .collect::<Vec<f64>>()
        });
        Divergences::from_values(rows.collect(), dimension).unwrap()
    }

    #[test]
    fn trials_share_no_probe_and_are_held_against_all_others() {
        let (config, encoder) = (config(), FakeEncoder::new());
        let vocabulary = Vocabulary::of_names(&["warm", "dark", "gothic"].map(str::to_string));
        let prompts: Vec<String> = (0..40).map(|i| format!("scene {i}")).collect();
        let bank = ProbeBank::of(&encoder, &vocabulary, &prompts, &Cache::none(), &|_| ()).unwrap();
        let divergences = divergences(&bank, encoder.dimension());
        let explainer = Explainer::builder()
            .encoder(Arc::new(FakeEncoder::new()) as Arc<dyn Encoder>)
            .vocabulary(vocabulary.clone())
            .build()
            .unwrap();
        let study = Study::new(&config, explainer, &bank);
        let model = ChosenModel {
            name: "a-20".to_string(),
            folder: "a".into(),
            scale: None,
            aspects: ["warm".to_string()].into(),
        };
        let trials = study.trials(&model, &divergences).unwrap();
        assert_eq!(trials.len(), 3);
        for (number, rows) in trials.iter().enumerate() {
            assert_eq!(rows.len(), 3);
            let warm = rows.iter().find(|row| row.aspect == "warm").unwrap();
            assert!(warm.present && warm.trial == number && warm.method == "nnls");
            assert_eq!(rows.iter().filter(|row| row.present).count(), 1);
            for value in [warm.score, warm.truth] {
                assert!((value - 0.54).abs() < 0.1, "{warm:?}");
            }
            assert!(
                warm.low <= warm.score && warm.score <= warm.high,
                "{warm:?}"
            );
        }
        assert_eq!(study.trials(&model, &divergences).unwrap(), trials);
        let few = Divergences::between(
            &encoder.encode_texts(&prompts[..11]).unwrap(),
            &encoder.encode_texts(&prompts[1..12]).unwrap(),
        );
        let error = study.trials(&model, &few.unwrap()).unwrap_err();
        assert!(error.to_string().contains("`probes`"), "{error}");
    }

    #[test]
    fn two_explanations_agree_within_root_two_half_widths() {
        // Half-widths of 0.1 and 0.3: the scores may be 0.283 apart.
        let near = [
            row("a", 0, "warm", 0.4, 0.1),
            row("a", 1, "warm", 0.68, 0.3),
        ];
        assert!(comparison(&near[0], &near[1]).agrees);
        let far = [
            row("a", 0, "warm", 0.4, 0.1),
            row("a", 1, "warm", 0.69, 0.3),
        ];
        assert!(!comparison(&far[0], &far[1]).agrees);
        let trials: Vec<Vec<Row>> = (0..3)
            .map(|trial| {
                vec![
                    row("a", trial, "warm", 0.4, 0.1),
                    row("a", trial, "dark", 0.06 * trial as f64, 0.1),
                    row("a", trial, "gothic", 0.0, 0.0),
                ]
            })
            .collect();
        // The third trial is left over.
        let found = comparisons(&trials);
        assert_eq!(found.len(), 3);
        assert!(found.iter().all(|comparison| comparison.agrees));
        let said: Vec<bool> = found.iter().map(|comparison| comparison.said).collect();
        assert_eq!(said, [true, true, false]);
    }
}
