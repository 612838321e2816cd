//! Layers out of the tensors of a checkpoint.

use super::{Convolution, GroupNorm, LayerNorm};
use crate::ZooError;
use crate::checkpoint::Checkpoint;
use crate::transformer::Matrix;
use burn::module::Param;
use burn::nn::Linear;
use burn::tensor::{DType, Device, Tensor, TensorData};

/// Takes tensors for layers.
pub struct Builder<'a> {
    /// Where they are.
    pub checkpoint: &'a mut Checkpoint,
    /// Where they go.
    pub device: &'a Device,
    /// Groups of every group norm.
    pub groups: usize,
}

impl Builder<'_> {
    /// `NAME.weight`, `[outputs, inputs]`, and `NAME.bias`.
    ///
    /// # Errors
    /// As [`Checkpoint::matrix`]; so for all others.
    pub fn linear(
        &mut self,
        name: &str,
        inputs: usize,
        outputs: usize,
    ) -> Result<Linear, ZooError> {
        let bias = self.vector(&format!("{name}.bias"), outputs)?;
        Ok(Linear {
            bias: Some(bias),
            ..self.plain(name, inputs, outputs)?
        })
    }

    /// A layer without a bias.
    pub fn plain(&mut self, name: &str, inputs: usize, outputs: usize) -> Result<Linear, ZooError> {
        let weight: Tensor<2> = self.tensor(&format!("{name}.weight"), [outputs, inputs])?;
        Ok(Linear {
            // burn's layers show `[inputs, outputs]`; what is stored stays as it was.
            weight: Param::from_tensor(weight.transpose()),
            bias: None,
        })
    }

    /// `NAME.weight`, `[outputs, inputs, kernel, kernel]`, and `NAME.bias`.
    pub fn convolution(
        &mut self,
        name: &str,
        [inputs, outputs]: [usize; 2],
        kernel: usize,
    ) -> Result<Convolution, ZooError> {
        let bias = self.vector(&format!("{name}.bias"), outputs)?;
        Ok(Convolution {
            bias: Some(bias),
            ..self.plain_convolution(name, [inputs, outputs], kernel)?
        })
    }

    /// A convolution without a bias.
    pub fn plain_convolution(
        &mut self,
        name: &str,
        [inputs, outputs]: [usize; 2],
        kernel: usize,
    ) -> Result<Convolution, ZooError> {
        let shape = [outputs, inputs, kernel, kernel];
        let matrix = self.checkpoint.matrix(&format!("{name}.weight"), &shape)?;
        let matrix = match kernel {
            1 => matrix,
            _ => channels_last(matrix, inputs, kernel * kernel),
        };
        let stored = to_tensor(matrix, [outputs, kernel, kernel, inputs], self.device);
        Ok(Convolution {
            weight: Param::from_tensor(stored.permute([0, 3, 1, 2])),
            bias: None,
            stride: 1,
            padding: [kernel / 2; 2],
        })
    }

    /// A linear layer that is stored as a convolution of single places, `[outputs, inputs, 1, 1]`.
    pub fn place_convolution(
        &mut self,
        name: &str,
        inputs: usize,
        outputs: usize,
    ) -> Result<Linear, ZooError> {
        let shape = [outputs, inputs, 1, 1];
        let matrix = self.checkpoint.matrix(&format!("{name}.weight"), &shape)?;
        let weight = to_tensor(matrix, [outputs, inputs], self.device);
        Ok(Linear {
            weight: Param::from_tensor(weight.transpose()),
            bias: Some(self.vector(&format!("{name}.bias"), outputs)?),
        })
    }

    /// `NAME.weight` and `NAME.bias` of a group norm.
    pub fn group_norm(
        &mut self,
        name: &str,
        channels: usize,
        epsilon: f32,
    ) -> Result<GroupNorm, ZooError> {
        Ok(GroupNorm {
            weight: self.vector(&format!("{name}.weight"), channels)?,
            bias: self.vector(&format!("{name}.bias"), channels)?,
            groups: self.groups,
            epsilon,
        })
    }

    /// `NAME.weight` and `NAME.bias` of a layer norm.
    pub fn layer_norm(
        &mut self,
        name: &str,
        channels: usize,
        epsilon: f32,
    ) -> Result<LayerNorm, ZooError> {
        Ok(LayerNorm {
            weight: self.vector(&format!("{name}.weight"), channels)?,
            bias: self.vector(&format!("{name}.bias"), channels)?,
            epsilon,
        })
    }

    /// A table `[rows, width]`.
    pub fn table(&mut self, name: &str, shape: [usize; 2]) -> Result<Param<Tensor<2>>, ZooError> {
        Ok(Param::from_tensor(
            self.tensor(&format!("{name}.weight"), shape)?,
        ))
    }

    /// Whether there is a tensor of a name.
    pub fn has(&self, name: &str) -> bool {
        self.checkpoint.has(name)
    }

    /// Norms and biases are small and always kept in single precision.
    fn vector(&mut self, name: &str, length: usize) -> Result<Param<Tensor<1>>, ZooError> {
        let values = self.checkpoint.values(name, &[length])?;
        let data = TensorData::new(values, [length]);
        Ok(Param::from_tensor(Tensor::from_data(data, self.device)))
    }

    fn tensor<const D: usize>(
        &mut self,
        name: &str,
        shape: [usize; D],
    ) -> Result<Tensor<D>, ZooError> {
        let matrix = self.checkpoint.matrix(name, &shape)?;
        Ok(to_tensor(matrix, shape, self.device))
    }
}

/// In the precision of its file on the processor, which widens it where it multiplies; in single precision elsewhere,
/// and where it may be trained.
fn to_tensor<const D: usize>(matrix: Matrix, shape: [usize; D], device: &Device) -> Tensor<D> {
    let keep = *device == Device::flex() && !device.is_autodiff();
    match matrix {
        Matrix::F16(values) if keep => {
            Tensor::from_data(TensorData::new(values, shape), (device, DType::F16))
        }
        Matrix::Bf16(values) if keep => {
            Tensor::from_data(TensorData::new(values, shape), (device, DType::BF16))
        }
        matrix => Tensor::from_data(TensorData::new(matrix.into_f32(), shape), device),
    }
}

/// `[outputs, inputs, places]` to `[outputs, places, inputs]`.
fn channels_last(matrix: Matrix, inputs: usize, places: usize) -> Matrix {
    fn turned<T: Copy>(values: &[T], inputs: usize, places: usize) -> Vec<T> {
        let mut to = Vec::with_capacity(values.len());
        for output in values.chunks_exact(inputs * places) {
            for place in 0..places {
                to.extend(output.iter().skip(place).step_by(places));
            }
        }
        to
    }
    match matrix {
        Matrix::F32(values) => Matrix::F32(turned(&values, inputs, places)),
        Matrix::F16(values) => Matrix::F16(turned(&values, inputs, places)),
        Matrix::Bf16(values) => Matrix::Bf16(turned(&values, inputs, places)),
    }
}
