//! A UNet out of its tensors.

use super::super::layers::{Builder, FeedForward};
use super::blocks::{DownBlock, MiddleBlock, Resampler, UpBlock};
use super::config::UnetConfig;
use super::embedding::Embedding;
use super::network::Unet;
use super::residual::Residual;
use super::transformer::{Attention, Transformer, TransformerBlock};
use crate::ZooError;
use crate::checkpoint::Checkpoint;
use burn::nn::Linear;
use burn::tensor::Device;

/// Added to the variance in norms before transformers, whatever the config says.
const TRANSFORMER_EPSILON: f32 = 1e-6;
/// The same in layer norms.
const LAYER_EPSILON: f32 = 1e-5;

/// Takes tensors and knows the architecture.
struct Parts<'a, 'b> {
    build: Builder<'a>,
    config: &'b UnetConfig,
}

impl Unet {
    /// Takes all tensors of a UNet.
    ///
    /// # Errors
    /// As [`Checkpoint::matrix`] and [`Checkpoint::finish`].
    pub fn load(
        mut checkpoint: Checkpoint,
        config: UnetConfig,
        device: &Device,
    ) -> Result<Self, ZooError> {
        let build = Builder {
            checkpoint: &mut checkpoint,
            device,
            groups: config.groups,
        };
        let mut parts = Parts {
            build,
            config: &config,
        };
        let (first, channels) = (config.channels[0], config.latent_channels);
        let unet = Self {
            conv_in: parts.build.convolution("conv_in", [channels, first], 3)?,
            time_embedding: parts.embedding("time_embedding", first, config.guidance)?,
            add_embedding: match &config.addition {
                Some(addition) => Some(parts.embedding("add_embedding", addition.width, None)?),
                None => None,
            },
            down_blocks: parts.down()?,
            mid_block: match config.middle {
                true => Some(parts.middle()?),
                false => None,
            },
            up_blocks: parts.up()?,
            conv_norm_out: parts
                .build
                .group_norm("conv_norm_out", first, config.epsilon)?,
            conv_out: parts.build.convolution("conv_out", [first, channels], 3)?,
            config: config.clone(),
        };
        checkpoint.finish()?;
        Ok(unet)
    }
}

impl Parts<'_, '_> {
    fn embedding(
        &mut self,
        name: &str,
        inputs: usize,
        guidance: Option<usize>,
    ) -> Result<Embedding, ZooError> {
        let width = self.config.time();
        Ok(Embedding {
            linear_1: self
                .build
                .linear(&format!("{name}.linear_1"), inputs, width)?,
            linear_2: self
                .build
                .linear(&format!("{name}.linear_2"), width, width)?,
            cond_proj: match guidance {
                Some(channels) => Some(self.build.plain(
                    &format!("{name}.cond_proj"),
                    channels,
                    inputs,
                )?),
                None => None,
            },
        })
    }

    fn down(&mut self) -> Result<Vec<DownBlock>, ZooError> {
        let config = self.config;
        let mut before = config.channels[0];
        let mut blocks = Vec::new();
        for (level, &channels) in config.channels.iter().enumerate() {
            let name = format!("down_blocks.{level}");
            let (mut resnets, mut attentions) = (Vec::new(), Vec::new());
            for place in 0..config.residuals[level] {
                resnets.push(self.residual(
                    &format!("{name}.resnets.{place}"),
                    [before, channels],
                    1.0,
                )?);
                if config.attends[level] {
                    attentions
                        .push(self.transformer(&format!("{name}.attentions.{place}"), level)?);
                }
                before = channels;
            }
            let mut downsamplers = Vec::new();
            if level + 1 < config.channels.len() {
                let name = format!("{name}.downsamplers.0.conv");
                let conv = self.build.convolution(&name, [channels; 2], 3)?;
                let conv = conv.with_stride(2, [1, 1]);
                downsamplers.push(Resampler { conv });
            }
            blocks.push(DownBlock {
                resnets,
                attentions,
                downsamplers,
            });
        }
        Ok(blocks)
    }

    fn middle(&mut self) -> Result<MiddleBlock, ZooError> {
        let level = self.config.channels.len() - 1;
        let (channels, scale) = (self.config.channels[level], self.config.middle_scale);
        let mut resnets = Vec::new();
        for place in 0..2 {
            resnets.push(self.residual(
                &format!("mid_block.resnets.{place}"),
                [channels; 2],
                scale,
            )?);
        }
        let attentions = vec![self.transformer("mid_block.attentions.0", level)?];
        Ok(MiddleBlock {
            resnets,
            attentions,
        })
    }

    fn up(&mut self) -> Result<Vec<UpBlock>, ZooError> {
        let config = self.config;
        let levels = config.channels.len();
        let mut before = config.channels[levels - 1];
        let mut blocks = Vec::new();
        for index in 0..levels {
            let level = levels - 1 - index;
            let channels = config.channels[level];
            let above = config.channels[level.saturating_sub(1)];
            let name = format!("up_blocks.{index}");
            let (mut resnets, mut attentions) = (Vec::new(), Vec::new());
            let count = config.residuals[level] + 1;
            for place in 0..count {
                let skip = if place + 1 == count { above } else { channels };
                let inputs = before + skip;
                resnets.push(self.residual(
                    &format!("{name}.resnets.{place}"),
                    [inputs, channels],
                    1.0,
                )?);
                if config.attends_up[level] {
                    attentions
                        .push(self.transformer(&format!("{name}.attentions.{place}"), level)?);
                }
                before = channels;
            }
            let mut upsamplers = Vec::new();
            if level > 0 {
                let name = format!("{name}.upsamplers.0.conv");
                let conv = self.build.convolution(&name, [channels; 2], 3)?;
                upsamplers.push(Resampler { conv });
            }
            blocks.push(UpBlock {
                resnets,
                attentions,
                upsamplers,
            });
        }
        Ok(blocks)
    }

    fn residual(
        &mut self,
        name: &str,
        [inputs, outputs]: [usize; 2],
        scale: f64,
    ) -> Result<Residual, ZooError> {
        let time = self.config.time();
        let epsilon = self.config.epsilon;
        Residual::load(
            &mut self.build,
            name,
            [inputs, outputs],
            Some(time),
            epsilon,
        )
        .map(|residual| Residual { scale, ..residual })
    }

    fn transformer(&mut self, name: &str, level: usize) -> Result<Transformer, ZooError> {
        let width = self.config.channels[level];
        let mut transformer_blocks = Vec::new();
        for block in 0..self.config.depths[level] {
            transformer_blocks
                .push(self.block(&format!("{name}.transformer_blocks.{block}"), level)?);
        }
        Ok(Transformer {
            norm: self
                .build
                .group_norm(&format!("{name}.norm"), width, TRANSFORMER_EPSILON)?,
            proj_in: self.projection(&format!("{name}.proj_in"), width)?,
            transformer_blocks,
            proj_out: self.projection(&format!("{name}.proj_out"), width)?,
        })
    }

    fn projection(&mut self, name: &str, width: usize) -> Result<Linear, ZooError> {
        match self.config.linear_projection {
            true => self.build.linear(name, width, width),
            false => self.build.place_convolution(name, width, width),
        }
    }

    fn block(&mut self, name: &str, level: usize) -> Result<TransformerBlock, ZooError> {
        let (width, heads) = (self.config.channels[level], self.config.heads[level]);
        let context = self.config.context;
        let hidden = 4 * width;
        let norm = |parts: &mut Self, number: usize| {
            parts
                .build
                .layer_norm(&format!("{name}.norm{number}"), width, LAYER_EPSILON)
        };
        let attention = |parts: &mut Self, number: usize, seen: usize| {
            let inner = |part: &str| format!("{name}.attn{number}.{part}");
            Ok::<_, ZooError>(Attention {
                to_q: parts.build.plain(&inner("to_q"), width, width)?,
                to_k: parts.build.plain(&inner("to_k"), seen, width)?,
                to_v: parts.build.plain(&inner("to_v"), seen, width)?,
                to_out: parts.build.linear(&inner("to_out.0"), width, width)?,
                heads,
            })
        };
        Ok(TransformerBlock {
            norm1: norm(self, 1)?,
            attn1: attention(self, 1, width)?,
            norm2: norm(self, 2)?,
            attn2: attention(self, 2, context)?,
            norm3: norm(self, 3)?,
            ff: FeedForward {
                gate: self
                    .build
                    .linear(&format!("{name}.ff.net.0.proj"), width, 2 * hidden)?,
                down: self
                    .build
                    .linear(&format!("{name}.ff.net.2"), hidden, width)?,
            },
        })
    }
}
