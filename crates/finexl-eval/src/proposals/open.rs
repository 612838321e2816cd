//! Proposers by choice.

use super::{CaptionerProposer, Endpoint, Proposer};
use crate::EvalError;
use finexl_core::experiment::ProposerChoice;
use finexl_zoo::captioner::open_captioner;

/// Opens what an experiment file names; a captioner runs on the named device.
///
/// # Errors
/// An unknown captioner or device; for an endpoint those of [`Endpoint::new`].
pub fn open_proposer(
    choice: &ProposerChoice,
    device: &str,
) -> Result<Box<dyn Proposer>, EvalError> {
    Ok(match choice {
        ProposerChoice::Captioner(choice) => {
            let device = finexl_zoo::device::by_name(device)?;
            let captioner = open_captioner(&choice.model, &choice.encoder, &device)?;
            Box::new(CaptionerProposer::new(captioner))
        }
        ProposerChoice::Endpoint(choice) => Box::new(Endpoint::new(choice)?),
    })
}
