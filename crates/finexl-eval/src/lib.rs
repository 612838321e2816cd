//! Pools, metrics, statistics and experiments of FineXL.
//!
//! [`evaluate`] measures the explainer on scenes whose personalization is known; [`calibrate`] fits,
//! on validation scenes, what turns its weights into levels. [`baselines`] are other methods in the same
//! form, [`proposals`] what some of them choose from.

pub mod baselines;
mod bench;
mod calibrate;
mod encoder_scores;
mod encoder_table;
mod error;
mod evaluate;
mod explained_pools;
mod figures_file;
mod frechet;
mod gather_references;
mod generator_quality;
mod made_pool;
#[cfg(test)]
mod made_up;
mod measures;
mod outcome;
mod painted;
mod planted;
mod pool;
mod pool_figures;
mod pool_levels;
mod probe_study;
pub mod proposals;
mod report;
pub mod selection;
mod settings;
mod summary;
mod sweep_table;
mod trial;

pub use calibrate::{OnPictures, PicturesCalibration, calibrate, fit_domain};
pub use encoder_scores::{EncoderScores, Score, score_encoder};
pub use encoder_table::score_encoders;
pub use error::EvalError;
pub use evaluate::evaluate;
pub use explained_pools::{ExplainedPool, explained_pools};
pub use figures_file::write_figures;
pub use frechet::frechet_distance;
pub use gather_references::gather_references;
pub use generator_quality::generator_quality;
pub use planted::{Agreement, PlantedResult, planted};
pub use pool_levels::evaluate_pool;
pub use probe_study::evaluate_probes;
pub use settings::Progress;
pub use summary::Measure;
pub use sweep_table::{collect_sweep, write_sweep_table};
