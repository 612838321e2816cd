//! Convolutions.

use super::convolve::{Shape, convolve};
use super::linear::wide;
use super::plain::{plain, tensor};
use burn::module::{Module, Param};
use burn::tensor::Tensor;
use burn::tensor::module::conv2d;
use burn::tensor::ops::ConvOptions;

/// A convolution with square kernels.
#[derive(Module, Debug)]
pub struct Convolution {
    /// `[outputs, inputs, kernel, kernel]`, stored as `[outputs, kernel, kernel, inputs]`.
    pub weight: Param<Tensor<4>>,
    /// `[outputs]`
    pub bias: Option<Param<Tensor<1>>>,
    #[module(skip)]
    pub(super) stride: usize,
    /// Zeros before and behind rows and columns.
    #[module(skip)]
    pub(super) padding: [usize; 2],
}

impl Convolution {
    /// The same with another stride and padding.
    pub fn with_stride(self, stride: usize, padding: [usize; 2]) -> Self {
        Self {
            stride,
            padding,
            ..self
        }
    }

    /// # Shapes
    /// - x: `[n, height, width, inputs]`
    /// - output: `[n, height', width', outputs]`
    pub fn forward(&self, x: Tensor<4>) -> Tensor<4> {
        if let Some(y) = self.on_processor(&x) {
            return y;
        }
        let (before, behind) = (self.padding[0], self.padding[1]);
        let options = ConvOptions::new([self.stride; 2], [before.min(behind); 2], [1, 1], 1);
        let mut x = x.permute([0, 3, 1, 2]);
        if before != behind {
            let more = |side: usize| side - before.min(behind);
            let pad = (more(before), more(behind));
            x = x.pad([pad, pad], 0.0);
        }
        let bias = self.bias.as_ref().map(|bias| wide(bias.val()));
        conv2d(x, wide(self.weight.val()), bias, options).permute([0, 2, 3, 1])
    }

    fn on_processor(&self, x: &Tensor<4>) -> Option<Tensor<4>> {
        let weight = self.weight.val();
        let [outputs, inputs, kernel, _] = weight.dims();
        let weight = plain(&weight)?;
        let line = kernel * inputs;
        let weight = weight.stored(&[kernel * line, 1, line, inputs])?;
        let bias = match &self.bias {
            Some(bias) => Some(plain(&wide(bias.val()))?.in_rows()?),
            None => None,
        };
        let [n, height, width, _] = x.dims();
        let x = plain(x)?.in_rows()?;
        let shape = Shape {
            n,
            size: [height, width],
            inputs,
            outputs,
            kernel,
            stride: self.stride,
            padding: self.padding,
        };
        let values = convolve(
            x.singles(),
            weight,
            bias.as_ref().map(|b| b.singles()),
            &shape,
        );
        let [height, width] = shape.output();
        Some(tensor(values, [n, height, width, outputs]))
    }
}
