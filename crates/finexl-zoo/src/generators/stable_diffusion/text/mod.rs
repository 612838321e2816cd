//! Prompts to rows: `CLIPTextModel` and `CLIPTextModelWithProjection` of transformers, with their tokenizers.

mod config;
mod loading;
mod prompts;
mod text_encoder;

pub use config::{Gelu, TextConfig};
pub use prompts::{Prompts, TokenIds, has_word};
pub use text_encoder::{TextEncoder, TextStates};
