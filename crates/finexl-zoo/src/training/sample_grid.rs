//! Samples of a generator under training, as a picture per epoch.

use crate::ZooError;
use crate::generators::mini_diffusion::LatentSpace;
use crate::generators::{
    GenerationRequest, Generator, GeneratorConfig, LatentGenerator, LatentNetwork,
};
use burn::tensor::Device;
use finexl_core::fingerprint::Fingerprint;
use finexl_data::encode::write_png;
use finexl_data::grid::tiled;
use finexl_data::scenes::{Scene, Split};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Images of a grid and of a row of it.
const IMAGES: usize = 24;
const COLUMNS: usize = 8;
/// Name of the weights of the last grid.
const WEIGHTS: &str = "last.safetensors";
/// Seed of the scenes and of the noise.
const SEED: u64 = 1;

/// Writes the same validation scenes, made from the same random numbers, again and again.
pub(super) struct SampleGrid<N: LatentNetwork> {
    folder: PathBuf,
    /// Grids of epochs up to this one are there.
    epoch: AtomicUsize,
    config: GeneratorConfig<N::Architecture>,
    latents: Arc<LatentSpace>,
    prompts: Vec<String>,
    device: Device,
}

impl<N: LatentNetwork> SampleGrid<N> {
    /// Grids in `folder`, which is there, of epochs behind `epoch`, of scenes of some subjects.
    pub fn new(
        folder: PathBuf,
        epoch: usize,
        config: &GeneratorConfig<N::Architecture>,
        subjects: &[usize],
        latents: Arc<LatentSpace>,
        device: &Device,
    ) -> Self {
        let scene = |index| Scene::draw_among(subjects, Split::Validation, SEED, index);
        Self {
            folder,
            epoch: AtomicUsize::new(epoch),
            config: config.clone(),
            latents,
            prompts: (0..IMAGES as u64)
                .map(|index| scene(index).prompt())
                .collect(),
            device: device.clone(),
        }
    }

    /// Samples with a network and writes the next epoch's grid, and beside it the weights it was made
    /// with (the autoencoder is there already), so that a model can be tried before its training ends.
    /// What fails is logged: a picture is no reason to end a training.
    pub fn write(&self, network: &N) {
        let epoch = self.epoch.fetch_add(1, Ordering::Relaxed) + 1;
        if let Err(error) = self.try_write(network, epoch) {
            tracing::warn!("no sample grid of epoch {epoch}: {error}");
        }
    }

    fn try_write(&self, network: &N, epoch: usize) -> Result<(), ZooError> {
        let generator = LatentGenerator::new(
            self.config.clone(),
            network.clone(),
            self.latents.clone(),
            ["weights", "generator"].map(|of| Fingerprint::of(of).finish()),
            &self.device,
        );
        let requests = GenerationRequest::of_prompts(&self.prompts, SEED);
        let images = generator.generate(&requests, &generator.default_settings(), &|_| ())?;
        let path = self.folder.join(format!("epoch-{epoch:03}.png"));
        write_png(path, &tiled(&images, COLUMNS))?;
        crate::weights::save(network, &self.config, &self.folder.join(WEIGHTS))
    }
}
