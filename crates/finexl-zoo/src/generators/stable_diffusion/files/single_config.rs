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

/// What shapes show of the levels of a UNet, from the finest to the coarsest.
#[derive(Default)]
struct Levels {
    channels: Vec<usize>,
    residuals: Vec<usize>,
    depths: Vec<usize>,
    attends: Vec<bool>,
    attends_up: Vec<bool>,
}

impl Levels {
    fn of(checkpoint: &Checkpoint) -> Result<Self, String> {
        let levels = count(checkpoint, "down_blocks.");
        if levels == 0 || levels > 8 {
            return Err(format!("its UNet has {levels} levels"));
        }
        let depth = |block: &str| {
            let blocks = format!("{block}.attentions.0.transformer_blocks.");
            count(checkpoint, &blocks)
        };
        let mut found = Self::default();
        for level in 0..levels {
            let down = format!("down_blocks.{level}");
            let up = format!("up_blocks.{}", levels - 1 - level);
            let first = format!("{down}.resnets.0.conv1.weight");
            let channels = side(checkpoint, &first, 0)?;
            if !channels.is_multiple_of(GROUPS) {
                return Err(format!(
                    "a level of its UNet has {channels} channels, no multiple of {GROUPS}"
                ));
            }
            let last = level + 1 == levels;
            let middle = if last { depth("mid_block") } else { 0 };
            found.channels.push(channels);
            found
                .residuals
                .push(count(checkpoint, &format!("{down}.resnets.")));
            found.attends.push(depth(&down) > 0);
            found.attends_up.push(depth(&up) > 0);
            found
                .depths
                .push(depth(&down).max(depth(&up)).max(middle).max(1));
        }
        Ok(found)
    }
}

/// Refuses what takes other channels than latents.
fn check_inputs(checkpoint: &Checkpoint) -> Result<(), String> {
    let what = match side(checkpoint, "conv_in.weight", 1)? {
        4 => return Ok(()),
        9 => "it is a model for inpainting (9 input channels), which is not built",
        8 => "it takes 8 input channels (instructions to edit a picture), which is not built",
        other => return Err(format!("its UNet takes {other} channels, not 4")),
    };
    Err(what.to_string())
}

/// What XL reads beside time; `pooled` is how many numbers its pooled text has.
fn addition(
    checkpoint: &Checkpoint,
    base: Base,
    pooled: Option<usize>,
) -> Result<Option<Addition>, String> {
    let width = side(checkpoint, "add_embedding.linear_1.weight", 1).ok();
    match (base, width, pooled) {
        (Base::Xl, Some(width), Some(pooled)) => Ok(Some(Addition {
            size: width.saturating_sub(pooled) / 6,
            width,
        })),
        (Base::Xl, ..) => Err(
            "its UNet reads no sizes and pooled text, or its second text encoder has no projection"
                .to_string(),
        ),
        _ => Ok(None),
    }
}

/// The architecture of a UNet under diffusers' names; `pooled` is how many numbers its pooled text has.
pub(super) fn unet(
    checkpoint: &Checkpoint,
    base: Base,
    pooled: Option<usize>,
) -> Result<UnetConfig, String> {
    check_inputs(checkpoint)?;
    let levels = Levels::of(checkpoint)?;
    let middle = count(checkpoint, "mid_block.resnets.") > 0;
    if middle && !checkpoint.has("mid_block.attentions.0.norm.weight") {
        return Err("its middle does not attend; it is one of the smaller models of the kind of SSD-1B or Vega, which are not built as single files".to_string());
    }
    let heads = levels.channels.iter().map(|channels| match base {
        Base::Sd1 => SD1_HEADS,
        Base::Sd2 | Base::Xl => (channels / HEAD).max(1),
    });
    let mut names = checkpoint.names();
    let reads = names.find(|name| name.ends_with(".attn2.to_k.weight"));
    let reads = reads.ok_or("no layer of its UNet reads text")?;
    let block = reads.split(".transformer_blocks.").next();
    let projection = format!("{}.proj_in.weight", block.unwrap_or_default());
    Ok(UnetConfig {
        sample_size: Some(match base {
            Base::Xl => 128,
            Base::Sd1 | Base::Sd2 => 64,
        }),
        heads: heads.collect(),
        middle,
        middle_scale: 1.0,
        context: side(checkpoint, reads, 1)?,
        linear_projection: checkpoint
            .shape(&projection)
            .is_some_and(|shape| shape.len() == 2),
        groups: GROUPS,
        epsilon: 1e-5,
        cosines_first: true,
        frequency_shift: 0.0,
        guidance: side(checkpoint, "time_embedding.cond_proj.weight", 1).ok(),
        addition: addition(checkpoint, base, pooled)?,
        latent_channels: 4,
        channels: levels.channels,
        residuals: levels.residuals,
        depths: levels.depths,
        attends: levels.attends,
        attends_up: levels.attends_up,
    })
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
        tiny: None,
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
