//! Images, the one resize, aspect operators, emoji art, scenes, captions and image-pair folders.

pub mod art;
pub mod aspects;
pub mod captions;
pub mod decode;
pub mod encode;
pub mod error;
pub mod generation;
pub mod grid;
pub mod image;
pub mod image_folder;
pub mod manifest;
mod natural_order;
pub mod nuisance;
pub mod pairs;
pub mod procedural;
pub mod resize;
pub mod scenes;
pub mod styles;
pub mod stylize_folder;
pub mod vocabulary;

pub use error::DataError;
