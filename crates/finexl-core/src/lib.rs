//! Experiment schema, fingerprints, seeds, atomic files and result records of FineXL.
//!
//! Nothing here knows a tensor: every other crate may depend on this one, this one on none of them.

pub mod aspect_map;
pub mod atomic;
pub mod cells;
pub mod change;
mod control_groups;
pub mod counting;
pub mod error;
pub mod experiment;
pub mod explanation;
pub mod explanation_series;
pub mod fingerprint;
mod held_locks;
pub mod inspection;
pub mod json_file;
mod leftovers;
mod lock_file;
pub mod mapped_file;
pub mod memory;
pub mod names;
pub mod owner;
pub mod partial_folder;
pub mod personalization;
pub mod pool;
pub mod published;
pub mod recipe;
pub mod results_folder;
pub mod seed;
pub mod selection;
pub mod sweep;
pub mod toml_file;
pub mod user_cache;
pub mod user_data;
pub mod work_lock;
mod write_target;

pub use error::CoreError;
pub use held_locks::release_all as release_locks;
