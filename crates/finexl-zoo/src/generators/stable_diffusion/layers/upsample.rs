//! Enlarging feature maps.

use super::plain::{plain, tensor};
use burn::tensor::Tensor;
use burn::tensor::module::interpolate;
use burn::tensor::ops::{InterpolateMode, InterpolateOptions};
use rayon::prelude::*;

/// To a larger size by the nearest neighbour, `[n, height, width, channels]`.
///
/// Twice the size, or in a UNet whose size is no multiple of its levels' to that of what is read beside it.
pub fn upsampled(x: Tensor<4>, [height, width]: [usize; 2]) -> Tensor<4> {
    if let Some(y) = on_processor(&x, [height, width]) {
        return y;
    }
    let [n, rows, columns, channels] = x.dims();
    if [height, width] == [2 * rows, 2 * columns] {
        // A copy of every value beside it, which is differentiable everywhere.
        let x = x.reshape([n * rows, 1, columns, channels]).repeat_dim(1, 2);
        let x = x
            .reshape([n * height * columns, 1, channels])
            .repeat_dim(1, 2);
        return x.reshape([n, height, width, channels]);
    }
    let options =
        InterpolateOptions::new(InterpolateMode::Nearest).with_output_size([height, width]);
    interpolate(x.permute([0, 3, 1, 2]), options).permute([0, 2, 3, 1])
}

fn on_processor(x: &Tensor<4>, [height, width]: [usize; 2]) -> Option<Tensor<4>> {
    let [n, rows, columns, channels] = x.dims();
    let x = plain(x)?.in_rows()?;
    let x = x.singles();
    let mut to = vec![0.0f32; n * height * width * channels];
    to.par_chunks_mut((width * channels).max(1))
        .enumerate()
        .for_each(|(line, to)| {
            let row = line / height * rows + line % height * rows / height;
            for (place, to) in to.chunks_exact_mut(channels).enumerate() {
                let from = (row * columns + place * columns / width) * channels;
                to.copy_from_slice(&x[from..from + channels]);
            }
        });
    Some(tensor(to, [n, height, width, channels]))
}
