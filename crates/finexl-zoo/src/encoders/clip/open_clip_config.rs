//! `open_clip_config.json`: CLIP of open_clip, and EVA-CLIP with an image tower of timm.
//!
//! Reference: open_clip 3.3, `model.py` (`CLIPVisionCfg`, `CLIPTextCfg`); timm 1.0, `models/eva.py`.

use super::config::{ClipConfig, Eva, ImageConfig, ImagePooling, Naming, Stack, TextConfig};
use super::text_cleaning::Cleaning;
use crate::transformer::Activation;
use serde::Deserialize;
use serde_json::Value;

/// `model_cfg`; keys that would change the architecture in ways that are not built here are errors.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Model {
    embed_dim: usize,
    vision_cfg: Vision,
    text_cfg: Text,
    #[serde(default)]
    quick_gelu: bool,
    #[serde(default)]
    custom_text: bool,
    // Values of a trained model override these.
    #[serde(default, rename = "init_logit_scale")]
    _scale: Option<f64>,
    #[serde(default, rename = "init_logit_bias")]
    _bias: Option<f64>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Vision {
    image_size: usize,
    layers: Option<usize>,
    width: Option<usize>,
    patch_size: Option<usize>,
    head_width: Option<usize>,
    mlp_ratio: Option<f64>,
    timm_model_name: Option<String>,
    timm_pool: Option<String>,
    timm_proj: Option<String>,
    #[serde(rename = "timm_model_pretrained")]
    _pretrained: Option<bool>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Text {
    #[serde(default = "default_context")]
    context_length: usize,
    vocab_size: usize,
    width: usize,
    heads: usize,
    layers: usize,
    mlp_ratio: Option<f64>,
    hf_tokenizer_name: Option<String>,
    tokenizer_kwargs: Option<TokenizerSettings>,
}

/// Settings of open_clip's wrapper around a tokenizer of transformers.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct TokenizerSettings {
    clean: Option<String>,
}

fn default_context() -> usize {
    77
}

/// An image tower of timm.
struct Timm {
    name: &'static str,
    width: usize,
    layers: usize,
    heads: usize,
    patch: usize,
    hidden: usize,
    eva: Eva,
}

const EVA_02: Eva = Eva {
    fused: false,
    inner_norms: true,
    rotary_grid: Some(16),
};
const EVA_01: Eva = Eva {
    fused: true,
    inner_norms: false,
    rotary_grid: None,
};

/// The image towers of timm that EVA-CLIP uses. (EVA-02 E normalises after its layers and is not
/// built.)
const TIMM: [Timm; 5] = [
    Timm {
        name: "eva02_base_patch16_clip_224",
        width: 768,
        layers: 12,
        heads: 12,
        patch: 16,
        hidden: 2048,
        eva: EVA_02,
    },
    Timm {
        name: "eva02_large_patch14_clip_224",
        width: 1024,
        layers: 24,
        heads: 16,
        patch: 14,
        hidden: 2730,
        eva: EVA_02,
    },
    Timm {
        name: "eva02_large_patch14_clip_336",
        width: 1024,
        layers: 24,
        heads: 16,
        patch: 14,
        hidden: 2730,
        eva: EVA_02,
    },
    Timm {
        name: "eva_giant_patch14_224",
        width: 1408,
        layers: 40,
        heads: 16,
        patch: 14,
        hidden: 6144,
        eva: EVA_01,
    },
    Timm {
        name: "eva_giant_patch14_clip_224",
        width: 1408,
        layers: 40,
        heads: 16,
        patch: 14,
        hidden: 6144,
        eva: EVA_01,
    },
];

/// Key under which a config may spell out an EVA tower that timm has no name for; our fixtures do.
const TOWER: &str = "finexl_eva_tower";

/// Reads an `open_clip_config.json` (or its `model_cfg` alone).
pub(super) fn parse(config: &Value) -> Result<ClipConfig, String> {
    let mut model = config.get("model_cfg").unwrap_or(config).clone();
    let spelt_out = model
        .as_object_mut()
        .and_then(|m| m.remove(TOWER))
        .map(serde_json::from_value::<SpeltOut>)
        .transpose()
        .map_err(|e| format!("its {TOWER} cannot be read ({e})"))?;
    let model: Model = serde_json::from_value(model)
        .map_err(|e| format!("its model_cfg asks for what is not built here ({e})"))?;
    let text = text(&model)?;
    if let Some(tower) = spelt_out {
        return eva(&model, tower.stack(), tower.patch, tower.eva(), text);
    }
    if let Some(name) = &model.vision_cfg.timm_model_name {
        let known = TIMM.iter().find(|t| t.name == name).ok_or_else(|| {
            let names: Vec<&str> = TIMM.iter().map(|t| t.name).collect();
            format!(
                "its image tower is {name} of timm; built are {}",
                names.join(", ")
            )
        })?;
        let stack = eva_stack(
            known.width,
            known.layers,
            known.heads,
            known.hidden,
            known.eva,
        );
        return eva(&model, stack, known.patch, known.eva, text);
    }
    clip(&model, text)
}

/// An EVA tower of any size.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct SpeltOut {
    width: usize,
    layers: usize,
    heads: usize,
    patch: usize,
    hidden: usize,
    fused: bool,
    inner_norms: bool,
    rotary_grid: Option<usize>,
}

impl SpeltOut {
    fn eva(&self) -> Eva {
        Eva {
            fused: self.fused,
            inner_norms: self.inner_norms,
            rotary_grid: self.rotary_grid,
        }
    }

    fn stack(&self) -> Stack {
        eva_stack(self.width, self.layers, self.heads, self.hidden, self.eva())
    }
}

fn eva_stack(width: usize, layers: usize, heads: usize, hidden: usize, eva: Eva) -> Stack {
    Stack {
        width,
        layers,
        heads,
        hidden,
        activation: if eva.inner_norms {
            Activation::GatedSilu
        } else {
            Activation::Gelu
        },
        epsilon: 1e-6,
    }
}

fn activation(model: &Model) -> Activation {
    if model.quick_gelu {
        Activation::QuickGelu
    } else {
        Activation::Gelu
    }
}

/// How a text is cleaned: for open_clip's own tokenizer, or for one of transformers.
fn cleaning(text: &Text) -> Result<Cleaning, String> {
    let settings = text.tokenizer_kwargs.as_ref();
    let name = settings.and_then(|s| s.clean.as_deref());
    let default = match text.hf_tokenizer_name {
        None => Cleaning::Lower,
        Some(_) => Cleaning::Whitespace,
    };
    name.map_or(Ok(default), |name| {
        Cleaning::of_name(name).ok_or_else(|| {
            format!("its tokenizer cleans by \"{name}\"; built are whitespace and canonicalize")
        })
    })
}

fn text(model: &Model) -> Result<TextConfig, String> {
    let text = &model.text_cfg;
    Ok(TextConfig {
        vocabulary: text.vocab_size,
        context: text.context_length,
        stack: Stack {
            width: text.width,
            layers: text.layers,
            heads: text.heads,
            hidden: (text.width as f64 * text.mlp_ratio.unwrap_or(4.0)) as usize,
            activation: activation(model),
            epsilon: 1e-5,
        },
        bidirectional: false,
        projection_bias: false,
        end: None,
        cleaning: Some(cleaning(text)?),
    })
}

fn clip(model: &Model, text: TextConfig) -> Result<ClipConfig, String> {
    if model.custom_text {
        return Err("it has a custom text tower; built is that of EVA-CLIP only".to_string());
    }
    let vision = &model.vision_cfg;
    let (Some(layers), Some(width), Some(patch)) = (vision.layers, vision.width, vision.patch_size)
    else {
        return Err("its vision_cfg lacks layers, width or patch_size".to_string());
    };
    Ok(ClipConfig {
        naming: Naming::OpenClip,
        dimension: model.embed_dim,
        image: ImageConfig {
            image_size: vision.image_size,
            patch,
            stack: Stack {
                width,
                layers,
                heads: width / vision.head_width.unwrap_or(64).max(1),
                hidden: (width as f64 * vision.mlp_ratio.unwrap_or(4.0)) as usize,
                activation: activation(model),
                epsilon: 1e-5,
            },
            pooling: ImagePooling::ClassToken,
            eva: None,
        },
        text,
    })
}

fn eva(
    model: &Model,
    stack: Stack,
    patch: usize,
    eva: Eva,
    text: TextConfig,
) -> Result<ClipConfig, String> {
    let vision = &model.vision_cfg;
    let pool = vision.timm_pool.as_deref().unwrap_or("token");
    let projection = vision.timm_proj.as_deref().unwrap_or_default();
    if !model.custom_text || pool != "token" || !projection.is_empty() {
        return Err(
            "its EVA tower is not pooled at the class token and projected by its own head, or its \
             text tower is not a custom one"
                .to_string(),
        );
    }
    Ok(ClipConfig {
        naming: Naming::OpenClipEva,
        dimension: model.embed_dim,
        image: ImageConfig {
            image_size: vision.image_size,
            patch,
            stack,
            pooling: ImagePooling::ClassTokenBias,
            eva: Some(eva),
        },
        text,
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use serde_json::json;

    fn base() -> Value {
        json!({"model_cfg": {"embed_dim": 512,
            "vision_cfg": {"image_size": 224, "layers": 12, "width": 768, "patch_size": 32},
            "text_cfg": {"context_length": 77, "vocab_size": 49408, "width": 512, "heads": 8, "layers": 12}}})
    }

    #[test]
    fn quick_gelu_is_what_the_config_says() {
        let mut config = base();
        assert_eq!(
            parse(&config).unwrap().text.stack.activation,
            Activation::Gelu
        );
        config["model_cfg"]["quick_gelu"] = json!(true);
        let parsed = parse(&config).unwrap();
        assert_eq!(parsed.image.stack.activation, Activation::QuickGelu);
        assert_eq!(parsed.image.stack.heads, 12);
    }

    #[test]
    fn what_is_not_built_is_an_error() {
        let mut config = base();
        config["model_cfg"]["vision_cfg"]["attentional_pool"] = json!(true);
        assert!(parse(&config).unwrap_err().contains("attentional_pool"));
        let mut timm = base();
        timm["model_cfg"]["vision_cfg"]["timm_model_name"] = json!("convnext_base");
        assert!(parse(&timm).unwrap_err().contains("convnext_base"));
        // EVA-02 E normalises after its layers.
        timm["model_cfg"]["vision_cfg"]["timm_model_name"] =
            json!("eva02_enormous_patch14_clip_224");
        let problem = parse(&timm).unwrap_err();
        assert!(problem.contains("eva02_enormous") && problem.contains("eva02_large"));
        // SigLIP of open_clip: its text tower sees its padding.
        let mut siglip = base();
        siglip["model_cfg"]["text_cfg"]["no_causal_mask"] = json!(true);
        let problem = parse(&siglip).unwrap_err();
        assert!(problem.contains("no_causal_mask"), "{problem}");
    }

    #[test]
    fn cleaning_is_that_of_the_tokenizer() {
        let mut config = base();
        let of = |config: &Value| parse(config).map(|c| c.text.cleaning);
        assert_eq!(of(&config), Ok(Some(Cleaning::Lower)));
        config["model_cfg"]["text_cfg"]["hf_tokenizer_name"] = json!("some/tokenizer");
        assert_eq!(of(&config), Ok(Some(Cleaning::Whitespace)));
        let text = &mut config["model_cfg"]["text_cfg"];
        text["tokenizer_kwargs"] = json!({"clean": "canonicalize"});
        assert_eq!(of(&config), Ok(Some(Cleaning::Canonicalize)));
        config["model_cfg"]["text_cfg"]["tokenizer_kwargs"] = json!({"clean": "odd"});
        assert!(of(&config).is_err_and(|problem| problem.contains("odd")));
    }

    #[test]
    fn eva_towers_are_known_by_name() {
        let config = json!({"embed_dim": 512, "custom_text": true,
            "vision_cfg": {"image_size": 224, "timm_model_name": "eva02_base_patch16_clip_224",
                "timm_model_pretrained": false, "timm_pool": "token", "timm_proj": null},
            "text_cfg": {"context_length": 77, "vocab_size": 49408, "width": 512, "heads": 8, "layers": 12}});
        let parsed = parse(&config).unwrap();
        assert_eq!(parsed.naming, Naming::OpenClipEva);
        assert_eq!(parsed.image.eva.unwrap().rotary_grid, Some(16));
        assert_eq!(parsed.image.stack.activation, Activation::GatedSilu);
    }
}
