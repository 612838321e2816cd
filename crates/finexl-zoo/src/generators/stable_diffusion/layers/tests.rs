//! Kernels for the processor against tensor operations.

#![allow(clippy::unwrap_used)]

use super::*;
use crate::generators::values;
use burn::module::Param;
use burn::nn::Linear;
use burn::tensor::{DType, Device, Tensor};

fn drawn<const D: usize>(dims: [usize; D], device: &Device) -> Tensor<D> {
    let count: usize = dims.iter().product();
    // A fixed pattern of numbers without structure.
    let number = |at: usize| ((at as f32 * 12.9898).sin() * 43_758.547).fract();
    let data = burn::tensor::TensorData::new((0..count).map(number).collect::<Vec<f32>>(), dims);
    Tensor::from_data(data, device)
}

fn close<const D: usize>(a: Tensor<D>, b: Tensor<D>) {
    assert_eq!(a.dims(), b.dims());
    let (a, b) = (values(a).unwrap(), values(b).unwrap());
    let largest = b.iter().fold(1.0f32, |most, v| most.max(v.abs()));
    for (a, b) in a.iter().zip(&b) {
        assert!((a - b).abs() < 1e-5 * largest, "{a} {b}");
    }
}

/// The processor with gradients takes the tensor operations.
fn devices() -> [Device; 2] {
    [Device::flex(), Device::flex().autodiff()]
}

#[test]
fn convolutions_agree() {
    for (kernel, stride, padding) in [
        (3, 1, [1, 1]),
        (3, 2, [1, 1]),
        (3, 2, [0, 1]),
        (1, 1, [0, 0]),
    ] {
        let [y, z] = devices().map(|device| {
            let weight = drawn([5, kernel, kernel, 7], &device).permute([0, 3, 1, 2]);
            let layer = Convolution {
                weight: Param::from_tensor(weight),
                bias: Some(Param::from_tensor(drawn([5], &device))),
                stride,
                padding,
            };
            layer
                .forward(drawn([2, 9, 11, 7], &device))
                .without_autodiff()
        });
        close(y, z);
    }
}

#[test]
fn norms_agree() {
    let [y, z] = devices().map(|device| {
        let norm = GroupNorm {
            weight: Param::from_tensor(drawn([12], &device)),
            bias: Param::from_tensor(drawn([12], &device)),
            groups: 3,
            epsilon: 1e-5,
        };
        let x = drawn([2, 9, 11, 12], &device) + 5.0;
        Tensor::cat(vec![norm.forward(x.clone()), norm.forward_silu(x)], 0).without_autodiff()
    });
    close(y, z);
    let [y, z] = devices().map(|device| {
        let norm = LayerNorm {
            weight: Param::from_tensor(drawn([12], &device)),
            bias: Param::from_tensor(drawn([12], &device)),
            epsilon: 1e-5,
        };
        norm.forward(drawn([2, 70, 12], &device)).without_autodiff()
    });
    close(y, z);
}

#[test]
fn linear_layers_agree_in_every_precision() {
    let device = Device::flex();
    for dtype in [DType::F32, DType::F16, DType::BF16] {
        let stored = drawn([6, 10], &device).cast(dtype);
        let layer = |weight: Tensor<2>| Linear {
            weight: Param::from_tensor(weight),
            bias: Some(Param::from_tensor(drawn([6], &device))),
        };
        let x = drawn([2, 3, 10], &device);
        let fast = linear(&layer(stored.clone().transpose()), x.clone());
        // Laid out otherwise, it goes through tensor operations.
        let plain = layer(wide(stored).transpose().mul_scalar(1.0));
        close(fast, plain.forward(x));
    }
}

#[test]
fn maps_are_enlarged_alike() {
    for size in [[8, 10], [7, 9]] {
        let [y, z] = devices()
            .map(|device| upsampled(drawn([2, 4, 5, 3], &device), size).without_autodiff());
        close(y, z);
    }
}

#[test]
fn gates_and_attention_agree() {
    let [y, z] = devices().map(|device| {
        let linear = |inputs, outputs| Linear {
            weight: Param::from_tensor(drawn([outputs, inputs], &device).transpose()),
            bias: None,
        };
        let layer = FeedForward {
            gate: linear(6, 16),
            down: linear(8, 6),
        };
        let x = layer.forward(drawn([2, 5, 6], &device));
        let seen = drawn([2, 7, 6], &device);
        attend([x, seen.clone(), seen], 2).without_autodiff()
    });
    close(y, z);
}

#[test]
fn attention_in_tiles_agrees() {
    for (length, seen) in [(300, 300), (70, 9), (1, 5)] {
        let [y, z] = devices().map(|device| {
            let x = drawn([2, length, 12], &device);
            let seen = drawn([2, seen, 12], &device) * 3.0;
            attend([x, seen.clone(), seen], 3).without_autodiff()
        });
        close(y, z);
    }
    let [y, z] = devices().map(|device| {
        let x = drawn([2, 300, 12], &device) * 3.0;
        attend_causally([x.clone(), x.clone(), x], 3).without_autodiff()
    });
    close(y, z);
}
