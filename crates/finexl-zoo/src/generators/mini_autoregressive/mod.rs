//! A small autoregressive model of emoji scenes: a causal transformer that draws the tokens of a
//! quantising autoencoder one after the other, conditioned on the words of the prompt.

mod channel_head;
mod config;
mod decoding;
mod device;
mod draw;
mod generator;
#[cfg(test)]
mod parity_tests;
mod processor;
mod processor_head;
mod sample;
#[cfg(test)]
mod tests;
mod token_transformer;
mod tokens;

pub use channel_head::ChannelHead;
pub use config::MiniAutoregressiveConfig;
pub use generator::MiniAutoregressive;
pub use token_transformer::{Hidden, TokenMemory, TokenTransformer};
pub use tokens::TokenShape;
