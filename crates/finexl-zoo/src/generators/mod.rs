//! Image generators: prompts and seeds in, images out.

mod generated_folder;
mod generator;
pub mod mini_diffusion;
mod open;

pub use generated_folder::{GenerationRecord, RECORD, ensure_folder, generate_folder};
pub use generator::{ConceptGuidance, GenerationRequest, GenerationSettings, Generator};
pub use open::{
    AUTOENCODER_FILE, DEFAULT_GENERATOR, MODEL_FILE, OpenedGenerator, is_generator, open_generator,
    open_personalized,
};
