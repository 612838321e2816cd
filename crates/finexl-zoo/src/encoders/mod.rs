//! Encoders: images and texts into one space.

pub mod clip;
mod encoder;
pub mod mini_clip;
mod open;

pub use encoder::{Encoder, Features, TextLength};
pub use open::{DEFAULT_ENCODER, JUDGE, Opened, open, open_any};

pub(crate) use open::open_mini_clip;
