//! Training on burn-train: resumable, from a TOML recipe.

mod encoder_batch;
mod encoder_data;
mod encoder_loss;
mod encoder_training;
mod parts;
mod plain_renderer;

pub use encoder_batch::EncoderBatch;
pub use encoder_data::SceneSource;
pub use encoder_training::{TrainingReport, train_encoder};
