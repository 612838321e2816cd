//! Transformer blocks for inference, with kernels for the processor beside the tensor operations.
//!
//! On the processor nothing goes through burn. Matrix products are faer's kernels, cut into tasks
//! here; norms and activations are loops of our own over plain rows: burn's processor backend runs
//! them on one thread and without vector instructions, and its attention needs copies that these do
//! not. Every other device runs the same blocks as tensor operations.

mod activation;
mod attend;
mod block;
mod cache;
mod device_block;
mod linear;
mod norm;
mod pattern;
mod pooling;
mod product;
mod rotary;
mod row_linear;
mod rows;
#[cfg(test)]
mod tests;
pub(crate) mod vector;

pub use activation::Activation;
pub(crate) use activation::gelu_erf;
pub use attend::{Memory, attend_with_memory};
pub use block::{Block, Mlp, Observer, forward_blocks};
pub use cache::KeyValueCache;
pub(crate) use linear::MatrixView;
pub use linear::{Linear, Matrix};
pub use norm::Norm;
pub use pattern::{Paths, Pattern};
pub use pooling::AttentionPool;
pub(crate) use product::{Finish, finish_rows, multiply_rows};
pub use rotary::Rotary;
pub use row_linear::RowLinear;
pub use rows::Rows;
