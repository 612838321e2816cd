//! Image generators: prompts and seeds in, images out.

mod any_generator;
mod burn_layers;
mod conditions;
mod config;
mod generated_folder;
mod generator;
mod latent_generator;
mod latent_network;
pub mod mini_autoregressive;
pub mod mini_diffusion;
mod open;
mod tunable;

pub use any_generator::AnyGenerator;
pub(crate) use any_generator::with_generator;
pub use conditions::Conditions;
pub(crate) use config::known_words;
pub use config::{Family, GeneratorConfig};
pub use generated_folder::{GenerationRecord, RECORD, ensure_folder, generate_folder};
pub use generator::{
    ConceptGuidance, GenerationRequest, GenerationSettings, Generator, TokenSampling,
};
pub use latent_generator::LatentGenerator;
pub use latent_network::{
    DrawnRows, LatentBatch, LatentNetwork, Loss, NetworkSizes, SampleRequest,
};
pub use open::{
    DEFAULT_GENERATOR, MODEL_FILE, OpenedGenerator, embedded_generators, is_generator,
    open_generator, open_personalized,
};
pub use tunable::{LatentSet, Tunable, TuningMemory};
