//! What a personalization has to know of a generator.

use super::latent_network::{LatentBatch, LatentNetwork};
use super::mini_diffusion::Prompts;
use super::{Generator, MODEL_FILE, SceneGenerator, latent_generator::LatentGenerator};
use crate::ZooError;
use crate::adapters::{Adapter, BaseModel, StoredPrecision};
use crate::weights::WeightsFile;
use burn::module::Module;
use burn::optim::ModuleOptimizer;
use burn::tensor::{Device, Tensor};
use finexl_core::fingerprint::Fingerprint;
use finexl_core::partial_folder::PartialFolder;
use finexl_core::seed::ChaCha8Rng;
use finexl_data::image::Image;
use std::path::Path;
use std::sync::Arc;

/// Numbers in memory that a training takes beside its weights.
#[derive(Clone, Copy, Debug)]
pub struct TuningMemory {
    /// Of every training image, all the time.
    pub per_image: usize,
    /// Of every image of a step, kept for the way back.
    pub per_row: usize,
}

/// A generator whose network can be trained on images: what is trained, on what, and how it is stored.
pub trait Tunable: Generator + Sized {
    /// The module that is adapted, or fine-tuned as a whole.
    type Network: Module + Sync;
    /// Training images as the loss takes them, encoded once.
    type Set;
    /// The rows of a step.
    type Batch: Send;

    /// What is tuned.
    fn network(&self) -> &Self::Network;

    /// The network in single precision, as a training begins with it.
    fn network_to_train(&self) -> Self::Network {
        self.network().clone()
    }

    /// The path of a layer in the network for the name that a user gives it.
    fn path_of_target(target: &str) -> String {
        target.to_string()
    }

    /// Writes an adapter of the network as a folder: that of PEFT, unless the family has another custom.
    ///
    /// # Errors
    /// [`ZooError::Adapter`] for numbers that are not finite; a folder that cannot be written.
    fn store_adapter(&self, adapter: &Adapter, folder: &Path) -> Result<(), ZooError> {
        let of = BaseModel {
            name: self.name().to_string(),
            fingerprint: self.weights().clone(),
        };
        adapter.save(folder, &of, StoredPrecision::F32)
    }

    /// The same generator with a tuned network.
    fn tuned(self, network: Self::Network, fingerprint: Fingerprint) -> Self;

    /// Writes a network that is fine-tuned as a whole, with its config.
    ///
    /// # Errors
    /// As [`crate::weights::save`].
    fn store(&self, network: &Self::Network, path: &Path) -> Result<(), ZooError>;

    /// Writes a network that is fine-tuned as a whole into a folder, with all that opens it.
    ///
    /// # Errors
    /// As [`Tunable::store`].
    fn store_whole(&self, network: &Self::Network, folder: &Path) -> Result<(), ZooError> {
        let partial = PartialFolder::start(folder)?;
        self.store(network, &partial.path().join(MODEL_FILE))?;
        Ok(partial.finish([MODEL_FILE].into_iter())?)
    }

    /// Opens what [`Tunable::store`] wrote of the same base.
    ///
    /// # Errors
    /// [`ZooError::Weights`] where the file is damaged or of another family.
    fn stored(&self, weights: &WeightsFile) -> Result<Self, ZooError>;

    /// Encodes training images with their prompts.
    ///
    /// # Errors
    /// A prompt that cannot be read.
    fn training_set(&self, images: &[Image], prompts: &[String]) -> Result<Self::Set, ZooError>;

    /// The rows `chosen` of a set, with what is drawn for them, on a device for training.
    fn batch(
        &self,
        set: &Self::Set,
        chosen: &[usize],
        random: &mut ChaCha8Rng,
        device: &Device,
    ) -> Self::Batch;

    /// A range of the rows of a batch.
    fn rows(batch: &Self::Batch, start: usize, end: usize) -> Self::Batch;

    /// What training lowers: a mean over rows, `[1]`.
    fn loss(network: &Self::Network, batch: Self::Batch) -> Tensor<1>;

    /// What weights are moved with.
    fn optimizer() -> ModuleOptimizer;

    /// What a training takes on images of a side in pixels; none is the model's own.
    fn tuning_memory(&self, side: Option<usize>) -> TuningMemory;
}

/// Encoded training images of a generator of latents.
pub struct LatentSet {
    /// `[images, positions, channels]`, off the autodiff device.
    latents: Tensor<3>,
    /// Word tokens of every image.
    prompts: Vec<Vec<i32>>,
}

impl<N: LatentNetwork> Tunable for LatentGenerator<N> {
    type Network = N;
    type Set = LatentSet;
    type Batch = LatentBatch<N::Drawn>;

    fn network(&self) -> &N {
        LatentGenerator::network(self)
    }

    fn tuned(self, network: N, fingerprint: Fingerprint) -> Self {
        self.with_network(network, fingerprint)
    }

    fn store(&self, network: &N, path: &Path) -> Result<(), ZooError> {
        crate::weights::save(network, self.config(), path)
    }

    fn stored(&self, weights: &WeightsFile) -> Result<Self, ZooError> {
        Self::on_latents(weights, Arc::clone(self.latents()), self.device())
    }

    fn training_set(&self, images: &[Image], prompts: &[String]) -> Result<LatentSet, ZooError> {
        Ok(LatentSet {
            latents: self.latents().encode(images),
            prompts: prompts
                .iter()
                .map(|prompt| self.tokenizer().encode(prompt))
                .collect::<Result<_, _>>()?,
        })
    }

    fn batch(
        &self,
        set: &LatentSet,
        chosen: &[usize],
        random: &mut ChaCha8Rng,
        device: &Device,
    ) -> Self::Batch {
        let [_, positions, channels] = set.latents.dims();
        let rows: Vec<Tensor<3>> = chosen
            .iter()
            .map(|row| set.latents.clone().narrow(0, *row, 1))
            .collect();
        let prompts = chosen.iter().map(|row| set.prompts[*row].clone());
        LatentBatch {
            latents: Tensor::from_inner(Tensor::cat(rows, 0)),
            prompts: Prompts::new(prompts.collect()),
            drawn: N::draw(
                &self.config().architecture,
                random,
                [chosen.len(), positions, channels],
                device,
            ),
        }
    }

    fn rows(batch: &Self::Batch, start: usize, end: usize) -> Self::Batch {
        batch.rows(start, end)
    }

    fn loss(network: &N, batch: Self::Batch) -> Tensor<1> {
        network.loss(batch, None).value
    }

    fn optimizer() -> ModuleOptimizer {
        N::tuning_optimizer()
    }

    fn tuning_memory(&self, _side: Option<usize>) -> TuningMemory {
        let side = self.image_size();
        let [positions, channels] = self.latents().shape();
        TuningMemory {
            per_image: 3 * side * side + positions * channels,
            per_row: N::kept(&self.config().architecture, [positions, channels]),
        }
    }
}
