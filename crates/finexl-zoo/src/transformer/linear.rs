//! Linear layers with weights in single or half precision.

use super::rows::Rows;
use super::vector::dispatch;
use crate::ZooError;
use burn::tensor::{Device, Tensor, TensorData};
use half::slice::HalfFloatSliceExt;
use rayon::prelude::*;

/// A weight as it stands in a file, `[outputs, inputs]`, row-major.
#[derive(Clone, Debug, PartialEq)]
pub enum Matrix {
    /// Single precision.
    F32(Vec<f32>),
    /// IEEE half precision.
    F16(Vec<half::f16>),
    /// Brain floating point.
    Bf16(Vec<half::bf16>),
}

impl Matrix {
    /// The values in single precision, which holds both halves exactly.
    pub fn to_f32(&self) -> Vec<f32> {
        const TASK: usize = 1 << 16;
        match self {
            Self::F32(values) => values.clone(),
            Self::F16(values) => {
                let mut wide = vec![0.0f32; values.len()];
                wide.par_chunks_mut(TASK)
                    .zip(values.par_chunks(TASK))
                    .for_each(|(to, from)| from.convert_to_f32_slice(to));
                wide
            }
            Self::Bf16(values) => {
                let mut wide = vec![0.0f32; values.len()];
                wide.par_chunks_mut(TASK)
                    .zip(values.par_chunks(TASK))
                    .for_each(|(to, from)| {
                        dispatch(
                            #[inline(always)]
                            || {
                                for (to, from) in to.iter_mut().zip(from) {
                                    *to = f32::from_bits(u32::from(from.to_bits()) << 16);
                                }
                            },
                        );
                    });
                wide
            }
        }
    }

    /// Appends the rows of another matrix of the same precision; in single precision otherwise.
    pub fn stacked(self, other: Self) -> Self {
        match (self, other) {
            (Self::F16(a), Self::F16(b)) => Self::F16([a, b].concat()),
            (Self::Bf16(a), Self::Bf16(b)) => Self::Bf16([a, b].concat()),
            (Self::F32(mut a), Self::F32(b)) => {
                a.extend_from_slice(&b);
                Self::F32(a)
            }
            (a, b) => {
                let mut wide = a.to_f32();
                wide.extend(b.to_f32());
                Self::F32(wide)
            }
        }
    }
}

/// The weight where it is multiplied.
#[derive(Debug)]
enum Weight {
    /// `[inputs, outputs]`, a transposed view.
    Single(Box<Tensor<2>>),
    /// `[outputs, inputs]`, widened whenever it is used.
    Half(Matrix),
}

/// `x W^T + b`, products in single precision whatever the weights are kept in.
#[derive(Debug)]
pub struct Linear {
    weight: Weight,
    bias: Option<Vec<f32>>,
    inputs: usize,
    outputs: usize,
    device: Device,
}

impl Linear {
    /// A layer of `weight`, `[outputs, inputs]`, and `bias`, `[outputs]`.
    ///
    /// Half precision stays in memory on the processor; other devices get single precision.
    pub fn new(weight: Matrix, bias: Option<Vec<f32>>, inputs: usize, device: &Device) -> Self {
        let outputs = match &weight {
            Matrix::F32(values) => values.len() / inputs,
            Matrix::F16(values) => values.len() / inputs,
            Matrix::Bf16(values) => values.len() / inputs,
        };
        let on_processor = *device == Device::flex();
        let weight = match weight {
            Matrix::F32(values) => {
                Weight::Single(Box::new(transposed(values, outputs, inputs, device)))
            }
            half if on_processor => Weight::Half(half),
            half => Weight::Single(Box::new(transposed(half.to_f32(), outputs, inputs, device))),
        };
        Self {
            weight,
            bias,
            inputs,
            outputs,
            device: device.clone(),
        }
    }

    /// The bias, `[outputs]`, if there is one.
    pub fn bias(&self) -> Option<&[f32]> {
        self.bias.as_deref()
    }

    fn weight(&self) -> Tensor<2> {
        match &self.weight {
            Weight::Single(tensor) => tensor.as_ref().clone(),
            Weight::Half(matrix) => {
                transposed(matrix.to_f32(), self.outputs, self.inputs, &self.device)
            }
        }
    }

    /// `x W^T` without the bias, `[n, inputs]` to `[n, outputs]`.
    ///
    /// # Errors
    /// [`ZooError::Backend`] where the device fails.
    pub fn product(&self, rows: Rows) -> Result<Rows, ZooError> {
        let count = rows.len();
        let data = TensorData::new(rows.values, [count, self.inputs]);
        let product = Tensor::<2>::from_data(data, &self.device).matmul(self.weight());
        Ok(Rows {
            values: read(product)?,
            width: self.outputs,
        })
    }

    /// `x W^T + b`, `[n, inputs]` to `[n, outputs]`.
    ///
    /// # Errors
    /// As [`Linear::product`].
    pub fn apply(&self, rows: Rows) -> Result<Rows, ZooError> {
        let mut product = self.product(rows)?;
        if let Some(bias) = &self.bias {
            add_to_rows(&mut product, bias);
        }
        Ok(product)
    }

    /// The same on a device.
    pub(super) fn on_device(&self, x: Tensor<2>) -> Tensor<2> {
        let product = x.matmul(self.weight());
        match &self.bias {
            None => product,
            Some(bias) => {
                let data = TensorData::new(bias.clone(), [1, self.outputs]);
                product + Tensor::<2>::from_data(data, &self.device)
            }
        }
    }
}

fn transposed(values: Vec<f32>, outputs: usize, inputs: usize, device: &Device) -> Tensor<2> {
    Tensor::<2>::from_data(TensorData::new(values, [outputs, inputs]), device).transpose()
}

/// The values of a tensor, row-major.
pub(super) fn read<const D: usize>(tensor: Tensor<D>) -> Result<Vec<f32>, ZooError> {
    let failed = |message: String| ZooError::Backend {
        what: "encoding",
        message,
    };
    let data = tensor
        .try_into_data()
        .map_err(|e| failed(format!("{e:?}")))?;
    data.try_into_vec::<f32>()
        .map_err(|e| failed(format!("{e:?}")))
}

/// Adds one row to all.
pub(super) fn add_to_rows(rows: &mut Rows, addend: &[f32]) {
    let (width, task) = (rows.width, rows.rows_per_task());
    rows.values.par_chunks_mut(task * width).for_each(|chunk| {
        dispatch(
            #[inline(always)]
            || {
                for row in chunk.chunks_exact_mut(width) {
                    for (value, addend) in row.iter_mut().zip(addend) {
                        *value += addend;
                    }
                }
            },
        );
    });
}

/// `x += delta + bias`, row by row.
pub(super) fn add_residual(x: &mut Rows, delta: &Rows, bias: Option<&[f32]>) {
    let zeros = vec![0.0; if bias.is_some() { 0 } else { x.width }];
    let bias = bias.unwrap_or(&zeros);
    let (width, task) = (x.width, x.rows_per_task());
    x.values
        .par_chunks_mut(task * width)
        .zip(delta.values.par_chunks(task * width))
        .for_each(|(x, delta)| {
            dispatch(
                #[inline(always)]
                || {
                    for (x, delta) in x.chunks_exact_mut(width).zip(delta.chunks_exact(width)) {
                        for ((x, delta), bias) in x.iter_mut().zip(delta).zip(bias) {
                            *x += delta + bias;
                        }
                    }
                },
            );
        });
}
