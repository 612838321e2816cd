//! Aspects that a vision-language model proposes for pairs of images: what the baselines Naive, GSCLIP and
//! VisDiff need.

mod answer_cache;
mod budget;
mod captioner;
mod chat_client;
mod endpoint;
mod open;
mod proposal_table;
mod proposer;
mod question;

pub use captioner::CaptionerProposer;
pub use endpoint::Endpoint;
pub use open::open_proposer;
pub use proposal_table::ProposalTable;
pub use proposer::{ImagePair, PairAnswer, Proposal, Proposer};
