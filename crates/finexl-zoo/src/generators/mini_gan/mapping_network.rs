//! From what is drawn and what is asked for to the space that can be walked in.

use burn::module::Module;
use burn::nn::{Linear, LinearConfig};
use burn::tensor::activation::silu;
use burn::tensor::{Device, Tensor};

/// Keeps a row of zeros from being divided by zero.
const EPSILON: f32 = 1e-8;

/// Two layers from z and the mean word to w (StyleGAN, Karras et al. 2019).
///
/// All three are brought to a mean square of 1, so that neither what is drawn nor what is asked for
/// drowns the other, and a distance in w means the same for every model.
#[derive(Module, Debug)]
pub struct MappingNetwork {
    hidden: Linear,
    output: Linear,
}

impl MappingNetwork {
    /// A network with fresh weights from `latent` numbers and `width` of the text to `width`.
    pub fn new(latent: usize, width: usize, device: &Device) -> Self {
        Self {
            hidden: LinearConfig::new(latent + width, width).init(device),
            output: LinearConfig::new(width, width).init(device),
        }
    }

    /// How many numbers an image is drawn from.
    pub fn latent_width(&self) -> usize {
        self.hidden.weight.dims()[0] - self.output.weight.dims()[0]
    }

    /// # Shapes
    /// - z: `[n, latent]`
    /// - text: `[n, width]`
    /// - output: w, `[n, width]`
    pub fn forward(&self, z: Tensor<2>, text: Tensor<2>) -> Tensor<2> {
        let x = Tensor::cat(vec![normalised(z), normalised(text)], 1);
        normalised(self.output.forward(silu(self.hidden.forward(x))))
    }
}

/// Rows with a mean square of 1.
fn normalised(x: Tensor<2>) -> Tensor<2> {
    let size = x.clone().square().mean_dim(1).add_scalar(EPSILON).sqrt();
    x / size
}
