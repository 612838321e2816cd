//! What is drawn for an episode.

use super::HalfLearned;
use finexl_core::seed::ChaCha8Rng;
use finexl_data::nuisance::Nuisance;
use finexl_data::vocabulary::{Concept, draw_compatible};
use rand::{Rng, RngExt};

/// Weakest level that is drawn.
const LOWEST_LEVEL: f32 = 0.1;

/// How several aspects share a set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mixing {
    /// Every picture wears all of them.
    Together,
    /// Every picture wears one of them.
    Shared,
}

/// What is done to the pictures of a set.
#[derive(Clone, Debug)]
pub(super) struct Plan {
    /// Indices of the aspects with their levels.
    pub aspects: Vec<(usize, f32)>,
    pub mixing: Mixing,
    /// Hands of the base and of the personalized pictures.
    pub hands: [usize; 2],
    /// Indices of the pictures.
    pub pictures: Vec<usize>,
    pub style_seed: u64,
    /// How much weaker an aspect may be on single pictures, as a share.
    pub jitter: f32,
    /// Share of the pictures that are drawn anew with other accidents.
    pub redrawn: f64,
    /// What of the change is shown.
    pub half_learned: Option<HalfLearned>,
    /// Index of the codec that both sides pass through.
    pub codec: Option<usize>,
    pub nuisance: Option<Nuisance>,
}

/// From what plans are drawn.
pub(super) struct Ranges<'a> {
    pub concepts: &'a [Concept],
    pub most: usize,
    pub hands: usize,
    pub pictures: usize,
    pub pairs: usize,
    pub codecs: usize,
}

impl Plan {
    /// Draws a plan; in a tenth of them there is no aspect.
    pub fn draw(ranges: &Ranges<'_>, random: &mut ChaCha8Rng) -> Self {
        let count = match random.random_range(0..20) {
            0 | 1 => 0,
            2..=9 => 1,
            10..=14 => 2,
            15..=17 => 3,
            _ => 4,
        };
        let count = count.min(ranges.most).min(ranges.concepts.len());
        let aspects = draw_compatible(ranges.concepts, count, random)
            .into_iter()
            .map(|aspect| (aspect, random.random_range(LOWEST_LEVEL..=1.0)))
            .collect();
        let base = random.random_range(0..ranges.hands);
        let other = match random.random_bool(0.15) {
            true => random.random_range(0..ranges.hands),
            false => base,
        };
        Self {
            aspects,
            mixing: match random.random_bool(0.4) {
                true => Mixing::Shared,
                false => Mixing::Together,
            },
            hands: [base, other],
            pictures: pictures(ranges, random),
            style_seed: random.next_u64(),
            jitter: match random.random_bool(0.4) {
                true => random.random_range(0.0..0.8),
                false => 0.0,
            },
            redrawn: match random.random_bool(0.5) {
                true => random.random_range(0.0..1.0),
                false => 0.0,
            },
            half_learned: random.random_bool(0.6).then(|| half_learned(random)),
            codec: match ranges.codecs {
                0 => None,
                codecs => random
                    .random_bool(0.5)
                    .then(|| random.random_range(0..codecs)),
            },
            nuisance: random
                .random_bool(0.2)
                .then(|| Nuisance::ALL[random.random_range(0..Nuisance::ALL.len())]),
        }
    }
}

/// Pictures of a set, different ones where there are enough.
fn pictures(ranges: &Ranges<'_>, random: &mut ChaCha8Rng) -> Vec<usize> {
    let mut pictures: Vec<usize> = Vec::with_capacity(ranges.pairs);
    while pictures.len() < ranges.pairs {
        let index = random.random_range(0..ranges.pictures);
        if ranges.pictures < ranges.pairs || !pictures.contains(&index) {
            pictures.push(index);
        }
    }
    pictures
}

fn half_learned(random: &mut ChaCha8Rng) -> HalfLearned {
    let mut share = random.random_range(0.3..1.0f32);
    let shares = [(); 4].map(|()| {
        let own = share;
        // As often nearly all of what came before as any part of it.
        share *= match random.random_bool(0.5) {
            true => random.random_range(0.8..1.0),
            false => random.random_range(0.0..1.0),
        };
        own
    });
    HalfLearned {
        shares,
        detail: random.random_range(2.0..8.0),
    }
}
