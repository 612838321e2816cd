//! Training of explainer heads on burn-train: resumable, from a TOML recipe.
//!
//! Episodes are drawn first and kept as features; what is fitted in closed form (the space, directions of
//! images, maps to levels) comes from them, then the network learns from them.

mod aspects_file;
mod episode_store;
mod fitting;
mod head_batches;
mod head_metrics;
mod head_trainee;
mod head_training;
mod made_sets;
mod material;

pub use aspects_file::read_aspects;
pub use episode_store::DrawingProgress;
pub use head_training::{fit_readings, train_head};
