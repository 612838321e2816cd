//! The image side.

use super::mixer::{MixerBlock, MixerBlockConfig};
use super::patches::PATCH_FEATURES_PER_PIXEL;
use burn::module::{Initializer, Module, Param};
use burn::nn::transformer::{
    TransformerEncoder, TransformerEncoderConfig, TransformerEncoderInput,
};
use burn::nn::{LayerNorm, LayerNormConfig, Linear, LinearConfig};
use burn::tensor::{Device, Tensor};
use finexl_core::experiment::ImageTower as ImageTowerConfig;

/// Patch features -> embedding, not yet normalised.
#[derive(Module, Debug)]
pub struct ImageTower {
    patch_embedding: Linear,
    positions: Param<Tensor<3>>,
    transformer: Option<TransformerEncoder>,
    mixer: Vec<MixerBlock>,
    norm: LayerNorm,
    projection: Linear,
}

impl ImageTower {
    /// A tower with fresh weights for square images of `image_size` pixels.
    pub fn new(
        config: &ImageTowerConfig,
        image_size: usize,
        embedding: usize,
        device: &Device,
    ) -> Self {
        let (patch, width) = match *config {
            ImageTowerConfig::Transformer { patch, width, .. }
            | ImageTowerConfig::Mixer { patch, width, .. } => (patch, width),
        };
        let tokens = (image_size / patch).pow(2);
        let (transformer, mixer) = blocks(config, tokens, device);
        Self {
            patch_embedding: LinearConfig::new(patch * patch * PATCH_FEATURES_PER_PIXEL, width)
                .init(device),
            positions: Initializer::Normal {
                mean: 0.0,
                std: 0.02,
            }
            .init([1, tokens, width], device),
            transformer,
            mixer,
            norm: LayerNormConfig::new(width).init(device),
            projection: LinearConfig::new(width, embedding)
                .with_bias(false)
                .init(device),
        }
    }

    /// # Shapes
    /// - patches: `[n, tokens, patch * patch * 4]`, see [`super::patch_features`]
    /// - output: `[n, embedding]`
    pub fn forward(&self, patches: Tensor<3>) -> Tensor<2> {
        let pooled = self.tokens(patches).mean_dim(1).squeeze_dim::<2>(1);
        self.projection.forward(pooled)
    }

    /// The tokens before they are pooled.
    ///
    /// # Shapes
    /// - patches: `[n, tokens, patch * patch * 4]`
    /// - output: `[n, tokens, width]`
    pub fn tokens(&self, patches: Tensor<3>) -> Tensor<3> {
        let mut x = self.patch_embedding.forward(patches) + self.positions.val();
        if let Some(transformer) = &self.transformer {
            x = transformer.forward(TransformerEncoderInput::new(x));
        }
        for block in &self.mixer {
            x = block.forward(x);
        }
        self.norm.forward(x)
    }
}

fn blocks(
    config: &ImageTowerConfig,
    tokens: usize,
    device: &Device,
) -> (Option<TransformerEncoder>, Vec<MixerBlock>) {
    match *config {
        ImageTowerConfig::Transformer {
            width,
            layers,
            heads,
            hidden,
            ..
        } => {
            let transformer = TransformerEncoderConfig::new(width, hidden, heads, layers)
                .with_dropout(0.0)
                .with_norm_first(true)
                .init(device);
            (Some(transformer), Vec::new())
        }
        ImageTowerConfig::Mixer {
            width,
            layers,
            token_hidden,
            hidden,
            ..
        } => {
            let block = MixerBlockConfig {
                tokens,
                width,
                token_hidden,
                hidden,
            };
            (None, (0..layers).map(|_| block.init(device)).collect())
        }
    }
}
