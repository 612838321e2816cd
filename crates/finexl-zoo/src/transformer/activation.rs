//! Activations of feed-forward layers.

use super::rows::Rows;
use super::vector::{dispatch, exp};
use burn::tensor::Tensor;
use burn::tensor::activation::{gelu, sigmoid};
use rayon::prelude::*;

/// What stands between the two matrices of a feed-forward layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Activation {
    /// `x sigmoid(1.702 x)`, that of the first CLIP.
    QuickGelu,
    /// `x Phi(x)`, by the error function.
    Gelu,
    /// GELU by the hyperbolic tangent.
    GeluTanh,
    /// `silu(a) b` of the two halves of a row (SwiGLU).
    GatedSilu,
}

/// `sqrt(2 / pi)`
const TANH_SCALE: f32 = 0.797_884_6;
const TANH_CUBE: f32 = 0.044_715;

impl Activation {
    /// The activation of a name in a `config.json` of transformers.
    pub fn of_name(name: &str) -> Option<Self> {
        match name {
            "quick_gelu" => Some(Self::QuickGelu),
            "gelu" => Some(Self::Gelu),
            "gelu_pytorch_tanh" | "gelu_new" => Some(Self::GeluTanh),
            _ => None,
        }
    }

    /// Applies the activation; halves the width where it is gated.
    pub(super) fn apply(self, mut rows: Rows) -> Rows {
        if self == Self::GatedSilu {
            return gated(&rows);
        }
        let (width, task) = (rows.width, rows.rows_per_task());
        rows.values.par_chunks_mut(task * width).for_each(|chunk| {
            dispatch(
                #[inline(always)]
                || self.apply_row(chunk),
            );
        });
        rows
    }

    /// Applies the activation to every value; what is gated needs whole rows, see
    /// [`Activation::apply`].
    #[inline(always)]
    pub(super) fn apply_row(self, values: &mut [f32]) {
        match self {
            Self::QuickGelu => each(values, quick_gelu),
            Self::GeluTanh => each(values, gelu_tanh),
            Self::Gelu | Self::GatedSilu => each(values, gelu_erf),
        }
    }

    /// The same on a device.
    pub(super) fn on_device(self, x: Tensor<2>) -> Tensor<2> {
        match self {
            Self::QuickGelu => x.clone() * sigmoid(x * 1.702),
            Self::Gelu => gelu(x),
            Self::GeluTanh => {
                let inner = (x.clone().powi_scalar(3) * TANH_CUBE + x.clone()) * (2.0 * TANH_SCALE);
                x * sigmoid(inner)
            }
            Self::GatedSilu => {
                let half = x.dims()[1] / 2;
                let gate = x.clone().narrow(1, 0, half);
                gate.clone() * sigmoid(gate) * x.narrow(1, half, half)
            }
        }
    }
}

#[inline(always)]
fn each(values: &mut [f32], activation: impl Fn(f32) -> f32) {
    for value in values {
        *value = activation(*value);
    }
}

#[inline(always)]
fn quick_gelu(x: f32) -> f32 {
    x / (1.0 + exp(-1.702 * x))
}

#[inline(always)]
fn gelu_tanh(x: f32) -> f32 {
    // (1 + tanh u) / 2 = sigmoid(2 u)
    x / (1.0 + exp(-2.0 * TANH_SCALE * (x + TANH_CUBE * x * x * x)))
}

/// By the error function of Abramowitz and Stegun 7.1.26, off by at most 1.5e-7.
#[inline(always)]
pub(crate) fn gelu_erf(x: f32) -> f32 {
    let z = x.abs() * std::f32::consts::FRAC_1_SQRT_2;
    let t = 1.0 / (1.0 + 0.327_591_1 * z);
    let mut p = 1.061_405_4;
    p = p * t - 1.453_152;
    p = p * t + 1.421_413_7;
    p = p * t - 0.284_496_74;
    p = p * t + 0.254_829_6;
    let tail = p * t * exp(-z * z);
    let upper = 1.0 - 0.5 * tail;
    let share = if x < 0.0 { 0.5 * tail } else { upper };
    x * share
}

fn gated(rows: &Rows) -> Rows {
    let (width, half) = (rows.width, rows.width / 2);
    let mut output = Rows::zeros(rows.len(), half);
    let task = rows.rows_per_task();
    output
        .values
        .par_chunks_mut(task * half)
        .zip(rows.values.par_chunks(task * width))
        .for_each(|(to, from)| {
            dispatch(
                #[inline(always)]
                || {
                    for (to, from) in to.chunks_exact_mut(half).zip(from.chunks_exact(width)) {
                        let (gates, values) = from.split_at(half);
                        for ((to, gate), value) in to.iter_mut().zip(gates).zip(values) {
                            *to = gate / (1.0 + exp(-gate)) * value;
                        }
                    }
                },
            );
        });
    output
}
