//! Files of others put onto a model: LoRA and its kin into weights, learned words into the text encoders.
//!
//! ```text
//! AdapterSource --> LoraFile (layers of the opened model) --> changed weights --+--> another StableDiffusion
//!               \-> Embedding ------------------------------> words ------------+    (shares all other weights)
//! ```
//!
//! The model that they are put onto stays as it is, so nothing has to be undone: both are there, and what does not
//! differ is in memory once.

mod adapted;
mod layers;
mod merging;
mod notes;
mod parameters;
mod trained_on;
mod words;

pub use adapted::{Adapted, AdapterFile, TrainedOn};
pub use layers::layers_of;
pub(super) use parameters::parameters;
pub use trained_on::TrainedModel;
pub(super) use trained_on::{TRAINED_ON, TRAINED_ON_SHA256};
pub use words::LearnedWord;
