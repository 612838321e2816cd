//! Pictures to latents and back: `AutoencoderKL` of diffusers, and `AutoencoderTiny` where a model has that instead.

mod attention;
mod blocks;
mod config;
mod decoder;
mod encoder;
mod loading;
mod network;
mod tiles;
mod tiny;

pub use config::{AutoencoderConfig, TinyConfig};
pub use network::Autoencoder;
