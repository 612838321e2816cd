//! mini-captioner: a small decoder that puts images into words, reading mini-clip's image tokens.
//!
//! It is a vision-language model of its own, so that whoever needs one as a proposer of aspects needs no
//! network. References: Xu et al. 2015 ("Show, Attend and Tell") for captions from a grid of image tokens;
//! Vaswani et al. 2017 for the decoder, here with norms first.

mod beam_search;
mod caption_decoder;
mod caption_model;
mod config;
mod mini_captioner;
mod open;
#[cfg(test)]
mod parity_tests;
#[cfg(test)]
mod tests;

pub use caption_decoder::CaptionDecoder;
pub use caption_model::{AspectProbabilities, CaptionModel};
pub use config::CaptionerConfig;
pub use mini_captioner::MiniCaptioner;
pub use open::{DEFAULT_CAPTIONER, open_captioner};
