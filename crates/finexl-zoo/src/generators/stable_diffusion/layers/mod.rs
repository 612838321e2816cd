//! Layers of the networks, over numbers of which channels come last.
//!
//! Feature maps are `[n, height, width, channels]`: rows of channels are what linear layers, layer norms, attention and
//! our kernels for the processor take. Weights have the shapes and names of PyTorch's.
//!
//! On the processor, where nothing is differentiated, the layers run through kernels of our own (`plain`); everywhere
//! else through tensor operations. Half-precision weights stay half in memory on the processor.

mod attention;
mod building;
mod convolution;
mod convolve;
mod feed_forward;
mod group_norm;
mod layer_norm;
mod linear;
mod mix;
mod normalise;
mod plain;
mod sum;
#[cfg(test)]
mod tests;
mod upsample;

pub use attention::{attend, attend_causally};
pub use building::Builder;
pub use convolution::Convolution;
pub use feed_forward::FeedForward;
pub use group_norm::GroupNorm;
pub use layer_norm::LayerNorm;
pub use linear::{linear, wide};
pub use sum::{sum, sum_rows};
pub use upsample::upsampled;
