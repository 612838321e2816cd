//! Image generators: prompts and seeds in, images out.

mod adapter_prompt;
mod any_generator;
mod base_of;
mod burn_layers;
mod chosen_settings;
mod concept_guidance;
mod conditions;
mod config;
mod diversity;
mod gelu;
mod generated_folder;
mod generation_record;
mod generator;
mod kept_pictures;
mod latent_generator;
mod latent_network;
pub mod mini_autoregressive;
pub mod mini_diffusion;
pub mod mini_gan;
mod open;
mod open_adapted;
mod open_beside;
mod open_own;
mod open_published;
mod prompt_source;
mod recorded_settings;
#[cfg(test)]
mod reference_values;
mod sampled_alike;
mod settings;
pub mod stable_diffusion;
#[cfg(test)]
mod tiny_models;
mod token_block;
mod tunable;

pub use adapter_prompt::AdapterPrompt;
pub use any_generator::AnyGenerator;
pub(crate) use any_generator::{with_generator, with_tunable};
pub use base_of::base_of;
pub(crate) use burn_layers::values;
pub use chosen_settings::{ChosenSettings, ChosenStableDiffusion};
pub use concept_guidance::{ConceptGuidance, GuidedConcept};
pub use conditions::Conditions;
pub(crate) use config::known_words;
pub use config::{Family, GeneratorConfig};
pub use diversity::Diversity;
pub use generated_folder::{ensure_folder, generate_folder};
pub use generation_record::{GenerationRecord, RECORD};
pub use generator::{GenerationRequest, Generator, Reconstruction, SceneGenerator};
pub use kept_pictures::KeptPictures;
pub use latent_generator::LatentGenerator;
pub use latent_network::{
    DrawnRows, LatentBatch, LatentNetwork, Loss, NetworkSizes, SampleRequest,
};
pub use open::{
    DEFAULT_GENERATOR, DIRECTION_FILE, MODEL_FILE, OpenedGenerator, embedded_generators,
    is_generator, open_generator, open_personalized,
};
pub use open_adapted::{AdapterChoice, open_adapted};
pub use open_beside::SampledBase;
pub use open_own::check_is_ours;
pub use open_published::is_whole_checkpoint;
pub use prompt_source::PromptSource;
pub use sampled_alike::{adapters_predict_alike, checkpoint_predicts_alike, sampled_alike};
pub use settings::{
    AutoregressiveSettings, DiffusionSettings, FamilySettings, GanSettings, GenerationSettings,
    TokenSampling, Walk,
};
pub use token_block::TokenBlock;
pub use tunable::{LatentSet, Tunable, TuningMemory};
