//! The captioner as a proposer.

use super::{ImagePair, PairAnswer, Proposal, Proposer};
use crate::EvalError;
use finexl_core::fingerprint::Fingerprint;
use finexl_data::captions::caption;
use finexl_data::image::Image;
use finexl_data::vocabulary::Concept;
use finexl_zoo::captioner::{AspectProbabilities, MiniCaptioner};

/// Pairs whose images are looked at together.
const BLOCK: usize = 32;

/// Scores are probabilities: P(the caption names this aspect first | image), over the concepts on offer and
/// none of them. A concept of several phrases has the sum of theirs; without an offer it chooses among all
/// aspects that it was trained to name.
pub struct CaptionerProposer {
    captioner: MiniCaptioner,
}

impl CaptionerProposer {
    /// A proposer that asks this captioner.
    pub fn new(captioner: MiniCaptioner) -> Self {
        Self { captioner }
    }

    /// The plain captions of pairs: their prompts where the captioner can read them, else what it says of
    /// the base's image. Both images of a pair share one, so that the aspect alone makes the difference.
    fn plain(&self, pairs: &[ImagePair<'_>]) -> Result<Vec<String>, EvalError> {
        let readable = |pair: &ImagePair<'_>| {
            let prompt = caption(pair.prompt?, &[]);
            let readable = self.captioner.model().check_phrase(&prompt).is_ok();
            readable.then_some(prompt)
        };
        let prompts: Vec<Option<String>> = pairs.iter().map(readable).collect();
        let unknown = pairs
            .iter()
            .zip(&prompts)
            .filter(|(_, prompt)| prompt.is_none());
        let images: Vec<&Image> = unknown.map(|(pair, _)| pair.base).collect();
        let mut seen = self.captioner.plain_captions(&images)?.into_iter();
        let plain = prompts
            .into_iter()
            .filter_map(|prompt| prompt.or_else(|| seen.next()));
        Ok(plain.collect())
    }
}

impl Proposer for CaptionerProposer {
    fn name(&self) -> String {
        self.captioner.config().name.clone()
    }

    fn fingerprint(&self) -> Fingerprint {
        self.captioner.fingerprint().clone()
    }

    fn propose(
        &self,
        pairs: &[ImagePair<'_>],
        offer: Option<&[Concept]>,
        progress: &(dyn Fn(usize, usize) + Sync),
    ) -> Result<Vec<PairAnswer>, EvalError> {
        let trained: Vec<(&str, &[String])> = match offer {
            Some(concepts) => named(concepts.iter().map(|concept| &concept.phrases)),
            None => named(self.captioner.config().aspects.iter()),
        };
        let phrases: Vec<String> = trained
            .iter()
            .flat_map(|(_, p)| p.iter().cloned())
            .collect();
        let mut answers = Vec::with_capacity(pairs.len());
        for block in pairs.chunks(BLOCK) {
            let plain = self.plain(block)?;
            let images: Vec<(&Image, &str)> = block
                .iter()
                .zip(&plain)
                .flat_map(|(pair, plain)| {
                    [pair.base, pair.personalized].map(|i| (i, plain.as_str()))
                })
                .collect();
            let seen = self.captioner.aspects(&images, &phrases)?;
            let (sides, _) = seen.as_chunks::<2>();
            answers.extend(sides.iter().map(|sides| answer(&trained, sides)));
            progress(answers.len(), pairs.len());
        }
        Ok(answers)
    }
}

/// Names with their phrases, the first of which is the name.
fn named<'a>(groups: impl Iterator<Item = &'a Vec<String>>) -> Vec<(&'a str, &'a [String])> {
    let groups = groups.filter_map(|phrases| Some((phrases.first()?.as_str(), phrases.as_slice())));
    groups.collect()
}

/// Sums the phrases of every concept.
fn answer(
    concepts: &[(&str, &[String])],
    [base, personalized]: &[AspectProbabilities; 2],
) -> PairAnswer {
    let mut start = 0;
    let proposals = concepts.iter().map(|(name, phrases)| {
        let range = start..start + phrases.len();
        start = range.end;
        let sum = |seen: &AspectProbabilities| {
            let sum: f64 = seen.phrases[range.clone()].iter().sum();
            sum.min(1.0)
        };
        Proposal {
            phrase: (*name).to_string(),
            base: sum(base),
            personalized: sum(personalized),
        }
    });
    PairAnswer::Aspects(proposals.collect())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::panic)]
    use super::*;

    #[test]
    fn a_concept_has_the_probability_of_all_its_phrases() {
        let concepts = [["vivid", "vibrant"], ["warm", "golden"]]
            .map(|phrases| phrases.map(str::to_string).to_vec());
        let side = |phrases: [f64; 4]| AspectProbabilities {
            none: 1.0 - phrases.iter().sum::<f64>(),
            phrases: phrases.to_vec(),
        };
        let sides = [side([0.0, 0.1, 0.2, 0.3]), side([0.5, 0.25, 0.0, 0.0])];
        let PairAnswer::Aspects(found) = answer(&named(concepts.iter()), &sides) else {
            panic!("it was not read");
        };
        let found: Vec<_> = found
            .iter()
            .map(|p| (p.phrase.as_str(), p.base, p.personalized))
            .collect();
        assert_eq!(found, [("vivid", 0.1, 0.75), ("warm", 0.5, 0.0)]);
    }
}
