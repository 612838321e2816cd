//! Files of a model: the folder of a pipeline of diffusers, or one file as A1111 and Civitai have them.

mod builtin_tokenizer;
mod location;
mod model_folder;
mod opened;
mod single_config;
mod single_file;
mod single_names;
mod tokenizers;
mod vae_names;

pub use location::{locate, recognise};
pub use model_folder::missing_files;
pub use opened::{Opened, open_files};
