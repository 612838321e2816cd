//! Images, the one resize, aspect operators, emoji art, scenes, captions and image-pair folders.

pub mod art;
pub mod aspects;
pub mod captions;
pub mod decode;
pub mod encode;
pub mod error;
pub mod image;
mod jpeg_end;
pub mod image_folder;
pub mod manifest;
mod manifest_pairs;
mod natural_order;
pub mod pairs;
pub mod stylize_folder;
pub mod resize;
pub mod scenes;

pub use error::DataError;
pub mod nuisance;
pub mod procedural;
pub mod vocabulary;
