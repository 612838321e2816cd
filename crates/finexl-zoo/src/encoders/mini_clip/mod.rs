//! mini-clip: the embedded encoder, a small CLIP trained on rendered scenes by our own recipe.
//!
//! Reference: Radford et al. 2021, "Learning Transferable Visual Models From Natural Language
//! Supervision", for the two towers, the end-token pooling and the symmetric contrastive loss.

mod config;
mod encoder;
mod image_tower;
mod mixer;
mod model;
mod patches;
#[cfg(test)]
mod tests;
mod text_tower;
mod tokenizer;

pub use config::MiniClipConfig;
pub use encoder::MiniClip;
pub use image_tower::ImageTower;
pub use model::MiniClipModel;
pub use patches::{PATCH_FEATURES_PER_PIXEL, patch_features};
pub use text_tower::{TextTower, TokenBatch};
pub use tokenizer::Tokenizer;

pub(crate) use encoder::{patch_side, patch_tensor};
