//! The answers for all pairs, by concept.

use super::{PairAnswer, Proposal};
use crate::EvalError;
use finexl_explain::vocabulary::Vocabulary;
use std::collections::BTreeMap;

/// What a proposer said of one model's pairs. Answers that could not be read are counted and say nothing.
#[derive(Clone, Debug, PartialEq)]
pub struct ProposalTable {
    concepts: usize,
    /// personalized minus base, `[read pairs, N]`
    differences: Vec<f64>,
    unparsed: usize,
    outside: BTreeMap<String, usize>,
}

impl ProposalTable {
    /// Sorts answers by the concepts of a vocabulary. Of several phrases of one concept in an answer the
    /// strongest counts, for each image; phrases that stand for none are counted.
    ///
    /// # Errors
    /// A score outside [0, 1].
    pub fn new(answers: &[PairAnswer], vocabulary: &Vocabulary) -> Result<Self, EvalError> {
        let concepts = vocabulary.concepts().len();
        let mut table = Self {
            concepts,
            differences: Vec::new(),
            unparsed: 0,
            outside: BTreeMap::new(),
        };
        for answer in answers {
            match answer {
                PairAnswer::Aspects(proposals) => table.add(proposals, vocabulary)?,
                PairAnswer::Unparsed(_) => table.unparsed += 1,
            }
        }
        Ok(table)
    }

    fn add(&mut self, proposals: &[Proposal], vocabulary: &Vocabulary) -> Result<(), EvalError> {
        let mut seen = vec![[0.0f64; 2]; self.concepts];
        for proposal in proposals {
            let scores = [proposal.base, proposal.personalized];
            if let Some(score) = scores.iter().find(|s| !(0.0..=1.0).contains(*s)) {
                return Err(EvalError::Score {
                    phrase: proposal.phrase.clone(),
                    score: *score,
                });
            }
            match position(vocabulary, &proposal.phrase) {
                Some(concept) => {
                    let entry = &mut seen[concept];
                    *entry = [entry[0].max(scores[0]), entry[1].max(scores[1])];
                }
                None => *self.outside.entry(proposal.phrase.clone()).or_default() += 1,
            }
        }
        self.differences
            .extend(seen.iter().map(|[base, personalized]| personalized - base));
        Ok(())
    }

    /// Number of concepts N.
    pub fn concepts(&self) -> usize {
        self.concepts
    }

    /// Pairs whose answer could be read.
    pub fn read(&self) -> usize {
        self.differences.len() / self.concepts.max(1)
    }

    /// Pairs whose answer could not be read.
    pub fn unparsed(&self) -> usize {
        self.unparsed
    }

    /// Proposed phrases that stand for no concept, with how often.
    pub fn outside(&self) -> &BTreeMap<String, usize> {
        &self.outside
    }

    /// Mean over the pairs that could be read of every concept's score in the personalized image minus that
    /// in the base's, `[N]`.
    ///
    /// # Errors
    /// [`EvalError::Unanswered`] where no answer could be read.
    pub fn mean_differences(&self) -> Result<Vec<f64>, EvalError> {
        let pairs = self.answered()? as f64;
        let mut mean = vec![0.0; self.concepts];
        for row in self.differences.chunks_exact(self.concepts.max(1)) {
            mean.iter_mut()
                .zip(row)
                .for_each(|(sum, value)| *sum += value / pairs);
        }
        Ok(mean)
    }

    /// The concepts that at least one pair has among its `per_pair` largest differences above 0, each once,
    /// in the order of the vocabulary.
    ///
    /// # Errors
    /// [`EvalError::Unanswered`] where no answer could be read.
    pub fn proposed(&self, per_pair: usize) -> Result<Vec<usize>, EvalError> {
        self.answered()?;
        let mut proposed = vec![false; self.concepts];
        for row in self.differences.chunks_exact(self.concepts.max(1)) {
            let mut risen: Vec<usize> = (0..row.len()).filter(|k| row[*k] > 0.0).collect();
            risen.sort_by(|a, b| row[*b].total_cmp(&row[*a]));
            risen
                .iter()
                .take(per_pair)
                .for_each(|k| proposed[*k] = true);
        }
        Ok((0..self.concepts).filter(|k| proposed[*k]).collect())
    }

    fn answered(&self) -> Result<usize, EvalError> {
        match self.read() {
            0 => Err(EvalError::Unanswered {
                unparsed: self.unparsed,
            }),
            read => Ok(read),
        }
    }
}

/// The concept of a phrase as a model may write it: in capitals, or with "style" behind it.
fn position(vocabulary: &Vocabulary, phrase: &str) -> Option<usize> {
    let plain = phrase.trim().to_lowercase();
    let bare = plain.strip_suffix(" style").unwrap_or(&plain);
    let known = vocabulary
        .position(phrase)
        .or_else(|| vocabulary.position(&plain));
    known.or_else(|| vocabulary.position(bare))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn proposal(phrase: &str, base: f64, personalized: f64) -> Proposal {
        Proposal {
            phrase: phrase.to_string(),
            base,
            personalized,
        }
    }

    fn vocabulary() -> Vocabulary {
        Vocabulary::default_phrases().unwrap()
    }

    #[test]
    fn synonyms_meet_and_strangers_are_counted() {
        let vocabulary = vocabulary();
        let vivid = vocabulary.position("vivid").unwrap();
        let answers = [
            PairAnswer::Aspects(vec![
                proposal("Vibrant style", 0.25, 0.5),
                proposal("vivid", 0.0, 0.75),
                proposal("cubist dream", 0.0, 1.0),
            ]),
            PairAnswer::Unparsed("no JSON".to_string()),
            PairAnswer::Aspects(Vec::new()),
        ];
        let table = ProposalTable::new(&answers, &vocabulary).unwrap();
        assert_eq!((table.read(), table.unparsed()), (2, 1));
        assert_eq!(table.outside()["cubist dream"], 1);
        // 0.75 - 0.25 in one of two pairs that were read; the third does not count as zero.
        let mean = table.mean_differences().unwrap();
        assert_eq!(mean[vivid], 0.25);
        assert_eq!(mean.iter().filter(|m| **m != 0.0).count(), 1);
        assert_eq!(table.proposed(3).unwrap(), [vivid]);
    }

    #[test]
    fn only_what_rises_most_is_proposed() {
        let vocabulary = vocabulary();
        let place = |phrase: &str| vocabulary.position(phrase).unwrap();
        let pair = |values: [(&str, f64, f64); 3]| {
            PairAnswer::Aspects(
                values
                    .map(|(p, base, other)| proposal(p, base, other))
                    .to_vec(),
            )
        };
        let answers = [
            pair([("warm", 0.0, 0.9), ("dark", 0.0, 0.2), ("blurry", 0.5, 0.1)]),
            pair([("warm", 0.3, 0.4), ("dark", 0.2, 0.2), ("blurry", 0.0, 0.8)]),
        ];
        let table = ProposalTable::new(&answers, &vocabulary).unwrap();
        let mut expected = vec![place("warm"), place("blurry")];
        expected.sort_unstable();
        assert_eq!(table.proposed(1).unwrap(), expected);
        assert!(table.proposed(0).unwrap().is_empty());
        assert_eq!(table.proposed(2).unwrap().len(), 3);
    }

    #[test]
    fn no_answer_at_all_is_an_error_and_not_zero() {
        let vocabulary = vocabulary();
        let answers = [PairAnswer::Unparsed("cut off".to_string())];
        let table = ProposalTable::new(&answers, &vocabulary).unwrap();
        assert!(table.mean_differences().is_err());
        assert!(table.proposed(3).is_err());
        for wrong in [f64::NAN, 1.5, -0.1] {
            let answers = [PairAnswer::Aspects(vec![proposal("warm", 0.0, wrong)])];
            let error = ProposalTable::new(&answers, &vocabulary).unwrap_err();
            assert!(error.to_string().contains("warm"), "{error}");
        }
    }
}
