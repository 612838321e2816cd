//! mini-clip as an [`Encoder`].

use super::{MiniClipConfig, MiniClipModel, TokenBatch, Tokenizer, patch_features};
use crate::ZooError;
use crate::encoders::{Encoder, Features, TextLength};
use crate::tensor_values::values;
use crate::weights::WeightsFile;
use crate::workers::{Workers, cuts};
use burn::tensor::{Device, Tensor, TensorData};
use finexl_core::experiment::ImageTower;
use finexl_core::fingerprint::Fingerprint;
use finexl_data::image::Image;
use rayon::prelude::*;
use std::path::Path;

/// Version of everything between a decoded image and the network; part of the fingerprint, beside
/// that of the resize.
const PREPROCESSING: &str = "shorter side, centre crop, patches with spectrum, 1";
/// Images per forward pass.
const IMAGE_BATCH: usize = 64;
/// Texts per forward pass.
const TEXT_BATCH: usize = 256;

/// A trained mini-clip.
pub struct MiniClip {
    config: MiniClipConfig,
    tokenizer: Tokenizer,
    model: MiniClipModel,
    device: Device,
    fingerprint: Fingerprint,
}

impl MiniClip {
    /// Loads a weights file.
    ///
    /// # Errors
    /// [`ZooError::Weights`] where the file is damaged or not a mini-clip.
    pub fn load(path: &Path, device: &Device) -> Result<Self, ZooError> {
        Self::from_weights(&WeightsFile::read(path)?, device)
    }

    /// Loads weights that are already in memory.
    ///
    /// # Errors
    /// As [`MiniClip::load`].
    pub fn from_weights(weights: &WeightsFile, device: &Device) -> Result<Self, ZooError> {
        let config: MiniClipConfig = weights.config()?;
        let model = weights.load_into(config.init(device))?;
        let fingerprint = Fingerprint::of("encoder")
            .nested("weights", &weights.fingerprint())
            .text("preprocessing", PREPROCESSING)
            .text("resize", finexl_data::resize::RESIZE)
            .finish();
        let tokenizer = Tokenizer::new(&config.name, &config.words, config.text_tower.context);
        Ok(Self {
            config,
            tokenizer,
            model,
            device: device.clone(),
            fingerprint,
        })
    }

    /// What it was built from.
    pub fn config(&self) -> &MiniClipConfig {
        &self.config
    }

    /// The image tokens before they are pooled, `[n, tokens, width]`: what other networks align their
    /// own tokens with. Images have the encoder's input size.
    pub(crate) fn image_tokens(&self, images: &[Image]) -> Tensor<3> {
        let patches = patch_tensor(images, self.config.image_size, self.patch(), &self.device);
        self.model.image_tokens(patches)
    }

    /// As [`MiniClip::image_tokens`], on all cores.
    pub(crate) fn image_tokens_by(&self, workers: &Workers, images: &[Image]) -> Tensor<3> {
        let parts: Vec<&[Image]> = cuts(images.len(), workers.parts())
            .map(|[start, end]| &images[start..end])
            .collect();
        Tensor::cat(workers.run(parts, |part| self.image_tokens(part)), 0)
    }

    /// Tokens of an image.
    pub(crate) fn token_count(&self) -> usize {
        (self.config.image_size / self.patch()).pow(2)
    }

    /// Width of a token.
    pub(crate) fn token_width(&self) -> usize {
        match self.config.image_tower {
            ImageTower::Transformer { width, .. } | ImageTower::Mixer { width, .. } => width,
        }
    }

    fn patch(&self) -> usize {
        patch_side(&self.config.image_tower)
    }

    fn encode_image_batch(&self, images: &[Image]) -> Result<Vec<f32>, ZooError> {
        let patches = patch_tensor(images, self.config.image_size, self.patch(), &self.device);
        values(self.model.embed_images(patches), "encoding images")
    }

    fn encode_text_batch(&self, tokens: &[Vec<i32>]) -> Result<Vec<f32>, ZooError> {
        let batch = TokenBatch::new(tokens);
        values(self.model.embed_texts(&batch), "encoding texts")
    }

    fn checked(&self, values: Vec<f32>, what: &str) -> Result<Features, ZooError> {
        if values.iter().all(|v| v.is_finite()) {
            Ok(Features {
                dimension: self.config.embedding,
                values,
            })
        } else {
            Err(ZooError::NotFinite {
                encoder: self.config.name.clone(),
                what: what.to_string(),
            })
        }
    }
}

impl Encoder for MiniClip {
    fn name(&self) -> &str {
        &self.config.name
    }

    fn fingerprint(&self) -> &Fingerprint {
        &self.fingerprint
    }

    fn device(&self) -> &'static str {
        crate::device::name(&self.device)
    }

    fn dimension(&self) -> usize {
        self.config.embedding
    }

    fn prepare(&self, image: &Image) -> Image {
        finexl_data::resize::fit_square(image, self.config.image_size)
    }

    fn encode_images(&self, images: &[Image]) -> Result<Features, ZooError> {
        let mut values = Vec::with_capacity(images.len() * self.config.embedding);
        for batch in images.chunks(IMAGE_BATCH) {
            values.extend(self.encode_image_batch(batch)?);
        }
        self.checked(values, "an image")
    }

    fn encode_texts(&self, texts: &[String]) -> Result<Features, ZooError> {
        let tokens: Vec<Vec<i32>> = texts
            .iter()
            .map(|text| self.tokenizer.encode(text))
            .collect::<Result<_, _>>()?;
        // Sorted by length, a batch carries little padding.
        let mut order: Vec<usize> = (0..tokens.len()).collect();
        order.sort_by_key(|i| tokens[*i].len());
        let d = self.config.embedding;
        let mut values = vec![0.0; tokens.len() * d];
        for batch in order.chunks(TEXT_BATCH) {
            let sequences: Vec<Vec<i32>> = batch.iter().map(|i| tokens[*i].clone()).collect();
            let rows = self.encode_text_batch(&sequences)?;
            for (row, index) in rows.chunks_exact(d).zip(batch) {
                values[index * d..(index + 1) * d].copy_from_slice(row);
            }
        }
        self.checked(values, "a text")
    }

    fn text_length(&self, text: &str) -> Result<TextLength, ZooError> {
        self.tokenizer.length(text)
    }

    fn check_text(&self, text: &str) -> Result<(), ZooError> {
        self.tokenizer.encode(text).map(|_| ())
    }
}

/// Side of a patch in pixels.
pub(crate) fn patch_side(tower: &ImageTower) -> usize {
    match *tower {
        ImageTower::Transformer { patch, .. } | ImageTower::Mixer { patch, .. } => patch,
    }
}

/// Images of any size -> `[n, tokens, patch * patch * 4]`.
pub(crate) fn patch_tensor(
    images: &[Image],
    image_size: usize,
    patch: usize,
    device: &Device,
) -> Tensor<3> {
    let blocks: Vec<Vec<f32>> = images
        .par_iter()
        .map(|image| {
            let mut block = Vec::new();
            if image.width == image_size && image.height == image_size {
                patch_features(image, patch, &mut block);
            } else {
                let fitted = finexl_data::resize::fit_square(image, image_size);
                patch_features(&fitted, patch, &mut block);
            }
            block
        })
        .collect();
    let tokens = (image_size / patch).pow(2);
    let features = patch * patch * super::PATCH_FEATURES_PER_PIXEL;
    let values: Vec<f32> = blocks.concat();
    Tensor::from_data(
        TensorData::new(values, [images.len(), tokens, features]),
        device,
    )
}
