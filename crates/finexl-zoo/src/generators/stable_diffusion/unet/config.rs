//! Its architecture.

use super::super::settings::Settings;
use crate::ZooError;
use serde_json::{Value, json};

/// XL's sizes and pooled text, beside time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Addition {
    /// Channels of each embedded size.
    pub size: usize,
    /// Channels of pooled text and all sizes.
    pub width: usize,
}

/// The architecture of a UNet, levels from the finest to the coarsest.
#[derive(Clone, Debug, PartialEq)]
pub struct UnetConfig {
    /// Side of the latents that it was trained on.
    pub sample_size: Option<usize>,
    /// Channels of every level.
    pub channels: Vec<usize>,
    /// Whether a level attends, on the way down.
    pub attends: Vec<bool>,
    /// The same on the way up, also from the finest level.
    pub attends_up: Vec<bool>,
    /// Whether there is a middle.
    pub middle: bool,
    /// What the sum of the middle's residuals is divided by.
    pub middle_scale: f64,
    /// Residual blocks of every level on the way down; one more on the way up.
    pub residuals: Vec<usize>,
    /// Transformer blocks behind each residual block.
    pub depths: Vec<usize>,
    /// Heads of each attention.
    pub heads: Vec<usize>,
    /// Width of the text rows.
    pub context: usize,
    /// Whether the way into a transformer is stored as a matrix and not as a convolution.
    pub linear_projection: bool,
    /// Groups of every group norm.
    pub groups: usize,
    /// Added to the variance of group norms in residual blocks.
    pub epsilon: f32,
    /// Whether cosines stand before sines in the embedding of time.
    pub cosines_first: bool,
    /// Taken off the number of frequencies.
    pub frequency_shift: f32,
    /// Channels of the embedded guidance scale, of models that were trained for few steps.
    pub guidance: Option<usize>,
    /// XL's.
    pub addition: Option<Addition>,
    /// Numbers of a latent.
    pub latent_channels: usize,
}

/// Types of the blocks.
const DOWN: [&str; 2] = ["DownBlock2D", "CrossAttnDownBlock2D"];
const UP: [&str; 2] = ["UpBlock2D", "CrossAttnUpBlock2D"];

impl UnetConfig {
    /// Reads a `config.json` of diffusers.
    ///
    /// # Errors
    /// [`ZooError::GeneratorFiles`] naming the setting that is not built.
    pub fn parse(settings: &Settings) -> Result<Self, ZooError> {
        refuse_variants(settings)?;
        let default = [DOWN[1], DOWN[1], DOWN[1], DOWN[0]];
        let attends = attending(settings, "down_block_types", &default, DOWN)?;
        let default = [UP[0], UP[1], UP[1], UP[1]];
        let mut attends_up = attending(settings, "up_block_types", &default, UP)?;
        attends_up.reverse();
        let levels = attends.len();
        let channels = match settings.get("block_out_channels") {
            None => vec![320, 640, 1280, 1280],
            Some(_) => settings.sizes("block_out_channels", 0, levels)?,
        };
        if channels.len() != levels || attends_up.len() != levels {
            return Err(settings.refuse(format!(
                "block_out_channels, down_block_types and up_block_types have {}, {levels} and {} entries",
                channels.len(),
                attends_up.len()
            )));
        }
        let latent_channels = settings.size("in_channels", 4)?;
        let config = Self {
            sample_size: settings.optional_size("sample_size")?,
            middle: !(settings.says("mid_block_type") && settings.get("mid_block_type").is_none()),
            middle_scale: settings.number("mid_block_scale_factor", 1.0)?,
            residuals: settings.sizes("layers_per_block", 2, levels)?,
            depths: settings.counts("transformer_layers_per_block", 1, levels)?,
            heads: settings.sizes("attention_head_dim", 8, levels)?,
            context: settings.size("cross_attention_dim", 1280)?,
            linear_projection: settings.flag("use_linear_projection", false)?,
            groups: settings.size("norm_num_groups", 32)?,
            epsilon: settings.number("norm_eps", 1e-5)? as f32,
            cosines_first: settings.flag("flip_sin_to_cos", true)?,
            frequency_shift: settings.number("freq_shift", 0.0)? as f32,
            guidance: settings.optional_size("time_cond_proj_dim")?,
            addition: addition(settings)?,
            latent_channels,
            channels,
            attends,
            attends_up,
        };
        config.check(settings)?;
        Ok(config)
    }

    fn check(&self, settings: &Settings) -> Result<(), ZooError> {
        for (level, channels) in self.channels.iter().enumerate() {
            if !channels.is_multiple_of(self.groups) || channels % 2 != 0 {
                let groups = self.groups;
                return Err(settings.refuse(format!(
                    "{channels} channels are no multiple of {groups} groups, or odd"
                )));
            }
            let heads = self.heads[level];
            let attends = self.attends[level] || self.attends_up[level];
            let middle = self.middle && level + 1 == self.channels.len();
            if (attends || middle) && !channels.is_multiple_of(heads) {
                return Err(settings.refuse(format!(
                    "{channels} channels are no multiple of {heads} heads"
                )));
            }
        }
        if self.channels.len() > 8 || self.residuals.iter().chain(&self.depths).any(|n| *n > 64) {
            return Err(settings.refuse("it has more than 8 levels, or more than 64 blocks in one"));
        }
        let half = self.channels[0] as f32 / 2.0;
        if !(self.frequency_shift >= 0.0 && self.frequency_shift < half) {
            return Err(settings.refuse(format!("freq_shift is {}", self.frequency_shift)));
        }
        if !(self.epsilon > 0.0 && self.epsilon < 1.0) || self.middle_scale == 0.0 {
            return Err(
                settings.refuse("norm_eps is not between 0 and 1, or mid_block_scale_factor is 0")
            );
        }
        Ok(())
    }

    /// Channels of embedded time.
    pub fn time(&self) -> usize {
        4 * self.channels[0]
    }
}

fn addition(settings: &Settings) -> Result<Option<Addition>, ZooError> {
    settings.only("addition_embed_type", &[json!("text_time")])?;
    if settings.get("addition_embed_type").is_none() {
        return Ok(None);
    }
    let size = settings.optional_size("addition_time_embed_dim")?;
    let width = settings.optional_size("projection_class_embeddings_input_dim")?;
    match (size, width) {
        (Some(size), Some(width)) if size % 2 == 0 && width > 6 * size => {
            Ok(Some(Addition { size, width }))
        }
        _ => Err(settings.refuse(
            "addition_embed_type is \"text_time\", but addition_time_embed_dim and \
             projection_class_embeddings_input_dim do not say of how many numbers",
        )),
    }
}

/// Which blocks of a list attend.
fn attending(
    settings: &Settings,
    key: &str,
    default: &[&str],
    types: [&str; 2],
) -> Result<Vec<bool>, ZooError> {
    let words = settings.words(key, default)?;
    if words.is_empty() {
        return Err(settings.refuse(format!("{key} is empty")));
    }
    let of = |word: &String| {
        let place = types.iter().position(|known| known == word);
        place.map(|place| place == 1).ok_or_else(|| {
            settings.refuse(format!(
                "{key} has \"{word}\"; built here are {} and {}",
                types[0], types[1]
            ))
        })
    };
    words.iter().map(of).collect()
}

/// Settings that change what is computed and are not built.
fn refuse_variants(settings: &Settings) -> Result<(), ZooError> {
    let class = settings.word("_class_name", "UNet2DConditionModel")?;
    if class.strip_prefix("Flax").unwrap_or(class) != "UNet2DConditionModel" {
        return Err(settings.refuse(format!("its class is {class}, not UNet2DConditionModel")));
    }
    let inputs = settings.size("in_channels", 4)?;
    match inputs {
        4 => {}
        9 => {
            return Err(settings
                .refuse("it is a model for inpainting (9 input channels), which is not built"));
        }
        8 => {
            return Err(settings.refuse("it takes 8 input channels (instructions to edit a picture, or depth), which is not built"));
        }
        _ => return Err(settings.refuse(format!("in_channels is {inputs}; built here is 4 only"))),
    }
    let no = json!(false);
    let none: &[Value] = &[];
    for (key, built) in [
        ("out_channels", &[json!(4)][..]),
        ("center_input_sample", std::slice::from_ref(&no)),
        ("only_cross_attention", std::slice::from_ref(&no)),
        ("dual_cross_attention", std::slice::from_ref(&no)),
        ("mid_block_only_cross_attention", std::slice::from_ref(&no)),
        ("class_embeddings_concat", std::slice::from_ref(&no)),
        ("resnet_skip_time_act", std::slice::from_ref(&no)),
        ("mid_block_type", &[json!("UNetMidBlock2DCrossAttn")][..]),
        ("downsample_padding", &[json!(1)][..]),
        ("act_fn", &[json!("silu"), json!("swish")][..]),
        ("resnet_time_scale_shift", &[json!("default")][..]),
        ("resnet_out_scale_factor", &[json!(1.0), json!(1)][..]),
        ("time_embedding_type", &[json!("positional")][..]),
        ("attention_type", &[json!("default")][..]),
        ("conv_in_kernel", &[json!(3)][..]),
        ("conv_out_kernel", &[json!(3)][..]),
        ("class_embed_type", none),
        ("num_class_embeds", none),
        ("encoder_hid_dim", none),
        ("encoder_hid_dim_type", none),
        ("time_embedding_dim", none),
        ("time_embedding_act_fn", none),
        ("timestep_post_act", none),
        ("num_attention_heads", none),
        ("cross_attention_norm", none),
        ("reverse_transformer_layers_per_block", none),
    ] {
        settings.only(key, built)?;
    }
    Ok(())
}
