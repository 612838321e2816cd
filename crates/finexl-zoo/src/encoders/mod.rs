//! Encoders: images and texts into one space.

mod encoder;
pub mod mini_clip;

pub use encoder::{Encoder, Features};
