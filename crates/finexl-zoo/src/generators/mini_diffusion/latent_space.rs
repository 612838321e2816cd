//! A trained autoencoder with the scale of its latents.

use super::autoencoder::{Autoencoder, DOWNSAMPLING};
use crate::ZooError;
use crate::tensor_values::values;
use crate::weights::WeightsFile;
use crate::workers::{Workers, cuts};
use burn::tensor::{Device, Tensor, TensorData};
use finexl_core::experiment::AutoencoderArchitecture;
use finexl_core::fingerprint::Fingerprint;
use finexl_data::image::Image;
use serde::{Deserialize, Serialize};

/// Most levels of a quantised value: a token is a byte.
pub(crate) const MOST_LEVELS: usize = 256;

/// What rebuilds an autoencoder from its weights file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct AutoencoderConfig {
    /// Name of the autoencoder.
    pub name: String,
    /// Layers and widths.
    pub architecture: AutoencoderArchitecture,
    /// Mean of every latent channel over training images.
    pub latent_mean: Vec<f32>,
    /// Standard deviation of every latent channel over training images.
    pub latent_deviation: Vec<f32>,
}

/// Images to latents of mean 0 and variance 1 and back.
pub struct LatentSpace {
    config: AutoencoderConfig,
    model: Autoencoder,
    fingerprint: Fingerprint,
    device: Device,
    workers: Workers,
}

impl LatentSpace {
    /// Loads an autoencoder.
    ///
    /// # Errors
    /// [`ZooError::Weights`] where the file is damaged or no autoencoder.
    pub fn from_weights(weights: &WeightsFile, device: &Device) -> Result<Self, ZooError> {
        let config: AutoencoderConfig = weights.config()?;
        let channels = config.architecture.latent_channels;
        if config.latent_mean.len() != channels || config.latent_deviation.len() != channels {
            return Err(ZooError::Config(format!(
                "the autoencoder {} has {channels} latent channels but {} means and {} deviations; \
                 train its weights anew",
                config.name,
                config.latent_mean.len(),
                config.latent_deviation.len()
            )));
        }
        if let Some(levels) = config.architecture.levels
            && !(2..=MOST_LEVELS).contains(&levels)
        {
            return Err(ZooError::Config(format!(
                "the autoencoder {} has {levels} levels; give 2 to {MOST_LEVELS}",
                config.name
            )));
        }
        let model = weights.load_into(Autoencoder::new(&config.architecture, device))?;
        Ok(Self {
            config,
            model,
            fingerprint: weights.fingerprint(),
            device: device.clone(),
            workers: Workers::new(device),
        })
    }

    /// What it was built from.
    pub fn config(&self) -> &AutoencoderConfig {
        &self.config
    }

    /// Fingerprint of the weights file.
    pub fn fingerprint(&self) -> &Fingerprint {
        &self.fingerprint
    }

    /// Latent positions and channels.
    pub fn shape(&self) -> [usize; 2] {
        let side = self.config.architecture.image_size / DOWNSAMPLING;
        [side * side, self.config.architecture.latent_channels]
    }

    /// Levels of every latent value where latents are quantised; they are the codes in [-1, 1] then.
    pub fn levels(&self) -> Option<usize> {
        self.config.architecture.levels
    }

    /// The latents of images of the autoencoder's size.
    ///
    /// # Shapes
    /// - output: `[n, positions, channels]`
    pub fn encode(&self, images: &[Image]) -> Tensor<3> {
        let parts: Vec<&[Image]> = cuts(images.len(), self.workers.parts())
            .map(|[start, end]| &images[start..end])
            .collect();
        let encoded = self.workers.run(parts, |part| {
            let size = self.config.architecture.image_size;
            self.tokens(
                self.model
                    .encode(image_tensor(part, size, &self.device))
                    .mean,
            )
        });
        Tensor::cat(encoded, 0)
    }

    /// The images of latents `[n, positions, channels]`.
    ///
    /// # Errors
    /// [`ZooError::Backend`] where they cannot be read back, [`ZooError::NotFinite`] where they hold
    /// something that is not a number.
    pub fn decode(&self, latents: Tensor<3>) -> Result<Vec<Image>, ZooError> {
        let n = latents.dims()[0];
        let parts: Vec<Tensor<3>> = cuts(n, self.workers.parts())
            .map(|[start, end]| latents.clone().narrow(0, start, end - start))
            .collect();
        let decoded = self.workers.run(parts, |part| {
            values(self.model.decode(self.grid(part)), "decoding latents")
        });
        let mut images = Vec::with_capacity(n);
        for values in decoded {
            let values = values?;
            if values.iter().any(|v| !v.is_finite()) {
                return Err(ZooError::NotFinite {
                    encoder: self.config.name.clone(),
                    what: "an image".to_string(),
                });
            }
            images.extend(images_of(&values, self.config.architecture.image_size));
        }
        Ok(images)
    }

    /// `[n, channels, side, side]` -> standardised `[n, positions, channels]`
    fn tokens(&self, latents: Tensor<4>) -> Tensor<3> {
        let [n, channels, height, width] = latents.dims();
        let tokens = latents
            .reshape([n, channels, height * width])
            .swap_dims(1, 2);
        let [mean, deviation] = self.scale();
        (tokens - mean) / deviation
    }

    /// The inverse of [`LatentSpace::tokens`].
    fn grid(&self, tokens: Tensor<3>) -> Tensor<4> {
        let [n, positions, channels] = tokens.dims();
        let side = self.config.architecture.image_size / DOWNSAMPLING;
        debug_assert_eq!(positions, side * side);
        let [mean, deviation] = self.scale();
        (tokens * deviation + mean)
            .swap_dims(1, 2)
            .reshape([n, channels, side, side])
    }

    /// Mean and deviation, `[1, 1, channels]` each.
    fn scale(&self) -> [Tensor<3>; 2] {
        [&self.config.latent_mean, &self.config.latent_deviation].map(|values| {
            let data = TensorData::new(values.clone(), [1, 1, values.len()]);
            Tensor::from_data(data, &self.device)
        })
    }
}

/// Images of one size -> `[n, 3, size, size]` in [0, 1]; others are brought to it.
pub(crate) fn image_tensor(images: &[Image], size: usize, device: &Device) -> Tensor<4> {
    let mut values: Vec<f32> = Vec::with_capacity(images.len() * 3 * size * size);
    for image in images {
        let fitted;
        let image = if image.width == size && image.height == size {
            image
        } else {
            fitted = finexl_data::resize::fit_square(image, size);
            &fitted
        };
        for channel in 0..3 {
            values.extend(image.pixels.iter().skip(channel).step_by(3));
        }
    }
    Tensor::from_data(
        TensorData::new(values, [images.len(), 3, size, size]),
        device,
    )
}

/// `[n, 3, size, size]` row-major -> images.
fn images_of(values: &[f32], size: usize) -> impl Iterator<Item = Image> {
    let plane = size * size;
    values.chunks_exact(3 * plane).map(move |planes| {
        let pixels = (0..plane).flat_map(|at| [0, 1, 2].map(|c| planes[c * plane + at]));
        Image::new(size, size, pixels.collect())
    })
}
