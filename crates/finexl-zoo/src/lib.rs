//! Encoders, captioners and generators on burn, adapters, strict weight loading and their training.

pub mod adapters;
pub mod captioner;
pub mod checkpoint;
mod config_sizes;
pub mod device;
pub mod encoders;
pub mod error;
mod foreign_bytes;
pub mod generators;
pub mod inspection;
pub mod lora_files;
pub mod perceptual;
pub mod personalization;
mod recognition;
pub mod safetensors_header;
mod safetensors_writing;
pub mod sampling;
pub mod stable_diffusion;
pub mod tensor_file;
pub mod tensor_values;
pub mod training;
pub mod transformer;
pub mod weights;
pub mod workers;

pub use error::ZooError;
