//! The space in which a calibrated encoder's divergences are decomposed.
//!
//! Two things are learnt from trials with known aspects, and both are linear, so every decomposition
//! works in this space as it does in the encoder's own:
//! - *image directions*: the direction of a known aspect is blended with the mean divergence that the
//!   aspect makes at level 1. Text directions miss what no phrase says about an image.
//! - *whitening*: V = sum_k level_k f_k + e, where e is what styles, scenes and mixtures add. With
//!   S = E[e e^T] the space is multiplied by S^(-1/2), so that least squares there is generalised
//!   least squares (Aitken 1936): dimensions in which the same aspect varies count for less.

use crate::bank::ConceptBank;
use crate::decompose::{Decomposition as _, Directions, Nnls};
use crate::divergence::Divergences;
use crate::error::ExplainError;
use crate::packed_numbers::Packed;
use crate::stored_space::StoredSpace;
use crate::vocabulary::Vocabulary;
use faer::{MatRef, Side};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::Arc;

/// A linear map of features, with measured directions of some concepts. Reading one checks its sizes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", try_from = "StoredSpace")]
pub struct CalibratedSpace {
    /// d
    dimension: usize,
    /// Weight of the image direction beside the text direction, in [0, 1].
    image_share: f64,
    /// Mean divergence per level of a concept, `[d]`.
    image_directions: BTreeMap<String, Packed>,
    /// `S^(-1/2)`, symmetric `[d, d]`, scaled to a mean diagonal of 1.
    whitening: Packed,
}

impl TryFrom<StoredSpace> for CalibratedSpace {
    type Error = String;

    fn try_from(stored: StoredSpace) -> Result<Self, String> {
        stored.check()?;
        Ok(Self {
            dimension: stored.dimension,
            image_share: stored.image_share,
            image_directions: stored.image_directions,
            whitening: stored.whitening,
        })
    }
}

/// A personalized model whose aspects are known.
#[derive(Clone, Debug)]
pub struct KnownTrial {
    /// V, `[d]`.
    pub divergence: Vec<f64>,
    /// Mean directions on the trial's probes, `[N, d]`; trials of the same probes share them.
    pub directions: Arc<[f64]>,
    /// Applied concepts, as indices of the vocabulary, with their levels.
    pub applied: Vec<(usize, f64)>,
}

/// How a space is fitted.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SpaceSettings {
    /// Weight of image directions beside text directions, in [0, 1].
    pub image_share: f64,
    /// Multiple of the identity, as a share of the mean variance, that is added to S.
    pub shrinkage: f64,
}

impl CalibratedSpace {
    /// Fits directions on trials with one aspect and the whitening on all.
    ///
    /// # Errors
    /// No trial, sizes that do not fit the vocabulary, settings outside their range, a solver that
    /// fails.
    pub fn fit(
        trials: &[KnownTrial],
        vocabulary: &Vocabulary,
        settings: SpaceSettings,
    ) -> Result<Self, ExplainError> {
        let dimension = trials.first().map_or(0, |t| t.divergence.len());
        if dimension == 0 {
            return Err(ExplainError::TooFew {
                what: "trials with known aspects",
                least: 1,
            });
        }
        check(settings)?;
        let mut space = Self {
            dimension,
            image_share: settings.image_share,
            // What counts for nothing is not kept.
            image_directions: match settings.image_share {
                0.0 => BTreeMap::new(),
                _ => image_directions(trials, vocabulary),
            },
            whitening: Packed::identity(dimension),
        };
        let mut scatter = vec![0.0; dimension * dimension];
        for trial in trials {
            let misfit = space.misfit(trial, vocabulary)?;
            for (row, a) in scatter.chunks_exact_mut(dimension).zip(&misfit) {
                row.iter_mut().zip(&misfit).for_each(|(s, b)| *s += a * b);
            }
        }
        space.whitening = whitening(scatter, trials.len(), dimension, settings.shrinkage)?;
        Ok(space)
    }

    /// d
    pub fn dimension(&self) -> usize {
        self.dimension
    }

    /// Directions with image directions blended in, not whitened, `[N, d]`.
    ///
    /// # Errors
    /// A size that does not fit the vocabulary.
    pub fn blended(
        &self,
        directions: &[f64],
        vocabulary: &Vocabulary,
    ) -> Result<Vec<f64>, ExplainError> {
        let concepts = vocabulary.concepts();
        check_size(
            "the concept directions",
            directions.len(),
            concepts.len() * self.dimension,
        )?;
        let mut values = directions.to_vec();
        for (row, concept) in values.chunks_exact_mut(self.dimension).zip(concepts) {
            self.blend(&concept.name, row);
        }
        Ok(values)
    }

    fn blend(&self, concept: &str, row: &mut [f64]) {
        for (value, measured) in row.iter_mut().zip(
            self.image_directions
                .get(concept)
                .into_iter()
                .flat_map(|i| &i.0),
        ) {
            *value += self.image_share * (measured - *value);
        }
    }

    /// Directions in this space: blended, then whitened, `[N, d]`.
    ///
    /// # Errors
    /// A size that does not fit the vocabulary.
    pub fn directions(
        &self,
        directions: &[f64],
        vocabulary: &Vocabulary,
    ) -> Result<Vec<f64>, ExplainError> {
        self.whitened(&self.blended(directions, vocabulary)?)
    }

    /// Rows of `[n, d]` whitened.
    ///
    /// # Errors
    /// Rows of another dimension.
    pub fn whitened(&self, rows: &[f64]) -> Result<Vec<f64>, ExplainError> {
        let d = self.dimension;
        if !rows.len().is_multiple_of(d) {
            return Err(ExplainError::Shape {
                what: "features in a calibrated space",
                expected: d,
                found: rows.len(),
            });
        }
        let rows = MatRef::from_row_major_slice(rows, rows.len() / d, d);
        let map = MatRef::from_row_major_slice(&self.whitening.0, d, d);
        // Symmetric, so W x is x^T W.
        let product = rows * map;
        Ok((0..product.nrows())
            .flat_map(|row| (0..d).map(move |column| (row, column)))
            .map(|at| product[at])
            .collect())
    }

    /// Divergences in this space.
    ///
    /// # Errors
    /// Another dimension.
    pub fn divergences(&self, divergences: &Divergences) -> Result<Divergences, ExplainError> {
        check_size("the divergences", divergences.dimension(), self.dimension)?;
        divergences.with_values(self.whitened(divergences.values())?)
    }

    /// A bank in this space, probe by probe.
    ///
    /// # Errors
    /// A bank of another encoder or vocabulary.
    pub fn bank(
        &self,
        bank: &ConceptBank,
        vocabulary: &Vocabulary,
    ) -> Result<ConceptBank, ExplainError> {
        let size = bank.concepts() * bank.dimension();
        let mut values = Vec::with_capacity(bank.values().len());
        for probe in bank.values().chunks_exact(size) {
            let probe: Vec<f64> = probe.iter().map(|v| f64::from(*v)).collect();
            let mapped = self.directions(&probe, vocabulary)?;
            values.extend(mapped.iter().map(|v| *v as f32));
        }
        bank.with_values(values)
    }

    /// What the best non-negative mixture of a trial's own aspects leaves of its divergence, `[d]`.
    fn misfit(
        &self,
        trial: &KnownTrial,
        vocabulary: &Vocabulary,
    ) -> Result<Vec<f64>, ExplainError> {
        let d = self.dimension;
        if trial.applied.is_empty() {
            return Ok(trial.divergence.clone());
        }
        check_size("a trial's divergence", trial.divergence.len(), d)?;
        let concepts = vocabulary.concepts();
        let size = concepts.len() * d;
        check_size("the concept directions", trial.directions.len(), size)?;
        let own = trial.applied.iter().flat_map(|(concept, _)| {
            let mut row = trial.directions[concept * d..(concept + 1) * d].to_vec();
            self.blend(&concepts[*concept].name, &mut row);
            row
        });
        let own: Vec<f64> = own.collect();
        let directions = Directions::new(&own, trial.applied.len(), d)?;
        let fitted = Nnls::default().decompose(directions, &trial.divergence)?;
        let mut misfit = trial.divergence.clone();
        for (row, weight) in own.chunks_exact(d).zip(&fitted.weights) {
            misfit
                .iter_mut()
                .zip(row)
                .for_each(|(m, f)| *m -= weight * f);
        }
        Ok(misfit)
    }
}

fn check(settings: SpaceSettings) -> Result<(), ExplainError> {
    let wrong = |setting, value: f64, allowed| {
        Err(ExplainError::Setting {
            setting,
            value: value.to_string(),
            allowed,
        })
    };
    if !(0.0..=1.0).contains(&settings.image_share) {
        return wrong("image-share", settings.image_share, "from 0 to 1");
    }
    if !(settings.shrinkage > 0.0 && settings.shrinkage.is_finite()) {
        return wrong("shrinkage", settings.shrinkage, "above 0");
    }
    Ok(())
}

fn check_size(what: &'static str, found: usize, expected: usize) -> Result<(), ExplainError> {
    if found == expected {
        Ok(())
    } else {
        Err(ExplainError::Shape {
            what,
            expected,
            found,
        })
    }
}

/// Least squares of V on the level, through zero, over trials with one aspect.
fn image_directions(trials: &[KnownTrial], vocabulary: &Vocabulary) -> BTreeMap<String, Packed> {
    let mut sums: BTreeMap<usize, (Vec<f64>, f64)> = BTreeMap::new();
    for trial in trials {
        if let [(concept, level)] = trial.applied.as_slice() {
            let (sum, weight) = sums
                .entry(*concept)
                .or_insert_with(|| (vec![0.0; trial.divergence.len()], 0.0));
            sum.iter_mut()
                .zip(&trial.divergence)
                .for_each(|(s, v)| *s += level * v);
            *weight += level * level;
        }
    }
    sums.into_iter()
        .filter(|(_, (_, weight))| *weight > 0.0)
        .map(|(concept, (sum, weight))| {
            let mean = sum.iter().map(|s| s / weight).collect();
            (
                vocabulary.concepts()[concept].name.clone(),
                Packed::of(mean),
            )
        })
        .collect()
}

/// `(scatter / trials + shrinkage * mean variance * I)^(-1/2)`, scaled.
fn whitening(
    mut scatter: Vec<f64>,
    trials: usize,
    d: usize,
    shrinkage: f64,
) -> Result<Packed, ExplainError> {
    scatter.iter_mut().for_each(|v| *v /= trials as f64);
    let variance = (0..d).map(|i| scatter[i * d + i]).sum::<f64>() / d as f64;
    if variance == 0.0 {
        return Ok(Packed::identity(d));
    }
    (0..d).for_each(|i| scatter[i * d + i] += shrinkage * variance);
    let eigen = MatRef::from_row_major_slice(&scatter, d, d)
        .self_adjoint_eigen(Side::Lower)
        .map_err(|_| ExplainError::NotConverged {
            solver: "the eigendecomposition of the misfit",
            steps: 0,
        })?;
    let (u, s) = (eigen.U(), eigen.S());
    let mut map = vec![0.0; d * d];
    for k in 0..d {
        // Round-off apart, no eigenvalue is below what was added.
        let root = s[k].max(shrinkage * variance).sqrt();
        for i in 0..d {
            let scaled = u[(i, k)] / root;
            for j in 0..d {
                map[i * d + j] += scaled * u[(j, k)];
            }
        }
    }
    let mean = (0..d).map(|i| map[i * d + i]).sum::<f64>() / d as f64;
    map.iter_mut().for_each(|v| *v /= mean);
    Ok(Packed::of(map))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use finexl_core::seed;
    use rand::RngExt;

    const D: usize = 6;

    fn random(count: usize, key: u64) -> Vec<f64> {
        let mut random = seed::generator(9, &[key]);
        (0..count)
            .map(|_| 2.0 * random.random::<f64>() - 1.0)
            .collect()
    }

    /// Trials whose divergence is level * direction + noise that is strong in the last dimension.
    fn trials(vocabulary: &Vocabulary, count: usize) -> Vec<KnownTrial> {
        let n = vocabulary.concepts().len();
        let directions: Arc<[f64]> = random(n * D, 0).into();
        (0..count)
            .map(|trial| {
                let (concept, level) = (trial % 5, 0.2 + 0.1 * (trial % 7) as f64);
                let mut noise = random(D, 1 + trial as u64);
                noise.iter_mut().for_each(|v| *v *= 0.02);
                noise[D - 1] *= 20.0;
                let row = &directions[concept * D..(concept + 1) * D];
                KnownTrial {
                    divergence: row.iter().zip(noise).map(|(f, e)| level * f + e).collect(),
                    directions: directions.clone(),
                    applied: vec![(concept, level)],
                }
            })
            .collect()
    }

    fn fitted(image_share: f64) -> (CalibratedSpace, Vec<KnownTrial>, Vocabulary) {
        let vocabulary = Vocabulary::default_phrases().unwrap();
        let trials = trials(&vocabulary, 200);
        let settings = SpaceSettings {
            image_share,
            shrinkage: 1e-3,
        };
        let space = CalibratedSpace::fit(&trials, &vocabulary, settings).unwrap();
        (space, trials, vocabulary)
    }

    #[test]
    fn whitening_evens_out_the_misfit() {
        let (space, trials, vocabulary) = fitted(0.0);
        let mut energy = [0.0; D];
        for trial in &trials {
            let misfit = space.misfit(trial, &vocabulary).unwrap();
            let white = space.whitened(&misfit).unwrap();
            for (total, value) in energy.iter_mut().zip(white) {
                *total += value * value;
            }
        }
        let (most, least) = energy.iter().fold((0.0f64, f64::MAX), |(most, least), e| {
            (most.max(*e), least.min(*e))
        });
        assert!(most / least < 1.5, "{energy:?}");
    }

    #[test]
    fn blending_is_linear_between_text_and_image() {
        let (space, trials, vocabulary) = fitted(0.25);
        let text = &trials[0].directions;
        let blended = space.blended(text, &vocabulary).unwrap();
        let name = &vocabulary.concepts()[2].name;
        let image = &space.image_directions[name].0;
        for column in 0..D {
            let expected = 0.75 * text[2 * D + column] + 0.25 * image[column];
            assert!((blended[2 * D + column] - expected).abs() < 1e-9);
        }
        // Nothing is known of the images of a concept that was never applied.
        assert_eq!(blended[10 * D..], text[10 * D..]);
    }

    #[test]
    fn it_is_read_back_as_it_was_written() {
        let (space, _, _) = fitted(0.5);
        let text = serde_json::to_string(&space).unwrap();
        let back: CalibratedSpace = serde_json::from_str(&text).unwrap();
        assert_eq!(back, space);
        assert!(
            serde_json::from_str::<CalibratedSpace>(&text.replace("g\":\"", "g\":\"!")).is_err()
        );
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        let (space, mut trials, vocabulary) = fitted(0.5);
        assert!(space.whitened(&[0.0; D + 1]).is_err());
        assert!(space.blended(&[0.0; D], &vocabulary).is_err());
        let settings = |image_share, shrinkage| SpaceSettings {
            image_share,
            shrinkage,
        };
        for wrong in [
            settings(1.5, 0.1),
            settings(0.5, 0.0),
            settings(0.5, f64::NAN),
        ] {
            assert!(CalibratedSpace::fit(&trials, &vocabulary, wrong).is_err());
        }
        trials[3].divergence.pop();
        assert!(CalibratedSpace::fit(&trials, &vocabulary, settings(0.5, 0.1)).is_err());
        assert!(CalibratedSpace::fit(&[], &vocabulary, settings(0.5, 0.1)).is_err());
    }
}
