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
    /// The probe of every pair, where probes are the pairs' own prompts.
    of_pairs: Option<Vec<usize>>,
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
        let bank = Self::from_values(values, phrases.probes(), concepts, phrases.dimension())?;
        bank.check_lengths(vocabulary)?;
        Ok(bank)
    }

    /// Says which concepts have no direction on some of the probes: what a text says in addition is not read there.
    ///
    /// # Errors
    /// [`ExplainError::NoDirection`] for a concept that has none on any.
    pub fn check_lengths(&self, vocabulary: &Vocabulary) -> Result<Option<String>, ExplainError> {
        let (mut names, mut most) = (Vec::new(), 0);
        for (index, concept) in vocabulary.concepts().iter().enumerate().take(self.concepts) {
            let rows = self.values.chunks_exact(self.dimension);
            let rows = rows.skip(index).step_by(self.concepts);
            let silent = rows.filter(|row| row.iter().all(|v| *v == 0.0)).count();
            if silent == self.probes {
                return Err(ExplainError::NoDirection {
                    concept: concept.name.clone(),
                });
            }
            if silent > 0 {
                names.push(format!("\"{}\"", concept.name));
                most = most.max(silent);
            }
        }
        const LISTED: usize = 3;
        let count = names.len();
        names.truncate(LISTED);
        let more = match count.saturating_sub(LISTED) {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        Ok((count > 0).then(|| {
            format!(
                "On up to {most} of {} prompts the encoder does not tell {}{more} from the prompt alone; these prompts say \
                 nothing of them.",
                self.probes,
                names.join(", ")
            )
        }))
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
            of_pairs: None,
        })
    }

    /// The same bank, whose probes are the prompts of pairs: `of_pairs` says which probe is the prompt of each pair.
    /// Pairs and probes are resampled together then, and means over all probes count a probe once per pair.
    ///
    /// Nothing else makes a bank one of the pairs: as many probes as pairs may as well be a coincidence.
    ///
    /// # Errors
    /// A probe that the bank does not have, or none of any pair.
    pub fn of_pairs(mut self, of_pairs: Vec<usize>) -> Result<Self, ExplainError> {
        if let Some(found) = of_pairs.iter().find(|probe| **probe >= self.probes) {
            return Err(ExplainError::Shape {
                what: "the probe of a pair",
                expected: self.probes,
                found: *found,
            });
        }
        if of_pairs.is_empty() {
            return Err(ExplainError::TooFew {
                what: "pairs of a concept bank",
                least: 1,
            });
        }
        self.of_pairs = Some(of_pairs);
        Ok(self)
    }

    /// The probe of every pair, where probes are the pairs' own prompts; none where they belong to no pair.
    pub fn probes_of_pairs(&self) -> Option<&[usize]> {
        self.of_pairs.as_deref()
    }

    /// The same probes, of the same pairs, with other directions of the same shape: what a map of the space makes of
    /// them.
    pub(crate) fn with_values(&self, values: Vec<f32>) -> Result<Self, ExplainError> {
        let mapped = Self::from_values(values, self.probes, self.concepts, self.dimension)?;
        Ok(Self {
            of_pairs: self.of_pairs.clone(),
            ..mapped
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

    /// Mean directions over all probes, those of pairs as often as pairs have them, `[N, d]`, row-major.
    pub fn mean(&self) -> Vec<f64> {
        match &self.of_pairs {
            Some(of_pairs) => self.mean_over(of_pairs),
            None => self.mean_over(&(0..self.probes).collect::<Vec<_>>()),
        }
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

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn probes_belong_to_pairs_only_where_it_is_said() {
        let bank = ConceptBank::from_values(vec![0.0, 1.0, 5.0], 3, 1, 1).unwrap();
        assert_eq!((bank.probes_of_pairs(), bank.mean()), (None, vec![2.0]));
        // Of four pairs two have the second prompt.
        let of_pairs = bank.clone().of_pairs(vec![1, 0, 1, 2]).unwrap();
        assert_eq!(of_pairs.mean(), [1.75]);
        let mapped = of_pairs.with_values(vec![0.0, 2.0, 10.0]).unwrap();
        assert_eq!(mapped.probes_of_pairs(), of_pairs.probes_of_pairs());
        assert_eq!(mapped.mean(), [3.5]);
        assert!(bank.clone().of_pairs(vec![0, 3]).is_err());
        assert!(bank.of_pairs(Vec::new()).is_err());
    }

    #[test]
    fn a_direction_of_length_0_is_named() {
        let names = ["warm", "dark"].map(str::to_string);
        let vocabulary = Vocabulary::of_names(&names);
        let checked = |values: [f32; 8]| {
            let bank = ConceptBank::from_values(values.to_vec(), 2, 2, 2).unwrap();
            bank.check_lengths(&vocabulary)
        };
        assert_eq!(checked([1.0; 8]).unwrap(), None);
        let note = checked([1.0, 1.0, 0.0, 0.0, 1.0, 0.0, 0.0, 1.0])
            .unwrap()
            .unwrap();
        assert!(
            note.contains("\"dark\"") && note.contains("1 of 2"),
            "{note}"
        );
        let error = checked([1.0, 1.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0])
            .unwrap_err()
            .to_string();
        assert!(error.contains("\"dark\""), "{error}");
    }
}
