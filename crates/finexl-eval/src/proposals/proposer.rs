//! What every proposer does.

use crate::EvalError;
use finexl_core::fingerprint::Fingerprint;
use finexl_data::image::Image;
use finexl_data::vocabulary::Concept;
use serde::{Deserialize, Serialize};

/// Images of the base and of a personalized model, made from the same prompt and seed.
#[derive(Clone, Copy, Debug)]
pub struct ImagePair<'a> {
    /// The base's image.
    pub base: &'a Image,
    /// The personalized model's image.
    pub personalized: &'a Image,
    /// What both were made from, where it is known.
    pub prompt: Option<&'a str>,
}

/// An aspect that is seen in a pair.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Proposal {
    /// Its name; with an offer the name of a concept or one of its phrases.
    pub phrase: String,
    /// How strongly it is seen in the base's image, in [0, 1].
    pub base: f64,
    /// How strongly it is seen in the personalized model's image, in [0, 1].
    pub personalized: f64,
}

/// What is said of a pair. An aspect that is not mentioned is not seen in either image.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PairAnswer {
    /// The aspects that are seen.
    Aspects(Vec<Proposal>),
    /// An answer that cannot be read, with the reason; it says nothing, not even that nothing is seen.
    Unparsed(String),
}

impl PairAnswer {
    /// Why it cannot be read, where it cannot.
    pub fn problem(&self) -> Option<&str> {
        match self {
            Self::Aspects(_) => None,
            Self::Unparsed(problem) => Some(problem),
        }
    }
}

/// A vision-language model that says which aspects pairs of images show.
pub trait Proposer: Send + Sync {
    /// Name in tables.
    fn name(&self) -> String;

    /// Fingerprint of everything that answers depend on, beside images and offer.
    fn fingerprint(&self) -> Fingerprint;

    /// Says what it sees in every pair, in their order. With an `offer` it chooses among these concepts,
    /// without one it names what it likes. `progress` is told pairs done and in all, from any thread.
    ///
    /// # Errors
    /// A model that cannot be reached or cannot read the offer. Answers that cannot be read are no error.
    fn propose(
        &self,
        pairs: &[ImagePair<'_>],
        offer: Option<&[Concept]>,
        progress: &(dyn Fn(usize, usize) + Sync),
    ) -> Result<Vec<PairAnswer>, EvalError>;
}
