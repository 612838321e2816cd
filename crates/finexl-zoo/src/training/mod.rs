//! Training on burn-train: resumable, from a TOML recipe.

mod autoencoder_training;
mod averaging;
mod captioner_batch;
mod captioner_training;
mod encoder_batch;
mod encoder_data;
mod encoder_loss;
mod encoder_training;
mod generator_batch;
mod generator_training;
mod loss_output;
mod numbered;
mod optimizers;
mod parts;
mod patience;
mod plain_renderer;
mod sample_grid;
mod scene_images;
mod training_loop;
mod whole_checkpoints;

pub use autoencoder_training::train_autoencoder;
pub use averaging::follow;
pub use captioner_batch::CaptionerBatch;
pub use captioner_training::train_captioner;
pub use encoder_batch::EncoderBatch;
pub use encoder_data::SceneSource;
pub use encoder_training::train_encoder;
pub use generator_batch::GeneratorBatch;
pub use generator_training::train_generator;
pub use optimizers::adamw;
pub(crate) use optimizers::{adversarial_adamw, muon, muon_in, tuning_adamw};
pub use training_loop::{BatchSource, Trained, TrainingReport, TrainingRun};
