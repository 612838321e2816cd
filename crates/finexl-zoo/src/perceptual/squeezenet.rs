//! The trunk of SqueezeNet 1.1 (Iandola et al. 2016), with what it computes on the way.

use crate::ZooError;
use crate::checkpoint::Checkpoint;
use burn::tensor::activation::relu;
use burn::tensor::module::{conv2d, max_pool2d};
use burn::tensor::ops::{ConvOptions, MaxPoolOptions};
use burn::tensor::{Device, Tensor, TensorData};

/// Channels of the seven outputs.
pub const CHANNELS: [usize; 7] = [64, 128, 256, 384, 384, 512, 512];

/// What computes an output after the first: whether a pooling comes before, and the fire modules by their
/// numbers in torchvision's list with channels in, squeezed and of each expansion.
type Slice = (bool, &'static [(usize, [usize; 3])]);

/// The outputs after the first.
const SLICES: [Slice; 6] = [
    (true, &[(3, [64, 16, 64]), (4, [128, 16, 64])]),
    (true, &[(6, [128, 32, 128]), (7, [256, 32, 128])]),
    (true, &[(9, [256, 48, 192])]),
    (false, &[(10, [384, 48, 192])]),
    (false, &[(11, [384, 64, 256])]),
    (false, &[(12, [512, 64, 256])]),
];

/// A convolution with a bias, then a rectifier.
#[derive(Debug)]
struct Convolution {
    /// `[outputs, inputs, side, side]`
    weight: Tensor<4>,
    /// `[outputs]`
    bias: Tensor<1>,
    stride: usize,
    padding: usize,
}

impl Convolution {
    fn load(
        checkpoint: &mut Checkpoint,
        name: &str,
        [outputs, inputs, side]: [usize; 3],
        [stride, padding]: [usize; 2],
        device: &Device,
    ) -> Result<Self, ZooError> {
        let shape = [outputs, inputs, side, side];
        let weight = checkpoint.values(&format!("{name}.weight"), &shape)?;
        let bias = checkpoint.values(&format!("{name}.bias"), &[outputs])?;
        Ok(Self {
            weight: Tensor::from_data(TensorData::new(weight, shape), device),
            bias: Tensor::from_data(TensorData::new(bias, [outputs]), device),
            stride,
            padding,
        })
    }

    fn forward(&self, x: Tensor<4>) -> Tensor<4> {
        let options = ConvOptions::new([self.stride; 2], [self.padding; 2], [1, 1], 1);
        relu(conv2d(
            x,
            self.weight.clone(),
            Some(self.bias.clone()),
            options,
        ))
    }
}

/// Few channels, then two convolutions side by side.
#[derive(Debug)]
struct Fire {
    squeeze: Convolution,
    expand: [Convolution; 2],
}

impl Fire {
    fn load(
        checkpoint: &mut Checkpoint,
        name: &str,
        [inputs, squeezed, expanded]: [usize; 3],
        device: &Device,
    ) -> Result<Self, ZooError> {
        let mut load = |part: &str, shape, padding| {
            let name = format!("{name}.{part}");
            Convolution::load(checkpoint, &name, shape, [1, padding], device)
        };
        Ok(Self {
            squeeze: load("squeeze", [squeezed, inputs, 1], 0)?,
            expand: [
                load("expand1x1", [expanded, squeezed, 1], 0)?,
                load("expand3x3", [expanded, squeezed, 3], 1)?,
            ],
        })
    }

    fn forward(&self, x: Tensor<4>) -> Tensor<4> {
        let x = self.squeeze.forward(x);
        let sides = self.expand.each_ref().map(|side| side.forward(x.clone()));
        Tensor::cat(sides.into(), 1)
    }
}

/// The trunk, by the names that LPIPS gives its parts.
#[derive(Debug)]
pub struct SqueezeNet {
    first: Convolution,
    slices: Vec<(bool, Vec<Fire>)>,
}

impl SqueezeNet {
    /// Takes the trunk from a checkpoint of LPIPS.
    ///
    /// # Errors
    /// A file that cannot be read, or numbers that are not finite.
    pub fn load(checkpoint: &mut Checkpoint, device: &Device) -> Result<Self, ZooError> {
        let shape = [CHANNELS[0], 3, 3];
        let first = Convolution::load(checkpoint, "net.slice1.0", shape, [2, 0], device)?;
        let mut slices = Vec::with_capacity(SLICES.len());
        for (index, (pooled, fires)) in SLICES.iter().enumerate() {
            let fires = fires.iter().map(|(number, channels)| {
                let name = format!("net.slice{}.{number}", index + 2);
                Fire::load(checkpoint, &name, *channels, device)
            });
            slices.push((*pooled, fires.collect::<Result<_, _>>()?));
        }
        Ok(Self { first, slices })
    }

    /// What the seven slices compute, the finest first.
    ///
    /// # Shapes
    /// - x: `[n, 3, height, width]`, at least 35 pixels on each side
    /// - outputs: `[n, CHANNELS[i], h_i, w_i]`
    pub fn forward(&self, x: Tensor<4>) -> Vec<Tensor<4>> {
        let mut x = self.first.forward(x);
        let mut outputs = vec![x.clone()];
        for (pooled, fires) in &self.slices {
            if *pooled {
                x = halved(x);
            }
            for fire in fires {
                x = fire.forward(x);
            }
            outputs.push(x.clone());
        }
        outputs
    }
}

/// The maximum of 3 x 3 every 2 pixels; parts of windows count.
fn halved(x: Tensor<4>) -> Tensor<4> {
    let options = MaxPoolOptions::new([3, 3])
        .with_stride([2, 2])
        .with_ceil_mode(true);
    max_pool2d(x, options)
}
