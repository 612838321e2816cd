//! An autoencoder out of its tensors.

use super::super::layers::Builder;
use super::super::unet::Residual;
use super::attention::PlaceAttention;
use super::blocks::{DecoderBlock, EncoderBlock, MiddleBlock, Resampler};
use super::config::AutoencoderConfig;
use super::decoder::Decoder;
use super::encoder::Encoder;
use super::network::{Autoencoder, FullNetworks, Networks};
use super::tiny::TinyNetworks;
use crate::ZooError;
use crate::checkpoint::Checkpoint;
use burn::tensor::Device;

/// Added to the variance in every norm.
const EPSILON: f32 = 1e-6;

impl Autoencoder {
    /// Takes all tensors of an autoencoder.
    ///
    /// # Errors
    /// As [`Checkpoint::matrix`] and [`Checkpoint::finish`].
    pub fn load(
        mut checkpoint: Checkpoint,
        config: AutoencoderConfig,
        device: &Device,
    ) -> Result<Self, ZooError> {
        let mut build = Builder {
            checkpoint: &mut checkpoint,
            device,
            groups: config.groups,
        };
        let latents = config.latent_channels;
        if let Some(tiny) = &config.tiny {
            let networks = Networks::Tiny(TinyNetworks::load(&mut build, tiny, latents)?);
            checkpoint.finish()?;
            return Ok(Self { networks, config });
        }
        let mut quantizing = |name: &str, there: bool, width: usize| match there {
            true => build.convolution(name, [width; 2], 1).map(Some),
            false => Ok(None),
        };
        let quant_conv = quantizing("quant_conv", config.quantizing[0], 2 * latents)?;
        let post_quant_conv = quantizing("post_quant_conv", config.quantizing[1], latents)?;
        let networks = Networks::Full(FullNetworks {
            encoder: encoder(&mut build, &config)?,
            decoder: decoder(&mut build, &config)?,
            quant_conv,
            post_quant_conv,
        });
        checkpoint.finish()?;
        Ok(Self { networks, config })
    }
}

fn encoder(build: &mut Builder<'_>, config: &AutoencoderConfig) -> Result<Encoder, ZooError> {
    let (first, last) = ends(config);
    let mut before = first;
    let mut down_blocks = Vec::new();
    for (level, &channels) in config.channels.iter().enumerate() {
        let name = format!("encoder.down_blocks.{level}");
        let resnets = residuals(build, &name, [before, channels], config.residuals)?;
        before = channels;
        let mut downsamplers = Vec::new();
        if level + 1 < config.channels.len() {
            let conv =
                build.convolution(&format!("{name}.downsamplers.0.conv"), [channels; 2], 3)?;
            // Zeros stand behind the last row and column only.
            let conv = conv.with_stride(2, [0, 1]);
            downsamplers.push(Resampler { conv });
        }
        down_blocks.push(EncoderBlock {
            resnets,
            downsamplers,
        });
    }
    Ok(Encoder {
        conv_in: build.convolution("encoder.conv_in", [3, first], 3)?,
        down_blocks,
        mid_block: middle(build, "encoder.mid_block", last, config.attends)?,
        conv_norm_out: build.group_norm("encoder.conv_norm_out", last, EPSILON)?,
        conv_out: build.convolution("encoder.conv_out", [last, 2 * config.latent_channels], 3)?,
    })
}

fn decoder(build: &mut Builder<'_>, config: &AutoencoderConfig) -> Result<Decoder, ZooError> {
    let (first, last) = ends(config);
    let mut before = last;
    let mut up_blocks = Vec::new();
    for (index, &channels) in config.channels.iter().rev().enumerate() {
        let name = format!("decoder.up_blocks.{index}");
        let resnets = residuals(build, &name, [before, channels], config.residuals + 1)?;
        before = channels;
        let mut upsamplers = Vec::new();
        if index + 1 < config.channels.len() {
            let conv = build.convolution(&format!("{name}.upsamplers.0.conv"), [channels; 2], 3)?;
            upsamplers.push(Resampler { conv });
        }
        up_blocks.push(DecoderBlock {
            resnets,
            upsamplers,
        });
    }
    Ok(Decoder {
        conv_in: build.convolution("decoder.conv_in", [config.latent_channels, last], 3)?,
        mid_block: middle(build, "decoder.mid_block", last, config.attends)?,
        up_blocks,
        conv_norm_out: build.group_norm("decoder.conv_norm_out", first, EPSILON)?,
        conv_out: build.convolution("decoder.conv_out", [first, 3], 3)?,
    })
}

/// Channels of the finest and of the coarsest level.
fn ends(config: &AutoencoderConfig) -> (usize, usize) {
    let last = config.channels.len() - 1;
    (config.channels[0], config.channels[last])
}

fn residuals(
    build: &mut Builder<'_>,
    name: &str,
    [mut inputs, outputs]: [usize; 2],
    count: usize,
) -> Result<Vec<Residual>, ZooError> {
    let mut blocks = Vec::new();
    for place in 0..count {
        let name = format!("{name}.resnets.{place}");
        blocks.push(Residual::load(
            build,
            &name,
            [inputs, outputs],
            None,
            EPSILON,
        )?);
        inputs = outputs;
    }
    Ok(blocks)
}

fn middle(
    build: &mut Builder<'_>,
    name: &str,
    width: usize,
    attends: bool,
) -> Result<MiddleBlock, ZooError> {
    let mut attentions = Vec::new();
    if attends {
        attentions.push(attention(build, &format!("{name}.attentions.0"), width)?);
    }
    Ok(MiddleBlock {
        resnets: residuals(build, name, [width; 2], 2)?,
        attentions,
    })
}

/// Its layers, which old files call otherwise.
fn attention(
    build: &mut Builder<'_>,
    name: &str,
    width: usize,
) -> Result<PlaceAttention, ZooError> {
    let old = build.has(&format!("{name}.query.weight"));
    let names = match old {
        true => ["query", "key", "value", "proj_attn"],
        false => ["to_q", "to_k", "to_v", "to_out.0"],
    };
    let [to_q, to_k, to_v, to_out] =
        names.map(|layer| build.linear(&format!("{name}.{layer}"), width, width));
    Ok(PlaceAttention {
        group_norm: build.group_norm(&format!("{name}.group_norm"), width, EPSILON)?,
        to_q: to_q?,
        to_k: to_k?,
        to_v: to_v?,
        to_out: to_out?,
    })
}
