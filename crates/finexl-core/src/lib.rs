//! Experiment schema, fingerprints, seeds, atomic files and result records of FineXL.
//!
//! Nothing here knows a tensor: every other crate may depend on this one, this one on none of them.

pub mod atomic;
pub mod cells;
mod control_groups;
pub mod error;
pub mod experiment;
pub mod explanation;
pub mod fingerprint;
pub mod inspection;
pub mod json_file;
pub mod mapped_file;
pub mod memory;
pub mod partial_folder;
pub mod personalization;
pub mod pool;
pub mod published;
pub mod seed;
pub mod selection;
pub mod toml_file;

pub use error::CoreError;
