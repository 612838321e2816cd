//! A small generative adversarial network of emoji scenes over the latents of an autoencoder: a
//! style-based generator with a mapping network, conditioned on the words of the prompt, and its
//! discriminator.

mod closed_form;
mod config;
mod direction;
#[cfg(test)]
mod direction_tests;
mod discriminator;
mod gan;
mod mapping_network;
#[cfg(test)]
mod parity_tests;
mod players;
mod style_generator;
#[cfg(test)]
mod tests;

pub use config::MiniGanConfig;
pub use direction::{Direction, Provenance};
pub use discriminator::{Discriminator, Judged};
pub(crate) use gan::drawn;
pub use gan::{Gan, GanNoise, MiniGan};
pub use mapping_network::MappingNetwork;
pub use players::Players;
pub use style_generator::StyleGenerator;
