//! The architecture of an encoder, whatever format it was described in.

use super::text_cleaning::Cleaning;
use crate::transformer::Activation;

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
    /// What cannot be built, in words.
    pub(super) fn problem(&self) -> Option<String> {
        let stacks = [("image", &self.image.stack), ("text", &self.text.stack)];
        for (side, stack) in stacks {
            let sizes = [stack.width, stack.layers, stack.heads, stack.hidden];
            if sizes.contains(&0) {
                return Some(format!("the {side} tower has a size of 0"));
            }
            if !stack.width.is_multiple_of(stack.heads) {
                return Some(format!(
                    "the width {} of the {side} tower is not a multiple of its {} heads",
                    stack.width, stack.heads
                ));
            }
        }
        let (size, patch) = (self.image.image_size, self.image.patch);
        if patch == 0 || size < patch {
            return Some(format!(
                "patches of {patch} pixels do not fit images of {size}"
            ));
        }
        if self.dimension == 0 || self.text.context < 2 || self.text.vocabulary == 0 {
            return Some("a size is 0".to_string());
        }
        let rotary = self.image.eva.is_some_and(|eva| eva.rotary_grid.is_some());
        if rotary && !(self.image.stack.width / self.image.stack.heads).is_multiple_of(4) {
            return Some("rotary positions need heads of a multiple of 4 channels".to_string());
        }
        None
    }
}
