//! Images, the one resize, aspect operators, emoji art, scenes, captions and image-pair folders.

pub mod art;
pub mod aspects;
pub mod captions;
pub mod decode;
pub mod encode;
pub mod error;
pub mod image;
pub mod image_folder;
mod jpeg_end;
pub mod manifest;
mod manifest_pairs;
mod natural_order;
pub mod pairs;
pub mod resize;
pub mod scenes;
pub mod stylize_folder;

pub use error::DataError;
pub mod nuisance;
pub mod procedural;
pub mod vocabulary;
