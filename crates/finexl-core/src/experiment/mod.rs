//! Experiments: what one TOML file asks for.

mod file;
mod train_encoder;

pub use file::Experiment;
pub use train_encoder::{ImageTower, TextTower, TrainEncoder, TrainingArt};
