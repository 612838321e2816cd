//! Image generators: prompts and seeds in, images out.

mod generated_folder;
mod generator;
pub mod mini_diffusion;
mod open;

pub use generated_folder::{GenerationRecord, RECORD, generate_folder};
pub use generator::{ConceptGuidance, GenerationRequest, GenerationSettings, Generator};
pub use open::{AUTOENCODER_FILE, MODEL_FILE, OpenedGenerator, open_generator, open_personalized};
