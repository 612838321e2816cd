//! Strict reading of files that change Stable Diffusion: LoRA and its kin as kohya's trainer, LyCORIS,
//! diffusers and PEFT write them, learned embeddings, and adapters of FineXL's own generators.
//!
//! ```text
//! bytes --> TensorFile --> Key (prefix, layer, role) --> Change --> LayerChange --> LoraFile
//! ```
//!
//! A key means a layer of [`crate::stable_diffusion`] or it is a problem that is named; nothing is passed
//! over. Reading goes on behind a problem, so that a file can be looked into; [`LoraFile::check`]
//! refuses what has any.

mod change;
mod conversion;
mod difference;
mod embedding;
mod fitting;
mod groups;
mod lora_file;
mod magnitude;
mod operator;
mod peft_alpha;
mod reading;
mod role;
mod said_base;
mod said_prediction;
mod scale;
mod source;
mod spelling;
#[cfg(test)]
mod tests;

pub use change::{Change, Grid, Product};
pub use conversion::{Target, convert};
pub use embedding::{Embedding, EmbeddingTable};
pub use lora_file::{LayerChange, LayerPlace, LoraFile};
pub use magnitude::Magnitude;
pub use operator::Operator;
pub(crate) use operator::product;
pub use said_base::{SaidBase, said_bases};
pub use said_prediction::{SaidPrediction, said_predictions};
pub use scale::{LARGE_SCALE, Scale, ScaleRule};
pub use source::AdapterSource;
pub use spelling::Spelling;
