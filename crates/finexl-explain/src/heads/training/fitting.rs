//! What of a head is fitted in closed form.

use crate::calibrated_space::{CalibratedSpace, KnownTrial, SpaceSettings};
use crate::error::ExplainError;
use crate::heads::head::LEAST_SPREAD;
use crate::heads::head_config::{NO_INTERVAL, Reading};
use crate::heads::known_aspects::norm;
use crate::heads::{Episode, KnownAspects, Levels};
use crate::statistics::{Knot, MonotoneMap, conformal_width, quantile};
use crate::vocabulary::Vocabulary;
use finexl_zoo::encoders::Features;
use std::collections::BTreeMap;

/// Multiple of the identity, as a share of the mean variance, that is added to what is whitened by.
const SHRINKAGE: f64 = 0.1;
/// Share of sets without any aspect in which nothing may count as an effect.
const QUIET: f64 = 0.95;
/// Spills that are tried, in steps of a hundredth.
const SPILLS: usize = 61;
/// Confidence of intervals of levels.
const CONFIDENCE: f64 = 0.95;
/// Fewest points that a map of an aspect's own is fitted on.
const LEAST_POINTS: usize = 12;

/// The mean divergence of a view of a set, `[d]`.
pub(super) fn mean(features: &Features) -> Vec<f64> {
    let mut mean = vec![0.0; features.dimension];
    for row in features.values.chunks_exact(features.dimension) {
        for (sum, value) in mean.iter_mut().zip(row) {
            *sum += f64::from(*value);
        }
    }
    let count = features.len().max(1) as f64;
    mean.iter().map(|sum| sum / count).collect()
}

/// Where what sets differ in beside their aspects counts for little; `directions` are those of the
/// vocabulary's texts, `[N, d]`.
pub(super) fn space(
    episodes: &[Episode],
    vocabulary: &Vocabulary,
    directions: &[f64],
) -> Result<CalibratedSpace, ExplainError> {
    let trials: Vec<KnownTrial> = episodes
        .iter()
        .flat_map(|episode| {
            episode.views().map(|view| KnownTrial {
                divergence: mean(view),
                directions: directions.into(),
                applied: applied(episode).collect(),
            })
        })
        .collect();
    let settings = SpaceSettings {
        image_share: 0.0,
        shrinkage: SHRINKAGE,
    };
    CalibratedSpace::fit(&trials, vocabulary, settings)
}

fn applied(episode: &Episode) -> impl Iterator<Item = (usize, f64)> + '_ {
    let levels = episode.levels.iter().enumerate();
    levels
        .filter(|(_, level)| **level > 0.0)
        .map(|(aspect, level)| (aspect, f64::from(*level)))
}

/// Directions of images: least squares of the divergence on the level, through zero, over sets with one
/// aspect. `texts` and what is returned are in the space, `[N, d]` of which the first are aspects.
pub(super) fn known_aspects(
    episodes: &[Episode],
    space: &CalibratedSpace,
    vocabulary: &Vocabulary,
    texts: &[f64],
) -> Result<KnownAspects, ExplainError> {
    let d = space.dimension();
    let count = episodes.first().map_or(0, |episode| episode.levels.len());
    let mut images = vec![0.0; count * d];
    let mut weights = vec![0.0; count];
    for episode in episodes {
        let own: Vec<(usize, f64)> = applied(episode).collect();
        let [(aspect, level)] = own[..] else { continue };
        for view in episode.views() {
            let divergence = space.whitened(&mean(view))?;
            weights[aspect] += level * level;
            let sums = images[aspect * d..(aspect + 1) * d].iter_mut();
            sums.zip(divergence).for_each(|(sum, v)| *sum += level * v);
        }
    }
    for (aspect, weight) in weights.iter().enumerate() {
        let row = &mut images[aspect * d..(aspect + 1) * d];
        match *weight > 0.0 {
            true => row.iter_mut().for_each(|v| *v /= weight),
            // Never shown alone: the words have to do.
            false => row.copy_from_slice(&texts[aspect * d..(aspect + 1) * d]),
        }
    }
    let concepts = vocabulary.concepts()[..count].iter();
    Ok(KnownAspects::new(
        concepts.map(|concept| concept.name.clone()).collect(),
        [texts[..count * d].to_vec(), images],
        texts[count * d..].to_vec(),
    ))
}

/// Mean length of text directions.
pub(super) fn scale(texts: &[f64], dimension: usize) -> f64 {
    let rows = texts.chunks_exact(dimension);
    let count = rows.len().max(1) as f64;
    rows.map(norm).sum::<f64>() / count
}

/// A map that changes nothing.
pub(super) fn identity() -> Result<MonotoneMap, ExplainError> {
    MonotoneMap::new([0.0, 1.0].map(|at| Knot { x: at, y: at }).to_vec())
}

/// A reading whose weights are levels already, without thresholds.
pub(super) fn plain_reading() -> Result<Reading, ExplainError> {
    Ok(Reading {
        maps: BTreeMap::new(),
        shared: identity()?,
        effect: 0.0,
        spill: 0.0,
    })
}

/// Weights of every set, `[N]` each, with its levels.
pub(super) struct Readout<'a> {
    pub vocabulary: &'a Vocabulary,
    pub episodes: &'a [Episode],
    pub weights: Vec<Vec<f64>>,
}

impl Readout<'_> {
    /// What `weigh` says of every set's divergence in the space, of each concept by the view that shows it more
    /// strongly.
    pub fn of<'a>(
        vocabulary: &'a Vocabulary,
        episodes: &'a [Episode],
        space: &CalibratedSpace,
        weigh: impl Fn(&[f64]) -> Vec<f64>,
    ) -> Result<Readout<'a>, ExplainError> {
        let weights = episodes.iter().map(|episode| {
            let mut views = episode.views().map(|view| {
                let divergence = space.whitened(&mean(view))?;
                Ok::<_, ExplainError>(weigh(&divergence))
            });
            let whole = views.next().unwrap_or_else(|| Ok(Vec::new()))?;
            views.try_fold(whole, |all, view| {
                let both = all.into_iter().zip(view?);
                Ok(both
                    .map(|(a, b)| if b.abs() > a.abs() { b } else { a })
                    .collect())
            })
        });
        Ok(Readout {
            weights: weights.collect::<Result<_, ExplainError>>()?,
            vocabulary,
            episodes,
        })
    }

    /// Lines from weights to levels, of each aspect by least squares on the sets that have it. As a map they hold
    /// for weights that know already whether it is there.
    pub fn lines(&self) -> Result<Reading, ExplainError> {
        let aspects = self.episodes.first().map_or(0, |e| e.levels.len());
        let mut maps = BTreeMap::new();
        // Sums of weight times level and of squared weights.
        let mut all = [0.0; 2];
        for aspect in 0..aspects {
            let sets = self.weights.iter().zip(self.episodes);
            let there = sets.filter(|(_, set)| set.levels[aspect] > 0.0);
            let sums = there.fold([0.0; 2], |[xy, xx], (weights, set)| {
                let (x, y) = (weights[aspect], f64::from(set.levels[aspect]));
                [xy + x * y, xx + x * x]
            });
            (0..2).for_each(|i| all[i] += sums[i]);
            if let Some(line) = line(sums)? {
                maps.insert(self.vocabulary.concepts()[aspect].name.clone(), line);
            }
        }
        Ok(Reading {
            maps,
            shared: line(all)?.map_or_else(identity, Ok)?,
            effect: 0.0,
            spill: 0.0,
        })
    }

    /// Maps from weights to levels: of each aspect on all sets, most of which do not have it, so that a
    /// weight that often comes by mistake is read as little.
    pub fn maps(&self) -> Result<Reading, ExplainError> {
        let aspects = self.episodes.first().map_or(0, |e| e.levels.len());
        let mut maps = BTreeMap::new();
        let mut all: (Vec<f64>, Vec<f64>) = (Vec::new(), Vec::new());
        for aspect in 0..aspects {
            let sets = self.weights.iter().zip(self.episodes);
            let (mut x, mut y): (Vec<f64>, Vec<f64>) = sets
                .filter(|(weights, _)| weights[aspect] > 0.0)
                .map(|(weights, set)| (weights[aspect], f64::from(set.levels[aspect])))
                .unzip();
            if x.len() >= LEAST_POINTS {
                let fit = MonotoneMap::fit_smooth(&x, &y, &vec![1.0; x.len()])?;
                let name = &self.vocabulary.concepts()[aspect].name;
                maps.insert(name.clone(), from_zero(&fit)?);
            }
            all.0.append(&mut x);
            all.1.append(&mut y);
        }
        let shared = match all.0.is_empty() {
            true => identity()?,
            false => from_zero(&MonotoneMap::fit_smooth(
                &all.0,
                &all.1,
                &vec![1.0; all.0.len()],
            )?)?,
        };
        Ok(Reading {
            maps,
            shared,
            effect: 0.0,
            spill: 0.0,
        })
    }

    /// The same reading with thresholds: the effect that sets without an aspect do not pass, and the spill with
    /// which the aspects beyond both are most like those that are there, by the mean F1 over sets: the smallest that
    /// these sets cannot tell from the best, within a standard error, since a large one hides what is there.
    pub fn thresholds(&self, reading: Reading) -> Reading {
        let concepts = self.vocabulary.concepts();
        let read = |weights: &Vec<f64>| -> Vec<f64> {
            let each = concepts.iter().zip(weights);
            each.map(|(concept, w)| reading.level(&concept.name, *w))
                .collect()
        };
        let levels: Vec<Vec<f64>> = self.weights.iter().map(read).collect();
        let highest = |levels: &[f64]| levels.iter().copied().fold(0.0f64, f64::max);
        let sets = || levels.iter().zip(self.episodes);
        let mut quiet: Vec<f64> = sets()
            .filter(|(_, set)| set.levels.iter().all(|level| *level <= 0.0))
            .map(|(levels, _)| highest(levels))
            .collect();
        quiet.sort_by(f64::total_cmp);
        let effect = match quiet.is_empty() {
            true => 0.0,
            false => quantile(&quiet, QUIET).clamp(0.0, 1.0),
        };
        // Mean F1 of a spill, and its standard error.
        let quality = |spill: f64| -> [f64; 2] {
            let each: Vec<f64> = sets()
                .map(|(levels, set)| f1(levels, &set.levels, effect.max(spill * highest(levels))))
                .collect();
            let count = each.len().max(1) as f64;
            let mean = each.iter().sum::<f64>() / count;
            let squares: f64 = each.iter().map(|v| (v - mean).powi(2)).sum();
            [mean, squares.sqrt() / count]
        };
        let spill = |step: usize| step as f64 / 100.0;
        let tried: Vec<[f64; 2]> = (0..SPILLS).map(|step| quality(spill(step))).collect();
        let best = tried.iter().max_by(|a, b| a[0].total_cmp(&b[0]));
        let least = best.map_or(0.0, |[mean, error]| mean - error);
        let good = tried.iter().position(|[mean, _]| *mean >= least);
        Reading {
            effect,
            spill: spill(good.unwrap_or(0)),
            ..reading
        }
    }
}

/// F1 of the concepts beyond a threshold as a guess of those that are there; 1 where there is neither.
fn f1(levels: &[f64], truth: &[f32], threshold: f64) -> f64 {
    let (mut named, mut both) = (0.0, 0.0);
    for (concept, level) in levels.iter().enumerate() {
        if *level > threshold {
            named += 1.0;
            both += f64::from(u8::from(truth.get(concept).is_some_and(|t| *t > 0.0)));
        }
    }
    let own = truth.iter().filter(|level| **level > 0.0).count() as f64;
    match named + own > 0.0 {
        true => 2.0 * both / (named + own),
        false => 1.0,
    }
}

/// The line through the origin by its sums, up to level 1; none where no weight is above 0.
fn line([xy, xx]: [f64; 2]) -> Result<Option<MonotoneMap>, ExplainError> {
    if xy <= 0.0 {
        return Ok(None);
    }
    let ends = [[0.0, 0.0], [xx / xy, 1.0]].map(|[x, y]| Knot { x, y });
    MonotoneMap::new(ends.to_vec()).map(Some)
}

/// The same map, from no weight is no level.
fn from_zero(map: &MonotoneMap) -> Result<MonotoneMap, ExplainError> {
    let knots = map.knots().iter().filter(|knot| knot.x > 0.0);
    let zero = Knot { x: 0.0, y: 0.0 };
    let levels = knots.map(|knot| Knot {
        x: knot.x,
        y: knot.y.clamp(0.0, 1.0),
    });
    MonotoneMap::new(std::iter::once(zero).chain(levels).collect())
}

/// Half-width of 95% intervals of levels in units of the network's own spread: split conformal, over the aspects that
/// are there in sets that nothing was fitted to but thresholds, which levels do not depend on.
pub(super) fn interval(
    read: &[Levels],
    episodes: &[Episode],
    vocabulary: &Vocabulary,
    reading: &Reading,
) -> Result<f64, ExplainError> {
    let mut misses = Vec::new();
    for (read, episode) in read.iter().zip(episodes) {
        for (aspect, level) in applied(episode) {
            let name = &vocabulary.concepts()[aspect].name;
            let miss = (reading.level(name, read.strength[aspect]) - level).abs();
            misses.push(miss / (read.spread[aspect] + LEAST_SPREAD));
        }
    }
    if misses.is_empty() {
        return Err(ExplainError::TooFew {
            what: "validation sets with aspects",
            least: 1,
        });
    }
    // A file of JSON has no infinity; this is as good as one.
    Ok(conformal_width(&misses, CONFIDENCE).min(NO_INTERVAL))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use finexl_zoo::encoders::Features;

    fn set(levels: [f32; 2]) -> Episode {
        Episode {
            divergences: Features {
                values: vec![0.0; 2],
                dimension: 2,
            },
            tiles: None,
            levels: levels.to_vec(),
        }
    }

    #[test]
    fn lines_are_fitted_where_the_aspect_is_and_end_at_level_1() {
        let vocabulary = Vocabulary::of_names(&["warm", "dark", "gothic"].map(str::to_string));
        let episodes = [set([0.4, 0.0]), set([0.8, 0.0]), set([0.0, 0.5])];
        let weights = vec![
            vec![0.1, 0.3, 0.0],
            vec![0.2, 0.3, 0.0],
            vec![0.9, 0.05, 0.0],
        ];
        let readout = Readout {
            vocabulary: &vocabulary,
            episodes: &episodes,
            weights,
        };
        let lines = readout.lines().unwrap();
        for (concept, weight, level) in [
            ("warm", 0.1, 0.4),
            ("warm", 0.5, 1.0),
            ("dark", 0.05, 0.5),
            ("dark", -0.1, 0.0),
            // sum of weight times level over sum of squares, over all: (0.04 + 0.16 + 0.025) / (0.05 + 0.0025)
            ("gothic", 0.1, 0.1 * 0.225 / 0.0525),
        ] {
            let read = lines.level(concept, weight);
            assert!((read - level).abs() < 1e-6, "{concept} {weight}: {read}");
        }
    }

    #[test]
    fn half_widths_hold_the_levels_that_are_there() {
        let vocabulary = Vocabulary::of_names(&["warm", "dark"].map(str::to_string));
        let episodes: Vec<Episode> = (0..10)
            .flat_map(|_| [set([0.5, 0.0]), set([0.0, 0.9])])
            .collect();
        let read = Levels {
            strength: vec![0.4, 0.6],
            presence: vec![1.0, 1.0],
            spread: vec![0.1, 0.2],
        };
        let read = vec![read; 20];
        let plain = plain_reading().unwrap();
        let factor = interval(&read, &episodes, &vocabulary, &plain).unwrap();
        // Misses of 0.1 and 0.3 in units of 0.2 and 0.3: ten of 0.5 and ten of 1, of which the 20th counts.
        assert!((factor - 1.0).abs() < 1e-6, "{factor}");
        // Too few for a promise.
        let factor = interval(&read[..18], &episodes[..18], &vocabulary, &plain).unwrap();
        assert_eq!(factor, NO_INTERVAL);
        assert!(interval(&[], &[], &vocabulary, &plain).is_err());
    }
}
