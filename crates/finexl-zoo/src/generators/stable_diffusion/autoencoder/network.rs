//! All of it.

use super::super::layers::Convolution;
use super::config::AutoencoderConfig;
use super::decoder::Decoder;
use super::encoder::Encoder;
use super::tiles::decode_in_tiles;
use super::tiny::TinyNetworks;
use burn::module::Module;
use burn::tensor::{Tensor, TensorData};

/// An autoencoder whose latents a UNet denoises.
#[derive(Module, Debug)]
pub struct Autoencoder {
    pub(super) networks: Networks,
    #[module(skip)]
    pub(super) config: AutoencoderConfig,
}

/// Both ways, of either kind.
#[derive(Module, Debug)]
#[allow(clippy::large_enum_variant, reason = "a model has one of them")]
pub enum Networks {
    Full(FullNetworks),
    Tiny(TinyNetworks),
}

/// Of `AutoencoderKL`.
#[derive(Module, Debug)]
pub struct FullNetworks {
    pub(super) encoder: Encoder,
    pub(super) decoder: Decoder,
    pub(super) quant_conv: Option<Convolution>,
    pub(super) post_quant_conv: Option<Convolution>,
}

impl Autoencoder {
    /// Its architecture.
    pub fn config(&self) -> &AutoencoderConfig {
        &self.config
    }

    /// Pictures to the mean of their latents, scaled as the UNet sees them.
    ///
    /// # Shapes
    /// - images: `[n, 3, height, width]`, in [0, 1]
    /// - output: `[n, channels, height / factor, width / factor]`
    pub fn encode(&self, images: Tensor<4>) -> Tensor<4> {
        let x = images.mul_scalar(2.0).sub_scalar(1.0).permute([0, 2, 3, 1]);
        let mean = match &self.networks {
            Networks::Tiny(networks) => networks.encode(x),
            Networks::Full(networks) => {
                let x = networks.encoder.forward(x);
                let x = match &networks.quant_conv {
                    Some(layer) => layer.forward(x),
                    None => x,
                };
                x.narrow(3, 0, self.config.latent_channels)
            }
        };
        self.scaled(mean).permute([0, 3, 1, 2])
    }

    /// Scaled latents to pictures; in tiles where they are large.
    ///
    /// # Shapes
    /// - latents: `[n, channels, height, width]`
    /// - output: `[n, 3, factor height, factor width]`, in [0, 1]
    pub fn decode(&self, latents: Tensor<4>) -> Tensor<4> {
        let latents = self.unscaled(latents.permute([0, 2, 3, 1]));
        let images = decode_in_tiles(latents, self.config.factor(), &|x| self.decode_whole(x));
        let images = images.permute([0, 3, 1, 2]);
        images.div_scalar(2.0).add_scalar(0.5).clamp(0.0, 1.0)
    }

    /// Without scaling, `[n, height, width, channels]` to `[n, .., .., 3]`.
    fn decode_whole(&self, latents: Tensor<4>) -> Tensor<4> {
        let networks = match &self.networks {
            Networks::Tiny(networks) => return networks.decode(latents),
            Networks::Full(networks) => networks,
        };
        let x = match &networks.post_quant_conv {
            Some(layer) => layer.forward(latents),
            None => latents,
        };
        networks.decoder.forward(x)
    }

    /// As the UNet sees latents, of `[n, height, width, channels]`.
    fn scaled(&self, x: Tensor<4>) -> Tensor<4> {
        let c = &self.config;
        match &c.statistics {
            Some([means, deviations]) => {
                let (means, deviations) = (row(means, &x), row(deviations, &x));
                (x - means) * c.scaling / deviations
            }
            None => (x - c.shift) * c.scaling,
        }
    }

    /// The way back.
    fn unscaled(&self, x: Tensor<4>) -> Tensor<4> {
        let c = &self.config;
        match &c.statistics {
            Some([means, deviations]) => {
                let (means, deviations) = (row(means, &x), row(deviations, &x));
                x * deviations / c.scaling + means
            }
            None => x / c.scaling + c.shift,
        }
    }
}

/// A number per channel.
fn row(values: &[f32], like: &Tensor<4>) -> Tensor<4> {
    let data = TensorData::new(values.to_vec(), [1, 1, 1, values.len()]);
    Tensor::from_data(data, &like.device())
}
