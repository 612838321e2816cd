//! Levels on the way down, in the middle and on the way up.

use super::super::layers::{Convolution, upsampled};
use super::residual::Residual;
use super::transformer::Transformer;
use burn::module::Module;
use burn::tensor::Tensor;

/// A convolution that halves or follows a doubling.
#[derive(Module, Debug)]
pub struct Resampler {
    pub(in super::super) conv: Convolution,
}

/// What steers a block: embedded time `[n, embedded]` and text rows `[n, tokens, context]`.
pub struct Steering {
    pub time: Tensor<2>,
    pub text: Tensor<3>,
}

/// A level on the way down; `attentions` is empty where it does not attend.
#[derive(Module, Debug)]
pub struct DownBlock {
    pub(super) resnets: Vec<Residual>,
    pub(super) attentions: Vec<Transformer>,
    pub(super) downsamplers: Vec<Resampler>,
}

impl DownBlock {
    /// What leaves the level; what the way up reads is put behind `kept`.
    pub fn forward(&self, mut x: Tensor<4>, by: &Steering, kept: &mut Vec<Tensor<4>>) -> Tensor<4> {
        for (place, residual) in self.resnets.iter().enumerate() {
            x = residual.forward(x, Some(&by.time));
            if let Some(attention) = self.attentions.get(place) {
                x = attention.forward(x, &by.text);
            }
            kept.push(x.clone());
        }
        for downsampler in &self.downsamplers {
            x = downsampler.conv.forward(x);
            kept.push(x.clone());
        }
        x
    }
}

/// The coarsest level.
#[derive(Module, Debug)]
pub struct MiddleBlock {
    pub(super) resnets: Vec<Residual>,
    pub(super) attentions: Vec<Transformer>,
}

impl MiddleBlock {
    pub fn forward(&self, mut x: Tensor<4>, by: &Steering) -> Tensor<4> {
        for (place, residual) in self.resnets.iter().enumerate() {
            if let Some(attention) = place.checked_sub(1).and_then(|p| self.attentions.get(p)) {
                x = attention.forward(x, &by.text);
            }
            x = residual.forward(x, Some(&by.time));
        }
        x
    }
}

/// A level on the way up.
#[derive(Module, Debug)]
pub struct UpBlock {
    pub(super) resnets: Vec<Residual>,
    pub(super) attentions: Vec<Transformer>,
    pub(super) upsamplers: Vec<Resampler>,
}

impl UpBlock {
    /// Reads what was kept on the way down, the last first.
    pub fn forward(&self, mut x: Tensor<4>, by: &Steering, kept: &mut Vec<Tensor<4>>) -> Tensor<4> {
        for (place, residual) in self.resnets.iter().enumerate() {
            if let Some(beside) = kept.pop() {
                x = Tensor::cat(vec![x, beside], 3);
            }
            x = residual.forward(x, Some(&by.time));
            if let Some(attention) = self.attentions.get(place) {
                x = attention.forward(x, &by.text);
            }
        }
        for upsampler in &self.upsamplers {
            let [_, height, width, _] = x.dims();
            // The size of what is read next: twice its own, or one less where the size above was odd.
            let size = kept.last().map_or([2 * height, 2 * width], |next| {
                let [_, height, width, _] = next.dims();
                [height, width]
            });
            x = upsampler.conv.forward(upsampled(x, size));
        }
        x
    }
}
