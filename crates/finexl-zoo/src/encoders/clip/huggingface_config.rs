//! `config.json` of transformers: `CLIPModel` and `SiglipModel`.
//!
//! transformers writes only what differs from the defaults of the model type, so those defaults
//! (version 5.23, `configuration_clip.py`, `configuration_siglip.py`) are part of the format. The
//! activation is taken from them only where the file says that transformers wrote it.

use super::config::{ClipConfig, ImageConfig, ImagePooling, Naming, Stack, TextConfig};
use crate::recognition::tower;
use crate::transformer::Activation;
use serde_json::Value;

/// The part of a file that describes one tower, over the defaults of its type.
struct Part<'a> {
    side: &'static str,
    values: Vec<&'a Value>,
}

impl<'a> Part<'a> {
    /// `NAME` and, where an old version wrote it, `NAME_dict`, which counts more.
    fn of(config: &'a Value, name: &'static str) -> Result<Self, String> {
        let older = config.get(format!("{name}_dict"));
        let values = [older, config.get(name)].into_iter().flatten();
        let values: Vec<&Value> = values.filter(|v| !v.is_null()).collect();
        if values.iter().any(|v| !v.is_object()) {
            return Err(format!(
                "its {name} (or {name}_dict) is no table of settings"
            ));
        }
        Ok(Self { side: name, values })
    }

    fn get(&self, key: &str) -> Option<&'a Value> {
        let mut found = self.values.iter().filter_map(|v| v.get(key));
        found.find(|v| !v.is_null())
    }

    /// A setting of another type than is asked for.
    fn odd(&self, key: &str, value: &Value, expected: &str) -> String {
        format!("{}.{key} is {value}; expected {expected}", self.side)
    }

    fn size(&self, key: &str, default: usize) -> Result<usize, String> {
        self.get(key).map_or(Ok(default), |value| {
            let size = value.as_u64().and_then(|v| usize::try_from(v).ok());
            size.ok_or_else(|| self.odd(key, value, "a whole number of at least 0"))
        })
    }

    fn epsilon(&self, default: f32) -> Result<f32, String> {
        const KEY: &str = "layer_norm_eps";
        self.get(KEY).map_or(Ok(default), |value| {
            let epsilon = value.as_f64().map(|v| v as f32);
            epsilon.ok_or_else(|| self.odd(KEY, value, "a number"))
        })
    }

    fn activation(&self, default: Option<&str>) -> Result<Activation, Fault> {
        const KEY: &str = "hidden_act";
        let name = match self.get(KEY) {
            Some(value) => value
                .as_str()
                .ok_or_else(|| self.odd(KEY, value, "the name of an activation"))?,
            None => default.ok_or(Fault::NoActivation)?,
        };
        Activation::of_name(name).ok_or_else(|| {
            Fault::Unusable(format!(
                "{}.hidden_act is \"{name}\"; known are quick_gelu, gelu and gelu_pytorch_tanh",
                self.side
            ))
        })
    }
}

/// Why a config cannot be used.
#[derive(Debug, PartialEq)]
pub(super) enum Fault {
    /// It does not name the activation.
    NoActivation,
    /// Anything else, in words.
    Unusable(String),
}

impl From<String> for Fault {
    fn from(problem: String) -> Self {
        Self::Unusable(problem)
    }
}

/// Sizes that transformers assumes for a model type.
struct Defaults {
    patch: usize,
    text_width: usize,
    text_hidden: usize,
    text_heads: usize,
    vocabulary: usize,
    context: usize,
    epsilon: f32,
    activation: &'static str,
}

const CLIP: Defaults = Defaults {
    patch: 32,
    text_width: 512,
    text_hidden: 2048,
    text_heads: 8,
    vocabulary: 49_408,
    context: 77,
    epsilon: 1e-5,
    activation: "quick_gelu",
};

const SIGLIP: Defaults = Defaults {
    patch: 16,
    text_width: 768,
    text_hidden: 3072,
    text_heads: 12,
    vocabulary: 32_000,
    context: 64,
    epsilon: 1e-6,
    activation: "gelu_pytorch_tanh",
};

/// Reads a `config.json`; `known` is the activation of weights that were recognised.
pub(super) fn parse(config: &Value, known: Option<Activation>) -> Result<ClipConfig, Fault> {
    let kind = config.get("model_type").and_then(Value::as_str);
    let (naming, defaults) = match kind {
        Some("clip") => (Naming::HuggingFaceClip, CLIP),
        Some("siglip") => (Naming::HuggingFaceSiglip, SIGLIP),
        other => {
            if let Some(tower) = other.and_then(tower) {
                return Err(Fault::Unusable(format!(
                    "it is {tower}; an encoder needs both towers of one model"
                )));
            }
            return Err(Fault::Unusable(format!(
                "its model_type is {}; known are \"clip\" and \"siglip\"",
                other.map_or("missing".to_string(), |t| format!("\"{t}\""))
            )));
        }
    };
    let siglip = naming == Naming::HuggingFaceSiglip;
    let (image, text) = (
        Part::of(config, "vision_config")?,
        Part::of(config, "text_config")?,
    );
    let written = config.get("transformers_version").is_some();
    let activation = |part: &Part<'_>| match (part.activation(None), known) {
        (Err(Fault::NoActivation), Some(known)) => Ok(known),
        (Err(Fault::NoActivation), None) if written => part.activation(Some(defaults.activation)),
        (found, _) => found,
    };
    let image_stack = Stack {
        width: image.size("hidden_size", 768)?,
        layers: image.size("num_hidden_layers", 12)?,
        heads: image.size("num_attention_heads", 12)?,
        hidden: image.size("intermediate_size", 3072)?,
        activation: activation(&image)?,
        epsilon: image.epsilon(defaults.epsilon)?,
    };
    let text_stack = Stack {
        width: text.size("hidden_size", defaults.text_width)?,
        layers: text.size("num_hidden_layers", 12)?,
        heads: text.size("num_attention_heads", defaults.text_heads)?,
        hidden: text.size("intermediate_size", defaults.text_hidden)?,
        activation: activation(&text)?,
        epsilon: text.epsilon(defaults.epsilon)?,
    };
    let whole = Part {
        side: "config",
        values: vec![config],
    };
    let dimension = if siglip {
        let projection = text.size("projection_size", text_stack.width)?;
        if projection != image_stack.width {
            return Err(Fault::Unusable(format!(
                "texts are projected to {projection} dimensions, images have {}",
                image_stack.width
            )));
        }
        projection
    } else {
        whole.size("projection_dim", 512)?
    };
    // Older configs give 2 here, whatever the vocabulary says; the reference then takes the largest
    // token, which is the end token.
    let end = text.size("eos_token_id", 49_407)?;
    let end = u32::try_from(end).map_err(|_| format!("its eos_token_id {end} is no token"))?;
    Ok(ClipConfig {
        naming,
        dimension,
        image: ImageConfig {
            image_size: image.size("image_size", 224)?,
            patch: image.size("patch_size", defaults.patch)?,
            stack: image_stack,
            pooling: if siglip {
                ImagePooling::Attention
            } else {
                ImagePooling::ClassToken
            },
            eva: None,
        },
        text: TextConfig {
            vocabulary: text.size("vocab_size", defaults.vocabulary)?,
            context: text.size("max_position_embeddings", defaults.context)?,
            stack: text_stack,
            bidirectional: siglip,
            projection_bias: siglip,
            end: (!siglip && end != 2).then_some(end),
            cleaning: None,
        },
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use serde_json::json;

    #[test]
    fn defaults_are_those_of_the_model_type() {
        let config = json!({"model_type": "siglip", "transformers_version": "4.37.0",
            "text_config": {"model_type": "siglip_text_model"}, "vision_config": {}});
        let parsed = parse(&config, None).unwrap();
        assert_eq!(parsed.dimension, 768);
        assert_eq!(parsed.image.tokens(), 196);
        assert_eq!(parsed.text.stack.activation, Activation::GeluTanh);
    }

    #[test]
    fn the_other_siglip_is_refused_by_name() {
        // SigLIP 2 of one resolution says "siglip"; this one takes images of any shape.
        let config = json!({"model_type": "siglip2", "transformers_version": "5.0.0"});
        assert!(matches!(parse(&config, None), Err(Fault::Unusable(p)) if p.contains("siglip2")));
    }

    #[test]
    fn the_activation_is_never_guessed() {
        let mut config = json!({"model_type": "clip", "text_config": {}, "vision_config": {}});
        assert_eq!(parse(&config, None), Err(Fault::NoActivation));
        let known = parse(&config, Some(Activation::Gelu)).unwrap();
        assert_eq!(known.image.stack.activation, Activation::Gelu);
        config["text_config"]["hidden_act"] = json!("gelu");
        config["vision_config"]["hidden_act"] = json!("quick_gelu");
        let parsed = parse(&config, None).unwrap();
        assert_eq!(parsed.text.stack.activation, Activation::Gelu);
        assert_eq!(parsed.image.stack.activation, Activation::QuickGelu);
        config["text_config"]["hidden_act"] = json!("swish");
        assert!(matches!(parse(&config, None), Err(Fault::Unusable(p)) if p.contains("swish")));
    }

    #[test]
    fn older_dictionaries_count_more() {
        let config = json!({"model_type": "clip", "transformers_version": "4.20.0",
            "text_config": {"hidden_size": 512}, "text_config_dict": {"hidden_size": 640},
            "vision_config": {}, "vision_config_dict": null});
        assert_eq!(parse(&config, None).unwrap().text.stack.width, 640);
    }
}
