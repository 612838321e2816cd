//! The concepts as texts: what methods compare single images with.

use super::offer::check;
use crate::EvalError;
use finexl_data::captions::caption;
use finexl_explain::ExplainError;
use finexl_explain::vocabulary::Vocabulary;
use finexl_zoo::encoders::Encoder;

/// How a concept is put into words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TextForm<'a> {
    /// "PHRASE style".
    Phrase,
    /// "PROMPT, PHRASE style", over all probes: prompts as the images were made from.
    OnProbes(&'a [String]),
}

/// `E_txt(C)`: the mean of the embeddings of a concept's texts, L2-normalised (prompt ensembling as in
/// Radford et al. 2021).
#[derive(Clone, Debug, PartialEq)]
pub struct ConceptTexts {
    dimension: usize,
    /// `[N, d]`
    values: Vec<f64>,
}

impl ConceptTexts {
    /// Encodes all phrases of a vocabulary.
    ///
    /// # Errors
    /// A text that the encoder cannot read, or no probe.
    pub fn encode(
        encoder: &dyn Encoder,
        vocabulary: &Vocabulary,
        form: TextForm<'_>,
    ) -> Result<Self, EvalError> {
        let d = encoder.dimension();
        let mut values = Vec::with_capacity(vocabulary.concepts().len() * d);
        for concept in vocabulary.concepts() {
            let phrases = concept.phrases.iter();
            let texts: Vec<String> = match form {
                TextForm::Phrase => phrases.map(|phrase| format!("{phrase} style")).collect(),
                TextForm::OnProbes(probes) => phrases
                    .flat_map(|phrase| probes.iter().map(move |p| caption(p, &[phrase])))
                    .collect(),
            };
            if texts.is_empty() {
                let what = "the probes of the concepts' texts";
                return Err(ExplainError::TooFew { what, least: 1 }.into());
            }
            let features = encoder.encode_texts(&texts)?;
            let mut sum = vec![0.0; d];
            for row in features.values.chunks_exact(d) {
                sum.iter_mut()
                    .zip(row)
                    .for_each(|(s, v)| *s += f64::from(*v));
            }
            values.extend(sum);
        }
        Self::from_values(values, vocabulary.concepts().len(), d)
    }

    /// Embeddings that were made elsewhere, `[N, d]` row-major; rows are normalised, zeros stay.
    ///
    /// # Errors
    /// No concept, a wrong number of values, or one that is not finite.
    pub fn from_values(
        mut values: Vec<f64>,
        concepts: usize,
        dimension: usize,
    ) -> Result<Self, EvalError> {
        check("the concepts' texts", &values, concepts, dimension)?;
        for row in values.chunks_exact_mut(dimension) {
            normalise(row);
        }
        Ok(Self { dimension, values })
    }

    /// Number of concepts N.
    pub fn concepts(&self) -> usize {
        self.values.len() / self.dimension
    }

    /// Dimension d.
    pub fn dimension(&self) -> usize {
        self.dimension
    }

    /// All rows, `[N, d]`.
    pub fn values(&self) -> &[f64] {
        &self.values
    }

    /// E_txt of one concept, `[d]`.
    pub fn row(&self, concept: usize) -> &[f64] {
        &self.values[concept * self.dimension..(concept + 1) * self.dimension]
    }
}

/// Divides a vector by its length, and returns that; zeros stay.
pub(super) fn normalise(row: &mut [f64]) -> f64 {
    let length = row.iter().map(|v| v * v).sum::<f64>().sqrt();
    if length > 0.0 {
        row.iter_mut().for_each(|v| *v /= length);
    }
    length
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::made_up::FakeEncoder;

    #[test]
    fn both_forms_give_unit_rows_and_differ() {
        let names = ["vivid", "line art"].map(str::to_string);
        let vocabulary = Vocabulary::of_names(&names);
        let encoder = FakeEncoder::new();
        let probes = ["a cat", "a red house"].map(str::to_string);
        let encode = |form| ConceptTexts::encode(&encoder, &vocabulary, form).unwrap();
        let (plain, on_probes) = (
            encode(TextForm::Phrase),
            encode(TextForm::OnProbes(&probes)),
        );
        assert_eq!(
            (plain.concepts(), plain.dimension()),
            (2, encoder.dimension())
        );
        for row in [plain.row(0), on_probes.row(1)] {
            let length: f64 = row.iter().map(|v| v * v).sum();
            assert!((length - 1.0).abs() < 1e-9);
        }
        assert_ne!(plain, on_probes);
        assert!(ConceptTexts::encode(&encoder, &vocabulary, TextForm::OnProbes(&[])).is_err());
    }

    #[test]
    fn what_is_not_finite_is_named() {
        let error = ConceptTexts::from_values(vec![0.0, f64::NAN], 1, 2).unwrap_err();
        assert!(error.to_string().contains("the concepts' texts"), "{error}");
        assert!(ConceptTexts::from_values(vec![0.0; 3], 2, 2).is_err());
        assert!(ConceptTexts::from_values(Vec::new(), 0, 2).is_err());
    }
}
