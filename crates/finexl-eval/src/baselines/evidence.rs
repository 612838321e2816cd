//! What is known of one personalized model: the features of its images and of the base's.

use super::Offer;
use crate::EvalError;
use crate::proposals::ProposalTable;
use finexl_explain::ExplainError;
use finexl_explain::divergence::Divergences;
use finexl_zoo::encoders::Features;

/// The images of one model, as features, beside those of its base.
#[derive(Clone, Debug)]
pub struct Evidence<'a> {
    model: &'a str,
    base: &'a Features,
    personalized: &'a Features,
    divergences: Divergences,
    proposals: Option<&'a ProposalTable>,
}

impl<'a> Evidence<'a> {
    /// Features of pairs, `[n, d]` each, row by row; `proposals` are what a proposer said of the same
    /// pairs, for methods that need them.
    ///
    /// # Errors
    /// No pair, sizes that do not fit each other or the offer, numbers that are not finite.
    pub fn new(
        offer: &Offer<'_>,
        model: &'a str,
        base: &'a Features,
        personalized: &'a Features,
        proposals: Option<&'a ProposalTable>,
    ) -> Result<Self, EvalError> {
        let shape = |what, expected, found| ExplainError::Shape {
            what,
            expected,
            found,
        };
        if base.dimension != offer.dimension() {
            let (expected, found) = (offer.dimension(), base.dimension);
            return Err(shape("the features' dimension", expected, found).into());
        }
        if let Some(table) = proposals
            && table.concepts() != offer.concepts()
        {
            let (expected, found) = (offer.concepts(), table.concepts());
            return Err(shape("the proposals' concepts", expected, found).into());
        }
        Ok(Self {
            model,
            // A feature that is not finite makes a difference that is not.
            divergences: Divergences::between(base, personalized)?,
            base,
            personalized,
            proposals,
        })
    }

    /// Name of the model.
    pub fn model(&self) -> &str {
        self.model
    }

    /// Features of the base's images, `[n, d]`.
    pub fn base(&self) -> &Features {
        self.base
    }

    /// Features of the personalized model's images, `[n, d]`.
    pub fn personalized(&self) -> &Features {
        self.personalized
    }

    /// Paired differences.
    pub fn divergences(&self) -> &Divergences {
        &self.divergences
    }

    /// What a proposer said.
    ///
    /// # Errors
    /// [`EvalError::NoProposals`] where none was asked.
    pub fn proposals(&self, method: &str) -> Result<&ProposalTable, EvalError> {
        self.proposals.ok_or_else(|| EvalError::NoProposals {
            method: method.to_string(),
            model: self.model.to_string(),
        })
    }
}
