//! Low-rank adapters (LoRA) of any module with [`burn::nn::Linear`]s, in the files of PEFT.
//!
//! A weight `W` of shape `[inputs, outputs]` stays frozen and becomes `W + alpha / rank * A B`, with
//! `A` of shape `[inputs, rank]` and `B` of shape `[rank, outputs]` (Hu et al. 2021, "LoRA: Low-Rank
//! Adaptation of Large Language Models", transposed as burn stores weights).
//!
//! - [`add_lora`] puts a fresh adapter onto a model that is to be trained;
//! - [`Adapter::extract`] takes it off again, at any step;
//! - [`Adapter::save`] and [`Adapter::load`] write and read the folder that Hugging Face's PEFT uses;
//! - [`merge`] folds it into the weights, [`attach`] puts it beside them.

mod adapter;
mod attach;
mod config_fields;
mod extract;
mod folder;
#[cfg(test)]
mod folder_tests;
mod linears;
mod merge;
mod peft_config;
mod peft_tensors;
mod peft_writing;
mod settings;
mod targets;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod training_tests;

pub use adapter::{Adapter, LoraLayer};
pub use attach::{add_lora, attach};
pub use folder::{BaseCheck, BaseModel, LoadedAdapter, read_adapter};
pub use merge::merge;
pub use peft_writing::StoredPrecision;
pub use settings::LoraSettings;
