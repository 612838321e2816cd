//! Encoders and samplers held to what their reference implementations compute; one module per subject.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod captions;
mod fixture;
mod full_size;
mod loading;
mod lora_files;
mod made_up_weights;
mod peft;
mod pixels;
mod rows;
mod sampling;
mod schedulers;
mod sharing;
mod stable_diffusion;
mod stable_diffusion_adapters;
mod stable_diffusion_files;
mod stable_diffusion_forms;
mod stable_diffusion_pictures;
mod stable_diffusion_training;
