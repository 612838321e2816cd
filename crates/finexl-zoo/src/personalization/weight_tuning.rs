//! Weights as what is learned: all of them, or an adapter beside them.

use super::objective::Objective;
use super::style_images::StyledImage;
use crate::ZooError;
use crate::adapters::{Adapter, LoraSettings, add_lora};
use crate::generators::Tunable;
use burn::module::Module;
use burn::optim::ModuleOptimizer;
use burn::tensor::{Device, Tensor};
use finexl_core::experiment::{Mechanism, Personalize};
use finexl_core::seed::ChaCha8Rng;
use std::path::Path;

/// A generator whose weights learn a set of images.
pub(super) struct WeightTuning<'a, G: Tunable> {
    config: &'a Personalize,
    base: &'a G,
    set: G::Set,
}

impl<'a, G: Tunable> WeightTuning<'a, G> {
    /// Encodes the images.
    ///
    /// # Errors
    /// A prompt that cannot be read.
    pub fn new(
        config: &'a Personalize,
        base: &'a G,
        styled: Vec<StyledImage>,
    ) -> Result<Self, ZooError> {
        let pairs = styled.into_iter().map(|s| (s.image, s.prompt));
        let (images, prompts): (Vec<_>, Vec<_>) = pairs.unzip();
        Ok(Self {
            config,
            base,
            set: base.training_set(&images, &prompts)?,
        })
    }
}

/// The network with what is to be trained.
///
/// # Errors
/// An adapter that does not fit.
pub(super) fn trainable<G: Tunable>(
    config: &Personalize,
    base: &G,
    device: &Device,
) -> Result<G::Network, ZooError> {
    let network = base.network_to_train().train().fork(device);
    match &config.mechanism {
        Mechanism::Lora {
            rank,
            alpha,
            targets,
        } => {
            let settings = LoraSettings {
                rank: *rank,
                alpha: *alpha,
                targets: targets.iter().map(|t| G::path_of_target(t)).collect(),
            };
            add_lora(network, &settings, config.seed)
        }
        Mechanism::Full {} | Mechanism::Direction {} => Ok(network),
    }
}

impl<G: Tunable> Objective for WeightTuning<'_, G> {
    type Learned = G::Network;
    type Batch = G::Batch;

    fn fresh(&self, device: &Device) -> Result<G::Network, ZooError> {
        trainable(self.config, self.base, device)
    }

    fn optimizer(&self) -> ModuleOptimizer {
        G::optimizer()
    }

    fn batch(&self, chosen: &[usize], random: &mut ChaCha8Rng, device: &Device) -> G::Batch {
        self.base.batch(&self.set, chosen, random, device)
    }

    fn rows(batch: &G::Batch, start: usize, end: usize) -> G::Batch {
        G::rows(batch, start, end)
    }

    fn loss(network: &G::Network, batch: G::Batch) -> Tensor<1> {
        G::loss(network, batch)
    }

    fn write(&self, network: &G::Network, folder: &Path) -> Result<(), ZooError> {
        if let Mechanism::Lora { .. } = self.config.mechanism {
            return self.base.store_adapter(&Adapter::extract(network)?, folder);
        }
        self.base.store_whole(&network.valid(), folder)
    }
}
