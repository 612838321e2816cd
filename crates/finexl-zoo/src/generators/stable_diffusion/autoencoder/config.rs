//! Its architecture.

use super::super::settings::Settings;
use crate::ZooError;
use serde_json::{Value, json};

/// The architecture of an autoencoder, levels from the finest to the coarsest.
#[derive(Clone, Debug, PartialEq)]
pub struct AutoencoderConfig {
    /// Channels of every level.
    pub channels: Vec<usize>,
    /// Residual blocks of every level of the encoder; one more in the decoder.
    pub residuals: usize,
    /// Numbers of a latent.
    pub latent_channels: usize,
    /// Groups of every group norm.
    pub groups: usize,
    /// What latents are multiplied by for the UNet.
    pub scaling: f64,
    /// What is taken off them before.
    pub shift: f64,
    /// Mean and deviation of each number of a latent, where the model has them: these then stand before the scaling.
    pub statistics: Option<[Vec<f32>; 2]>,
    /// Whether there is a convolution of single places behind the encoder, and before the decoder.
    pub quantizing: [bool; 2],
    /// Whether the middle attends.
    pub attends: bool,
    /// The sizes of a TAESD, which has none of the above but latents and their scaling.
    pub tiny: Option<TinyConfig>,
}

/// The architecture of a TAESD.
#[derive(Clone, Debug, PartialEq)]
pub struct TinyConfig {
    /// Channels and blocks of every level of the encoder.
    pub encoder: Vec<(usize, usize)>,
    /// The same of the decoder, whose first level is the coarsest.
    pub decoder: Vec<(usize, usize)>,
}

impl AutoencoderConfig {
    /// Reads a `config.json` of diffusers.
    ///
    /// # Errors
    /// [`ZooError::GeneratorFiles`] naming the setting that is not built.
    pub fn parse(settings: &Settings) -> Result<Self, ZooError> {
        if settings.word("_class_name", "AutoencoderKL")? == TINY {
            return parse_tiny(settings);
        }
        refuse_variants(settings)?;
        let down = settings.words("down_block_types", &["DownEncoderBlock2D"])?;
        let up = settings.words("up_block_types", &["UpDecoderBlock2D"])?;
        let built = [(&down, "DownEncoderBlock2D"), (&up, "UpDecoderBlock2D")];
        for (words, built) in built {
            if let Some(other) = words.iter().find(|word| *word != built) {
                return Err(
                    settings.refuse(format!("it has a \"{other}\"; built here is {built} only"))
                );
            }
        }
        let channels = match settings.get("block_out_channels") {
            None => vec![64],
            Some(_) => settings.sizes("block_out_channels", 0, down.len())?,
        };
        let latent_channels = settings.size("latent_channels", 4)?;
        let [means, deviations] =
            ["latents_mean", "latents_std"].map(|key| settings.numbers(key, latent_channels));
        let groups = settings.size("norm_num_groups", 32)?;
        let config = Self {
            residuals: settings.size("layers_per_block", 1)?,
            scaling: settings.number("scaling_factor", 0.18215)?,
            shift: settings.number("shift_factor", 0.0)?,
            statistics: means?.zip(deviations?).map(|(a, b)| [a, b]),
            quantizing: [
                settings.flag("use_quant_conv", true)?,
                settings.flag("use_post_quant_conv", true)?,
            ],
            attends: settings.flag("mid_block_add_attention", true)?,
            channels,
            latent_channels,
            groups,
            tiny: None,
        };
        config.check(settings, up.len())?;
        Ok(config)
    }

    fn check(&self, settings: &Settings, levels_up: usize) -> Result<(), ZooError> {
        let groups = self.groups;
        let odd = self
            .channels
            .iter()
            .find(|channels| !channels.is_multiple_of(groups));
        if let Some(odd) = odd {
            return Err(
                settings.refuse(format!("{odd} channels are no multiple of {groups} groups"))
            );
        }
        let levels = self.channels.len();
        let deep = levels == 0 || levels > 8 || self.residuals > 64;
        if deep || levels_up != levels || self.scaling == 0.0 {
            return Err(settings.refuse(
                "it has no level or more than 8, more than 64 blocks in one, other levels up than down, or a scaling of 0",
            ));
        }
        Ok(())
    }

    /// Pixels per latent along a side.
    pub fn factor(&self) -> usize {
        1 << (self.channels.len() - 1)
    }
}

/// The class of a TAESD.
const TINY: &str = "AutoencoderTiny";

fn parse_tiny(settings: &Settings) -> Result<AutoencoderConfig, ZooError> {
    for (key, built) in [
        ("in_channels", json!(3)),
        ("out_channels", json!(3)),
        ("latent_channels", json!(4)),
        ("act_fn", json!("relu")),
        ("upsample_fn", json!("nearest")),
        ("upsampling_scaling_factor", json!(2)),
    ] {
        settings.only(key, std::slice::from_ref(&built))?;
    }
    let encoder = tiny_levels(settings, "encoder", [1, 3, 3, 3])?;
    let decoder = tiny_levels(settings, "decoder", [3, 3, 3, 1])?;
    if encoder.len() != decoder.len() {
        return Err(settings.refuse("its encoder has other levels than its decoder"));
    }
    let scaling = settings.number("scaling_factor", 1.0)?;
    if scaling == 0.0 {
        return Err(settings.refuse("its scaling_factor is 0"));
    }
    Ok(AutoencoderConfig {
        channels: decoder
            .iter()
            .rev()
            .map(|(channels, _)| *channels)
            .collect(),
        residuals: 0,
        latent_channels: 4,
        groups: 1,
        scaling,
        shift: settings.number("shift_factor", 0.0)?,
        statistics: None,
        quantizing: [false; 2],
        attends: false,
        tiny: Some(TinyConfig { encoder, decoder }),
    })
}

/// Channels and blocks of every level of one half of a TAESD.
fn tiny_levels(
    settings: &Settings,
    half: &str,
    usual: [usize; 4],
) -> Result<Vec<(usize, usize)>, ZooError> {
    let channels = format!("{half}_block_out_channels");
    let blocks = format!("num_{half}_blocks");
    let list = |key: &str| settings.get(key)?.as_array().map(Vec::len);
    let count = list(&channels).or_else(|| list(&blocks));
    let count = count.unwrap_or(usual.len());
    let blocks = match settings.get(&blocks) {
        None if count == usual.len() => usual.to_vec(),
        _ => settings.sizes(&blocks, 1, count)?,
    };
    let channels = settings.sizes(&channels, 64, count)?;
    // No layer goes from one width to another.
    let even = channels.windows(2).all(|pair| pair[0] == pair[1]);
    if !even || count == 0 || count > 8 || blocks.iter().any(|blocks| *blocks > 64) {
        return Err(settings.refuse(format!(
            "its {half} has levels of different widths, more than 8 of them, or more than 64 blocks in one"
        )));
    }
    Ok(channels.into_iter().zip(blocks).collect())
}

/// Settings that change what is computed and are not built.
fn refuse_variants(settings: &Settings) -> Result<(), ZooError> {
    let class = settings.word("_class_name", "AutoencoderKL")?;
    let class = class.strip_prefix("Flax").unwrap_or(class);
    if class != "AutoencoderKL" {
        return Err(settings.refuse(format!(
            "its class is {class}; built here are AutoencoderKL and {TINY}"
        )));
    }
    let none: &[Value] = &[];
    for (key, built) in [
        ("in_channels", &[json!(3)][..]),
        ("out_channels", &[json!(3)][..]),
        ("latent_channels", &[json!(4)][..]),
        ("act_fn", &[json!("silu"), json!("swish")][..]),
        ("norm_type", none),
    ] {
        settings.only(key, built)?;
    }
    Ok(())
}
