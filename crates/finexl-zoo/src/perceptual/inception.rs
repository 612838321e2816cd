//! The Inception v3 that Fréchet Inception distances are measured with (Szegedy et al. 2016; Heusel et al.
//! 2017), in the variant of the package pytorch-fid, whose weights come from the original TensorFlow graph.

use crate::ZooError;
use crate::checkpoint::Checkpoint;
use crate::encoders::Features;
use crate::generators::mini_diffusion::image_tensor;
use crate::tensor_values::values;
use crate::workers::{Workers, cuts};
use burn::tensor::activation::relu;
use burn::tensor::module::{avg_pool2d, conv2d, interpolate, max_pool2d};
use burn::tensor::ops::{
    AvgPoolOptions, ConvOptions, InterpolateMode, InterpolateOptions, MaxPoolOptions,
};
use burn::tensor::{Device, Tensor, TensorData};
use finexl_core::fingerprint::Fingerprint;
use finexl_data::image::Image;
use std::path::Path;

/// Side that images are brought to.
const SIDE: usize = 299;
/// Length of the features.
const DIMENSION: usize = 2048;
/// Added to variances before they divide.
const EPSILON: f32 = 1e-3;
/// Images of a pass.
const PASS: usize = 4;

/// A convolution with its batch normalisation folded in, then a rectifier.
#[derive(Debug)]
struct Convolution {
    /// `[outputs, inputs, height, width]`
    weight: Tensor<4>,
    /// `[outputs]`
    bias: Tensor<1>,
    stride: usize,
    padding: [usize; 2],
}

impl Convolution {
    fn forward(&self, x: Tensor<4>) -> Tensor<4> {
        let options = ConvOptions::new([self.stride; 2], self.padding, [1, 1], 1);
        relu(conv2d(
            x,
            self.weight.clone(),
            Some(self.bias.clone()),
            options,
        ))
    }
}

/// What a branch sees of its block's input.
#[derive(Clone, Copy, Debug)]
enum Pooling {
    None,
    /// The mean of 3 x 3 pixels, of those that there are.
    Mean,
    /// The largest of 3 x 3 pixels.
    Largest,
    /// The largest of 3 x 3 pixels, every 2 pixels.
    Halved,
}

impl Pooling {
    fn forward(self, x: Tensor<4>) -> Tensor<4> {
        let largest = |stride: usize, padding: usize| {
            MaxPoolOptions::new([3, 3])
                .with_stride([stride; 2])
                .with_padding([padding; 2])
        };
        match self {
            Self::None => x,
            Self::Mean => avg_pool2d(
                x,
                AvgPoolOptions::new([3, 3])
                    .with_stride([1, 1])
                    .with_padding([1, 1])
                    .with_count_include_pad(false),
            ),
            Self::Largest => max_pool2d(x, largest(1, 1)),
            Self::Halved => max_pool2d(x, largest(2, 0)),
        }
    }
}

/// Convolutions one after another; the last ones, where there are several, side by side.
#[derive(Debug)]
struct Branch {
    pooling: Pooling,
    layers: Vec<Convolution>,
    ends: Vec<Convolution>,
}

impl Branch {
    fn forward(&self, x: Tensor<4>) -> Tensor<4> {
        let x = self.pooling.forward(x);
        let x = self.layers.iter().fold(x, |x, layer| layer.forward(x));
        if self.ends.is_empty() {
            return x;
        }
        let ends = self.ends.iter().map(|end| end.forward(x.clone()));
        Tensor::cat(ends.collect(), 1)
    }
}

/// A layer: name, channels out, size of its kernel; every second pixel where it reduces, all pixels kept by
/// padding where it does not.
type Layer = (&'static str, usize, [usize; 2]);

/// What branches of blocks are: what they see, layers, ends, and whether the last layer reduces.
type Plan = (Pooling, Vec<Layer>, Vec<Layer>, bool);

struct Loader<'a> {
    checkpoint: &'a mut Checkpoint,
    device: &'a Device,
}

impl Loader<'_> {
    fn convolution(
        &mut self,
        name: &str,
        [inputs, outputs]: [usize; 2],
        [height, width]: [usize; 2],
        (stride, padding): (usize, [usize; 2]),
    ) -> Result<Convolution, ZooError> {
        let shape = [outputs, inputs, height, width];
        let mut weight = self
            .checkpoint
            .values(&format!("{name}.conv.weight"), &shape)?;
        let mut of = |part: &str| {
            self.checkpoint
                .values(&format!("{name}.bn.{part}"), &[outputs])
        };
        let (scale, shift) = (of("weight")?, of("bias")?);
        let (mean, variance) = (of("running_mean")?, of("running_var")?);
        self.checkpoint
            .ignore(&format!("{name}.bn.num_batches_tracked"));
        let mut bias = vec![0.0; outputs];
        for (channel, weights) in weight.chunks_exact_mut(inputs * height * width).enumerate() {
            let by = scale[channel] / (variance[channel] + EPSILON).sqrt();
            weights.iter_mut().for_each(|w| *w *= by);
            bias[channel] = shift[channel] - mean[channel] * by;
        }
        Ok(Convolution {
            weight: Tensor::from_data(TensorData::new(weight, shape), self.device),
            bias: Tensor::from_data(TensorData::new(bias, [outputs]), self.device),
            stride,
            padding,
        })
    }

    /// A block of branches, and the channels that come out of it.
    fn block(
        &mut self,
        name: &str,
        inputs: usize,
        plans: Vec<Plan>,
    ) -> Result<(Vec<Branch>, usize), ZooError> {
        let mut branches = Vec::with_capacity(plans.len());
        let mut out = 0;
        for (pooling, layers, ends, reduces) in plans {
            let mut channels = inputs;
            let last = layers.len().saturating_sub(1);
            let mut load = |(part, outputs, kernel): Layer, channels, reduces: bool| {
                let [height, width] = kernel;
                let how = match reduces {
                    true => (2, [0, 0]),
                    false => (1, [height / 2, width / 2]),
                };
                self.convolution(&format!("{name}.{part}"), [channels, outputs], kernel, how)
            };
            let mut loaded = Vec::with_capacity(layers.len());
            for (index, layer) in layers.into_iter().enumerate() {
                loaded.push(load(layer, channels, reduces && index == last)?);
                channels = layer.1;
            }
            let within = channels;
            let mut sides = Vec::with_capacity(ends.len());
            for end in ends {
                sides.push(load(end, within, false)?);
            }
            out += match sides.len() {
                0 => channels,
                sides => sides * channels,
            };
            branches.push(Branch {
                pooling,
                layers: loaded,
                ends: sides,
            });
        }
        Ok((branches, out))
    }
}

/// Grids of 35 x 35.
fn fine(pooled: usize) -> Vec<Plan> {
    let plan = |pooling, layers| (pooling, layers, Vec::new(), false);
    vec![
        plan(Pooling::None, vec![("branch1x1", 64, [1, 1])]),
        plan(
            Pooling::None,
            vec![("branch5x5_1", 48, [1, 1]), ("branch5x5_2", 64, [5, 5])],
        ),
        plan(
            Pooling::None,
            vec![
                ("branch3x3dbl_1", 64, [1, 1]),
                ("branch3x3dbl_2", 96, [3, 3]),
                ("branch3x3dbl_3", 96, [3, 3]),
            ],
        ),
        plan(Pooling::Mean, vec![("branch_pool", pooled, [1, 1])]),
    ]
}

/// From 35 x 35 to 17 x 17.
fn first_reduction() -> Vec<Plan> {
    vec![
        (
            Pooling::None,
            vec![("branch3x3", 384, [3, 3])],
            Vec::new(),
            true,
        ),
        (
            Pooling::None,
            vec![
                ("branch3x3dbl_1", 64, [1, 1]),
                ("branch3x3dbl_2", 96, [3, 3]),
                ("branch3x3dbl_3", 96, [3, 3]),
            ],
            Vec::new(),
            true,
        ),
        (Pooling::Halved, Vec::new(), Vec::new(), false),
    ]
}

/// Grids of 17 x 17.
fn middle(channels: usize) -> Vec<Plan> {
    let plan = |pooling, layers| (pooling, layers, Vec::new(), false);
    vec![
        plan(Pooling::None, vec![("branch1x1", 192, [1, 1])]),
        plan(
            Pooling::None,
            vec![
                ("branch7x7_1", channels, [1, 1]),
                ("branch7x7_2", channels, [1, 7]),
                ("branch7x7_3", 192, [7, 1]),
            ],
        ),
        plan(
            Pooling::None,
            vec![
                ("branch7x7dbl_1", channels, [1, 1]),
                ("branch7x7dbl_2", channels, [7, 1]),
                ("branch7x7dbl_3", channels, [1, 7]),
                ("branch7x7dbl_4", channels, [7, 1]),
                ("branch7x7dbl_5", 192, [1, 7]),
            ],
        ),
        plan(Pooling::Mean, vec![("branch_pool", 192, [1, 1])]),
    ]
}

/// From 17 x 17 to 8 x 8.
fn second_reduction() -> Vec<Plan> {
    vec![
        (
            Pooling::None,
            vec![("branch3x3_1", 192, [1, 1]), ("branch3x3_2", 320, [3, 3])],
            Vec::new(),
            true,
        ),
        (
            Pooling::None,
            vec![
                ("branch7x7x3_1", 192, [1, 1]),
                ("branch7x7x3_2", 192, [1, 7]),
                ("branch7x7x3_3", 192, [7, 1]),
                ("branch7x7x3_4", 192, [3, 3]),
            ],
            Vec::new(),
            true,
        ),
        (Pooling::Halved, Vec::new(), Vec::new(), false),
    ]
}

/// Grids of 8 x 8.
fn coarse(pooling: Pooling) -> Vec<Plan> {
    vec![
        (
            Pooling::None,
            vec![("branch1x1", 320, [1, 1])],
            Vec::new(),
            false,
        ),
        (
            Pooling::None,
            vec![("branch3x3_1", 384, [1, 1])],
            vec![("branch3x3_2a", 384, [1, 3]), ("branch3x3_2b", 384, [3, 1])],
            false,
        ),
        (
            Pooling::None,
            vec![
                ("branch3x3dbl_1", 448, [1, 1]),
                ("branch3x3dbl_2", 384, [3, 3]),
            ],
            vec![
                ("branch3x3dbl_3a", 384, [1, 3]),
                ("branch3x3dbl_3b", 384, [3, 1]),
            ],
            false,
        ),
        (
            pooling,
            vec![("branch_pool", 192, [1, 1])],
            Vec::new(),
            false,
        ),
    ]
}

/// The network without its classifier.
#[derive(Debug)]
pub struct Inception {
    /// Before the first pooling, and between it and the second.
    stem: [Vec<Convolution>; 2],
    blocks: Vec<Vec<Branch>>,
    fingerprint: Fingerprint,
    device: Device,
    workers: Workers,
}

impl Inception {
    /// Loads the network: the file of pytorch-fid, or the same as safetensors.
    ///
    /// # Errors
    /// [`ZooError::Weights`] that names what is missing, misshapen or left over.
    pub fn open(path: &Path, device: &Device) -> Result<Self, ZooError> {
        let is_safetensors = path.extension().is_some_and(|end| end == "safetensors");
        let mut checkpoint = match is_safetensors {
            true => Checkpoint::open(&[path.to_path_buf()])?,
            false => Checkpoint::open_pickle(path)?,
        };
        let mut loader = Loader {
            checkpoint: &mut checkpoint,
            device,
        };
        let mut stem = |name: &str, channels, side: usize, how| {
            loader.convolution(name, channels, [side, side], how)
        };
        let stem = [
            vec![
                stem("Conv2d_1a_3x3", [3, 32], 3, (2, [0, 0]))?,
                stem("Conv2d_2a_3x3", [32, 32], 3, (1, [0, 0]))?,
                stem("Conv2d_2b_3x3", [32, 64], 3, (1, [1, 1]))?,
            ],
            vec![
                stem("Conv2d_3b_1x1", [64, 80], 1, (1, [0, 0]))?,
                stem("Conv2d_4a_3x3", [80, 192], 3, (1, [0, 0]))?,
            ],
        ];
        let plans = [
            ("Mixed_5b", fine(32)),
            ("Mixed_5c", fine(64)),
            ("Mixed_5d", fine(64)),
            ("Mixed_6a", first_reduction()),
            ("Mixed_6b", middle(128)),
            ("Mixed_6c", middle(160)),
            ("Mixed_6d", middle(160)),
            ("Mixed_6e", middle(192)),
            ("Mixed_7a", second_reduction()),
            // The original graph takes means in one block and maxima in the other.
            ("Mixed_7b", coarse(Pooling::Mean)),
            ("Mixed_7c", coarse(Pooling::Largest)),
        ];
        let mut blocks = Vec::with_capacity(plans.len());
        let mut channels = 192;
        for (name, plan) in plans {
            let (block, out) = loader.block(name, channels, plan)?;
            blocks.push(block);
            channels = out;
        }
        for classifier in ["fc.weight", "fc.bias"] {
            checkpoint.ignore(classifier);
        }
        checkpoint.finish()?;
        Ok(Self {
            stem,
            blocks,
            fingerprint: Fingerprint::of_file(path)?,
            device: device.clone(),
            workers: Workers::new(device),
        })
    }

    /// Fingerprint of the weights file.
    pub fn fingerprint(&self) -> &Fingerprint {
        &self.fingerprint
    }

    /// Features of images, `[n, 2048]`: what the last pooling gives. Images are brought to 299 x 299 pixels as
    /// pytorch-fid does it, bilinearly and without smoothing before, and to [-1, 1].
    ///
    /// # Errors
    /// [`ZooError::Backend`] where the device fails.
    pub fn features(&self, images: &[Image]) -> Result<Features, ZooError> {
        let passes: Vec<&[Image]> = cuts(images.len(), images.len().div_ceil(PASS))
            .map(|[start, end]| &images[start..end])
            .filter(|pass| !pass.is_empty())
            .collect();
        let mut all = Vec::with_capacity(images.len() * DIMENSION);
        for pass in self.workers.run(passes, |pass| self.pass(pass)) {
            all.extend(pass?);
        }
        Ok(Features {
            dimension: DIMENSION,
            values: all,
        })
    }

    fn pass(&self, images: &[Image]) -> Result<Vec<f32>, ZooError> {
        let size = images.iter().map(|image| image.width.min(image.height));
        let x = image_tensor(images, size.min().unwrap_or(SIDE), &self.device);
        let bilinear = InterpolateOptions::new(InterpolateMode::Bilinear)
            .with_output_size([SIDE, SIDE])
            .with_align_corners(false);
        let mut x = interpolate(x, bilinear).mul_scalar(2.0).sub_scalar(1.0);
        for part in &self.stem {
            x = part.iter().fold(x, |x, layer| layer.forward(x));
            x = Pooling::Halved.forward(x);
        }
        for block in &self.blocks {
            let branches = block.iter().map(|branch| branch.forward(x.clone()));
            x = Tensor::cat(branches.collect(), 1);
        }
        let [n, channels, height, width] = x.dims();
        let mean = x.reshape([n, channels, height * width]).mean_dim(2);
        values(mean, "measuring features of Inception")
    }
}
