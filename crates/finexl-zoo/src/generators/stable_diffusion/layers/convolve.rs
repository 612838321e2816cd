//! Convolutions on the processor, as matrix products.
//!
//! A task takes some hundred places of the output, lays what their kernels see side by side (`[places, kernel * kernel *
//! inputs]`, a few megabytes at most), and multiplies that with the weights by faer's kernels. The whole of it, which
//! would be nine times the input, never exists.

use crate::transformer::{Finish, MatrixView, finish_rows, multiply_rows};
use faer::linalg::matmul::matmul;
use faer::{Accum, MatMut, MatRef, Par};
use rayon::prelude::*;

/// Places of one task: so many that packing the weights does not count.
const PLACES: usize = 256;
/// Outputs that are multiplied at once, so that their weights stay in the core's cache.
const OUTPUTS: usize = 192;

/// What is convolved.
pub(super) struct Shape {
    pub n: usize,
    /// Height and width.
    pub size: [usize; 2],
    pub inputs: usize,
    pub outputs: usize,
    pub kernel: usize,
    pub stride: usize,
    pub padding: [usize; 2],
}

impl Shape {
    /// Height and width of the output.
    pub fn output(&self) -> [usize; 2] {
        let around = self.padding[0] + self.padding[1];
        self.size
            .map(|side| (side + around).saturating_sub(self.kernel) / self.stride + 1)
    }

    /// Lays what the kernels of some places of the output see side by side.
    fn gather(&self, x: &[f32], first: usize, to: &mut [f32]) {
        let [_, width] = self.output();
        let [rows, columns] = self.size;
        let depth = self.kernel * self.kernel * self.inputs;
        let places = self.output()[0] * width;
        for (offset, to) in to.chunks_exact_mut(depth).enumerate() {
            let place = first + offset;
            let (image, place) = (place / places, place % places);
            let top = (place / width * self.stride) as isize - self.padding[0] as isize;
            let left = (place % width * self.stride) as isize - self.padding[0] as isize;
            let line = self.kernel * self.inputs;
            for (down, to) in to.chunks_exact_mut(line).enumerate() {
                let row = top + down as isize;
                if row < 0 || row >= rows as isize {
                    to.fill(0.0);
                    continue;
                }
                let start = (image * rows + row as usize) * columns;
                // Columns that the kernel sees; what is outside is 0.
                let from = left.max(0) as usize;
                let end = (left + self.kernel as isize).clamp(0, columns as isize) as usize;
                let before = (from as isize - left) as usize * self.inputs;
                let seen = end.saturating_sub(from) * self.inputs;
                to[..before.min(line)].fill(0.0);
                let at = (start + from) * self.inputs;
                to[before..before + seen].copy_from_slice(&x[at..at + seen]);
                to[before + seen..].fill(0.0);
            }
        }
    }
}

/// `[n, height, width, inputs]` with `[outputs, kernel, kernel, inputs]` to `[n, height', width', outputs]`.
pub(super) fn convolve(
    x: &[f32],
    weight: MatrixView<'_>,
    bias: Option<&[f32]>,
    shape: &Shape,
) -> Vec<f32> {
    let finish = Finish { bias };
    let outputs = shape.outputs;
    if shape.kernel == 1 && shape.stride == 1 && shape.padding == [0, 0] {
        return multiply_rows(x, shape.inputs, weight, outputs, finish);
    }
    let weight = weight.widened();
    let weight: &[f32] = &weight;
    let depth = shape.kernel * shape.kernel * shape.inputs;
    let [height, width] = shape.output();
    let places = shape.n * height * width;
    let mut to = vec![0.0f32; places * outputs];
    // As many tasks as there are threads, at least.
    let task = PLACES
        .min(places.div_ceil(rayon::current_num_threads()))
        .max(1);
    to.par_chunks_mut(task * outputs).enumerate().for_each_init(
        || vec![0.0f32; task * depth],
        |columns, (index, to)| {
            let count = to.len() / outputs;
            let columns = &mut columns[..count * depth];
            shape.gather(x, index * task, columns);
            let columns = MatRef::from_row_major_slice(columns, count, depth);
            let mut rest = MatMut::from_row_major_slice_mut(to, count, outputs);
            let mut first = 0;
            while first < outputs {
                let width = OUTPUTS.min(outputs - first);
                let (part, others) = rest.split_at_col_mut(width);
                rest = others;
                let span = first * depth..(first + width) * depth;
                let weight = MatRef::from_row_major_slice(&weight[span], width, depth);
                matmul(
                    part,
                    Accum::Replace,
                    columns,
                    weight.transpose(),
                    1.0,
                    Par::Seq,
                );
                first += width;
            }
            finish_rows(to, outputs, &finish);
        },
    );
    to
}
