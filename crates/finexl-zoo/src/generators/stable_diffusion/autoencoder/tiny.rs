//! A small autoencoder without norms, which stands in for a large one: TAESD, `AutoencoderTiny` of diffusers.

use super::super::layers::{Builder, Convolution, sum, upsampled};
use super::config::TinyConfig;
use crate::ZooError;
use burn::module::Module;
use burn::tensor::Tensor;
use burn::tensor::activation::{relu, tanh};

/// Three convolutions beside what they are added to.
#[derive(Module, Debug)]
pub struct TinyBlock {
    layers: Vec<Convolution>,
}

impl TinyBlock {
    fn load(build: &mut Builder<'_>, name: &str, channels: usize) -> Result<Self, ZooError> {
        let layers = [0, 2, 4]
            .map(|place| build.convolution(&format!("{name}.conv.{place}"), [channels; 2], 3));
        let layers = layers.into_iter().collect::<Result<_, _>>()?;
        Ok(Self { layers })
    }

    fn forward(&self, x: Tensor<4>) -> Tensor<4> {
        let last = self.layers.len().saturating_sub(1);
        let inner = self
            .layers
            .iter()
            .enumerate()
            .fold(x.clone(), |y, (place, layer)| {
                let y = layer.forward(y);
                if place == last { y } else { relu(y) }
            });
        relu(sum(inner, x))
    }
}

/// A level: its blocks between convolutions.
#[derive(Module, Debug)]
pub struct TinyLevel {
    blocks: Vec<TinyBlock>,
    conv: Convolution,
}

/// Pictures to latents: every level begins with its convolution.
#[derive(Module, Debug)]
pub struct TinyEncoder {
    levels: Vec<TinyLevel>,
    conv_out: Convolution,
}

/// Latents to pictures: every level ends with its convolution, all but the last enlarged before.
#[derive(Module, Debug)]
pub struct TinyDecoder {
    conv_in: Convolution,
    levels: Vec<TinyLevel>,
}

/// Both.
#[derive(Module, Debug)]
pub struct TinyNetworks {
    encoder: TinyEncoder,
    decoder: TinyDecoder,
}

/// The name of the layer behind those that were taken, which diffusers numbers.
struct Numbered(&'static str, usize);

impl Numbered {
    fn name(&mut self) -> String {
        self.1 += 1;
        format!("{}.layers.{}", self.0, self.1 - 1)
    }
}

impl TinyNetworks {
    pub fn load(
        build: &mut Builder<'_>,
        config: &TinyConfig,
        latents: usize,
    ) -> Result<Self, ZooError> {
        Ok(Self {
            encoder: encoder(build, config, latents)?,
            decoder: decoder(build, config, latents)?,
        })
    }

    /// `[n, height, width, 3]`, in [-1, 1], to latents as the UNet sees them but for the scaling.
    pub fn encode(&self, images: Tensor<4>) -> Tensor<4> {
        let x = images.add_scalar(1.0).div_scalar(2.0);
        let x = self.encoder.levels.iter().fold(x, |x, level| {
            let x = level.conv.forward(x);
            level.blocks.iter().fold(x, |x, block| block.forward(x))
        });
        self.encoder.conv_out.forward(x)
    }

    /// The way back, about [-1, 1].
    pub fn decode(&self, latents: Tensor<4>) -> Tensor<4> {
        let x = tanh(latents.div_scalar(3.0)).mul_scalar(3.0);
        let x = relu(self.decoder.conv_in.forward(x));
        let last = self.decoder.levels.len().saturating_sub(1);
        let x = self
            .decoder
            .levels
            .iter()
            .enumerate()
            .fold(x, |x, (place, level)| {
                let mut x = level.blocks.iter().fold(x, |x, block| block.forward(x));
                if place != last {
                    let [_, height, width, _] = x.dims();
                    x = upsampled(x, [2 * height, 2 * width]);
                }
                level.conv.forward(x)
            });
        x.mul_scalar(2.0).sub_scalar(1.0)
    }
}

fn blocks(
    build: &mut Builder<'_>,
    names: &mut Numbered,
    [channels, count]: [usize; 2],
) -> Result<Vec<TinyBlock>, ZooError> {
    let blocks = (0..count).map(|_| TinyBlock::load(build, &names.name(), channels));
    blocks.collect()
}

fn encoder(
    build: &mut Builder<'_>,
    config: &TinyConfig,
    latents: usize,
) -> Result<TinyEncoder, ZooError> {
    let mut names = Numbered("encoder", 0);
    let mut levels = Vec::new();
    for (level, &(channels, count)) in config.encoder.iter().enumerate() {
        let conv = match level {
            0 => build.convolution(&names.name(), [3, channels], 3)?,
            _ => {
                let conv = build.plain_convolution(&names.name(), [channels; 2], 3)?;
                conv.with_stride(2, [1; 2])
            }
        };
        let blocks = blocks(build, &mut names, [channels, count])?;
        levels.push(TinyLevel { blocks, conv });
    }
    let channels = config.encoder.last().map_or(0, |(channels, _)| *channels);
    Ok(TinyEncoder {
        levels,
        conv_out: build.convolution(&names.name(), [channels, latents], 3)?,
    })
}

fn decoder(
    build: &mut Builder<'_>,
    config: &TinyConfig,
    latents: usize,
) -> Result<TinyDecoder, ZooError> {
    let mut names = Numbered("decoder", 0);
    let first = config.decoder.first().map_or(0, |(channels, _)| *channels);
    let conv_in = build.convolution(&names.name(), [latents, first], 3)?;
    // Activations and enlargements are numbered too.
    names.name();
    let mut levels = Vec::new();
    for (level, &(channels, count)) in config.decoder.iter().enumerate() {
        let blocks = blocks(build, &mut names, [channels, count])?;
        let conv = if level + 1 < config.decoder.len() {
            names.name();
            build.plain_convolution(&names.name(), [channels; 2], 3)?
        } else {
            build.convolution(&names.name(), [channels, 3], 3)?
        };
        levels.push(TinyLevel { blocks, conv });
    }
    Ok(TinyDecoder { conv_in, levels })
}
