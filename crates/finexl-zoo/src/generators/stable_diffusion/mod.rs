//! Stable Diffusion 1, 2 and XL with published weights.
//!
//! References: Rombach et al. 2022 (latent diffusion), Podell et al. 2023 (XL); as code, diffusers 0.42 and transformers
//! 5.5, to which fixtures hold every part.

mod adapter_writing;
mod adapters;
pub mod autoencoder;
mod conditions;
mod default_settings;
mod encoding;
mod facts;
mod file_facts;
mod files;
mod generator;
pub mod layers;
mod memory;
mod network;
mod prompt_notes;
mod sample;
mod sampling_settings;
mod scheduler_choice;
pub mod schedulers;
mod settings;
mod size;
mod start_noise;
pub mod text;
mod tuning;
pub mod unet;
mod verifying;
mod whole_writing;

pub use adapters::{Adapted, AdapterFile, LearnedWord, TrainedModel, TrainedOn, layers_of};
pub use conditions::{Extra, Sizes, TextConditions};
pub use facts::{Facts, told_prediction};
pub use file_facts::describe_files;
pub use files::{locate, recognise};
pub use generator::StableDiffusionGenerator;
pub use memory::estimate_memory;
pub use network::StableDiffusion;
pub use sampling_settings::StableDiffusionSettings;
pub use scheduler_choice::SchedulerChoice;
pub use size::Size;
pub use start_noise::StartNoise;
pub use tuning::{DIFFUSERS_LORA, NoisyLatents, PictureSet};
pub use verifying::verify_files;
