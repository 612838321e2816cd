//! What a LoRA file does to the weights, without the model and without drawing: strength of every layer,
//! training, tags, suspicions; and how alike two files are.
//!
//! Nothing is multiplied out that has factors. With `U` and `V` the factors of a change, its singular values
//! are the roots of the eigenvalues of `(U^T U)(V V^T)`, which is as small as the rank. Of a Kronecker
//! product they are the products of those of its two matrices.

mod checkpoint_facts;
mod compare;
mod embedding_facts;
mod file_facts;
mod inner_product;
mod inspect;
mod layer_facts;
mod lora_facts;
mod metadata;
mod sections;
mod spectrum;
mod suspicions;
mod tags;
#[cfg(test)]
mod tests;

pub use inspect::{InspectOptions, inspect};
