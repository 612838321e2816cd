//! Episodes: made-up personalizations with known aspects, as features.

use super::plan::{Mixing, Plan, Ranges};
use super::{HeadAspect, Pictures};
use crate::error::ExplainError;
use finexl_core::seed;
use finexl_data::aspects::{Aspect, Implementation, stylize};
use finexl_data::image::Image;
use finexl_data::vocabulary::Concept;
use finexl_zoo::ZooError;
use finexl_zoo::encoders::{Encoder, Features};
use rand::{Rng, RngExt};
use rayon::prelude::*;
use std::ops::Range;

/// Passes pictures through what a generator draws with, such as its autoencoder.
pub type Codec<'a> = &'a (dyn Fn(&[Image]) -> Result<Vec<Image>, ZooError> + Sync);

/// What episodes are drawn from.
pub struct Stock<'a> {
    /// Pictures of one split.
    pub pictures: &'a dyn Pictures,
    /// Aspects with the operators that make them.
    pub aspects: &'a [HeadAspect],
    /// The encoder of the features.
    pub encoder: &'a dyn Encoder,
    /// Pictures of a set.
    pub pairs: usize,
    /// Most aspects at once.
    pub most: usize,
    /// Half of all sets pass through one of these, both sides.
    pub codecs: &'a [Codec<'a>],
    /// Seed of everything that is drawn.
    pub seed: u64,
}

/// A set as features.
#[derive(Clone, Debug, PartialEq)]
pub struct Episode {
    /// Features of the personalized pictures less those of the base, `[n, d]`.
    pub divergences: Features,
    /// The same of their tiles, where they have any: pair by pair, `[n, d]`.
    pub tiles: Option<Features>,
    /// Mean level of every aspect, `[A]`.
    pub levels: Vec<f32>,
}

impl Episode {
    /// What its views show, `[n, d]` each: the whole pictures, then their tiles where there are any.
    pub fn views(&self) -> impl Iterator<Item = &Features> {
        std::iter::once(&self.divergences).chain(&self.tiles)
    }
}

/// Levels of the aspects that a picture wears, by index.
type Worn = Vec<(usize, f32)>;

impl Stock<'_> {
    /// The sets of some numbers, in their order; a set depends on its number and the seed alone.
    ///
    /// # Errors
    /// Where the encoder or a codec fails.
    pub fn draw(&self, sets: Range<usize>) -> Result<Vec<Episode>, ExplainError> {
        let concepts: Vec<Concept> = self.aspects.iter().map(|a| a.concept.clone()).collect();
        let ranges = Ranges {
            concepts: &concepts,
            most: self.most,
            hands: self.pictures.hands(),
            pictures: self.pictures.len(),
            pairs: self.pairs,
            codecs: self.codecs.len(),
        };
        sets.map(|set| {
            let keys = [seed::key("episode"), set as u64];
            self.episode(&Plan::draw(&ranges, &mut seed::generator(self.seed, &keys)))
        })
        .collect()
    }

    fn episode(&self, plan: &Plan) -> Result<Episode, ExplainError> {
        let places = 0..plan.pictures.len();
        let made = places.into_par_iter().map(|place| self.styled(plan, place));
        let (pairs, mut worn): (Vec<(Image, Image)>, Vec<Worn>) = made.unzip();
        let mut images: Vec<Image> = match &plan.half_learned {
            Some(half) => half.shown(&pairs),
            None => pairs.into_iter().map(|(_, styled)| styled).collect(),
        };
        if let Some(half) = &plan.half_learned {
            for (aspect, level) in worn.iter_mut().flatten() {
                *level *= half.level(self.aspects[*aspect].family());
            }
        }
        let mut base = self.base(plan);
        if let Some(codec) = plan.codec {
            base = self.codecs[codec](&base)?;
            images = self.codecs[codec](&images)?;
        }
        if let Some(nuisance) = plan.nuisance {
            let disturbed = images.iter().enumerate().map(|(place, image)| {
                nuisance.apply(image, plan.style_seed.wrapping_add(place as u64))
            });
            images = disturbed.collect::<Result<_, _>>()?;
        }
        let mut levels = vec![0.0; self.aspects.len()];
        let share = 1.0 / worn.len() as f32;
        for (aspect, level) in worn.iter().flatten() {
            levels[*aspect] += level * share;
        }
        let [base, personalized] = [base, images].map(|images| self.features(&images));
        let (base, mut divergences) = (base?, personalized?);
        for (value, base) in divergences.values.iter_mut().zip(&base.values) {
            *value -= base;
        }
        Ok(Episode {
            divergences,
            tiles: None,
            levels,
        })
    }

    fn base(&self, plan: &Plan) -> Vec<Image> {
        let picture = |index: &usize| self.pictures.picture(*index, plan.hands[0], 0);
        plan.pictures.par_iter().map(picture).collect()
    }

    fn features(&self, images: &[Image]) -> Result<Features, ExplainError> {
        let prepared: Vec<Image> = (images.par_iter())
            .map(|image| self.encoder.prepare(image))
            .collect();
        Ok(self.encoder.encode_images(&prepared)?)
    }

    /// The picture of a place, as the personalized model draws it without and with its style, and the levels
    /// of the aspects that it wears.
    fn styled(&self, plan: &Plan, place: usize) -> ((Image, Image), Worn) {
        let mut random = seed::generator(plan.style_seed, &[seed::key("pair"), place as u64]);
        let variant = match random.random_bool(plan.redrawn) {
            true => random.next_u64(),
            false => 0,
        };
        let clean = (self.pictures).picture(plan.pictures[place], plan.hands[1], variant);
        let mut worn = plan.aspects.clone();
        if plan.mixing == Mixing::Shared && worn.len() > 1 {
            worn = vec![worn[random.random_range(0..worn.len())]];
        }
        for (_, level) in &mut worn {
            *level *= 1.0 - plan.jitter * random.random::<f32>();
        }
        let operators: Vec<(&Aspect, f32)> = worn
            .iter()
            .flat_map(|(aspect, level)| {
                let operators = self.aspects[*aspect].operators.iter();
                operators.map(move |(operator, share)| (*operator, level * share))
            })
            .collect();
        let noise = random.next_u64();
        let styled = stylize(
            &clean,
            &operators,
            Implementation::Training,
            plan.style_seed,
            noise,
        );
        ((clean, styled), worn)
    }
}
