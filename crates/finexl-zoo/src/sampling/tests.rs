//! Samplers on data whose probability-flow equation has a solution in closed form.

#![allow(clippy::unwrap_used)]

use super::*;
use crate::ZooError;
use burn::tensor::{DType, Device, Tensor, TensorData};

/// Mean and standard deviation of the data.
const DATA: (f64, f64) = (0.7, 0.4);

/// Tensors in f64, so that rounding does not hide the order of a method.
fn tensor(values: &[f64]) -> Tensor<1> {
    let data = TensorData::new(values.to_vec(), [values.len()]);
    Tensor::from_data(data, (&Device::flex(), DType::F64))
}

fn values(x: Tensor<1>) -> Vec<f64> {
    x.into_data().try_to_vec().unwrap()
}

/// The standard deviation of `x` at a level.
fn spread(level: NoiseLevel) -> f64 {
    (level.alpha * DATA.1).hypot(level.sigma)
}

/// The largest error of a sampler on Gaussian data.
///
/// The exact denoiser is the posterior mean; the exact solution keeps the distance from the mean in
/// units of the standard deviation.
fn error(sampler: SamplerKind, levels: &[NoiseLevel]) -> f64 {
    let (first, last) = (levels[0], levels[levels.len() - 1]);
    let start: Vec<f64> = [-2.0, -0.5, 0.0, 1.0, 2.5]
        .iter()
        .map(|z| first.alpha * DATA.0 + z * spread(first))
        .collect();
    let mut denoise = |x: Tensor<1>, level: NoiseLevel| -> Result<Tensor<1>, ZooError> {
        let gain = level.alpha * DATA.1 * DATA.1 / spread(level).powi(2);
        let rest = x.add_scalar(-level.alpha * DATA.0);
        Ok(rest.mul_scalar(gain).add_scalar(DATA.0))
    };
    let found = sampler.sample(&mut denoise, tensor(&start), levels, &mut |_| ());
    let ratio = spread(last) / spread(first);
    values(found.unwrap())
        .iter()
        .zip(&start)
        .map(|(x, begun)| {
            let exact = last.alpha * DATA.0 + (begun - first.alpha * DATA.0) * ratio;
            (x - exact).abs()
        })
        .fold(0.0, f64::max)
}

/// Checks by which factor errors fall from 50 to 100 and from 100 to 200 steps.
fn check_ratios(
    sampler: SamplerKind,
    schedule: fn(usize) -> Vec<NoiseLevel>,
    expected: std::ops::Range<f64>,
) {
    let errors = [50, 100, 200].map(|steps| error(sampler, &schedule(steps)));
    let ratios = [errors[0] / errors[1], errors[1] / errors[2]];
    for ratio in ratios {
        assert!(expected.contains(&ratio), "{sampler:?}: {errors:?}");
    }
}

fn edm(steps: usize) -> Vec<NoiseLevel> {
    karras(steps, 0.002, 80.0, 7.0).unwrap()
}

#[test]
fn errors_fall_with_the_order_of_the_method() {
    let flow = |steps| rectified_flow(steps, 1.0).unwrap();
    check_ratios(SamplerKind::Euler, flow, 1.9..2.1);
    check_ratios(SamplerKind::Heun, flow, 3.7..4.3);
    // At both ends of a flow steps are long in log(alpha / sigma), however many there are. That costs
    // this solver a logarithm.
    check_ratios(SamplerKind::DpmSolverPp2M, flow, 2.9..4.3);
    check_ratios(SamplerKind::Euler, edm, 1.9..2.1);
    check_ratios(SamplerKind::Heun, edm, 3.7..4.5);
    check_ratios(SamplerKind::DpmSolverPp2M, edm, 3.7..4.5);
}

/// Between two levels that all numbers of steps share, and that are neither pure noise nor the image.
#[test]
fn orders_are_whole_between_the_ends_of_every_schedule() {
    let parts: [fn(usize) -> Vec<NoiseLevel>; 4] = [
        |steps| rectified_flow(steps, 1.0).unwrap()[steps / 10..=steps * 9 / 10].to_vec(),
        |steps| rectified_flow(steps, 3.0).unwrap()[steps / 10..=steps * 9 / 10].to_vec(),
        |steps| edm(steps)[..steps].to_vec(),
        // To timestep 199. The last step, to the image, begins at a variance in proportion to its length
        // and so has an error of first order, whatever the method.
        |steps| {
            let sd = ScaledLinear::default();
            sd.levels(steps, Spacing::Trailing).unwrap()[..=steps * 4 / 5].to_vec()
        },
    ];
    for part in parts {
        check_ratios(SamplerKind::Euler, part, 1.85..2.15);
        check_ratios(SamplerKind::Heun, part, 3.6..4.5);
        // Shifted, its errors of second and third order have opposite signs, and the first is small.
        check_ratios(SamplerKind::DpmSolverPp2M, part, 3.6..6.5);
    }
}

#[test]
fn levels_may_end_above_zero() {
    for sampler in SamplerKind::ALL {
        let levels = rectified_flow(200, 1.0).unwrap();
        let found = error(sampler, &levels[..120]);
        assert!(found < 5e-3, "{sampler:?}: {found}");
    }
}

#[test]
fn levels_that_no_sampler_can_follow_are_errors() {
    let level = |alpha, sigma| NoiseLevel { alpha, sigma };
    let good = level(0.0, 1.0);
    for bad in [
        vec![],
        vec![good],
        vec![good, good],
        vec![level(0.5, 0.5), good],
        vec![good, NoiseLevel::IMAGE, NoiseLevel::IMAGE],
        vec![good, level(0.0, 0.0)],
        vec![good, level(f64::NAN, 0.5)],
        vec![level(-0.1, 1.0), NoiseLevel::IMAGE],
    ] {
        for sampler in SamplerKind::ALL {
            let mut asked = 0;
            let mut denoise = |x: Tensor<1>, _| {
                asked += 1;
                Ok(x)
            };
            let found: Result<_, ZooError> =
                sampler.sample(&mut denoise, tensor(&[0.0]), &bad, &mut |_| ());
            assert!(found.is_err() && asked == 0, "{sampler:?} {bad:?}");
        }
    }
}

#[test]
fn an_error_of_the_network_ends_the_sampling() {
    let levels = rectified_flow(4, 1.0).unwrap();
    for sampler in SamplerKind::ALL {
        let mut done = 0;
        let mut denoise = |x: Tensor<1>, level: NoiseLevel| match level.sigma {
            sigma if sigma > 0.6 => Ok(x),
            _ => Err(ZooError::Config("no more".to_string())),
        };
        let found = sampler.sample(&mut denoise, tensor(&[0.0]), &levels, &mut |n| done = n);
        assert_eq!(found.unwrap_err().to_string(), "no more");
        assert!(done <= 2, "{sampler:?}");
    }
}

#[test]
fn settings_out_of_range_are_errors() {
    assert!(rectified_flow(0, 1.0).is_err());
    assert!(rectified_flow(4, 0.0).is_err());
    assert!(rectified_flow(4, f64::NAN).is_err());
    assert!(karras(0, 0.002, 80.0, 7.0).is_err());
    assert!(karras(4, 80.0, 0.002, 7.0).is_err());
    assert!(karras(4, 0.0, 80.0, 7.0).is_err());
    let sd = ScaledLinear::default();
    for steps in [0, 1001] {
        assert!(sd.levels(steps, Spacing::Trailing).is_err());
    }
    // 999 and the offset of 1 are one too many.
    assert!(sd.levels(1000, Spacing::Leading).is_err());
    assert!(sd.levels(1000, Spacing::Trailing).is_ok());
    let wrong = ScaledLinear {
        beta_end: 1.0,
        ..sd
    };
    assert!(wrong.table().is_err());
}

#[test]
fn names_are_those_of_experiment_files() {
    for sampler in SamplerKind::ALL {
        let json = serde_json::to_string(&sampler).unwrap();
        assert_eq!(json, format!("\"{}\"", sampler.name()));
    }
    let kinds = serde_json::to_string(&Prediction::ALL).unwrap();
    assert_eq!(kinds, r#"["sample","noise","velocity","v"]"#);
}

#[test]
fn timesteps_are_found_again() {
    let sd = ScaledLinear::default();
    let table = sd.table().unwrap();
    assert_eq!(
        sd.sampled(4, Spacing::Trailing).unwrap(),
        [999, 749, 499, 249]
    );
    assert_eq!(sd.sampled(4, Spacing::Leading).unwrap(), [751, 501, 251, 1]);
    for t in [0, 1, 250, 998, 999] {
        assert!((sd.timestep(table[t]).unwrap() - t as f64).abs() < 1e-9);
        // The same proportion in other units.
        let scaled = NoiseLevel {
            alpha: 1.0,
            sigma: table[t].sigma / table[t].alpha,
        };
        assert!((sd.timestep(scaled).unwrap() - t as f64).abs() < 1e-9);
    }
    let pure = NoiseLevel {
        alpha: 0.0,
        sigma: 1.0,
    };
    assert_eq!(sd.timestep(pure).unwrap(), 999.0);
    assert_eq!(sd.timestep(NoiseLevel::IMAGE).unwrap(), 0.0);
}

#[test]
fn noise_is_normal_and_a_function_of_its_keys() {
    let numbers = |seed, index, count| noise(seed, index, [count]).try_to_vec::<f32>().unwrap();
    let many = numbers(5, 2, 100_000);
    assert_eq!(many, numbers(5, 2, 100_000));
    assert_eq!(
        many[..24],
        noise(5, 2, [1, 2, 3, 4]).try_to_vec::<f32>().unwrap()
    );
    let other = numbers(5, 3, 100_000);
    assert_ne!(many, numbers(6, 2, 100_000));
    let mean = |power: i32| {
        let sum: f64 = many.iter().map(|v| f64::from(*v).powi(power)).sum();
        sum / many.len() as f64
    };
    // Four standard errors each.
    assert!(mean(1).abs() < 4.0 / 316.0, "{}", mean(1));
    assert!((mean(2) - 1.0).abs() < 4.0 * 2f64.sqrt() / 316.0);
    assert!(mean(3).abs() < 4.0 * 15f64.sqrt() / 316.0);
    assert!((mean(4) - 3.0).abs() < 4.0 * 96f64.sqrt() / 316.0);
    let product: f64 = many
        .iter()
        .zip(&other)
        .map(|(a, b)| f64::from(a * b))
        .sum::<f64>()
        / many.len() as f64;
    assert!(product.abs() < 4.0 / 316.0, "{product}");
    // Written down so that no update changes what a seed gives.
    assert_eq!(many[..4], [1.4579773, 0.5832642, -1.3532, 0.58095676]);
}
