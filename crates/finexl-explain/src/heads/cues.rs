//! What the known ways say of every concept: the evidence that a head weighs.

use super::base_space::{Base, PerWeight};
use super::known_aspects::{KnownAspects, norm};
use crate::decompose::{Decomposition, Directions, Nnls, Ridge, RidgeFactor};
use crate::error::ExplainError;
use std::sync::Arc;

/// Numbers per concept.
pub(super) const CUES: usize = 11;
/// Penalty of the ridge fits.
const PENALTY: f64 = 1.0;
/// Weight that the share of the largest one is dampened by.
const DAMPING: f64 = 0.05;

/// Concepts as a head sees them, with what does not depend on a divergence.
#[derive(Debug)]
pub(super) struct CueBank {
    dimension: usize,
    /// Mean length of a text direction of the head's own vocabulary: the unit of all lengths.
    scale: f64,
    texts: Side,
    blended: Side,
    /// Where this offer lacks something that was on offer in training.
    rivals: Option<Arc<Rivals>>,
    /// Where models of the base are known.
    base: Option<OfBase>,
    /// How far each concept is known, `[N]`.
    pub known: Vec<f64>,
    /// As which aspect, `[N]`.
    pub aspects: Vec<Option<usize>>,
}

/// What a base adds.
#[derive(Debug)]
struct OfBase {
    base: Arc<Base>,
    /// Directions of images in its space.
    side: Side,
    /// Levels per weight by texts and by images, `[N]` each.
    per_weight: [Vec<f64>; 2],
}

/// All that was on offer in training, beside what of another offer is none of it.
#[derive(Debug)]
struct Rivals {
    /// Directions of texts.
    texts: Side,
    /// Directions of images in the space of a base, where there is one.
    images: Option<Side>,
    /// Which of them each concept of the offer means, `[N]`.
    places: Vec<usize>,
}

impl Rivals {
    /// The weights of the concepts on offer in a fit with all, `[N]`.
    fn weights(&self, side: &Side, divergence: &[f64]) -> Vec<f64> {
        let all = side.ridge(divergence);
        self.places.iter().map(|place| all[*place]).collect()
    }
}

/// One set of directions.
#[derive(Debug)]
pub(super) struct Side {
    /// `[N, d]`
    directions: Vec<f64>,
    dimension: usize,
    /// `[N]`
    lengths: Vec<f64>,
    ridge: RidgeFactor,
}

impl Side {
    /// Rows, `[N, d]`.
    pub fn new(directions: Vec<f64>, dimension: usize) -> Result<Self, ExplainError> {
        let rows = Directions::new(&directions, directions.len() / dimension, dimension)?;
        Ok(Self {
            lengths: rows.rows().map(|row| norm(row).max(1e-12)).collect(),
            ridge: Ridge { lambda: PENALTY }.factor(rows)?,
            dimension,
            directions,
        })
    }

    fn rows(&self) -> Directions<'_> {
        Directions::trusted(&self.directions, self.lengths.len(), self.dimension)
    }

    /// Weights of a ridge fit, `[N]`.
    pub fn ridge(&self, divergence: &[f64]) -> Vec<f64> {
        self.ridge.weights(self.rows(), divergence)
    }

    fn products(&self, divergence: &[f64]) -> Vec<f64> {
        let rows = self.directions.chunks_exact(divergence.len());
        rows.map(|row| row.iter().zip(divergence).map(|(a, b)| a * b).sum())
            .collect()
    }

    fn non_negative(&self, divergence: &[f64]) -> Result<Vec<f64>, ExplainError> {
        Ok(Nnls::default().decompose(self.rows(), divergence)?.weights)
    }
}

impl CueBank {
    /// Concepts by their text directions in the head's space, `[N, d]`.
    ///
    /// # Errors
    /// Directions that are not finite, a factorisation that fails.
    pub fn new(
        texts: Vec<f64>,
        dimension: usize,
        aspects: &KnownAspects,
        scale: f64,
        base: Option<&Arc<Base>>,
    ) -> Result<Self, ExplainError> {
        let rivals = match aspects.with_rivals(&texts, dimension) {
            Some((rows, places)) => {
                let images = base.map(|base| {
                    let recalled = aspects.recall(&rows, dimension).into_iter();
                    let images: Vec<f64> = recalled.flat_map(|recalled| recalled.image).collect();
                    Side::new(base.space.mapped(&images), dimension)
                });
                Some(Arc::new(Rivals {
                    images: images.transpose()?,
                    texts: Side::new(rows, dimension)?,
                    places,
                }))
            }
            None => None,
        };
        Self::beside(rivals, texts, dimension, aspects, (scale, base))
    }

    /// The same concepts by resampled directions, `[N, d]`. Which rivals they have, and how those lie, stays.
    ///
    /// # Errors
    /// As [`CueBank::new`].
    pub fn resampled(&self, texts: Vec<f64>, aspects: &KnownAspects) -> Result<Self, ExplainError> {
        let rivals = self.rivals.clone();
        let base = self.base.as_ref().map(|of| &of.base);
        let as_before = (self.scale, base);
        Self::beside(rivals, texts, self.dimension, aspects, as_before)
    }

    fn beside(
        rivals: Option<Arc<Rivals>>,
        texts: Vec<f64>,
        dimension: usize,
        aspects: &KnownAspects,
        (scale, base): (f64, Option<&Arc<Base>>),
    ) -> Result<Self, ExplainError> {
        let recalled = aspects.recall(&texts, dimension);
        let blended: Vec<f64> = recalled.iter().flat_map(|r| &r.image).copied().collect();
        let base = match base {
            Some(base) => {
                let of = |levels: &PerWeight| {
                    let each = recalled.iter();
                    each.map(|r| levels.of(r.known, r.aspect)).collect()
                };
                Some(OfBase {
                    side: Side::new(base.space.mapped(&blended), dimension)?,
                    per_weight: [&base.by_texts, &base.by_images].map(of),
                    base: base.clone(),
                })
            }
            None => None,
        };
        Ok(Self {
            rivals,
            dimension,
            scale,
            base,
            blended: Side::new(blended, dimension)?,
            texts: Side::new(texts, dimension)?,
            known: recalled.iter().map(|recalled| recalled.known).collect(),
            aspects: recalled.iter().map(|recalled| recalled.aspect).collect(),
        })
    }

    /// Number of concepts N.
    pub fn concepts(&self) -> usize {
        self.known.len()
    }

    /// Text directions in units of the scale, `[N, d]`.
    pub fn scaled_texts(&self) -> impl Iterator<Item = f32> + '_ {
        let texts = self.texts.directions.iter();
        texts.map(|v| (v / self.scale) as f32)
    }

    /// Directions of images, those of texts where no aspect is known, `[N, d]`.
    pub fn blended(&self) -> &[f64] {
        &self.blended.directions
    }

    /// A divergence in units of the scale, `[d]`.
    pub fn scaled<'a>(&'a self, divergence: &'a [f64]) -> impl Iterator<Item = f32> + 'a {
        divergence.iter().map(|v| (v / self.scale) as f32)
    }

    /// How strong every concept is, `[N]`: the weights of a ridge fit with directions of texts, beside all that was on
    /// offer in training, those below 0 as 0. Where the base is known, levels: the mean of that fit and of one with
    /// the responses of the base in its space. The words hold where a model shows an aspect in another way than the
    /// reference models do.
    pub fn strengths(&self, divergence: &[f64]) -> Vec<f64> {
        self.combined(divergence, |weight| weight.max(0.0))
    }

    /// The same without a cut at 0, so linear in the divergence.
    pub fn uncut_strengths(&self, divergence: &[f64]) -> Vec<f64> {
        self.combined(divergence, |weight| weight)
    }

    fn combined(&self, divergence: &[f64], cut: impl Fn(f64) -> f64) -> Vec<f64> {
        let rivals = self.rivals.as_deref();
        let by_texts = match rivals {
            Some(rivals) => rivals.weights(&rivals.texts, divergence),
            None => self.texts.ridge(divergence),
        };
        let by_texts = by_texts.into_iter().map(&cut);
        let Some(of_base) = &self.base else {
            return by_texts.collect();
        };
        let mapped = of_base.base.space.mapped(divergence);
        let by_images = match rivals.and_then(|rivals| Some((rivals, rivals.images.as_ref()?))) {
            Some((rivals, images)) => rivals.weights(images, &mapped),
            None => of_base.side.ridge(&mapped),
        };
        let both = by_texts.zip(by_images).enumerate();
        both.map(|(concept, (text, image))| {
            let [of_texts, of_images] = &of_base.per_weight;
            (text * of_texts[concept] + cut(image) * of_images[concept]) / 2.0
        })
        .collect()
    }

    /// The weights of a ridge fit with directions of images, in the space of the base where it is known, `[N]`.
    pub fn ridge(&self, divergence: &[f64]) -> Vec<f64> {
        match &self.base {
            Some(of) => of.side.ridge(&of.base.space.mapped(divergence)),
            None => self.blended.ridge(divergence),
        }
    }

    /// What is known of every concept in a divergence, `[N, CUES]`, for concepts of which only `known` is:
    /// length along the concept, cosine, weights of a ridge and of a non-negative fit, the lengths of the
    /// divergence and of the largest weight, the weight as a share of the largest; then the first four again
    /// with directions of images, as far as the concept is known.
    ///
    /// # Errors
    /// A divergence of another dimension, a solver that fails.
    pub fn cues(&self, divergence: &[f64], known: &[f64]) -> Result<Vec<f32>, ExplainError> {
        if divergence.len() != self.dimension {
            return Err(ExplainError::Shape {
                what: "the divergence that a head reads",
                expected: self.dimension,
                found: divergence.len(),
            });
        }
        let length = norm(divergence);
        let sides = [&self.texts, &self.blended];
        let products = sides.map(|side| side.products(divergence));
        let ridge = sides.map(|side| side.ridge(divergence));
        let [plain, blended] = sides.map(|side| side.non_negative(divergence));
        let weights = [plain?, blended?];
        let top = weights[0].iter().copied().fold(0.0, f64::max);
        let mut cues = Vec::with_capacity(self.concepts() * CUES);
        for concept in 0..self.concepts() {
            let of = |side: usize| {
                let own = sides[side].lengths[concept];
                let along = products[side][concept] / own;
                let unit = [self.scale, own][side];
                [
                    along / unit,
                    along / (length + 1e-6),
                    ridge[side][concept],
                    weights[side][concept],
                ]
            };
            let largest = weights[0][concept] / (top + DAMPING);
            cues.extend(of(0).map(|v| v as f32));
            cues.extend([length / self.scale, top, largest].map(|v| v as f32));
            cues.extend(of(1).map(|v| (v * known[concept]) as f32));
        }
        Ok(cues)
    }
}
