//! Samples of a generator under training, as a picture per epoch.

use crate::ZooError;
use crate::generators::mini_diffusion::LatentSpace;
use crate::generators::{
    ChosenSettings, Diversity, GenerationRequest, Generator, GeneratorConfig, LatentGenerator,
    LatentNetwork,
};
use burn::tensor::Device;
use finexl_core::fingerprint::Fingerprint;
use finexl_data::art::{Artist, SpriteSet};
use finexl_data::encode::write_png;
use finexl_data::grid::tiled;
use finexl_data::image::Image;
use finexl_data::scenes::{Scene, Split};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Images of a grid and of a row of it.
const IMAGES: usize = 24;
const COLUMNS: usize = 8;
/// Name of the weights of the last grid.
const WEIGHTS: &str = "last.safetensors";
/// Seed of the scenes and of the noise.
const SEED: u64 = 1;
/// Size for which drawings are rasterised in advance: none, since few subjects occur.
const ON_DEMAND: usize = 0;

/// Writes the same validation scenes, made from the same random numbers, again and again.
pub(super) struct SampleGrid<N: LatentNetwork> {
    folder: PathBuf,
    /// Grids of epochs up to this one are there.
    epoch: AtomicUsize,
    config: GeneratorConfig<N::Architecture>,
    latents: Arc<LatentSpace>,
    prompts: Vec<String>,
    /// That of real scenes with the same prompts.
    real: Option<Diversity>,
    device: Device,
}

impl<N: LatentNetwork> SampleGrid<N> {
    /// Grids in `folder`, which is there, of epochs behind `epoch`, of scenes of some subjects.
    ///
    /// # Errors
    /// Where the scenes cannot be drawn.
    pub fn new(
        folder: PathBuf,
        epoch: usize,
        config: &GeneratorConfig<N::Architecture>,
        subjects: &[usize],
        latents: Arc<LatentSpace>,
        device: &Device,
    ) -> Result<Self, ZooError> {
        let scenes: Vec<Scene> = (0..IMAGES as u64)
            .map(|index| Scene::draw_among(subjects, Split::Validation, SEED, index))
            .collect();
        let size = latents.config().architecture.image_size;
        let sprites = SpriteSet::load(Artist::Twemoji, Path::new(""), ON_DEMAND)?;
        let drawn = scenes.iter().map(|s| s.render(&sprites, size, SEED));
        let prompts: Vec<String> = scenes.iter().map(Scene::prompt).collect();
        Ok(Self {
            folder,
            epoch: AtomicUsize::new(epoch),
            config: config.clone(),
            latents,
            real: Diversity::of(&drawn.collect::<Vec<_>>(), &prompts),
            prompts,
            device: device.clone(),
        })
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
        let settings = generator.settings(&ChosenSettings::default())?;
        let images = generator.generate(&requests, &settings, &|_| ())?;
        let path = self.folder.join(format!("epoch-{epoch:03}.png"));
        write_png(path, &tiled(&images, COLUMNS))?;
        self.say_diversity(&images, epoch);
        crate::weights::save(network, &self.config, &self.folder.join(WEIGHTS))
    }

    /// Says how different the samples are, and whether they are all one picture.
    fn say_diversity(&self, images: &[Image], epoch: usize) {
        let made = Diversity::of(images, &self.prompts);
        let (Some(made), Some(real)) = (made, self.real) else {
            return;
        };
        let (samples, scenes) = (made.value(), real.value());
        tracing::info!(epoch, samples, scenes, "diversity");
        if made.is_collapse() {
            tracing::warn!(
                "epoch {epoch}: {made}, real scenes {scenes:.2}; the model has collapsed, or has not \
                 learned enough yet"
            );
        }
    }
}
