//! What every method is offered: the same concepts, on the same probes, by the same encoder.

use super::{ConceptTexts, Decomposed};
use crate::EvalError;
use finexl_explain::ExplainError;
use finexl_explain::bank::ConceptBank;
use finexl_explain::decompose::{Directions, check_finite};
use finexl_explain::vocabulary::Vocabulary;
use finexl_zoo::encoders::Features;

/// The common ground of a comparison; one serves all models of a pool.
#[derive(Clone, Debug)]
pub struct Offer<'a> {
    vocabulary: &'a Vocabulary,
    dimension: usize,
    /// `[N, d]`
    directions: Vec<f64>,
    /// `[N, d]`
    transformed: Vec<f64>,
    texts: ConceptTexts,
    /// `[d]`
    image_mean: Vec<f64>,
}

impl<'a> Offer<'a> {
    /// An offer of the concepts of a vocabulary:
    /// - `bank`: their directions on the probes;
    /// - `texts`: their embeddings;
    /// - `image_mean`, `[d]`: the mean embedding of images of the domain, to be taken off where a method
    ///   closes the gap between images and texts; the base's images of the whole pool will do
    ///   ([`mean_embedding`]);
    /// - `reference`: the decomposition whose directions baselines are shown with too.
    ///
    /// # Errors
    /// Sizes that do not fit each other, numbers that are not finite, a factorisation that fails.
    pub fn new(
        vocabulary: &'a Vocabulary,
        bank: &ConceptBank,
        texts: ConceptTexts,
        image_mean: Vec<f64>,
        reference: &Decomposed,
    ) -> Result<Self, EvalError> {
        let (concepts, dimension) = (vocabulary.concepts().len(), bank.dimension());
        let directions = bank.mean();
        check("the concept bank", &directions, concepts, dimension)?;
        check("the concepts' texts", texts.values(), concepts, dimension)?;
        check("the mean of the domain's images", &image_mean, 1, dimension)?;
        let mut offer = Self {
            vocabulary,
            dimension,
            transformed: Vec::new(),
            directions,
            texts,
            image_mean,
        };
        offer.transformed = reference.transformed(&offer)?;
        Ok(offer)
    }

    /// The concepts.
    pub fn vocabulary(&self) -> &'a Vocabulary {
        self.vocabulary
    }

    /// Number of concepts N.
    pub fn concepts(&self) -> usize {
        self.vocabulary.concepts().len()
    }

    /// Dimension d.
    pub fn dimension(&self) -> usize {
        self.dimension
    }

    /// f(C), `[N, d]`.
    ///
    /// # Errors
    /// Those of [`Directions::new`], which these have passed.
    pub fn directions(&self) -> Result<Directions<'_>, EvalError> {
        Ok(Directions::new(
            &self.directions,
            self.concepts(),
            self.dimension,
        )?)
    }

    /// f~(C) of the reference, `[N, d]`.
    pub fn transformed(&self) -> &[f64] {
        &self.transformed
    }

    /// E_txt(C).
    pub fn texts(&self) -> &ConceptTexts {
        &self.texts
    }

    /// Mean embedding of the domain's images, `[d]`.
    pub fn image_mean(&self) -> &[f64] {
        &self.image_mean
    }
}

/// Mean over the rows of several sets of features of one dimension, `[d]`; empty where there is no set.
pub fn mean_embedding(sets: &[&Features]) -> Vec<f64> {
    let d = sets.first().map_or(0, |set| set.dimension);
    let count = sets.iter().map(|set| set.len()).sum::<usize>().max(1) as f64;
    let mut mean = vec![0.0; d];
    for row in sets
        .iter()
        .flat_map(|set| set.values.chunks_exact(d.max(1)))
    {
        for (sum, value) in mean.iter_mut().zip(row) {
            *sum += f64::from(*value) / count;
        }
    }
    mean
}

/// Checks the size of a row-major matrix, and that it is finite.
pub(super) fn check(
    what: &'static str,
    values: &[f64],
    rows: usize,
    columns: usize,
) -> Result<(), EvalError> {
    if rows == 0 || columns == 0 {
        return Err(ExplainError::TooFew { what, least: 1 }.into());
    }
    if values.len() != rows * columns {
        let (expected, found) = (rows * columns, values.len());
        return Err(ExplainError::Shape {
            what,
            expected,
            found,
        }
        .into());
    }
    Ok(check_finite(what, values, columns)?)
}
