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
mod quantization;
mod residual;
mod sample;
#[cfg(test)]
mod tests;
mod text_memory;
mod text_reader;

pub use autoencoder::{Autoencoder, DOWNSAMPLING};
pub use config::MiniDiffusionConfig;
pub use denoiser::{Denoised, Denoiser, PromptMemory};
pub(crate) use denoiser_block::{DenoiserBlock, MODULATIONS};
pub(crate) use flow::flow_matching;
#[cfg(test)]
use flow::on_the_way;
pub use generator::{FlowNoise, MiniDiffusion};
pub use latent_space::{AutoencoderConfig, LatentSpace};
pub(crate) use latent_space::{MOST_LEVELS, image_tensor};
pub(crate) use quantization::code;
pub(crate) use text_memory::{MASKED, TextMemory, mix};
pub use text_reader::{Prompts, TextReader, TextTokens};
