//! One training step's latents, noise and prompts.

use super::scene_images::{CaptionedImage, SceneImages};
use super::training_loop::{BatchSource, brought_to};
use crate::ZooError;
use crate::encoders::mini_clip::{MiniClip, Tokenizer};
use crate::encoders::{DEFAULT_ENCODER, open_mini_clip};
use crate::generators::mini_diffusion::{LatentSpace, Prompts, known_words};
use crate::sampling::standard_normal;
use crate::workers::Workers;
use burn::tensor::{Device, Tensor, TensorData};
use finexl_core::experiment::TrainDenoiser;
use finexl_core::seed::{generator, key};
use finexl_data::image::Image;
use finexl_data::scenes::Split;
use rand::RngExt;
use rayon::prelude::*;
use std::sync::Arc;

/// Most aspects that an image wears.
const MOST_ASPECTS: usize = 2;

/// Latents on their way to noise.
#[derive(Clone, Debug)]
pub struct DenoiserBatch {
    /// Standardised latents, `[n, positions, channels]`.
    pub latents: Tensor<3>,
    /// Standard normal, `[n, positions, channels]`.
    pub noise: Tensor<3>,
    /// 0 for data, 1 for noise, `[n]`.
    pub times: Tensor<1>,
    /// What the images show; empty for dropped captions.
    pub prompts: Prompts,
    /// mini-clip's tokens of the images, `[n, positions, width]`.
    pub aligned: Option<Tensor<3>>,
    /// Whether it is the first of an epoch.
    pub first: bool,
}

impl DenoiserBatch {
    /// A range of rows.
    pub fn rows(&self, start: usize, end: usize) -> Self {
        let cut = |x: &Tensor<3>| x.clone().narrow(0, start, end - start);
        Self {
            latents: cut(&self.latents),
            noise: cut(&self.noise),
            times: self.times.clone().narrow(0, start, end - start),
            prompts: self.prompts.rows(start, end),
            aligned: self.aligned.as_ref().map(cut),
            first: self.first,
        }
    }
}

/// Draws batches of captioned scenes.
pub(super) struct DenoiserBatches {
    images: SceneImages,
    recipe: TrainDenoiser,
    latents: Arc<LatentSpace>,
    tokenizer: Tokenizer,
    words: Vec<String>,
    mini_clip: Option<MiniClip>,
    workers: Workers,
}

impl DenoiserBatches {
    pub fn new(
        recipe: &TrainDenoiser,
        latents: Arc<LatentSpace>,
        device: &Device,
    ) -> Result<Self, ZooError> {
        let size = latents.config().architecture.image_size;
        let images =
            SceneImages::load(&recipe.art, &recipe.subjects, &recipe.unknown_aspects, size)?;
        let words = known_words(&recipe.subjects, images.aspects());
        let context = recipe.architecture.text.context;
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
            workers: Workers::new(device),
        })
    }

    /// All words of captions.
    pub fn words(&self) -> &[String] {
        &self.words
    }

    /// The names of the aspects that captions name.
    pub fn aspects(&self) -> Vec<String> {
        self.images
            .aspects()
            .iter()
            .map(|a| a.name.clone())
            .collect()
    }

    /// The subjects, as indices.
    pub fn subjects(&self) -> &[usize] {
        self.images.subjects()
    }

    /// Positions and channels of the latents.
    pub fn latent_shape(&self) -> [usize; 2] {
        self.latents.shape()
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

impl BatchSource for DenoiserBatches {
    type Batch = DenoiserBatch;

    fn batch(
        &self,
        split: Split,
        keys: [u64; 2],
        device: &Device,
    ) -> Result<DenoiserBatch, ZooError> {
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
        let noise = standard_normal(&mut random, n * positions * channels);
        // Logit-normal times (Esser et al. 2024).
        let times: Vec<f32> = standard_normal(&mut random, n)
            .into_iter()
            .map(|z| 1.0 / (1.0 + (-z).exp()))
            .collect();
        let noise = TensorData::new(noise, [n, positions, channels]);
        Ok(DenoiserBatch {
            latents: brought_to(device, self.latents.encode(&images)),
            noise: Tensor::from_data(noise, device),
            times: Tensor::from_data(TensorData::new(times, [n]), device),
            prompts: Prompts::new(prompts),
            aligned: self.aligned(&images).map(|x| brought_to(device, x)),
            first: keys[1] == 0,
        })
    }
}
