//! Sums of feature maps.

use super::plain::{plain, tensor};
use burn::tensor::Tensor;
use rayon::prelude::*;

/// Numbers of one task.
const NUMBERS: usize = 1 << 14;

/// `a + b`, of one shape.
pub fn sum<const D: usize>(a: Tensor<D>, b: Tensor<D>) -> Tensor<D> {
    let both = plain(&a)
        .and_then(|a| a.in_rows())
        .zip(plain(&b).and_then(|b| b.in_rows()));
    let Some((x, y)) = both.filter(|_| a.dims() == b.dims()) else {
        return a + b;
    };
    let mut to = vec![0.0f32; x.singles().len()];
    to.par_chunks_mut(NUMBERS)
        .zip(
            x.singles()
                .par_chunks(NUMBERS)
                .zip(y.singles().par_chunks(NUMBERS)),
        )
        .for_each(|(to, (x, y))| {
            for ((to, x), y) in to.iter_mut().zip(x).zip(y) {
                *to = x + y;
            }
        });
    tensor(to, a.dims())
}

/// Adds to every place of an image its row, `[n, height, width, channels]` and `[n, channels]`.
pub fn sum_rows(maps: Tensor<4>, rows: Tensor<2>) -> Tensor<4> {
    let [n, _, _, channels] = maps.dims();
    let both = plain(&maps)
        .and_then(|a| a.in_rows())
        .zip(plain(&rows).and_then(|b| b.in_rows()));
    let Some((x, y)) = both else {
        return maps + rows.reshape([n, 1, 1, channels]);
    };
    let mut to = x.singles().to_vec();
    let image = to.len() / n.max(1);
    for (image, row) in to
        .chunks_exact_mut(image.max(1))
        .zip(y.singles().chunks_exact(channels))
    {
        let places = (NUMBERS / channels).max(1) * channels;
        image.par_chunks_mut(places).for_each(|places| {
            for place in places.chunks_exact_mut(channels) {
                place
                    .iter_mut()
                    .zip(row)
                    .for_each(|(to, value)| *to += value);
            }
        });
    }
    tensor(to, maps.dims())
}
