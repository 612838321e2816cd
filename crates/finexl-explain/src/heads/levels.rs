//! What a head says of concepts, read off the numbers of its network.

use super::head_network::HeadOutput;
use crate::error::ExplainError;
use burn::tensor::Tensor;

/// Added to the logit of a concept that is not known at all: log 100. Nearly all that a network is shown without
/// being told what it is are phrases that no operator makes, so it takes such a concept for absent beforehand; on
/// offer it is one of a user's own words. (A correction for another prior: Saerens et al. 2002.)
const UNKNOWN: f64 = 4.6;

/// What a head says of every concept, `[N]` each.
#[derive(Clone, Debug, PartialEq)]
pub struct Levels {
    /// How strongly it is there, in weights of a ridge fit with directions of texts, times the probability of being
    /// there. For a known aspect the weight is the mean of the fit's, not below 0, and of the one that stands for the
    /// network's own level: directions of texts say little of some aspects on photographs, and the network's levels
    /// rise less steadily than the fit's beyond the sets that it has seen.
    pub strength: Vec<f64>,
    /// Probability of being there at all, by the network.
    pub presence: Vec<f64>,
    /// Standard deviation of the level, whether it is there or not, by the network.
    pub spread: Vec<f64>,
}

impl Levels {
    /// Of every concept what the view says that shows it more strongly, the first where they are alike.
    pub(super) fn merged(views: Vec<Self>) -> Self {
        let mut views = views.into_iter();
        let mut all = views.next().unwrap_or(Self {
            strength: Vec::new(),
            presence: Vec::new(),
            spread: Vec::new(),
        });
        for view in views {
            for k in 0..all.strength.len() {
                if view.strength[k] > all.strength[k] {
                    all.strength[k] = view.strength[k];
                    all.presence[k] = view.presence[k];
                    all.spread[k] = view.spread[k];
                }
            }
        }
        all
    }
}

/// The numbers of an output, `[B, N]` each.
pub(super) struct OutputValues {
    logit: Vec<f64>,
    level: Vec<f64>,
    scale: Vec<f64>,
}

impl OutputValues {
    /// Reads them.
    pub fn of(output: HeadOutput) -> Result<Self, ExplainError> {
        let numbers = |tensor: Tensor<2>| -> Result<Vec<f64>, ExplainError> {
            let values = finexl_zoo::tensor_values::values(tensor, "reading with a head")?;
            Ok(values.into_iter().map(f64::from).collect())
        };
        Ok(Self {
            logit: numbers(output.logit)?,
            level: numbers(output.level)?,
            scale: numbers(output.spread)?,
        })
    }

    /// Of one set, for concepts that are so far known and have such weights in a fit, `[N]` each. With `per_level`, the
    /// weight that stands for level 1, strengths are half the network's where a concept is known.
    pub fn levels(
        &self,
        set: usize,
        known: &[f64],
        fitted: &[f64],
        per_level: Option<&[f64]>,
    ) -> Levels {
        let own = set * known.len()..(set + 1) * known.len();
        let (level, scale) = (&self.level[own.clone()], &self.scale[own.clone()]);
        let logits = self.logit[own].iter().zip(known);
        let presence: Vec<f64> = logits
            .map(|(logit, known)| logit + UNKNOWN * (1.0 - known))
            .map(|logit| 1.0 / (1.0 + (-logit).exp()))
            .collect();
        let strength = |k: usize| {
            let Some(per_level) = per_level else {
                return presence[k] * fitted[k];
            };
            let half = known[k] / 2.0;
            presence[k] * ((1.0 - half) * fitted[k] + half * level[k] * per_level[k])
        };
        let zipped = presence.iter().zip(level);
        Levels {
            strength: (0..fitted.len()).map(strength).collect(),
            // The variance of a Laplace distribution is twice its squared scale.
            spread: zipped
                .zip(scale)
                .map(|((p, level), s)| (p * 2.0 * s * s + p * (1.0 - p) * level * level).sqrt())
                .collect(),
            presence,
        }
    }
}
