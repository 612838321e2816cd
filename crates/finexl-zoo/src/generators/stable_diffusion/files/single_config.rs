//! The architecture of a single file, from the shapes of its tensors.
//!
//! Heads, groups and activations cannot be seen in shapes; they are those of the published models of the family.

use super::super::autoencoder::AutoencoderConfig;
use super::super::text::{Gelu, TextConfig};
use super::super::unet::{Addition, UnetConfig};
use crate::checkpoint::Checkpoint;
use crate::stable_diffusion::Base;

/// Groups of group norms.
const GROUPS: usize = 32;
/// Channels of a head, but for the UNet of SD 1.
const HEAD: usize = 64;
/// Heads of the UNet of SD 1 at all levels.
const SD1_HEADS: usize = 8;

/// How many numbers follow each other in names such as `down_blocks.N.`.
fn count(checkpoint: &Checkpoint, before: &str) -> usize {
    let numbers = checkpoint.names().filter_map(|name| {
        let (number, _) = name.strip_prefix(before)?.split_once('.')?;
        number.parse::<usize>().ok()
    });
    // Numbers come from a stranger's names; no model has thousands.
    numbers
        .filter(|number| *number < 1024)
        .max()
        .map_or(0, |most| most + 1)
}

/// A side of a tensor.
fn side(checkpoint: &Checkpoint, name: &str, at: usize) -> Result<usize, String> {
    let shape = checkpoint
        .shape(name)
        .ok_or_else(|| format!("tensor {name} is missing"))?;
    shape
        .get(at)
        .copied()
        .filter(|side| *side > 0)
        .ok_or_else(|| format!("tensor {name} has the shape {shape:?}"))
}

/// The architecture of a UNet under diffusers' names; `pooled` is how many numbers its pooled text has.
pub(super) fn unet(
    checkpoint: &Checkpoint,
    base: Base,
    pooled: Option<usize>,
) -> Result<UnetConfig, String> {
    match side(checkpoint, "conv_in.weight", 1)? {
        4 => {}
        9 => {
            return Err(
                "it is a model for inpainting (9 input channels), which is not built".to_string(),
            );
        }
        8 => {
            return Err(
                "it takes 8 input channels (instructions to edit a picture), which is not built"
                    .to_string(),
            );
        }
        other => return Err(format!("its UNet takes {other} channels, not 4")),
    }
    let levels = count(checkpoint, "down_blocks.");
    if levels == 0 || levels > 8 {
        return Err(format!("its UNet has {levels} levels"));
    }
    let (mut channels, mut residuals, mut depths) = (Vec::new(), Vec::new(), Vec::new());
    let (mut attends, mut attends_up) = (Vec::new(), Vec::new());
    for level in 0..levels {
        let (down, up) = (
            format!("down_blocks.{level}"),
            format!("up_blocks.{}", levels - 1 - level),
        );
        channels.push(side(
            checkpoint,
            &format!("{down}.resnets.0.conv1.weight"),
            0,
        )?);
        residuals.push(count(checkpoint, &format!("{down}.resnets.")));
        let depth = |block: &str| {
            count(
                checkpoint,
                &format!("{block}.attentions.0.transformer_blocks."),
            )
        };
        attends.push(depth(&down) > 0);
        attends_up.push(depth(&up) > 0);
        let middle = if level + 1 == levels {
            depth("mid_block")
        } else {
            0
        };
        depths.push(depth(&down).max(depth(&up)).max(middle).max(1));
    }
    let middle = count(checkpoint, "mid_block.resnets.") > 0;
    if middle && !checkpoint.has("mid_block.attentions.0.norm.weight") {
        return Err("its middle does not attend; it is one of the smaller models of the kind of SSD-1B or Vega, which are not built as single files".to_string());
    }
    let heads = channels.iter().map(|channels| match base {
        Base::Sd1 => SD1_HEADS,
        Base::Sd2 | Base::Xl => (channels / HEAD).max(1),
    });
    let reads = checkpoint
        .names()
        .find(|name| name.ends_with(".attn2.to_k.weight"));
    let reads = reads.ok_or("no layer of its UNet reads text")?.to_string();
    let projection = reads
        .split(".transformer_blocks.")
        .next()
        .unwrap_or_default()
        .to_string()
        + ".proj_in.weight";
    let width = side(checkpoint, "add_embedding.linear_1.weight", 1).ok();
    let addition = match (base, width, pooled) {
        (Base::Xl, Some(width), Some(pooled)) => Some(Addition {
            size: width.saturating_sub(pooled) / 6,
            width,
        }),
        (Base::Xl, ..) => return Err(
            "its UNet reads no sizes and pooled text, or its second text encoder has no projection"
                .to_string(),
        ),
        _ => None,
    };
    let config = UnetConfig {
        sample_size: Some(match base {
            Base::Xl => 128,
            Base::Sd1 | Base::Sd2 => 64,
        }),
        heads: heads.collect(),
        attends,
        attends_up,
        middle,
        middle_scale: 1.0,
        residuals,
        depths,
        context: side(checkpoint, &reads, 1)?,
        linear_projection: checkpoint
            .shape(&projection)
            .is_some_and(|shape| shape.len() == 2),
        groups: GROUPS,
        epsilon: 1e-5,
        cosines_first: true,
        frequency_shift: 0.0,
        guidance: side(checkpoint, "time_embedding.cond_proj.weight", 1).ok(),
        addition,
        latent_channels: 4,
        channels,
    };
    let odd = config
        .channels
        .iter()
        .find(|channels| !channels.is_multiple_of(GROUPS));
    match odd {
        Some(odd) => Err(format!(
            "a level of its UNet has {odd} channels, no multiple of {GROUPS}"
        )),
        None => Ok(config),
    }
}

/// The architecture of an autoencoder under diffusers' names.
pub(super) fn autoencoder(
    checkpoint: &Checkpoint,
    base: Base,
) -> Result<AutoencoderConfig, String> {
    let levels = count(checkpoint, "encoder.down_blocks.");
    if levels == 0 || levels > 8 {
        return Err(format!("its autoencoder has {levels} levels"));
    }
    let channels = (0..levels).map(|level| {
        let name = format!("encoder.down_blocks.{level}.resnets.0.conv1.weight");
        let channels = side(checkpoint, &name, 0)?;
        match channels.is_multiple_of(GROUPS) {
            true => Ok(channels),
            false => Err(format!(
                "a level of its autoencoder has {channels} channels, no multiple of {GROUPS}"
            )),
        }
    });
    let latent_channels = side(checkpoint, "decoder.conv_in.weight", 1)?;
    if latent_channels != 4 {
        return Err(format!(
            "its latents have {latent_channels} channels; built here are 4"
        ));
    }
    Ok(AutoencoderConfig {
        channels: channels.collect::<Result<_, String>>()?,
        residuals: count(checkpoint, "encoder.down_blocks.0.resnets."),
        latent_channels,
        groups: GROUPS,
        scaling: match base {
            Base::Xl => 0.13025,
            Base::Sd1 | Base::Sd2 => 0.18215,
        },
        shift: 0.0,
        statistics: None,
        quantizing: ["quant_conv.weight", "post_quant_conv.weight"]
            .map(|name| checkpoint.has(name)),
        attends: checkpoint.has("encoder.mid_block.attentions.0.group_norm.weight"),
    })
}

/// The architecture of a text encoder under transformers' names; the `second` is XL's.
pub(super) fn text(
    checkpoint: &Checkpoint,
    base: Base,
    second: bool,
) -> Result<TextConfig, String> {
    let embedding = |part: &str, at| {
        let name = format!("text_model.embeddings.{part}_embedding.weight");
        side(checkpoint, &name, at)
    };
    let width = embedding("token", 1)?;
    if !width.is_multiple_of(HEAD) {
        return Err(format!(
            "its text encoder has {width} channels, no multiple of {HEAD}"
        ));
    }
    Ok(TextConfig {
        vocabulary: embedding("token", 0)?,
        context: embedding("position", 0)?,
        width,
        hidden: side(checkpoint, "text_model.encoder.layers.0.mlp.fc1.weight", 0)?,
        layers: count(checkpoint, "text_model.encoder.layers."),
        heads: width / HEAD,
        activation: match (base, second) {
            (Base::Sd1, _) | (Base::Xl, false) => Gelu::Quick,
            (Base::Sd2, _) | (Base::Xl, true) => Gelu::Exact,
        },
        epsilon: 1e-5,
        projection: match second {
            true => Some(side(checkpoint, "text_projection.weight", 0)?),
            false => None,
        },
        end: None,
    })
}
