//! Feed-forward layers with a gate.

use super::linear::linear;
use super::plain::{plain, tensor};
use crate::transformer::gelu_erf;
use crate::transformer::vector::dispatch;
use burn::module::Module;
use burn::nn::Linear;
use burn::tensor::Tensor;
use burn::tensor::activation::gelu;
use rayon::prelude::*;

/// Rows of one task.
const ROWS: usize = 64;

/// GEGLU (Shazeer 2020) and the way back: `down(value * gelu(gate))`, the GELU by the error function.
#[derive(Module, Debug)]
pub struct FeedForward {
    /// `net.0.proj` of diffusers: values, then gates, `width` to `2 hidden`.
    pub gate: Linear,
    /// `net.2` of diffusers: `hidden` to `width`.
    pub down: Linear,
}

impl FeedForward {
    /// # Shapes
    /// - x, output: `[n, length, width]`
    pub fn forward(&self, x: Tensor<3>) -> Tensor<3> {
        let both = linear(&self.gate, x);
        let inner = match on_processor(&both) {
            Some(inner) => inner,
            None => {
                let half = both.dims()[2] / 2;
                let gate = both.clone().narrow(2, half, half);
                both.narrow(2, 0, half) * gelu(gate)
            }
        };
        linear(&self.down, inner)
    }
}

fn on_processor(both: &Tensor<3>) -> Option<Tensor<3>> {
    let [n, length, width] = both.dims();
    let half = width / 2;
    let both = plain(both)?.in_rows()?;
    let mut to = vec![0.0f32; n * length * half];
    to.par_chunks_mut(ROWS * half)
        .zip(both.singles().par_chunks(ROWS * width))
        .for_each(|(to, from)| {
            dispatch(
                #[inline(always)]
                || {
                    for (to, from) in to.chunks_exact_mut(half).zip(from.chunks_exact(width)) {
                        let (values, gates) = from.split_at(half);
                        for ((to, value), gate) in to.iter_mut().zip(values).zip(gates) {
                            *to = value * gelu_erf(*gate);
                        }
                    }
                },
            );
        });
    Some(tensor(to, [n, length, half]))
}
