//! Images to latents and back.

use super::quantization::quantized;
use super::residual::{ResidualBlock, convolution};
use burn::module::Module;
use burn::nn::conv::Conv2d;
use burn::nn::{PixelShuffle, PixelShuffleConfig, PixelUnshuffle, PixelUnshuffleConfig};
use burn::tensor::activation::{relu, sigmoid};
use burn::tensor::{Device, Tensor};
use finexl_core::experiment::AutoencoderArchitecture;

/// Factor by which latents are smaller than images.
pub const DOWNSAMPLING: usize = 8;
/// Channels at half the side of the image.
const FINE_WIDTH: usize = 32;

/// A convolutional variational autoencoder (Kingma and Welling 2014; as the first stage of latent
/// diffusion, Rombach et al. 2022), or one whose latents are quantised.
///
/// Beside the convolutions a linear path leads from the pixels of every position to its latents and
/// back, so that these only have to learn what a linear code leaves (after the shortcuts of DC-AE, Chen
/// et al. 2025).
#[derive(Module, Debug)]
pub struct Autoencoder {
    encoder: ImageEncoder,
    decoder: ImageDecoder,
    #[module(skip)]
    levels: Option<usize>,
}

/// The mean and log-variance of latents, both `[n, channels, side / 8, side / 8]`.
pub struct Posterior {
    /// Mean; the codes where latents are quantised.
    pub mean: Tensor<4>,
    /// Logarithm of the variance; none where latents are quantised.
    pub log_variance: Option<Tensor<4>>,
}

#[derive(Module, Debug)]
struct ImageEncoder {
    unshuffle: PixelUnshuffle,
    input: Conv2d,
    blocks: Vec<ResidualBlock>,
    unshuffle_deep: PixelUnshuffle,
    deepen: Conv2d,
    deep_blocks: Vec<ResidualBlock>,
    output: Conv2d,
    unshuffle_whole: PixelUnshuffle,
    linear: Conv2d,
}

#[derive(Module, Debug)]
struct ImageDecoder {
    input: Conv2d,
    deep_blocks: Vec<ResidualBlock>,
    widen: Conv2d,
    blocks: Vec<ResidualBlock>,
    widen_fine: Conv2d,
    fine_block: ResidualBlock,
    output: Conv2d,
    shuffle: PixelShuffle,
    linear: Conv2d,
    shuffle_whole: PixelShuffle,
}

impl Autoencoder {
    /// An autoencoder with fresh weights.
    pub fn new(architecture: &AutoencoderArchitecture, device: &Device) -> Self {
        Self {
            encoder: ImageEncoder::new(architecture, device),
            decoder: ImageDecoder::new(architecture, device),
            levels: architecture.levels,
        }
    }

    /// # Shapes
    /// - images: `[n, 3, side, side]`, in [0, 1]
    /// - output: `[n, channels, side / 8, side / 8]` each
    pub fn encode(&self, images: Tensor<4>) -> Posterior {
        let e = &self.encoder;
        let images = images.mul_scalar(2.0).sub_scalar(1.0);
        let linear = e.linear.forward(e.unshuffle_whole.forward(images.clone()));
        let x = e.unshuffle.forward(images);
        let x = e
            .blocks
            .iter()
            .fold(e.input.forward(x), |x, block| block.forward(x));
        let x = e.deepen.forward(e.unshuffle_deep.forward(x));
        let x = e.deep_blocks.iter().fold(x, |x, block| block.forward(x));
        let x = e.output.forward(relu(x)) + linear;
        if let Some(levels) = self.levels {
            return Posterior {
                mean: quantized(x, levels),
                log_variance: None,
            };
        }
        let channels = x.dims()[1] / 2;
        Posterior {
            mean: x.clone().narrow(1, 0, channels),
            log_variance: Some(x.narrow(1, channels, channels).clamp(-12.0, 4.0)),
        }
    }

    /// # Shapes
    /// - latents: `[n, channels, side / 8, side / 8]`
    /// - output: `[n, 3, side, side]`, in (0, 1)
    pub fn decode(&self, latents: Tensor<4>) -> Tensor<4> {
        let d = &self.decoder;
        let linear = d.shuffle_whole.forward(d.linear.forward(latents.clone()));
        let x = d
            .deep_blocks
            .iter()
            .fold(d.input.forward(latents), |x, block| block.forward(x));
        let x = d.shuffle.forward(d.widen.forward(x));
        let x = d.blocks.iter().fold(x, |x, block| block.forward(x));
        let x = d.shuffle.forward(d.widen_fine.forward(x));
        let x = d.output.forward(relu(d.fine_block.forward(x)));
        sigmoid(d.shuffle.forward(x) + linear)
    }
}

impl ImageEncoder {
    fn new(a: &AutoencoderArchitecture, device: &Device) -> Self {
        let block = |width| move |_| ResidualBlock::new(width, device);
        let patch = 3 * DOWNSAMPLING * DOWNSAMPLING;
        // Means and log-variances; codes alone where latents are quantised.
        let outputs = match a.levels {
            None => 2 * a.latent_channels,
            Some(_) => a.latent_channels,
        };
        Self {
            unshuffle: PixelUnshuffleConfig::new(4).init(),
            input: convolution([3 * 16, a.width], 3, device),
            blocks: (0..a.encoder_blocks).map(block(a.width)).collect(),
            unshuffle_deep: PixelUnshuffleConfig::new(2).init(),
            deepen: convolution([a.width * 4, a.deep_width], 1, device),
            deep_blocks: (0..a.encoder_blocks).map(block(a.deep_width)).collect(),
            output: convolution([a.deep_width, outputs], 3, device),
            unshuffle_whole: PixelUnshuffleConfig::new(DOWNSAMPLING).init(),
            linear: convolution([patch, outputs], 1, device),
        }
    }
}

impl ImageDecoder {
    fn new(a: &AutoencoderArchitecture, device: &Device) -> Self {
        let block = |width| move |_| ResidualBlock::new(width, device);
        let patch = 3 * DOWNSAMPLING * DOWNSAMPLING;
        Self {
            input: convolution([a.latent_channels, a.deep_width], 3, device),
            deep_blocks: (0..a.decoder_blocks).map(block(a.deep_width)).collect(),
            widen: convolution([a.deep_width, a.width * 4], 1, device),
            blocks: (0..a.decoder_blocks).map(block(a.width)).collect(),
            widen_fine: convolution([a.width, FINE_WIDTH * 4], 1, device),
            fine_block: ResidualBlock::new(FINE_WIDTH, device),
            output: convolution([FINE_WIDTH, 3 * 4], 3, device),
            shuffle: PixelShuffleConfig::new(2).init(),
            linear: convolution([a.latent_channels, patch], 1, device),
            shuffle_whole: PixelShuffleConfig::new(DOWNSAMPLING).init(),
        }
    }
}
