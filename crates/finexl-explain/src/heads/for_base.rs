//! A head for one base, by reference models of it.
//!
//! A base shows an aspect in its own way: what an operator does to pictures and what a model learns of it can be at
//! right angles in the features, as where a tokenizer cannot draw the dots of a halftone. Reference models with known
//! aspects say how it looks there. Their divergences are `V_m = sum_a l_ma r_a + e_m` with the levels `l` that they are
//! known to have; the responses `r` are fitted by ridge regression towards the directions of operators `i`:
//!
//! `min_r sum_m |V_m - sum_a l_ma r_a|^2 + kappa sum_a |r_a - i_a|^2`
//!
//! so an aspect without a model keeps its operator's direction, and one with few is drawn to it. Levels are put on the
//! operators' scale first, by one factor for all (least squares of V on the operators' directions): a model that was
//! trained on pictures at level 1 shows less than that. What the models change beside their aspects, known or not, makes
//! the [`BaseSpace`] in which strengths are fitted by responses.
//!
//! How far off levels may be is measured on models that the fit did not see (cross-conformal prediction, Vovk 2015).

use super::base_space::{Base, BaseSpace, PerWeight, rows};
use super::cues::Side;
use super::head::{Head, LEAST_SPREAD};
use super::head_config::Reading;
use super::known_aspects::{KnownAspects, norm};
use crate::calibrated_space::CalibratedSpace;
use crate::error::ExplainError;
use crate::references::References;
use crate::statistics::{Knot, MonotoneMap, conformal_width, least_for};
use faer::linalg::solvers::Solve;
use faer::{Mat, MatRef};
use rayon::prelude::*;
use std::collections::BTreeMap;

/// How strongly responses are drawn to operators, in squared levels. Chosen on validation pools.
const KAPPA: f64 = 0.03;
/// Weights up to which a response counts as nothing.
const LEAST_WEIGHT: f64 = 1e-9;
/// Share of other models' levels that intervals have to hold.
const CONFIDENCE: f64 = 0.95;
/// Parts that reference models are left out by at most.
const FOLDS: usize = 20;

impl Head {
    /// The same head for one base, by reference models of it: directions of images are the responses of the base,
    /// strengths are levels, by these as well as by texts, and a divergence that is a response is its aspect at level 1.
    /// Models with aspects that the head does not know count as models of which nothing is known.
    ///
    /// # Errors
    /// References that another encoder saw.
    pub fn for_base(&self, references: &References) -> Result<Self, ExplainError> {
        self.check_references(references)?;
        let mut head = self.fitted_to(references)?;
        let misses = self.misses(references)?;
        if misses.is_empty() {
            // Nothing is known of how far off levels are here; those of pictures are what there is.
            return Ok(head);
        }
        let needed = conformal_width(&misses, CONFIDENCE);
        if needed.is_infinite() {
            head.add_remark(&format!(
                "No interval of a level can be promised: that takes {} levels of reference models that are known, and \
                 there are {}.",
                least_for(CONFIDENCE),
                misses.len()
            ));
        }
        let config = head.config_mut();
        config.interval = config.interval.max(needed);
        Ok(head)
    }

    /// The head for a base, whose intervals are those of the head.
    fn fitted_to(&self, references: &References) -> Result<Self, ExplainError> {
        let mut config = self.config().clone();
        let labelled = Labelled::of(references, self)?;
        let responses = labelled.responses(&config.aspects)?;
        config.aspects = config.aspects.with_images(responses);
        let space = BaseSpace::fit(&units(references, &config.space)?, config.dimension)?;
        let by_images = per_weight_of_responses(&config.aspects, &space)?;
        let by_texts = per_weight(&config.learned, &config.aspects.names);
        // Strengths are levels then.
        config.learned.maps.clear();
        config.learned.shared = line(1.0)?;
        config.calibrated.shared = line(by_images.shared)?;
        let names = config.aspects.names.iter().cloned();
        let lines = names.zip(&by_images.aspects);
        let lines = lines.map(|(name, level)| Ok::<_, ExplainError>((name, line(*level)?)));
        config.calibrated.maps = lines.collect::<Result<_, _>>()?;
        let base = Base {
            space,
            by_texts,
            by_images,
        };
        Ok(self.of_base(config, base, references))
    }

    /// How far off the levels of reference models are, in units of the network's spread, read by heads that were fitted
    /// to the others: what they show is not on a line with operators, and a head that has seen them knows them too well.
    /// Models of one training are left out together, by [`FOLDS`] where there are more trainings.
    fn misses(&self, references: &References) -> Result<Vec<f64>, ExplainError> {
        let mut folds: BTreeMap<&str, usize> = BTreeMap::new();
        let fold_of: Vec<usize> = (references.models().iter())
            .map(|model| {
                let next = folds.len() % FOLDS;
                *folds.entry(&model.training).or_insert(next)
            })
            .collect();
        let count = folds.len().min(FOLDS);
        if count < 2 {
            // Without them there is nothing to fit to.
            return Ok(Vec::new());
        }
        let misses = (0..count).into_par_iter().map(|fold| {
            let rest = references.subset(|model| fold_of[model] != fold);
            let left_out = references.subset(|model| fold_of[model] == fold);
            let scale = Labelled::of(&rest, self)?.scale;
            let left_out = Labelled::of(&left_out, self)?.scaled_as(scale);
            left_out.misses(&self.fitted_to(&rest)?)
        });
        let misses: Vec<Vec<f64>> = misses.collect::<Result<_, ExplainError>>()?;
        Ok(misses.concat())
    }

    fn check_references(&self, references: &References) -> Result<(), ExplainError> {
        let config = self.config();
        if *references.encoder_fingerprint() == config.encoder_fingerprint {
            return Ok(());
        }
        Err(ExplainError::Head {
            head: config.name.clone(),
            problem: format!(
                "it reads features of {}, and the reference models of {} were seen by {}; gather them with that \
                 encoder",
                config.encoder,
                references.base(),
                references.encoder()
            ),
        })
    }
}

/// The line from weights to levels by the level of a weight of 1, up to level 1.
fn line(per_weight: f64) -> Result<MonotoneMap, ExplainError> {
    let ends = [[0.0, 0.0], [1.0 / per_weight, 1.0]];
    MonotoneMap::new(ends.map(|[x, y]| Knot { x, y }).to_vec())
}

/// The slopes of a reading's maps, which are lines.
fn per_weight(reading: &Reading, names: &[String]) -> PerWeight {
    let slope = |map: &MonotoneMap| {
        let last = map.knots().iter().max_by(|a, b| a.x.total_cmp(&b.x));
        last.map_or(1.0, |knot| knot.y / knot.x.max(f64::MIN_POSITIVE))
    };
    let shared = slope(&reading.shared);
    let of = |name: &String| reading.maps.get(name).map_or(shared, slope);
    PerWeight {
        aspects: names.iter().map(of).collect(),
        shared,
    }
}

/// A divergence that is the response to an aspect is that aspect at level 1, in a fit beside all that was on offer in
/// training.
fn per_weight_of_responses(
    aspects: &KnownAspects,
    space: &BaseSpace,
) -> Result<PerWeight, ExplainError> {
    let d = space.dimension();
    let recalled = aspects.recall(&aspects.offered(), d).into_iter();
    let images: Vec<f64> = recalled.flat_map(|recalled| recalled.image).collect();
    let side = Side::new(space.mapped(&images), d)?;
    let own: Vec<f64> = (0..aspects.names.len())
        .map(|aspect| side.ridge(&space.mapped(aspects.image(aspect, d)))[aspect])
        .collect();
    // A response of nothing has no weight; penalties make all others positive.
    let (sum, count) = (own.iter().filter(|w| **w > LEAST_WEIGHT))
        .fold((0.0, 0.0), |(sum, count), weight| {
            (sum + weight, count + 1.0)
        });
    let shared = if count > 0.0 { count / sum } else { 1.0 };
    let each = own.iter().map(|weight| match *weight > LEAST_WEIGHT {
        true => 1.0 / weight,
        false => shared,
    });
    Ok(PerWeight {
        aspects: each.collect(),
        shared,
    })
}

/// The divergences of all models, whatever is known of them, each of length 1, in a head's space.
fn units(references: &References, space: &CalibratedSpace) -> Result<Vec<Vec<f64>>, ExplainError> {
    let means = (0..references.models().len()).map(|model| references.mean(model));
    let units = means.filter_map(|mean| {
        let length = norm(&mean);
        (length > 0.0).then(|| mean.iter().map(|v| v / length).collect::<Vec<f64>>())
    });
    units.map(|unit| space.whitened(&unit)).collect()
}

/// Reference models of whose aspects all are known to a head, in its space.
struct Labelled {
    dimension: usize,
    /// A
    aspects: usize,
    /// `[M, d]`
    divergences: Vec<f64>,
    /// On the operators' scale, `[M, A]`.
    levels: Vec<f64>,
    /// What levels were multiplied with for that.
    scale: f64,
}

impl Labelled {
    fn of(references: &References, head: &Head) -> Result<Self, ExplainError> {
        let config = head.config();
        let names = &config.aspects.names;
        let (mut divergences, mut levels) = (Vec::new(), Vec::new());
        for (index, model) in references.models().iter().enumerate() {
            let known = model.aspects.keys().all(|aspect| names.contains(aspect));
            if model.aspects.is_empty() || !known {
                continue;
            }
            let divergence = config.space.whitened(&references.mean(index))?;
            divergences.extend(divergence);
            let level = |name| model.aspects.get(name).copied().unwrap_or(0.0);
            levels.extend(names.iter().map(level));
        }
        Ok(Self::new(
            &config.aspects,
            config.dimension,
            [divergences, levels],
        ))
    }

    /// Divergences, `[M, d]`, with levels, `[M, A]`, which are put on the operators' scale.
    fn new(aspects: &KnownAspects, dimension: usize, [divergences, levels]: [Vec<f64>; 2]) -> Self {
        let found = Self {
            dimension,
            aspects: aspects.names.len(),
            divergences,
            levels,
            scale: 1.0,
        };
        let scale = found.operators_scale(aspects);
        found.scaled_as(scale)
    }

    /// Divergences with their levels.
    fn models(&self) -> impl Iterator<Item = (&[f64], &[f64])> {
        let divergences = self.divergences.chunks_exact(self.dimension);
        divergences.zip(self.levels.chunks_exact(self.aspects.max(1)))
    }

    /// The same models on another scale.
    fn scaled_as(mut self, scale: f64) -> Self {
        let factor = scale / self.scale;
        self.levels.iter_mut().for_each(|level| *level *= factor);
        self.scale = scale;
        self
    }

    /// What puts levels on the operators' scale.
    fn operators_scale(&self, aspects: &KnownAspects) -> f64 {
        let (mut both, mut own) = (0.0, 0.0);
        for (divergence, levels) in self.models() {
            let mut expected = vec![0.0; self.dimension];
            for (aspect, level) in levels.iter().enumerate() {
                let image = aspects.image(aspect, self.dimension).iter();
                expected
                    .iter_mut()
                    .zip(image)
                    .for_each(|(e, i)| *e += level * i);
            }
            both += expected
                .iter()
                .zip(divergence)
                .map(|(e, v)| e * v)
                .sum::<f64>();
            own += expected.iter().map(|e| e * e).sum::<f64>();
        }
        match both > 0.0 && own > 0.0 {
            true => both / own,
            false => 1.0,
        }
    }

    /// The responses, `[A, d]`.
    fn responses(&self, aspects: &KnownAspects) -> Result<Vec<f64>, ExplainError> {
        let (count, d, models) = (self.aspects, self.dimension, self.models().count());
        let levels = MatRef::from_row_major_slice(&self.levels, models, count);
        let divergences = MatRef::from_row_major_slice(&self.divergences, models, d);
        let mut gram: Mat<f64> = levels.transpose() * levels;
        let mut right: Mat<f64> = levels.transpose() * divergences;
        for aspect in 0..count {
            gram[(aspect, aspect)] += KAPPA;
            let image = aspects.image(aspect, d).iter().enumerate();
            image.for_each(|(column, value)| right[(aspect, column)] += KAPPA * value);
        }
        let factor = gram
            .llt(faer::Side::Lower)
            .map_err(|_| ExplainError::NotConverged {
                solver: "the fit of a base's responses",
                steps: 0,
            })?;
        factor.solve_in_place(right.as_mut());
        Ok(rows(&right))
    }

    /// How far off a head is at the levels of these models, in units of the network's spread.
    fn misses(&self, head: &Head) -> Result<Vec<f64>, ExplainError> {
        let config = head.config();
        let bank = head.bank(config.aspects.offered())?;
        let names = &config.aspects.names;
        let mut misses = Vec::new();
        for (divergence, levels) in self.models() {
            let read = head.read(&bank, divergence)?;
            for (aspect, level) in levels.iter().enumerate().filter(|(_, l)| **l > 0.0) {
                let found = config.learned.level(&names[aspect], read.strength[aspect]);
                misses.push((found - level).abs() / (read.spread[aspect] + LEAST_SPREAD));
            }
        }
        Ok(misses)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::heads::cues::CueBank;
    use safetensors::SafeTensors;
    use std::path::Path;
    use std::sync::Arc;

    /// Directions are kept in f32.
    const TOLERANCE: f64 = 1e-5;

    fn check(name: &str, ours: &[f64], theirs: &[f64]) {
        assert_eq!(ours.len(), theirs.len(), "{name}");
        for (a, b) in ours.iter().zip(theirs) {
            assert!(
                (a - b).abs() < TOLERANCE * (1.0 + b.abs()),
                "{name}: {a}, not {b}"
            );
        }
    }

    /// Against `tests/fixtures/head-for-base/generate.py`.
    #[test]
    fn responses_map_and_strengths_are_those_of_numpy() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
        let path = folder.join("tests/fixtures/head-for-base/fixture.safetensors");
        let bytes = std::fs::read(path).unwrap();
        let file = SafeTensors::deserialize(&bytes).unwrap();
        let get = |name: &str| -> Vec<f64> {
            let words = file.tensor(name).unwrap().data().as_chunks::<8>().0;
            words.iter().map(|word| f64::from_le_bytes(*word)).collect()
        };
        let shape = file.tensor("aspect-texts").unwrap().shape().to_vec();
        let (count, d) = (shape[0], shape[1]);
        let names = (0..count)
            .map(|aspect| format!("aspect {aspect}"))
            .collect();
        let texts = [get("aspect-texts"), get("aspect-images")];
        let aspects = KnownAspects::new(names, texts, get("others"));
        let labelled = Labelled::new(&aspects, d, [get("divergences"), get("levels")]);
        check("levels", &labelled.levels, &get("scaled-levels"));
        let responses = labelled.responses(&aspects).unwrap();
        check("responses", &responses, &get("responses"));
        let units: Vec<Vec<f64>> = get("units").chunks(d).map(<[f64]>::to_vec).collect();
        let space = BaseSpace::fit(&units, d).unwrap();
        check("map", &space.map, &get("map"));
        let aspects = aspects.with_images(responses);
        let by_images = per_weight_of_responses(&aspects, &space).unwrap();
        check("levels per weight", &by_images.aspects, &get("per-weight"));
        let by_texts = PerWeight {
            aspects: get("text-per-weight"),
            shared: get("text-shared")[0],
        };
        let base = Arc::new(Base {
            space,
            by_texts,
            by_images,
        });
        let of = |texts: Vec<f64>| CueBank::new(texts, d, &aspects, 1.0, Some(&base)).unwrap();
        let (whole, small) = (of(aspects.offered()), of(get("aspect-texts")));
        let expected = get("strengths");
        let expected = expected.chunks(aspects.offered().len() / d);
        for (divergence, expected) in get("divergences").chunks(d).zip(expected) {
            check("strengths", &whole.strengths(divergence), expected);
            // What is not on offer is a rival all the same.
            check(
                "strengths",
                &small.strengths(divergence),
                &expected[..count],
            );
        }
    }
}
