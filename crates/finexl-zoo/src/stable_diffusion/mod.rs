//! The layers of Stable Diffusion 1, 2 and XL: what they are called, their shapes and where they are.
//!
//! Files for these models name layers in many spellings. None is taken apart by guessing: all paths
//! are listed here, those of the published models and those of any sizes, and a name in a file is one of them, once
//! dots and underscores are made alike.

mod base;
mod layer_index;
mod layers;
mod model_files;
mod openclip_names;
mod sgm_names;
mod shapes;
#[cfg(test)]
mod tests;
mod text_layers;
mod unet_layers;
mod weights;

pub use base::{Base, Part};
pub use layer_index::{ModelLayers, flatten, layer_named, layers};
pub use layers::{Block, Form, Layer, Place};
pub use model_files::ModelFiles;
pub use openclip_names::{OpenClipName, openclip_name};
pub use shapes::{TextShape, UnetLevel, UnetShape};
pub use weights::ModelWeights;
