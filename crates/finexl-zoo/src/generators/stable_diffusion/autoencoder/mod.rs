//! Pictures to latents and back: `AutoencoderKL` of diffusers.

mod attention;
mod blocks;
mod config;
mod decoder;
mod encoder;
mod loading;
mod network;
mod tiles;

pub use config::AutoencoderConfig;
pub use network::Autoencoder;
