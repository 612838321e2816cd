//! Layer normalisation.

use super::rows::Rows;
use super::vector::{dispatch, sum, sum_of_squares};
use burn::tensor::{Device, Tensor, TensorData};
use rayon::prelude::*;

/// Layer normalisation with scale and shift.
#[derive(Clone, Debug)]
pub struct Norm {
    scale: Vec<f32>,
    shift: Vec<f32>,
    epsilon: f32,
}

impl Norm {
    /// `scale` and `shift`, `[width]` each.
    pub fn new(scale: Vec<f32>, shift: Vec<f32>, epsilon: f32) -> Self {
        debug_assert_eq!(scale.len(), shift.len());
        Self {
            scale,
            shift,
            epsilon,
        }
    }

    /// The same followed by `x * (1 + scale) + shift`, `[width]` each.
    pub fn modulated(&self, shift: &[f32], scale: &[f32]) -> Self {
        let factors = || scale.iter().map(|s| 1.0 + s);
        Self {
            scale: self
                .scale
                .iter()
                .zip(factors())
                .map(|(a, b)| a * b)
                .collect(),
            shift: (self.shift.iter().zip(factors()).zip(shift))
                .map(|((a, b), c)| a * b + c)
                .collect(),
            epsilon: self.epsilon,
        }
    }

    /// Normalises every row, `[n, width]`.
    pub fn apply(&self, rows: &Rows) -> Rows {
        let width = rows.width;
        let mut output = Rows::zeros(rows.len(), width);
        let task = rows.rows_per_task() * width;
        output
            .values
            .par_chunks_mut(task)
            .zip(rows.values.par_chunks(task))
            .for_each(|(to, from)| {
                dispatch(
                    #[inline(always)]
                    || {
                        for (to, from) in to.chunks_exact_mut(width).zip(from.chunks_exact(width)) {
                            self.apply_row(from, to);
                        }
                    },
                );
            });
        output
    }

    #[inline(always)]
    fn apply_row(&self, from: &[f32], to: &mut [f32]) {
        let share = 1.0 / from.len() as f32;
        let mean = sum(from) * share;
        let variance = sum_of_squares(from, mean) * share;
        let unit = 1.0 / (variance + self.epsilon).sqrt();
        let weights = self.scale.iter().zip(&self.shift);
        for ((to, from), (scale, shift)) in to.iter_mut().zip(from).zip(weights) {
            *to = (from - mean) * unit * scale + shift;
        }
    }

    /// The same on a device.
    pub(super) fn on_device(&self, x: Tensor<2>, device: &Device) -> Tensor<2> {
        let row = |values: &[f32]| {
            let data = TensorData::new(values.to_vec(), [1, values.len()]);
            Tensor::<2>::from_data(data, device)
        };
        let centred = x.clone() - x.mean_dim(1);
        let variance = centred.clone().powi_scalar(2).mean_dim(1);
        centred / (variance + self.epsilon).sqrt() * row(&self.scale) + row(&self.shift)
    }
}
