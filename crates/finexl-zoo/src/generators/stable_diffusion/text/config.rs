//! Its architecture.

use super::super::settings::Settings;
use crate::ZooError;

/// How the feed-forward layers are activated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gelu {
    /// `x sigmoid(1.702 x)`
    Quick,
    /// By the error function.
    Exact,
}

/// The architecture of a text encoder.
#[derive(Clone, Debug, PartialEq)]
pub struct TextConfig {
    /// Known tokens.
    pub vocabulary: usize,
    /// Tokens of a text.
    pub context: usize,
    /// Channels.
    pub width: usize,
    /// Channels inside the feed-forward layers.
    pub hidden: usize,
    /// Layers.
    pub layers: usize,
    /// Heads of each attention.
    pub heads: usize,
    /// Activation of the feed-forward layers.
    pub activation: Gelu,
    /// Added to the variance in every norm.
    pub epsilon: f32,
    /// Numbers of the pooled text, where there is a projection.
    pub projection: Option<usize>,
    /// The token whose row is pooled; none takes the largest token, as configs that say 2 mean.
    pub end: Option<u32>,
}

impl TextConfig {
    /// Reads a `config.json` of transformers.
    ///
    /// # Errors
    /// [`ZooError::GeneratorFiles`] naming the setting that is not built.
    pub fn parse(settings: &Settings) -> Result<Self, ZooError> {
        let class = match settings.get("architectures") {
            None => "CLIPTextModel".to_string(),
            Some(_) => settings.words("architectures", &[])?.join(", "),
        };
        let projects = match class.strip_prefix("Flax").unwrap_or(&class) {
            "CLIPTextModel" => false,
            "CLIPTextModelWithProjection" => true,
            _ => {
                let built = "CLIPTextModel and CLIPTextModelWithProjection";
                return Err(settings.refuse(format!(
                    "it is a text encoder of the class {class}; built here are {built}"
                )));
            }
        };
        let activation = match settings.word("hidden_act", "quick_gelu")? {
            "quick_gelu" => Gelu::Quick,
            "gelu" => Gelu::Exact,
            other => {
                return Err(settings.refuse(format!(
                    "hidden_act is \"{other}\"; built here are quick_gelu and gelu"
                )));
            }
        };
        let end = settings.size("eos_token_id", 49_407)?;
        let projection = settings.size("projection_dim", 512)?;
        let config = Self {
            vocabulary: settings.size("vocab_size", 49_408)?,
            context: settings.size("max_position_embeddings", 77)?,
            width: settings.size("hidden_size", 512)?,
            hidden: settings.size("intermediate_size", 2048)?,
            layers: settings.size("num_hidden_layers", 12)?,
            heads: settings.size("num_attention_heads", 8)?,
            activation,
            epsilon: settings.number("layer_norm_eps", 1e-5)? as f32,
            projection: projects.then_some(projection),
            end: (end != 2).then_some(end as u32),
        };
        if !config.width.is_multiple_of(config.heads) || config.layers > 1024 || config.context < 3
        {
            return Err(settings.refuse(format!(
                "{} channels with {} heads, {} layers and {} tokens make no text encoder",
                config.width, config.heads, config.layers, config.context
            )));
        }
        Ok(config)
    }
}
