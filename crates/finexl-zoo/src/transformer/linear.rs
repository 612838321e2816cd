//! Linear layers with weights in single or half precision.

use super::activation::Activation;
use super::product::multiply;
use super::rows::Rows;
use super::vector::dispatch;
use crate::ZooError;
use crate::tensor_values::values;
use burn::tensor::{Device, Tensor, TensorData};
use faer::Accum;
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
        self.view().widened().into_owned()
    }

    /// The same numbers, kept here.
    pub(crate) fn view(&self) -> MatrixView<'_> {
        match self {
            Self::F32(values) => MatrixView::F32(values),
            Self::F16(values) => MatrixView::F16(values),
            Self::Bf16(values) => MatrixView::Bf16(values),
        }
    }

    /// [`Matrix::to_f32`] without a copy where there is nothing to widen.
    pub fn into_f32(self) -> Vec<f32> {
        match self {
            Self::F32(values) => values,
            half => half.to_f32(),
        }
    }

    /// Number of values.
    pub fn len(&self) -> usize {
        match self {
            Self::F32(values) => values.len(),
            Self::F16(values) => values.len(),
            Self::Bf16(values) => values.len(),
        }
    }

    /// Whether there is no value.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// `[rows, columns]` to `[columns, rows]`.
    pub fn transposed(&self, rows: usize, columns: usize) -> Self {
        fn turned<T: Copy>(values: &[T], rows: usize, columns: usize) -> Vec<T> {
            let place = |at: usize| (at % rows.max(1)) * columns + at / rows.max(1);
            (0..values.len()).map(|at| values[place(at)]).collect()
        }
        match self {
            Self::F32(values) => Self::F32(turned(values, rows, columns)),
            Self::F16(values) => Self::F16(turned(values, rows, columns)),
            Self::Bf16(values) => Self::Bf16(turned(values, rows, columns)),
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

/// A weight that somebody else keeps, `[outputs, inputs]`, row-major.
#[derive(Clone, Copy, Debug)]
pub(crate) enum MatrixView<'a> {
    F32(&'a [f32]),
    F16(&'a [half::f16]),
    Bf16(&'a [half::bf16]),
}

impl MatrixView<'_> {
    /// Its numbers in single precision, copied only where they have to be widened.
    pub fn widened(&self) -> std::borrow::Cow<'_, [f32]> {
        match self {
            Self::F32(values) => std::borrow::Cow::Borrowed(values),
            Self::F16(values) => {
                let mut wide = vec![0.0f32; values.len()];
                wide.par_chunks_mut(WIDENED)
                    .zip(values.par_chunks(WIDENED))
                    .for_each(|(to, from)| from.convert_to_f32_slice(to));
                wide.into()
            }
            Self::Bf16(values) => {
                let mut wide = vec![0.0f32; values.len()];
                wide.par_chunks_mut(WIDENED)
                    .zip(values.par_chunks(WIDENED))
                    .for_each(|(to, from)| {
                        dispatch(
                            #[inline(always)]
                            || widen(from, to),
                        );
                    });
                wide.into()
            }
        }
    }
}

/// Numbers that one task widens.
const WIDENED: usize = 1 << 16;

/// The weight where it is multiplied.
#[derive(Debug)]
enum Weight {
    /// On the processor, `[outputs, inputs]`, in the precision of its file.
    Processor(Matrix),
    /// On another device, `[inputs, outputs]`, a transposed view.
    Device(Box<Tensor<2>>),
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
        let outputs = weight.len() / inputs;
        let weight = if *device == Device::flex() {
            Weight::Processor(weight)
        } else {
            let tensor = transposed(weight.into_f32(), outputs, inputs, device);
            Weight::Device(Box::new(tensor))
        };
        Self {
            weight,
            bias,
            inputs,
            outputs,
            device: device.clone(),
        }
    }

    /// The same with every output multiplied by its factor, `[outputs]`.
    ///
    /// Weights are kept in single precision then.
    ///
    /// # Errors
    /// As [`Linear::apply`].
    pub fn scaled(&self, factors: &[f32]) -> Result<Self, ZooError> {
        let mut weight = match &self.weight {
            Weight::Processor(matrix) => matrix.to_f32(),
            Weight::Device(tensor) => values(tensor.as_ref().clone().transpose(), "encoding")?,
        };
        for (row, factor) in weight.chunks_exact_mut(self.inputs).zip(factors) {
            row.iter_mut().for_each(|value| *value *= factor);
        }
        let bias = self.bias().map(|bias| {
            let scaled = bias
                .iter()
                .zip(factors)
                .map(|(value, factor)| value * factor);
            scaled.collect()
        });
        Ok(Self::new(
            Matrix::F32(weight),
            bias,
            self.inputs,
            &self.device,
        ))
    }

    /// The bias, `[outputs]`, if there is one.
    pub fn bias(&self) -> Option<&[f32]> {
        self.bias.as_deref()
    }

    fn weight(&self) -> Tensor<2> {
        match &self.weight {
            Weight::Device(tensor) => tensor.as_ref().clone(),
            Weight::Processor(matrix) => {
                transposed(matrix.to_f32(), self.outputs, self.inputs, &self.device)
            }
        }
    }

    /// `x W^T` on a device, `[n, inputs]` to `[n, outputs]`.
    fn product_on_device(&self, rows: Rows, weight: &Tensor<2>) -> Result<Rows, ZooError> {
        let count = rows.len();
        let data = TensorData::new(rows.values, [count, self.inputs]);
        let product = Tensor::<2>::from_data(data, &self.device).matmul(weight.clone());
        Ok(Rows {
            values: values(product, "encoding")?,
            width: self.outputs,
        })
    }

    /// `x W^T + b`, `[n, inputs]` to `[n, outputs]`.
    ///
    /// # Errors
    /// [`ZooError::Backend`] where the device fails.
    pub fn apply(&self, rows: Rows) -> Result<Rows, ZooError> {
        let bias = self.bias();
        match &self.weight {
            Weight::Device(weight) => {
                let mut product = self.product_on_device(rows, weight)?;
                if let Some(bias) = bias {
                    product
                        .values
                        .par_chunks_mut(self.outputs)
                        .for_each(|row| add(row, bias));
                }
                Ok(product)
            }
            Weight::Processor(weight) => {
                let mut product = Rows::zeros(rows.len(), self.outputs);
                multiply(
                    &rows,
                    weight,
                    &mut product,
                    Accum::Replace,
                    #[inline(always)]
                    |row, column| add_bias(row, bias, column),
                );
                Ok(product)
            }
        }
    }

    /// `activation(x W^T + b)`, `[n, inputs]` to `[n, outputs]`, to half of that where the
    /// activation is gated.
    ///
    /// # Errors
    /// As [`Linear::apply`].
    pub fn activated(&self, rows: Rows, activation: Activation) -> Result<Rows, ZooError> {
        let Weight::Processor(weight) = &self.weight else {
            return Ok(activation.apply(self.apply(rows)?));
        };
        if activation == Activation::GatedSilu {
            return Ok(activation.apply(self.apply(rows)?));
        }
        let bias = self.bias();
        let mut product = Rows::zeros(rows.len(), self.outputs);
        multiply(
            &rows,
            weight,
            &mut product,
            Accum::Replace,
            #[inline(always)]
            |row, column| {
                add_bias(row, bias, column);
                activation.apply_row(row);
            },
        );
        Ok(product)
    }

    /// `to += x W^T + b`, `[n, inputs]` onto `[n, outputs]`.
    ///
    /// # Errors
    /// As [`Linear::apply`].
    pub fn add_to(&self, to: &mut Rows, rows: Rows) -> Result<(), ZooError> {
        let bias = self.bias();
        match &self.weight {
            Weight::Device(_) => add(&mut to.values, &self.apply(rows)?.values),
            Weight::Processor(weight) => {
                multiply(
                    &rows,
                    weight,
                    to,
                    Accum::Add,
                    #[inline(always)]
                    |row, column| add_bias(row, bias, column),
                );
            }
        }
        Ok(())
    }

    /// `x W^T + b` as tensors.
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

/// Adds to every value the one at its place.
#[inline(always)]
fn add(values: &mut [f32], addends: &[f32]) {
    for (value, addend) in values.iter_mut().zip(addends) {
        *value += addend;
    }
}

/// Adds the bias to a part of a row that begins at `column`.
#[inline(always)]
fn add_bias(row: &mut [f32], bias: Option<&[f32]>, column: usize) {
    if let Some(bias) = bias {
        add(row, &bias[column..]);
    }
}

/// Brain floating point to single precision.
#[inline(always)]
pub(super) fn widen(from: &[half::bf16], to: &mut [f32]) {
    for (to, from) in to.iter_mut().zip(from) {
        *to = f32::from_bits(u32::from(from.to_bits()) << 16);
    }
}
