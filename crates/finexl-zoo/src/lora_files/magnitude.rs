//! DoRA (Liu et al. 2024): lengths beside a change.

use crate::tensor_file::StoredTensor;

/// Lengths that DoRA gives to a changed weight.
#[derive(Clone, Debug)]
pub struct Magnitude<'a> {
    /// A number per output, or per input.
    pub lengths: StoredTensor<'a>,
    /// Whether they are of outputs: of rows of the weight, a kernel included.
    pub of_outputs: bool,
}

impl<'a> Magnitude<'a> {
    /// LyCORIS writes `[outputs, 1, ..]` or `[1, inputs, ..]`; where a shape does not say it they are of outputs.
    pub(super) fn by_shape(lengths: StoredTensor<'a>) -> Self {
        let of_inputs = lengths.shape.len() > 1 && lengths.shape[0] == 1 && lengths.count() > 1;
        Self {
            lengths,
            of_outputs: !of_inputs,
        }
    }
}
