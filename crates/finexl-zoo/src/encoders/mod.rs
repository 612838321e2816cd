//! Encoders: images and texts into one space.

mod encoder;
pub mod mini_clip;
mod open;

pub use encoder::{Encoder, Features};
pub use open::{DEFAULT_ENCODER, open};
