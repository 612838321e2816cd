//! LPIPS: how different two images look (Zhang et al. 2018).

use super::squeezenet::{CHANNELS, SqueezeNet};
use crate::ZooError;
use crate::checkpoint::Checkpoint;
use crate::generators::mini_diffusion::image_tensor;
use crate::tensor_values::values;
use crate::workers::{Workers, cuts};
use burn::tensor::{Device, Tensor, TensorData};
use finexl_core::fingerprint::Fingerprint;
use finexl_data::image::Image;
use std::path::Path;

/// What is subtracted of pixels in [-1, 1], and what they are then divided by.
const SHIFT: [f32; 3] = [-0.030, -0.088, -0.188];
const SCALE: [f32; 3] = [0.458, 0.448, 0.450];
/// Added to the length of a position's channels before they are divided by it.
const SMALLEST: f32 = 1e-10;
/// Shortest side in pixels: below it nothing is left after the poolings.
const SHORTEST_SIDE: usize = 35;
/// Images of a pass.
const PASS: usize = 8;

/// LPIPS v0.1 on SqueezeNet, from the weights of the Python package `lpips` as one file.
///
/// The distance of two images is a weighted squared difference of what a network for image
/// recognition computes of them. The weights are not negative, so every image has features of its own
/// whose squared Euclidean distance it is.
#[derive(Debug)]
pub struct Lpips {
    trunk: SqueezeNet,
    /// Square roots of the weights of every output's channels, `[1, channels, 1, 1]`.
    roots: Vec<Tensor<4>>,
    fingerprint: Fingerprint,
    device: Device,
    workers: Workers,
}

/// Features of images of one size.
#[derive(Clone, Debug, PartialEq)]
pub struct PerceptualFeatures {
    rows: Vec<Vec<f32>>,
}

impl PerceptualFeatures {
    /// Number of images.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The distances of image `i` from image `i` of the other, as many as both have.
    pub fn distances(&self, other: &Self) -> Vec<f64> {
        let pairs = self.rows.iter().zip(&other.rows);
        pairs.map(|(a, b)| squared_distance(a, b)).collect()
    }
}

fn squared_distance(a: &[f32], b: &[f32]) -> f64 {
    let squares = a.iter().zip(b).map(|(a, b)| f64::from(a - b).powi(2));
    squares.sum()
}

impl Lpips {
    /// Loads the network: a PyTorch or safetensors file with trunk (`net.*`) and weights (`lin*`).
    ///
    /// # Errors
    /// [`ZooError::Weights`] that names what is missing, misshapen or left over, or a weight below zero.
    pub fn open(path: &Path, device: &Device) -> Result<Self, ZooError> {
        let is_safetensors = path.extension().is_some_and(|end| end == "safetensors");
        let mut checkpoint = match is_safetensors {
            true => Checkpoint::open(&[path.to_path_buf()])?,
            false => Checkpoint::open_pickle(path)?,
        };
        let trunk = SqueezeNet::load(&mut checkpoint, device)?;
        let mut roots = Vec::with_capacity(CHANNELS.len());
        for (index, channels) in CHANNELS.into_iter().enumerate() {
            let name = format!("lin{index}.model.1.weight");
            let weights = checkpoint.values(&name, &[1, channels, 1, 1])?;
            if weights.iter().any(|weight| *weight < 0.0) {
                return Err(ZooError::Weights {
                    path: path.to_path_buf(),
                    problem: format!("tensor {name} has weights below zero, LPIPS has none"),
                    remedy: "give LPIPS v0.1 on SqueezeNet",
                });
            }
            let weights = weights.into_iter().map(f32::sqrt).collect();
            roots.push(of_channels(weights, device));
            // The same tensor under the name of the list that it also is in.
            checkpoint.ignore(&format!("lins.{index}.model.1.weight"));
        }
        for constant in ["scaling_layer.shift", "scaling_layer.scale"] {
            checkpoint.ignore(constant);
        }
        checkpoint.finish()?;
        Ok(Self {
            trunk,
            roots,
            fingerprint: Fingerprint::of_file(path)?,
            device: device.clone(),
            workers: Workers::new(device),
        })
    }

    /// Fingerprint of the weights file.
    pub fn fingerprint(&self) -> &Fingerprint {
        &self.fingerprint
    }

    /// Features of images, brought to squares of `size` pixels.
    ///
    /// # Errors
    /// [`ZooError::Config`] for a size that is too small, [`ZooError::Backend`] where the device fails.
    pub fn features(&self, images: &[Image], size: usize) -> Result<PerceptualFeatures, ZooError> {
        if size < SHORTEST_SIDE {
            return Err(ZooError::Config(format!(
                "LPIPS needs images of at least {SHORTEST_SIDE} pixels, not {size}"
            )));
        }
        let passes: Vec<&[Image]> = cuts(images.len(), images.len().div_ceil(PASS))
            .map(|[start, end]| &images[start..end])
            .filter(|pass| !pass.is_empty())
            .collect();
        let mut rows = Vec::with_capacity(images.len());
        for pass in self.workers.run(passes, |pass| self.pass(pass, size)) {
            rows.extend(pass?);
        }
        Ok(PerceptualFeatures { rows })
    }

    fn pass(&self, images: &[Image], size: usize) -> Result<Vec<Vec<f32>>, ZooError> {
        let pixels = image_tensor(images, size, &self.device)
            .mul_scalar(2.0)
            .sub_scalar(1.0);
        let shift = of_channels(SHIFT.into(), &self.device);
        let scale = of_channels(SCALE.into(), &self.device);
        let outputs = self.trunk.forward((pixels - shift) / scale);
        let mut rows = vec![Vec::new(); images.len()];
        for (output, root) in outputs.into_iter().zip(&self.roots) {
            let [n, channels, height, width] = output.dims();
            let length = output.clone().square().sum_dim(1).sqrt();
            let share = 1.0 / ((height * width) as f32).sqrt();
            let part = output / length.add_scalar(SMALLEST) * root.clone().mul_scalar(share);
            let part = values(part, "measuring perceptual distances")?;
            let count = channels * height * width;
            for (row, part) in rows.iter_mut().zip(part.chunks_exact(count.max(1)).take(n)) {
                row.extend_from_slice(part);
            }
        }
        Ok(rows)
    }
}

/// `[1, channels, 1, 1]`
fn of_channels(values: Vec<f32>, device: &Device) -> Tensor<4> {
    let shape = [1, values.len(), 1, 1];
    Tensor::from_data(TensorData::new(values, shape), device)
}
