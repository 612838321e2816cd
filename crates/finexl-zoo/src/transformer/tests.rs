//! Blocks by plain loops, and the device's way beside the processor's.

#![allow(clippy::unwrap_used)]

use super::*;
use burn::tensor::Device;

/// Numbers that look random and are the same on every run.
fn numbers(count: usize, seed: u64, scale: f32) -> Vec<f32> {
    use rand::RngExt;
    let mut generator = finexl_core::seed::generator(seed, &[]);
    (0..count)
        .map(|_| (generator.random::<f32>() - 0.5) * scale)
        .collect()
}

fn block(width: usize, heads: usize, activation: Activation, seed: u64, device: &Device) -> Block {
    let linear = |inputs: usize, outputs: usize, seed: u64| {
        let weight = Matrix::F32(numbers(
            inputs * outputs,
            seed,
            2.0 / (inputs as f32).sqrt(),
        ));
        Linear::new(
            weight,
            Some(numbers(outputs, seed + 1, 0.2)),
            inputs,
            device,
        )
    };
    let norm = |width: usize, seed: u64| {
        let scale = numbers(width, seed, 0.4).iter().map(|v| v + 1.0).collect();
        Norm::new(scale, numbers(width, seed + 1, 0.2), 1e-5)
    };
    let gated = activation == Activation::GatedSilu;
    let hidden = 2 * width;
    Block {
        attention_norm: norm(width, seed),
        qkv: linear(width, 3 * width, seed + 2),
        heads,
        inner_norm: gated.then(|| norm(width, seed + 4)),
        output: linear(width, width, seed + 6),
        mlp_norm: norm(width, seed + 8),
        mlp: Mlp {
            up: linear(width, if gated { 2 * hidden } else { hidden }, seed + 10),
            activation,
            norm: gated.then(|| norm(hidden, seed + 12)),
            down: linear(hidden, width, seed + 14),
        },
    }
}

fn distance(a: &Rows, b: &Rows) -> f32 {
    assert_eq!((a.len(), a.width), (b.len(), b.width));
    a.values
        .iter()
        .zip(&b.values)
        .map(|(x, y)| (x - y).abs())
        .fold(0.0, f32::max)
}

/// Runs two blocks both ways on the processor.
fn both_ways(pattern: Pattern<'_>, count: usize, heads: usize, activation: Activation) -> f32 {
    let (device, width) = (Device::flex(), 24);
    let blocks = [
        block(width, heads, activation, 1, &device),
        block(width, heads, activation, 100, &device),
    ];
    let rows = Rows {
        values: numbers(count * width, 9, 2.0),
        width,
    };
    let read: Vec<usize> = (0..count).step_by(3).collect();
    let ours = forward_blocks(
        &blocks,
        rows.clone(),
        pattern,
        &read,
        &device,
        &mut |_, _| (),
    );
    let theirs = device_block::forward(&blocks, rows, pattern, &read, &device);
    distance(&ours.unwrap(), &theirs.unwrap())
}

#[test]
fn the_device_computes_what_the_processor_does() {
    let activations = [
        Activation::QuickGelu,
        Activation::Gelu,
        Activation::GeluTanh,
        Activation::GatedSilu,
    ];
    for activation in activations {
        let plain = Pattern::Sequences {
            length: 7,
            rotary: None,
        };
        let difference = both_ways(plain, 28, 3, activation);
        assert!(difference < 2e-5, "{activation:?}: {difference}");
    }
    let rotary = Rotary::grid(3, 4, 12, 1);
    let turned = Pattern::Sequences {
        length: 10,
        rotary: Some(&rotary),
    };
    let difference = both_ways(turned, 30, 2, Activation::GatedSilu);
    assert!(difference < 2e-5, "{difference}");
    let mut paths = Paths::new();
    for path in [&[][..], &[0], &[0, 1], &[0, 1], &[0], &[0, 4], &[0, 4, 5]] {
        paths.push(path);
    }
    let difference = both_ways(Pattern::Tree(&paths), 7, 2, Activation::Gelu);
    assert!(difference < 2e-5, "{difference}");
}

#[test]
fn half_precision_gives_what_its_widened_numbers_give() {
    let device = Device::flex();
    let rows = Rows {
        values: numbers(5 * 33, 3, 2.0),
        width: 33,
    };
    let values = numbers(33 * 17, 4, 1.0);
    let f16: Vec<half::f16> = values.iter().map(|v| half::f16::from_f32(*v)).collect();
    let bf16: Vec<half::bf16> = values.iter().map(|v| half::bf16::from_f32(*v)).collect();
    for half in [Matrix::F16(f16), Matrix::Bf16(bf16)] {
        let wide = Linear::new(Matrix::F32(half.to_f32()), None, 33, &device);
        let kept = Linear::new(half, None, 33, &device);
        let (a, b) = (wide.apply(rows.clone()), kept.apply(rows.clone()));
        assert_eq!(a.unwrap(), b.unwrap());
    }
}

#[test]
fn long_sequences_attend_as_plain_loops_do() {
    let (length, width, heads) = (70, 40, 2);
    let mut qkv = Rows {
        values: numbers(2 * length * 3 * width, 5, 4.0),
        width: 3 * width,
    };
    let pattern = Pattern::Sequences {
        length,
        rotary: None,
    };
    let ours = attend::attend(&mut qkv, heads, pattern);
    let channels = width / heads;
    for row in 0..2 * length {
        let first = row / length * length;
        for head in 0..heads {
            let at = |row: usize, part: usize| {
                let start = part * width + head * channels;
                &qkv.row(row)[start..start + channels]
            };
            let product = |a: &[f32], b: &[f32]| -> f64 {
                a.iter()
                    .zip(b)
                    .map(|(x, y)| f64::from(*x) * f64::from(*y))
                    .sum()
            };
            let scores: Vec<f64> = (first..first + length)
                .map(|key| (product(at(row, 0), at(key, 1)) / (channels as f64).sqrt()).exp())
                .collect();
            let total: f64 = scores.iter().sum();
            for channel in 0..channels {
                let expected: f64 = (0..length)
                    .map(|key| scores[key] / total * f64::from(at(first + key, 2)[channel]))
                    .sum();
                let found = ours.row(row)[head * channels + channel];
                assert!((f64::from(found) - expected).abs() < 1e-5);
            }
        }
    }
}

#[test]
fn rows_are_multiplied_alike_whatever_stands_beside_them() {
    let (inputs, outputs) = (37, 11);
    let weight = numbers(inputs * outputs, 1, 1.0);
    let bias = numbers(outputs, 2, 1.0);
    let ours = RowLinear::new(weight.clone(), bias.clone(), inputs);
    let other = Linear::new(Matrix::F32(weight), Some(bias), inputs, &Device::flex());
    let rows = Rows {
        values: numbers(5 * inputs, 3, 1.0),
        width: inputs,
    };
    let all = ours.apply(&rows);
    assert!(distance(&all, &other.apply(rows.clone()).unwrap()) < 1e-5);
    for row in 0..rows.len() {
        assert_eq!(ours.apply(&rows.select(&[row])).values, all.row(row));
    }
}

#[test]
fn a_cache_attends_as_whole_sequences_do_at_their_end() {
    let (sequences, length, width, heads) = (3, 6, 8, 2);
    let qkv = Rows {
        values: numbers(sequences * length * 3 * width, 5, 2.0),
        width: 3 * width,
    };
    let mut cache = KeyValueCache::new(sequences, length, width);
    for step in 0..length {
        let places: Vec<usize> = (0..sequences).map(|s| s * length + step).collect();
        let ours = cache.attend(&qkv.select(&places), heads);
        // Up to this step a sequence without mask is the same for its last row.
        let until: Vec<usize> = (0..sequences)
            .flat_map(|s| (0..=step).map(move |at| s * length + at))
            .collect();
        let mut seen = qkv.select(&until);
        let pattern = Pattern::Sequences {
            length: step + 1,
            rotary: None,
        };
        let whole = super::attend::attend(&mut seen, heads, pattern);
        let last: Vec<usize> = (0..sequences).map(|s| s * (step + 1) + step).collect();
        assert!(distance(&ours, &whole.select(&last)) < 1e-5);
    }
}
