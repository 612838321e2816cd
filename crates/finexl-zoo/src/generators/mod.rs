//! Image generators: prompts and seeds in, images out.

mod any_generator;
mod burn_layers;
mod conditions;
mod config;
mod diversity;
mod gelu;
mod generated_folder;
mod generation_record;
mod generator;
mod latent_generator;
mod latent_network;
pub mod mini_autoregressive;
pub mod mini_diffusion;
pub mod mini_gan;
mod open;
#[cfg(test)]
mod reference_values;
pub mod stable_diffusion;
#[cfg(test)]
mod tiny_models;
mod token_block;
mod tunable;

pub use any_generator::AnyGenerator;
pub(crate) use any_generator::with_generator;
pub(crate) use burn_layers::values;
pub use conditions::Conditions;
pub(crate) use config::known_words;
pub use config::{Family, GeneratorConfig};
pub use diversity::Diversity;
pub use generated_folder::{ensure_folder, generate_folder};
pub use generation_record::{GenerationRecord, RECORD};
pub use generator::{
    ConceptGuidance, GenerationRequest, GenerationSettings, Generator, TokenSampling, Walk,
};
pub use latent_generator::LatentGenerator;
pub use latent_network::{
    DrawnRows, LatentBatch, LatentNetwork, Loss, NetworkSizes, SampleRequest,
};
pub use open::{
    DEFAULT_GENERATOR, DIRECTION_FILE, MODEL_FILE, OpenedGenerator, embedded_generators,
    is_generator, open_generator, open_personalized,
};
pub use token_block::TokenBlock;
pub use tunable::{LatentSet, Tunable, TuningMemory};
