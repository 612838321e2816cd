//! Both towers and the scales of the training losses.

use super::{ImageTower, MiniClipConfig, TextTower, TokenBatch};
use burn::module::{Initializer, Module, Param};
use burn::tensor::{Device, Tensor};

/// The trainable part of mini-clip.
#[derive(Module, Debug)]
pub struct MiniClipModel {
    image: ImageTower,
    text: TextTower,
    /// Logarithm of the scale of image-text cosines, `[1]`.
    pub contrastive_scale: Param<Tensor<1>>,
    /// Logarithm of the scale of divergence-direction cosines, `[1]`.
    pub divergence_scale: Param<Tensor<1>>,
}

impl MiniClipConfig {
    /// A model with fresh weights.
    pub fn init(&self, device: &Device) -> MiniClipModel {
        let scale = |value: f64| Initializer::Constant { value }.init([1], device);
        MiniClipModel {
            image: ImageTower::new(&self.image_tower, self.image_size, self.embedding, device),
            text: TextTower::new(&self.text_tower, self.words.len(), self.embedding, device),
            contrastive_scale: scale((1.0f64 / 0.07).ln()),
            divergence_scale: scale(10.0f64.ln()),
        }
    }
}

impl MiniClipModel {
    /// # Shapes
    /// - patches: `[n, tokens, patch * patch * 4]`
    /// - output: `[n, d]`, rows L2-normalised
    pub fn embed_images(&self, patches: Tensor<3>) -> Tensor<2> {
        normalise(self.image.forward(patches))
    }

    /// # Shapes
    /// - patches: `[n, tokens, patch * patch * 4]`
    /// - output: `[n, tokens, width]`, what is pooled to an embedding
    pub fn image_tokens(&self, patches: Tensor<3>) -> Tensor<3> {
        self.image.tokens(patches)
    }

    /// # Shapes
    /// - batch: `[n, length]` tokens
    /// - output: `[n, d]`, rows L2-normalised
    pub fn embed_texts(&self, batch: &TokenBatch) -> Tensor<2> {
        normalise(self.text.forward(batch))
    }
}

/// Rows divided by their L2 norms, `[n, d]`.
pub(crate) fn normalise(x: Tensor<2>) -> Tensor<2> {
    let norm = x.clone().square().sum_dim(1).add_scalar(1e-12).sqrt();
    x / norm
}
