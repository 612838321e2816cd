//! The architecture of an encoder, whatever format it was described in.

use super::huggingface_config::{self, Fault};
use super::open_clip_config;
use super::text_cleaning::Cleaning;
use crate::transformer::Activation;
use serde_json::Value;

/// Largest sizes that are built. No published model comes near them, and what is computed of them fits 64 bits.
const MOST_CHANNELS: usize = 1 << 17;
const MOST_LAYERS: usize = 1 << 10;
const MOST_TOKENS: usize = 1 << 14;
const MOST_WORDS: usize = 1 << 24;
/// Largest side of an image, pixels.
pub(super) const MOST_PIXELS: usize = 1 << 13;

/// How the tensors of a file are named.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Naming {
    /// `CLIPModel` of transformers.
    HuggingFaceClip,
    /// `SiglipModel` of transformers.
    HuggingFaceSiglip,
    /// `CLIP` of open_clip: text tower without a prefix.
    OpenClip,
    /// `CustomTextCLIP` of open_clip with an EVA image tower of timm.
    OpenClipEva,
}

impl Naming {
    /// A tensor that every model of this naming has, the embedding of tokens.
    pub(super) fn anchor(self) -> &'static str {
        match self {
            Self::HuggingFaceClip | Self::HuggingFaceSiglip => {
                "text_model.embeddings.token_embedding.weight"
            }
            Self::OpenClip => "token_embedding.weight",
            Self::OpenClipEva => "text.token_embedding.weight",
        }
    }

    /// Name of the architecture, for people.
    pub fn architecture(self) -> &'static str {
        match self {
            Self::HuggingFaceClip => "CLIP (transformers)",
            Self::HuggingFaceSiglip => "SigLIP (transformers)",
            Self::OpenClip => "CLIP (open_clip)",
            Self::OpenClipEva => "EVA-CLIP (open_clip)",
        }
    }
}

/// Sizes of a stack of transformer blocks.
#[derive(Clone, Debug, PartialEq)]
pub struct Stack {
    /// Channels.
    pub width: usize,
    /// Blocks.
    pub layers: usize,
    /// Heads of each attention.
    pub heads: usize,
    /// Channels between the matrices of the feed-forward layer.
    pub hidden: usize,
    /// Between the matrices of the feed-forward layer.
    pub activation: Activation,
    /// Added to the variance in every norm.
    pub epsilon: f32,
}

/// What sets EVA's image towers apart from CLIP's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Eva {
    /// One matrix for queries, keys and values (EVA-01) or three (EVA-02).
    pub fused: bool,
    /// Norms inside attention and feed-forward layer (EVA-02).
    pub inner_norms: bool,
    /// Side of the grid that rotary positions are stretched to; none without rotation.
    pub rotary_grid: Option<usize>,
}

/// How an image tower ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ImagePooling {
    /// The class token, normalised and projected without a bias.
    ClassToken,
    /// The class token, normalised and projected with a bias (EVA).
    ClassTokenBias,
    /// Attention pooling, no projection (SigLIP).
    Attention,
}

/// The image tower.
#[derive(Clone, Debug, PartialEq)]
pub struct ImageConfig {
    /// Side of the square input, pixels.
    pub image_size: usize,
    /// Side of a patch, pixels.
    pub patch: usize,
    /// Blocks.
    pub stack: Stack,
    /// End of the tower.
    pub pooling: ImagePooling,
    /// Set for EVA's towers.
    pub eva: Option<Eva>,
}

impl ImageConfig {
    /// Patches along one side.
    pub fn grid(&self) -> usize {
        self.image_size / self.patch
    }

    /// Whether a class token stands before the patches.
    pub fn class_token(&self) -> bool {
        self.pooling != ImagePooling::Attention
    }

    /// Rows per image.
    pub fn tokens(&self) -> usize {
        self.grid().pow(2) + usize::from(self.class_token())
    }
}

/// The text tower.
#[derive(Clone, Debug, PartialEq)]
pub struct TextConfig {
    /// Known tokens.
    pub vocabulary: usize,
    /// Most tokens of a text, start and end included.
    pub context: usize,
    /// Blocks.
    pub stack: Stack,
    /// Whether a token sees what follows it: texts are then padded to the whole context and read at
    /// its last place, otherwise read at their end token.
    pub bidirectional: bool,
    /// Whether the projection has a bias.
    pub projection_bias: bool,
    /// The token at which a causal text is read; where the config does not say, the tokenizer's.
    pub end: Option<u32>,
    /// What open_clip does to a text before its tokens are looked for.
    pub(super) cleaning: Option<Cleaning>,
}

/// Both towers.
#[derive(Clone, Debug, PartialEq)]
pub struct ClipConfig {
    /// How tensors are named.
    pub naming: Naming,
    /// Dimension of the shared space.
    pub dimension: usize,
    /// Image side.
    pub image: ImageConfig,
    /// Text side.
    pub text: TextConfig,
}

impl ClipConfig {
    /// Reads a `config.json` of transformers.
    ///
    /// # Errors
    /// What cannot be built, in words.
    pub fn of_huggingface(config: &Value) -> Result<Self, String> {
        let config = huggingface_config::parse(config, None).map_err(|fault| match fault {
            Fault::NoActivation => "it does not name the activation (hidden_act)".to_string(),
            Fault::Unusable(problem) => problem,
        })?;
        config.problem().map_or(Ok(config), Err)
    }

    /// Reads an `open_clip_config.json`.
    ///
    /// # Errors
    /// What cannot be built, in words.
    pub fn of_open_clip(config: &Value) -> Result<Self, String> {
        let config = open_clip_config::parse(config)?;
        config.problem().map_or(Ok(config), Err)
    }

    /// What cannot be built, in words.
    pub(super) fn problem(&self) -> Option<String> {
        let stacks = [("image", &self.image.stack), ("text", &self.text.stack)];
        stacks
            .into_iter()
            .find_map(|(side, stack)| stack.problem(side))
            .or_else(|| self.image.problem())
            .or_else(|| {
                let (context, words) = (self.text.context, self.text.vocabulary);
                outside(
                    "the dimension of both towers",
                    self.dimension,
                    1..=MOST_CHANNELS,
                )
                .or_else(|| outside("the context of texts in tokens", context, 2..=MOST_TOKENS))
                .or_else(|| outside("the number of known tokens", words, 1..=MOST_WORDS))
            })
    }
}

impl Stack {
    fn problem(&self, side: &str) -> Option<String> {
        let sizes = [
            ("width", self.width, MOST_CHANNELS),
            ("number of blocks", self.layers, MOST_LAYERS),
            ("number of heads", self.heads, MOST_CHANNELS),
            ("hidden width", self.hidden, MOST_CHANNELS),
        ];
        let odd = sizes.into_iter().find_map(|(what, size, most)| {
            outside(&format!("the {what} of the {side} tower"), size, 1..=most)
        });
        if odd.is_some() {
            return odd;
        }
        if !self.width.is_multiple_of(self.heads) {
            return Some(format!(
                "the width {} of the {side} tower is not a multiple of its {} heads",
                self.width, self.heads
            ));
        }
        let epsilon = self.epsilon;
        (!(epsilon > 0.0 && epsilon < 1.0))
            .then(|| format!("the epsilon {epsilon} of the {side} tower is not between 0 and 1"))
    }
}

impl ImageConfig {
    fn problem(&self) -> Option<String> {
        let (size, patch) = (self.image_size, self.patch);
        if let Some(problem) = outside("the side of images in pixels", size, 1..=MOST_PIXELS) {
            return Some(problem);
        }
        if patch == 0 || size < patch {
            return Some(format!(
                "patches of {patch} pixels do not fit images of {size}"
            ));
        }
        let head = self.stack.width / self.stack.heads;
        let rotary = self.eva.and_then(|eva| eva.rotary_grid);
        if rotary.is_some() && !head.is_multiple_of(4) {
            return Some("rotary positions need heads of a multiple of 4 channels".to_string());
        }
        outside(
            "the number of patches of an image",
            self.tokens(),
            1..=MOST_TOKENS,
        )
        .or_else(|| {
            let side = rotary.unwrap_or(1);
            outside(
                "the side of the grid of rotary positions",
                side,
                1..=MOST_PIXELS,
            )
        })
    }
}

/// Says that a size is not in its range.
fn outside(what: &str, size: usize, range: std::ops::RangeInclusive<usize>) -> Option<String> {
    (!range.contains(&size)).then(|| {
        let (least, most) = (range.start(), range.end());
        format!("{what} is {size}; built are {least} to {most}")
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use serde_json::json;

    #[test]
    fn sizes_that_nothing_can_have_are_refused_before_anything_is_made() {
        let parsed = |change: &dyn Fn(&mut serde_json::Value)| {
            let mut config = json!({"model_type": "clip", "transformers_version": "5.0.0",
                "text_config": {}, "vision_config": {}});
            change(&mut config);
            ClipConfig::of_huggingface(&config)
        };
        parsed(&|_| ()).unwrap();
        for (side, key, value, words) in [
            (
                "text_config",
                "vocab_size",
                json!(10_000_000_000_000u64),
                "known tokens",
            ),
            (
                "text_config",
                "vocab_size",
                json!(1e13),
                "vocab_size is 10000000000000.0",
            ),
            ("text_config", "vocab_size", json!(-1), "vocab_size is -1"),
            (
                "text_config",
                "num_hidden_layers",
                json!(1_000_000_000),
                "blocks of the text",
            ),
            (
                "text_config",
                "max_position_embeddings",
                json!(1_000_000_000),
                "context",
            ),
            (
                "text_config",
                "max_position_embeddings",
                json!("77"),
                "whole number",
            ),
            (
                "text_config",
                "hidden_size",
                json!(u64::MAX),
                "width of the text",
            ),
            ("text_config", "num_attention_heads", json!(7), "7 heads"),
            (
                "text_config",
                "eos_token_id",
                json!(u64::MAX),
                "eos_token_id",
            ),
            ("text_config", "layer_norm_eps", json!(-1.0), "epsilon"),
            (
                "text_config",
                "layer_norm_eps",
                json!("0.1"),
                "layer_norm_eps",
            ),
            ("text_config", "hidden_act", json!(3), "hidden_act"),
            ("vision_config", "patch_size", json!(0), "patches of 0"),
            ("vision_config", "patch_size", json!(1), "number of patches"),
            ("vision_config", "image_size", json!(0), "side of images"),
            (
                "vision_config",
                "image_size",
                json!(1u64 << 40),
                "side of images",
            ),
            (
                "vision_config",
                "intermediate_size",
                json!(0),
                "hidden width",
            ),
        ] {
            let problem = parsed(&|config| config[side][key] = value.clone()).unwrap_err();
            assert!(problem.contains(words), "{key} {value}: {problem}");
        }
        for (key, value) in [("text_config", json!([])), ("vision_config_dict", json!(1))] {
            let problem = parsed(&|config| config[key] = value.clone()).unwrap_err();
            assert!(problem.contains(key), "{problem}");
        }
    }
}
