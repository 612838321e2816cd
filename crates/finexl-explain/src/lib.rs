//! Divergence, concept bank, decompositions, uncertainty and wording.

mod alike;
pub mod analysis;
#[cfg(test)]
mod analysis_tests;
mod assignment;
pub mod bank;
pub mod cache;
pub mod calibrated_space;
pub mod calibration;
mod change;
mod code_versions;
pub mod concept_features;
pub mod decision;
pub mod decompose;
pub mod divergence;
pub mod domain;
pub mod error;
pub mod exchanged;
mod explain;
pub mod explainer;
pub mod feature_rows;
pub mod features_file;
pub mod heads;
pub mod image_features;
mod in_views;
pub mod kept_calibrations;
mod mapped_rows;
mod misplaced_prompts;
pub mod overlap;
mod packed_numbers;
mod pair_encoding;
pub mod phrase_features;
<<<<<<< HEAD
pub mod picture_features;
=======
mod place_features;
mod places;
>>>>>>> 755e469 (Step-down maxima over all aspects and views; maps of where aspects show; all pairs to unfold (tests not yet run))
mod probe_room;
pub mod probes;
pub mod profile;
pub mod references;
mod resaving;
mod sampling_units;
pub mod shuffled;
pub mod similar;
pub mod statistics;
mod stored_space;
pub mod summary;
pub mod views;
pub mod vocabulary;
mod weight_intervals;
pub mod wording;

pub use error::ExplainError;
pub use explainer::Explainer;
