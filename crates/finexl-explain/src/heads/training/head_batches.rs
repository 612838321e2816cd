//! One training step's sets, as the network sees them.

use super::fitting::mean;
use crate::bank::ConceptBank;
use crate::calibrated_space::CalibratedSpace;
use crate::error::ExplainError;
use crate::heads::cues::{CUES, CueBank};
use crate::heads::head_network::HeadInput;
use crate::heads::{Episode, KnownAspects};
use burn::tensor::{Device, Tensor, TensorData};
use finexl_core::seed::{ChaCha8Rng, generator, key};
use finexl_data::scenes::Split;
use finexl_data::vocabulary::Concept;
use finexl_zoo::ZooError;
use finexl_zoo::encoders::Features;
use finexl_zoo::training::BatchSource;
use rand::RngExt;
use rand::seq::SliceRandom;
use rayon::prelude::*;

/// Measurements of the concepts' directions, each on a few prompts, that training draws from.
const BANKS: usize = 16;
/// Prompts of each.
const PROMPTS: usize = 4;
/// Share of sets with one aspect that another such set is added to: changes add up nearly as their aspects do, so two sets
/// of one aspect each are one of two, of any two that go together.
const ADDED: f64 = 0.4;
/// How often another set is looked for.
const TRIES: usize = 8;
/// Pairs of a set that a step sees: one of these, or as many as there are.
const PAIRS: [usize; 5] = [4, 8, 12, 16, usize::MAX];

/// Sets with their levels.
#[derive(Clone, Debug)]
pub struct HeadBatch {
    /// All views of the first set, then those of the second and so on: the whole and, where any set has them, the tiles,
    /// or the whole again for a set without.
    pub(super) input: HeadInput,
    /// Views of each set V, so V B rows of input.
    pub(super) views: usize,
    /// Level of every concept, `[B, N]`; 0 where it is absent.
    pub(super) levels: Tensor<2>,
}

impl HeadBatch {
    /// Number of sets.
    pub(super) fn len(&self) -> usize {
        self.levels.dims()[0]
    }

    /// A range of sets.
    pub(super) fn rows(&self, start: usize, end: usize) -> Self {
        let count = end - start;
        let (first, rows) = (self.views * start, self.views * count);
        let part = |tensor: &Tensor<3>| tensor.clone().narrow(0, first, rows);
        Self {
            input: HeadInput {
                cues: part(&self.input.cues),
                texts: part(&self.input.texts),
                known: part(&self.input.known),
                divergence: self.input.divergence.clone().narrow(0, first, rows),
            },
            views: self.views,
            levels: self.levels.clone().narrow(0, start, count),
        }
    }

    /// The same where autodiff follows.
    pub(super) fn followed(self) -> Self {
        Self {
            input: HeadInput {
                cues: Tensor::from_inner(self.input.cues),
                texts: Tensor::from_inner(self.input.texts),
                known: Tensor::from_inner(self.input.known),
                divergence: Tensor::from_inner(self.input.divergence),
            },
            views: self.views,
            levels: Tensor::from_inner(self.levels),
        }
    }
}

/// Draws batches of sets; those of validation are always the same.
pub(super) struct HeadBatches {
    /// Differences in the head's space, `[n, d]` of every set.
    training: Vec<Episode>,
    validation: Vec<Episode>,
    banks: Vec<CueBank>,
    /// Which aspects cannot be worn together, `[A, A]`.
    conflicts: Vec<Vec<bool>>,
    /// Whether any set has tiles.
    tiled: bool,
    dimension: usize,
    seed: u64,
    sets: usize,
}

impl HeadBatches {
    /// Batches of `sets` sets.
    ///
    /// # Errors
    /// Sizes that do not fit, a factorisation that fails.
    pub fn new(
        [training, validation]: [&[Episode]; 2],
        (space, aspects, scale): (&CalibratedSpace, &KnownAspects, f64),
        (bank, concepts): (&ConceptBank, &[Concept]),
        (seed, sets): (u64, usize),
    ) -> Result<Self, ExplainError> {
        let banks = (0..BANKS as u64).map(|number| {
            let mut random = generator(seed, &[key("head bank"), number]);
            let prompts: Vec<usize> = (0..PROMPTS)
                .map(|_| random.random_range(0..bank.probes()))
                .collect();
            let texts = space.whitened(&bank.mean_over(&prompts))?;
            CueBank::new(texts, space.dimension(), aspects, scale, None)
        });
        let whitened = |episodes: &[Episode]| -> Result<Vec<Episode>, ExplainError> {
            let view = |features: &Features| -> Result<Features, ExplainError> {
                let rows: Vec<f64> = features.values.iter().map(|v| f64::from(*v)).collect();
                let values = space.whitened(&rows)?;
                Ok(Features {
                    values: values.into_iter().map(|v| v as f32).collect(),
                    dimension: features.dimension,
                })
            };
            let sets = episodes.par_iter().map(|episode| {
                Ok(Episode {
                    divergences: view(&episode.divergences)?,
                    tiles: episode.tiles.as_ref().map(view).transpose()?,
                    levels: episode.levels.clone(),
                })
            });
            sets.collect()
        };
        let all = || training.iter().chain(validation);
        Ok(Self {
            tiled: all().any(|episode| episode.tiles.is_some()),
            training: whitened(training)?,
            validation: whitened(validation)?,
            banks: banks.collect::<Result<_, ExplainError>>()?,
            conflicts: conflicts(&concepts[..aspects.names.len()]),
            dimension: space.dimension(),
            seed,
            sets,
        })
    }

    /// Some pairs of a set: the mean divergence of its views over them.
    fn drawn(&self, episode: &Episode, all: bool, random: &mut ChaCha8Rng) -> Vec<Vec<f64>> {
        let count = episode.divergences.len();
        let kept = PAIRS[random.random_range(0..PAIRS.len())].min(count);
        if all || kept == count {
            return self.views(episode).map(mean).collect();
        }
        let mut pairs: Vec<usize> = (0..count).collect();
        pairs.shuffle(random);
        let part = |view: &Features| {
            let values = pairs[..kept].iter().flat_map(|pair| view.row(*pair));
            mean(&Features {
                values: values.copied().collect(),
                dimension: view.dimension,
            })
        };
        self.views(episode).map(part).collect()
    }

    /// A set of one aspect that may be worn beside that of a set of one, seen in the same views; none where chance finds
    /// none, or where the set has another number of aspects.
    fn going_with(&self, episode: &Episode, random: &mut ChaCha8Rng) -> Option<&Episode> {
        let own = single(episode)?;
        let mut tries = (0..TRIES).map(|_| random.random_range(0..self.training.len()));
        tries.find_map(|place| {
            let other = &self.training[place];
            let goes = other.tiles.is_some() == episode.tiles.is_some()
                && single(other).is_some_and(|aspect| !self.conflicts[own][aspect]);
            goes.then_some(other)
        })
    }

    /// As many views as every set of a batch has.
    fn views<'a>(&self, episode: &'a Episode) -> impl Iterator<Item = &'a Features> {
        let whole = &episode.divergences;
        let tiles = self.tiled.then(|| episode.tiles.as_ref().unwrap_or(whole));
        std::iter::once(whole).chain(tiles)
    }
}

/// The only aspect of a set; none where it has none or several.
fn single(episode: &Episode) -> Option<usize> {
    let mut there = (0..episode.levels.len()).filter(|aspect| episode.levels[*aspect] > 0.0);
    let first = there.next()?;
    there.next().is_none().then_some(first)
}

/// Which concepts cannot be worn together; none goes with itself.
fn conflicts(concepts: &[Concept]) -> Vec<Vec<bool>> {
    let with = |one: &Concept| {
        let each = concepts.iter();
        each.map(|other| one.name == other.name || one.conflicts_with.contains(&other.name))
            .collect()
    };
    concepts.iter().map(with).collect()
}

/// A set as numbers.
struct Row {
    bank: usize,
    /// Of every view, `[d]`.
    divergences: Vec<Vec<f64>>,
    known: Vec<f64>,
    /// Of every view, one after the other.
    cues: Vec<f32>,
    levels: Vec<f32>,
}

impl HeadBatches {
    fn row(&self, split: Split, keys: [u64; 3]) -> Result<Row, ExplainError> {
        let mut random = generator(self.seed, &[key("head set"), keys[0], keys[1], keys[2]]);
        let learning = split == Split::Train;
        let episode = match learning {
            true => &self.training[random.random_range(0..self.training.len())],
            false => {
                let place = keys[1] as usize * self.sets + keys[2] as usize;
                &self.validation[place % self.validation.len()]
            }
        };
        let bank = match learning {
            true => random.random_range(0..self.banks.len()),
            false => 0,
        };
        let mut known = self.banks[bank].known.clone();
        // In half of the sets some concepts are not told to be known ones, as new phrases will not be.
        if learning && random.random_bool(0.5) {
            let share = random.random_range(0.0..0.7);
            for known in &mut known {
                if random.random_bool(share) {
                    *known = 0.0;
                }
            }
        }
        let mut divergences = self.drawn(episode, !learning, &mut random);
        let mut levels = episode.levels.clone();
        if learning
            && random.random_bool(ADDED)
            && let Some(other) = self.going_with(episode, &mut random)
        {
            let added = self.drawn(other, false, &mut random);
            for (sum, part) in divergences.iter_mut().zip(added) {
                sum.iter_mut().zip(part).for_each(|(sum, v)| *sum += v);
            }
            for (level, own) in levels.iter_mut().zip(&other.levels) {
                *level += own;
            }
        }
        levels.resize(known.len(), 0.0);
        let mut cues = Vec::new();
        for divergence in &divergences {
            cues.extend(self.banks[bank].cues(divergence, &known)?);
        }
        Ok(Row {
            cues,
            bank,
            divergences,
            known,
            levels,
        })
    }
}

impl BatchSource for HeadBatches {
    type Batch = HeadBatch;

    fn batch(&self, split: Split, keys: [u64; 2], device: &Device) -> Result<HeadBatch, ZooError> {
        let rows: Result<Vec<Row>, ExplainError> = (0..self.sets as u64)
            .into_par_iter()
            .map(|index| self.row(split, [keys[0], keys[1], index]))
            .collect();
        let rows = rows.map_err(|error| ZooError::Config(error.to_string()))?;
        let (b, n, d) = (rows.len(), self.banks[0].concepts(), self.dimension);
        let views = 1 + usize::from(self.tiled);
        let seen = views * b;
        // What is the same for all views of a set stands once for each.
        let each = || rows.iter().flat_map(|row| std::iter::repeat_n(row, views));
        let device = device.clone().inner();
        let tensor = |values: Vec<f32>, shape: [usize; 3]| -> Tensor<3> {
            Tensor::from_data(TensorData::new(values, shape), &device)
        };
        let texts = each().flat_map(|r| self.banks[r.bank].scaled_texts());
        let divergence = rows.iter().flat_map(|r| {
            let views = r.divergences.iter();
            views.flat_map(|divergence| self.banks[r.bank].scaled(divergence))
        });
        let known = each().flat_map(|r| r.known.iter().map(|v| *v as f32));
        let batch = HeadBatch {
            input: HeadInput {
                cues: tensor(
                    rows.iter().flat_map(|r| r.cues.clone()).collect(),
                    [seen, n, CUES],
                ),
                texts: tensor(texts.collect(), [seen, n, d]),
                known: tensor(known.collect(), [seen, n, 1]),
                divergence: tensor(divergence.collect(), [seen, 1, d]).reshape([seen, d]),
            },
            views,
            levels: tensor(
                rows.iter().flat_map(|r| r.levels.clone()).collect(),
                [b, 1, n],
            )
            .reshape([b, n]),
        };
        Ok(batch)
    }
}
