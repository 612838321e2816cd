//! Levels of encoder and decoder.

use super::super::layers::{Convolution, upsampled};
use super::super::unet::Residual;
use super::attention::PlaceAttention;
use burn::module::Module;
use burn::tensor::Tensor;

/// A convolution that halves or follows a doubling.
#[derive(Module, Debug)]
pub struct Resampler {
    pub(super) conv: Convolution,
}

/// A level of the encoder.
#[derive(Module, Debug)]
pub struct EncoderBlock {
    pub(super) resnets: Vec<Residual>,
    pub(super) downsamplers: Vec<Resampler>,
}

impl EncoderBlock {
    pub fn forward(&self, x: Tensor<4>) -> Tensor<4> {
        let x = self
            .resnets
            .iter()
            .fold(x, |x, block| block.forward(x, None));
        self.downsamplers
            .iter()
            .fold(x, |x, down| down.conv.forward(x))
    }
}

/// A level of the decoder.
#[derive(Module, Debug)]
pub struct DecoderBlock {
    pub(super) resnets: Vec<Residual>,
    pub(super) upsamplers: Vec<Resampler>,
}

impl DecoderBlock {
    pub fn forward(&self, x: Tensor<4>) -> Tensor<4> {
        let x = self
            .resnets
            .iter()
            .fold(x, |x, block| block.forward(x, None));
        self.upsamplers.iter().fold(x, |x, up| {
            let [_, height, width, _] = x.dims();
            up.conv.forward(upsampled(x, [2 * height, 2 * width]))
        })
    }
}

/// The coarsest level of either.
#[derive(Module, Debug)]
pub struct MiddleBlock {
    pub(super) resnets: Vec<Residual>,
    pub(super) attentions: Vec<PlaceAttention>,
}

impl MiddleBlock {
    pub fn forward(&self, mut x: Tensor<4>) -> Tensor<4> {
        for (place, residual) in self.resnets.iter().enumerate() {
            if let Some(attention) = place.checked_sub(1).and_then(|p| self.attentions.get(p)) {
                x = attention.forward(x);
            }
            x = residual.forward(x, None);
        }
        x
    }
}
