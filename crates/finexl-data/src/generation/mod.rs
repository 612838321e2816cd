//! How a picture was generated, as its file says: prompt, negative prompt and seed.
//!
//! Programs that generate pictures write into the file what they were made from. [`read_generation`]
//! reads that from PNG (text chunks), JPEG, WebP and TIFF (EXIF), as written by AUTOMATIC1111 and what
//! follows it (Forge, SD.Next, Civitai), ComfyUI, InvokeAI, Fooocus, SwarmUI, NovelAI, Easy Diffusion,
//! Draw Things, and programs that write plain `prompt` and `seed` texts. [`plain_prompt`] takes from a
//! prompt what is no word of it: weights, `<lora:...>`, schedules.
//!
//! Pixels are not decoded, and what is read and inflated is bounded.

mod a1111;
mod comfyui;
mod comfyui_graph;
mod comfyui_strings;
mod comfyui_text;
mod exif;
mod interpret;
mod json;
mod midjourney;
mod png_texts;
mod prompt_text;
mod prompt_weights;
mod read;
mod segments;
mod settings;
mod tools;
mod types;

pub use a1111::read_parameters;
pub use prompt_text::plain_prompt;
pub use read::{read_generation, read_generation_bytes};
pub(crate) use settings::WRITTEN_IN_USE;
pub use types::{Generation, Recorded, Tool};
