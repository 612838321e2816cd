//! The CLIP family with published weights: CLIP, open_clip, SigLIP, EVA-CLIP.
//!
//! References: Radford et al. 2021 (CLIP), Zhai et al. 2023 (SigLIP), Sun et al. 2023 (EVA-CLIP);
//! as code, transformers 5.23, open_clip 3.3 and timm 1.0, to which fixtures hold every tower.

mod blocks;
mod character_references;
mod config;
mod encoder;
mod fingerprint;
mod hub;
mod hub_cache;
mod huggingface_config;
mod image_tower;
mod loading;
mod model_files;
mod open_clip_config;
mod precompiled_map;
mod prefix_tree;
mod preprocessing;
mod published;
mod pull;
mod text_cleaning;
mod text_tower;
mod tokenizer;
mod tokenizer_check;
mod tokenizer_files;
mod verify;

pub use config::{ClipConfig, Eva, ImageConfig, ImagePooling, Naming, Stack, TextConfig};
pub use encoder::Clip;
pub use hub_cache::{cached_snapshot, hub_cache, locate, repository};
pub use model_files::{Description, ModelFiles};
pub use preprocessing::Preprocessing;
pub use published::{PUBLISHED, Published};
pub use pull::{Pulled, pull};
pub use tokenizer::Tokenizer;
pub use verify::{Check, verify};

pub(crate) use prefix_tree::{TreeBatch, tree_batches};
pub(crate) use tokenizer_files::clip_json;
pub(crate) use verify::check_hashes;
