//! Linear layers of few rows, exact to the last bit whatever rows stand beside each other.

use super::activation::Activation;
use super::rows::Rows;
use super::vector::{dispatch, dot};

/// `x W^T + b` by one inner product per number.
///
/// Unlike those of [`Linear`](super::Linear), which cuts its products into blocks, its sums do not depend
/// on the number of rows: who draws from them draws the same in any batch.
#[derive(Clone, Debug)]
pub struct RowLinear {
    /// `[outputs, inputs]`, row-major.
    weight: Vec<f32>,
    /// `[outputs]`
    bias: Vec<f32>,
    inputs: usize,
}

impl RowLinear {
    /// A layer of `weight`, `[outputs, inputs]`, and `bias`, `[outputs]`.
    pub fn new(weight: Vec<f32>, bias: Vec<f32>, inputs: usize) -> Self {
        debug_assert_eq!(weight.len(), bias.len() * inputs);
        Self {
            weight,
            bias,
            inputs,
        }
    }

    /// `[n, inputs]` to `[n, outputs]`, on the thread that calls.
    pub fn apply(&self, rows: &Rows) -> Rows {
        let (inputs, outputs) = (self.inputs, self.bias.len());
        let mut to = Rows::zeros(rows.len(), outputs);
        dispatch(
            #[inline(always)]
            || {
                let weights = self.weight.chunks_exact(inputs).zip(&self.bias);
                for (output, (weight, bias)) in weights.enumerate() {
                    let cells = to.values.iter_mut().skip(output).step_by(outputs);
                    for (to, from) in cells.zip(rows.values.chunks_exact(inputs)) {
                        *to = dot(from, weight) + bias;
                    }
                }
            },
        );
        to
    }

    /// `activation(x W^T + b)`.
    pub fn activated(&self, rows: &Rows, activation: Activation) -> Rows {
        activation.apply(self.apply(rows))
    }

    /// `to += x W^T + b`.
    pub fn add_to(&self, to: &mut Rows, rows: &Rows) {
        let added = self.apply(rows);
        let pairs = to.values.iter_mut().zip(&added.values);
        pairs.for_each(|(to, added)| *to += added);
    }
}
