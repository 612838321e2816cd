//! A small latent diffusion model of emoji scenes: a convolutional autoencoder and a transformer that
//! denoises its latents (rectified flow), conditioned on the words of the prompt.

mod autoencoder;
mod config;
mod denoiser;
mod denoiser_block;
mod flow;
mod generator;
mod latent_space;
#[cfg(test)]
mod parity_tests;
mod processor;
mod residual;
mod sample;
#[cfg(test)]
mod tests;
mod text_reader;

pub use autoencoder::{Autoencoder, DOWNSAMPLING};
pub use config::MiniDiffusionConfig;
pub(crate) use config::known_words;
pub use denoiser::{Denoised, Denoiser, PromptMemory};
pub(crate) use flow::{flow_matching, on_the_way};
pub use generator::MiniDiffusion;
pub(crate) use latent_space::image_tensor;
pub use latent_space::{AutoencoderConfig, LatentSpace};
pub use text_reader::Prompts;
