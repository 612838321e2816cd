//! VisDiff: proposals ranked by how well they tell the two sets of images apart.

use super::{Evidence, ExplanationMethod, MethodAnswer, Offer};
use crate::EvalError;
use finexl_core::fingerprint::Fingerprint;
use finexl_explain::decompose::cosine;
use finexl_explain::statistics::auroc;
use finexl_zoo::encoders::Features;

/// Version of the code below: raised whenever it answers otherwise.
const VERSION: u32 = 1;

/// What proposals are ranked by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Ranking {
    /// AUROC with which the score separates the sets, as `2 AUROC - 1`.
    #[default]
    Auroc,
    /// The difference of the scores' means.
    MeanDifference,
}

/// Proposed concepts weighted by how much higher `cos(E_txt(C), E_img(x))` is on personalized images than
/// on the base's, none below 0 (Dunlap et al., CVPR 2024, "Describing Differences in Image Sets with
/// Natural Language", which ranks by AUROC). Proposals are deduplicated: a concept stands once, whatever
/// its phrases.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VisDiff {
    /// What proposals are ranked by.
    pub ranking: Ranking,
    /// Proposals that every pair may make: its largest differences.
    pub per_pair: usize,
}

impl Default for VisDiff {
    fn default() -> Self {
        Self {
            ranking: Ranking::Auroc,
            per_pair: 5,
        }
    }
}

impl VisDiff {
    fn weight(&self, text: &[f64], model: &Evidence<'_>) -> f64 {
        let [base, personalized] = [model.base(), model.personalized()].map(|f| scores(text, f));
        let mean = |scores: &[f64]| scores.iter().sum::<f64>() / scores.len().max(1) as f64;
        match self.ranking {
            // Pairs are there and finite, so it is defined.
            Ranking::Auroc => auroc(&personalized, &base).map_or(0.0, |a| 2.0 * a - 1.0),
            Ranking::MeanDifference => mean(&personalized) - mean(&base),
        }
    }
}

/// Cosines of a text with images, `[n]`.
fn scores(text: &[f64], images: &Features) -> Vec<f64> {
    (0..images.len())
        .map(|row| {
            let image: Vec<f64> = images.row(row).iter().map(|v| f64::from(*v)).collect();
            cosine(text, &image)
        })
        .collect()
}

impl ExplanationMethod for VisDiff {
    fn name(&self) -> String {
        match self.ranking {
            Ranking::Auroc => "visdiff".to_string(),
            Ranking::MeanDifference => "visdiff (difference of means)".to_string(),
        }
    }

    fn needs_proposals(&self) -> bool {
        true
    }

    fn fingerprint(&self) -> Result<Fingerprint, EvalError> {
        Ok(Fingerprint::of("visdiff")
            .number("version", u64::from(VERSION))
            .text("ranking", &self.name())
            .number("per pair", self.per_pair as u64)
            .finish())
    }

    fn explain(&self, offer: &Offer<'_>, model: &Evidence<'_>) -> Result<MethodAnswer, EvalError> {
        let mut weights = vec![0.0; offer.concepts()];
        for concept in model.proposals(&self.name())?.proposed(self.per_pair)? {
            weights[concept] = self.weight(offer.texts().row(concept), model).max(0.0);
        }
        Ok(MethodAnswer::of_weights(weights))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::baselines::toy::Toy;

    fn weights(toy: &Toy, ranking: Ranking) -> Vec<f64> {
        let offer = toy.offer();
        let table = toy.proposals(&[("first", 0.0, 0.5), ("second", 0.0, 0.4)]);
        let evidence = toy.evidence(&offer, Some(&table));
        let method = VisDiff {
            ranking,
            ..VisDiff::default()
        };
        let answer = method.explain(&offer, &evidence).unwrap();
        answer.weights().to_vec()
    }

    #[test]
    fn what_separates_the_sets_gets_its_weight() {
        let toy = Toy::new();
        let auroc = weights(&toy, Ranking::Auroc);
        assert_eq!(auroc[0], 1.0);
        // Not proposed.
        assert_eq!(auroc[2], 0.0);
        let means = weights(&toy, Ranking::MeanDifference);
        assert!(means[0] > means[1] && means[2] == 0.0, "{means:?}");
    }

    #[test]
    fn equal_sets_and_single_pairs_are_no_error() {
        let mut toy = Toy::new();
        toy.personalized = toy.base.clone();
        assert_eq!(weights(&toy, Ranking::Auroc), [0.0; 3]);
        let mut toy = Toy::new();
        toy.keep(1);
        assert_eq!(weights(&toy, Ranking::Auroc)[0], 1.0);
    }
}
