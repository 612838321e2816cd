//! Divergence, concept bank, decompositions, uncertainty and wording.

pub mod bank;
pub mod decompose;
pub mod divergence;
pub mod error;
pub mod statistics;
pub mod vocabulary;
pub mod wording;

pub use error::ExplainError;
