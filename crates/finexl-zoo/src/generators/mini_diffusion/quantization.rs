//! Finite scalar quantisation (FSQ; Mentzer, Minnen, Agustsson and Tschannen 2024).

use burn::tensor::Tensor;

/// Every number as the nearest of `levels` numbers at equal distances in [-1, 1], after it is bounded by
/// the hyperbolic tangent. There is no codebook to be learned, and nothing that could go unused.
///
/// The way back takes the rounding for nothing (straight-through, Bengio et al. 2013).
pub fn quantized<const D: usize>(x: Tensor<D>, levels: usize) -> Tensor<D> {
    let bounded = x.tanh();
    let steps = (levels.max(2) - 1) as f32 / 2.0;
    let nearest = bounded
        .clone()
        .add_scalar(1.0)
        .mul_scalar(steps)
        .round()
        .div_scalar(steps)
        .sub_scalar(1.0);
    let rounding = (nearest - bounded.clone()).detach();
    bounded + rounding
}

/// The number of level `index`.
pub fn code(index: u8, levels: usize) -> f32 {
    f32::from(index) * 2.0 / (levels.max(2) - 1) as f32 - 1.0
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::{code, quantized};
    use burn::tensor::{Device, Tensor};
    use proptest::prelude::*;

    fn line(count: usize, device: &Device) -> Tensor<1> {
        let values: Vec<f32> = (0..count)
            .map(|i| 8.0 * i as f32 / (count - 1) as f32 - 4.0)
            .collect();
        Tensor::from_data(values.as_slice(), device)
    }

    fn read(tensor: Tensor<1>) -> Vec<f32> {
        tensor.into_data().try_to_vec().unwrap()
    }

    proptest! {
        #[test]
        fn all_levels_are_reached_and_no_others(levels in 2usize..12) {
            let found = read(quantized(line(2001, &Device::flex()), levels));
            let mut reached = vec![false; levels];
            for value in found {
                let index = (value + 1.0) / 2.0 * (levels - 1) as f32;
                let nearest = index.round();
                prop_assert!((index - nearest).abs() < 1e-4, "{value}");
                reached[nearest as usize] = true;
                prop_assert!((code(nearest as u8, levels) - value).abs() < 1e-5);
            }
            prop_assert!(reached.into_iter().all(|r| r));
        }
    }

    #[test]
    fn the_slope_is_that_of_the_bound_alone() {
        let device = Device::flex().autodiff();
        let x = line(33, &device).require_grad();
        let slopes = x.grad(&quantized(x.clone(), 5).sum().backward()).unwrap();
        let at = read(line(33, &Device::flex()));
        for (x, slope) in at.iter().zip(read(slopes)) {
            let wanted = 1.0 - x.tanh().powi(2);
            assert!((slope - wanted).abs() < 1e-5, "{x}: {slope} {wanted}");
        }
    }
}
