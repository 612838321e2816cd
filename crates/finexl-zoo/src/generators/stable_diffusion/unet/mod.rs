//! The network that removes noise: `UNet2DConditionModel` of diffusers.

mod blocks;
mod config;
mod embedding;
mod loading;
mod network;
mod residual;
mod transformer;

pub use config::{Addition, UnetConfig};
pub use network::{Unet, UnetInput};
pub use residual::Residual;
