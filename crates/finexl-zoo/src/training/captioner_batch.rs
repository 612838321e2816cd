//! One training step's image tokens and captions.

use super::scene_images::{CaptionedImage, SceneImages};
use super::training_loop::{BatchSource, brought_to};
use crate::ZooError;
use crate::captioner::CaptionerConfig;
use crate::encoders::mini_clip::{MiniClip, Tokenizer};
use crate::encoders::{Encoder, open_mini_clip};
use crate::workers::Workers;
use burn::tensor::{Device, Tensor};
use finexl_core::experiment::TrainCaptioner;
use finexl_core::seed::{generator, key};
use finexl_data::image::Image;
use finexl_data::scenes::Split;
use rayon::prelude::*;

/// Images as the encoder sees them, with their captions.
#[derive(Clone, Debug)]
pub struct CaptionerBatch {
    /// `[n, tokens, token width]`
    pub images: Tensor<3>,
    /// n token sequences, start and end included.
    pub captions: Vec<Vec<i32>>,
}

impl CaptionerBatch {
    /// A range of rows.
    pub fn rows(&self, start: usize, end: usize) -> Self {
        Self {
            images: self.images.clone().narrow(0, start, end - start),
            captions: self.captions[start..end].to_vec(),
        }
    }

    /// Words that are learned: all but the first token of every caption.
    pub fn words(&self) -> usize {
        self.captions.iter().map(|caption| caption.len() - 1).sum()
    }
}

/// Draws batches of captioned scenes.
pub(super) struct CaptionerBatches {
    images: SceneImages,
    recipe: TrainCaptioner,
    encoder: MiniClip,
    tokenizer: Tokenizer,
    workers: Workers,
}

impl CaptionerBatches {
    pub fn new(recipe: &TrainCaptioner, device: &Device) -> Result<Self, ZooError> {
        let encoder = open_mini_clip(&recipe.encoder, device)?;
        let config = encoder.config();
        let images = SceneImages::load(&recipe.art, &[], &[], config.image_size)?;
        let context = recipe.architecture.context;
        Ok(Self {
            tokenizer: Tokenizer::new(&recipe.name, &config.words, context),
            images,
            recipe: recipe.clone(),
            encoder,
            workers: Workers::new(device),
        })
    }

    /// What the captioner is built from: the encoder's words, and the aspects that captions name.
    pub fn config(&self) -> CaptionerConfig {
        let aspects = self.images.aspects().iter();
        CaptionerConfig {
            name: self.recipe.name.clone(),
            architecture: self.recipe.architecture.clone(),
            encoder: self.encoder.fingerprint().to_string(),
            words: self.encoder.config().words.clone(),
            aspects: aspects.map(|aspect| aspect.phrases.clone()).collect(),
        }
    }

    /// Width of an image token.
    pub fn token_width(&self) -> usize {
        self.encoder.token_width()
    }

    fn draw(&self, split: Split, keys: [u64; 2], index: u64) -> CaptionedImage {
        let keys = [key("image"), keys[0], keys[1], index, split as u64];
        let mut random = generator(self.recipe.seed, &keys);
        let (stylized, most) = (self.recipe.stylized_share, self.recipe.most_aspects);
        self.images.draw(split, stylized, most, &mut random)
    }
}

impl BatchSource for CaptionerBatches {
    type Batch = CaptionerBatch;

    fn batch(
        &self,
        split: Split,
        keys: [u64; 2],
        device: &Device,
    ) -> Result<CaptionerBatch, ZooError> {
        let drawn: Vec<CaptionedImage> = (0..self.recipe.images_per_step as u64)
            .into_par_iter()
            .map(|index| self.draw(split, keys, index))
            .collect();
        let (images, captions): (Vec<Image>, Vec<String>) =
            drawn.into_iter().map(|d| (d.image, d.caption)).unzip();
        let captions = captions
            .iter()
            .map(|caption| self.tokenizer.encode(caption))
            .collect::<Result<_, _>>()?;
        let tokens = self.encoder.image_tokens_by(&self.workers, &images);
        Ok(CaptionerBatch {
            images: brought_to(device, tokens),
            captions,
        })
    }
}
