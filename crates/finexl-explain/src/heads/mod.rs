//! Explainer heads: learned from pictures with known aspects.
//!
//! A head is for one encoder. Out of it come two decompositions: *calibrated*, a ridge fit with the directions
//! that aspects have on images, and *learned*, the levels that a network reads. Both see what every other
//! decomposition sees, a mean divergence and the text directions of whatever concepts are on offer.

mod base_space;
mod cues;
mod episodes;
mod for_base;
mod half_learned;
mod head;
mod head_aspect;
mod head_config;
mod head_methods;
mod head_network;
mod known_aspects;
mod levels;
#[cfg(test)]
mod parity_tests;
mod pictures;
mod plan;
pub mod training;

pub use episodes::{Codec, Episode, Stock};
pub use half_learned::HalfLearned;
pub use head::{EMBEDDED_HEAD, Head};
pub use head_aspect::HeadAspect;
pub use head_config::{HeadConfig, Reading};
pub(crate) use head_methods::VERSION;
pub use head_methods::{HeadDecomposition, HeadReading};
pub use known_aspects::KnownAspects;
pub use levels::Levels;
pub use pictures::{Folder, Pictures, Scenes};
