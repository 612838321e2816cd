//! One training step's latents and prompts, and what a family draws beside.

use super::sample_grid::SampleGrid;
use super::scene_images::{CaptionedImage, SceneImages};
use super::training_loop::{BatchSource, brought_to};
use crate::ZooError;
use crate::encoders::mini_clip::{MiniClip, Tokenizer};
use crate::encoders::{DEFAULT_ENCODER, open_mini_clip};
use crate::generators::mini_diffusion::{LatentSpace, Prompts};
use crate::generators::{GeneratorConfig, LatentBatch, LatentNetwork, known_words};
use crate::workers::Workers;
use burn::tensor::{Device, Tensor};
use finexl_core::experiment::TrainGenerator;
use finexl_core::seed::{generator, key};
use finexl_data::image::Image;
use finexl_data::scenes::Split;
use rand::RngExt;
use rayon::prelude::*;
use std::sync::Arc;

/// Most aspects that an image wears.
const MOST_ASPECTS: usize = 2;

/// What a training step is computed from.
pub struct GeneratorBatch<N: LatentNetwork> {
    /// Latents, prompts, and what the family draws.
    pub batch: LatentBatch<N::Drawn>,
    /// mini-clip's tokens of the images, `[n, positions, width]`.
    pub aligned: Option<Tensor<3>>,
    /// Where samples go before the first batch of a validation.
    pub(super) samples: Option<Arc<SampleGrid<N>>>,
}

impl<N: LatentNetwork> Clone for GeneratorBatch<N> {
    fn clone(&self) -> Self {
        Self {
            batch: self.batch.clone(),
            aligned: self.aligned.clone(),
            samples: self.samples.clone(),
        }
    }
}

impl<N: LatentNetwork> GeneratorBatch<N> {
    /// A range of rows.
    pub fn rows(&self, start: usize, end: usize) -> Self {
        let cut = |x: &Tensor<3>| x.clone().narrow(0, start, end - start);
        Self {
            batch: self.batch.rows(start, end),
            aligned: self.aligned.as_ref().map(cut),
            samples: None,
        }
    }
}

/// Draws batches of captioned scenes.
pub(super) struct GeneratorBatches<N: LatentNetwork> {
    images: SceneImages,
    recipe: TrainGenerator<N::Architecture>,
    latents: Arc<LatentSpace>,
    tokenizer: Tokenizer,
    words: Vec<String>,
    mini_clip: Option<MiniClip>,
    samples: Option<Arc<SampleGrid<N>>>,
    workers: Workers,
}

impl<N: LatentNetwork> GeneratorBatches<N> {
    pub fn new(
        recipe: &TrainGenerator<N::Architecture>,
        latents: Arc<LatentSpace>,
        device: &Device,
    ) -> Result<Self, ZooError> {
        let size = latents.config().architecture.image_size;
        let images =
            SceneImages::load(&recipe.art, &recipe.subjects, &recipe.unknown_aspects, size)?;
        let words = known_words(&recipe.subjects, images.aspects());
        let context = N::sizes(&recipe.architecture).context;
        let mini_clip = match recipe.alignment {
            Some(_) => Some(aligned_encoder(&latents, device)?),
            None => None,
        };
        Ok(Self {
            tokenizer: Tokenizer::new(&recipe.name, &words, context),
            images,
            recipe: recipe.clone(),
            latents,
            words,
            mini_clip,
            samples: None,
            workers: Workers::new(device),
        })
    }

    /// The same with samples before every validation.
    pub fn with_samples(self, samples: SampleGrid<N>) -> Self {
        Self {
            samples: Some(Arc::new(samples)),
            ..self
        }
    }

    /// What rebuilds the generator that is trained on these.
    pub fn config(&self) -> GeneratorConfig<N::Architecture> {
        let aspects = self.images.aspects().iter();
        GeneratorConfig {
            family: N::FAMILY,
            name: self.recipe.name.clone(),
            architecture: self.recipe.architecture.clone(),
            autoencoder: self.latents.fingerprint().to_string(),
            words: self.words.clone(),
            subjects: self.recipe.subjects.clone(),
            aspects: aspects.map(|a| a.name.clone()).collect(),
        }
    }

    /// The subjects, as indices.
    pub fn subjects(&self) -> &[usize] {
        self.images.subjects()
    }

    /// Width of the tokens that inner tokens are aligned with.
    pub fn aligned_width(&self) -> Option<usize> {
        self.mini_clip.as_ref().map(MiniClip::token_width)
    }

    fn draw(&self, split: Split, keys: [u64; 2], index: u64) -> CaptionedImage {
        let keys = [key("image"), keys[0], keys[1], index, split as u64];
        let mut random = generator(self.recipe.seed, &keys);
        let stylized = self.recipe.stylized_share;
        let mut drawn = self.images.draw(split, stylized, MOST_ASPECTS, &mut random);
        if random.random_bool(self.recipe.dropped_captions) {
            drawn.caption = String::new();
        }
        drawn
    }

    fn aligned(&self, images: &[Image]) -> Option<Tensor<3>> {
        let encoder = self.mini_clip.as_ref()?;
        Some(encoder.image_tokens_by(&self.workers, images))
    }
}

/// mini-clip, if its tokens lie where the latents do.
fn aligned_encoder(latents: &LatentSpace, device: &Device) -> Result<MiniClip, ZooError> {
    let encoder = open_mini_clip(DEFAULT_ENCODER, device)?;
    let [positions, _] = latents.shape();
    if encoder.token_count() != positions {
        return Err(ZooError::Config(format!(
            "alignment compares {positions} latent positions with {} tokens of {DEFAULT_ENCODER}; \
             they have to be as many",
            encoder.token_count()
        )));
    }
    Ok(encoder)
}

impl<N: LatentNetwork> BatchSource for GeneratorBatches<N> {
    type Batch = GeneratorBatch<N>;

    fn batch(
        &self,
        split: Split,
        keys: [u64; 2],
        device: &Device,
    ) -> Result<GeneratorBatch<N>, ZooError> {
        let n = self.recipe.images_per_step;
        let drawn: Vec<CaptionedImage> = (0..n as u64)
            .into_par_iter()
            .map(|index| self.draw(split, keys, index))
            .collect();
        let (images, captions): (Vec<Image>, Vec<String>) =
            drawn.into_iter().map(|d| (d.image, d.caption)).unzip();
        let prompts = captions
            .iter()
            .map(|caption| self.tokenizer.encode(caption))
            .collect::<Result<_, _>>()?;
        let mut random = generator(
            self.recipe.seed,
            &[key("noise"), keys[0], keys[1], split as u64],
        );
        let [positions, channels] = self.latents.shape();
        let drawn = N::draw(
            &self.recipe.architecture,
            &mut random,
            [n, positions, channels],
            device,
        );
        let drawn = match split {
            Split::Train => N::in_epoch(&self.recipe.architecture, drawn, keys[0]),
            _ => drawn,
        };
        let first = split != Split::Train && keys[1] == 0;
        Ok(GeneratorBatch {
            batch: LatentBatch {
                latents: brought_to(device, self.latents.encode(&images)),
                prompts: Prompts::new(prompts),
                drawn,
            },
            aligned: self.aligned(&images).map(|x| brought_to(device, x)),
            samples: self.samples.clone().filter(|_| first),
        })
    }
}
