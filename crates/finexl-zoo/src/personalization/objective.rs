//! What a personalization learns, and how it is kept.

use crate::ZooError;
use burn::module::Module;
use burn::optim::ModuleOptimizer;
use burn::tensor::{Device, Tensor};
use finexl_core::seed::ChaCha8Rng;
use std::path::Path;

/// Something that is learned from encoded training images.
pub(super) trait Objective {
    /// What the optimiser moves.
    type Learned: Module + Sync;
    /// The rows of a step.
    type Batch: Send;

    /// What is learned, as it begins, on a device for training.
    ///
    /// # Errors
    /// Where it cannot be learned.
    fn fresh(&self, device: &Device) -> Result<Self::Learned, ZooError>;

    /// What it is moved with.
    fn optimizer(&self) -> ModuleOptimizer;

    /// The training images `chosen`, with what is drawn for them.
    fn batch(&self, chosen: &[usize], random: &mut ChaCha8Rng, device: &Device) -> Self::Batch;

    /// A range of the rows of a batch.
    fn rows(batch: &Self::Batch, start: usize, end: usize) -> Self::Batch;

    /// What training lowers: a mean over rows, `[1]`.
    fn loss(learned: &Self::Learned, batch: Self::Batch) -> Tensor<1>;

    /// Writes a snapshot into a folder.
    ///
    /// # Errors
    /// Where it holds something that is not a number, or cannot be written.
    fn write(&self, learned: &Self::Learned, folder: &Path) -> Result<(), ZooError>;
}
