//! The concept bank: every concept's direction on every probe.

use crate::error::ExplainError;
use crate::phrase_features::PhraseFeatures;
use crate::vocabulary::Vocabulary;
use finexl_zoo::encoders::Encoder;

/// Directions `f_j(C) = E_txt(t_j u C) - E_txt(t_j)` before the mean over probes (Eq. 6 of the
/// paper); a concept of several phrases is the mean over them.
#[derive(Clone, Debug, PartialEq)]
pub struct ConceptBank {
    probes: usize,
    concepts: usize,
    dimension: usize,
    /// `[probes, N, d]`, row-major.
    values: Vec<f32>,
}

impl ConceptBank {
    /// Encodes every phrase on every probe prompt.
    ///
    /// # Errors
    /// No probe, or a text that the encoder cannot read.
    pub fn build(
        encoder: &dyn Encoder,
        vocabulary: &Vocabulary,
        probes: &[String],
    ) -> Result<Self, ExplainError> {
        let phrases = PhraseFeatures::encode(encoder, vocabulary, probes)?;
        Self::of_phrases(&phrases, vocabulary)
    }

    /// The directions of a vocabulary whose phrases are all encoded.
    ///
    /// # Errors
    /// No probe or concept, or a phrase that is missing.
    pub fn of_phrases(
        phrases: &PhraseFeatures,
        vocabulary: &Vocabulary,
    ) -> Result<Self, ExplainError> {
        let values = phrases.directions(vocabulary).unwrap_or_default();
        let concepts = vocabulary.concepts().len();
        Self::from_values(values, phrases.probes(), concepts, phrases.dimension())
    }

    /// Directions that were made elsewhere, `[probes, N, d]`, row-major.
    ///
    /// # Errors
    /// No probe or concept, a wrong number of values, or one that is not finite.
    pub fn from_values(
        values: Vec<f32>,
        probes: usize,
        concepts: usize,
        dimension: usize,
    ) -> Result<Self, ExplainError> {
        const WHAT: &str = "the concept bank";
        if probes == 0 || concepts == 0 || dimension == 0 {
            return Err(ExplainError::TooFew {
                what: WHAT,
                least: 1,
            });
        }
        if values.len() != probes * concepts * dimension {
            return Err(ExplainError::Shape {
                what: WHAT,
                expected: probes * concepts * dimension,
                found: values.len(),
            });
        }
        if let Some(place) = values.iter().position(|v| !v.is_finite()) {
            return Err(ExplainError::NotFinite {
                what: WHAT,
                row: place / dimension,
                column: place % dimension,
                value: f64::from(values[place]),
            });
        }
        Ok(Self {
            probes,
            concepts,
            dimension,
            values,
        })
    }

    /// Number of probes.
    pub fn probes(&self) -> usize {
        self.probes
    }

    /// Number of concepts N.
    pub fn concepts(&self) -> usize {
        self.concepts
    }

    /// Dimension d.
    pub fn dimension(&self) -> usize {
        self.dimension
    }

    /// All values, `[probes, N, d]`.
    pub fn values(&self) -> &[f32] {
        &self.values
    }

    /// Mean directions over all probes, `[N, d]`, row-major.
    pub fn mean(&self) -> Vec<f64> {
        let all: Vec<usize> = (0..self.probes).collect();
        self.mean_over(&all)
    }

    /// Mean directions over chosen probes (repeats count), `[N, d]`, row-major.
    pub fn mean_over(&self, probes: &[usize]) -> Vec<f64> {
        let size = self.concepts * self.dimension;
        let mut counts = vec![0u32; self.probes];
        for probe in probes {
            counts[*probe] += 1;
        }
        let mut sum = vec![0.0f64; size];
        for (probe, count) in counts.iter().enumerate().filter(|(_, count)| **count > 0) {
            let weight = f64::from(*count);
            let block = &self.values[probe * size..(probe + 1) * size];
            for (total, value) in sum.iter_mut().zip(block) {
                *total += weight * f64::from(*value);
            }
        }
        let scale = 1.0 / probes.len().max(1) as f64;
        sum.iter_mut().for_each(|v| *v *= scale);
        sum
    }
}
