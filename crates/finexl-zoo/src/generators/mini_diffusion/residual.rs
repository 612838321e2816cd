//! A residual block of two convolutions without normalisation.

use burn::module::Module;
use burn::nn::PaddingConfig2d;
use burn::nn::conv::{Conv2d, Conv2dConfig};
use burn::tensor::activation::relu;
use burn::tensor::{Device, Tensor};

/// What the branch is scaled by, so that deep stacks without normalisation start calm (EDSR, Lim et
/// al. 2017).
const BRANCH: f32 = 0.3;

/// `x + 0.3 * conv(relu(conv(relu(x))))`
#[derive(Module, Debug)]
pub struct ResidualBlock {
    first: Conv2d,
    second: Conv2d,
}

impl ResidualBlock {
    /// A block with fresh weights.
    pub fn new(channels: usize, device: &Device) -> Self {
        Self {
            first: convolution([channels, channels], 3, device),
            second: convolution([channels, channels], 3, device),
        }
    }

    /// # Shapes
    /// - x: `[n, channels, height, width]`
    /// - output: the same
    pub fn forward(&self, x: Tensor<4>) -> Tensor<4> {
        let inner = self.first.forward(relu(x.clone()));
        let branch = self.second.forward(relu(inner));
        x + branch.mul_scalar(BRANCH)
    }
}

/// A convolution that keeps height and width; `side` is odd.
pub fn convolution(channels: [usize; 2], side: usize, device: &Device) -> Conv2d {
    let pad = side / 2;
    Conv2dConfig::new(channels, [side, side])
        .with_padding(PaddingConfig2d::Explicit(pad, pad, pad, pad))
        .init(device)
}
