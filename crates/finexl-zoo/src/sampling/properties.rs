//! What holds for all settings.

#![allow(clippy::unwrap_used)]

use super::*;
use crate::ZooError;
use burn::tensor::{DType, Device, Tensor, TensorData};
use proptest::prelude::*;

fn tensor(values: &[f64]) -> Tensor<1> {
    let data = TensorData::new(values.to_vec(), [values.len()]);
    Tensor::from_data(data, (&Device::flex(), DType::F64))
}

fn distance(a: Tensor<1>, b: Tensor<1>) -> f64 {
    let difference: Vec<f64> = (a - b).abs().into_data().try_to_vec().unwrap();
    difference.into_iter().fold(0.0, f64::max)
}

fn three() -> impl Strategy<Value = [f64; 3]> {
    prop::array::uniform3(-3.0..3.0)
}

fn sampler() -> impl Strategy<Value = SamplerKind> {
    prop::sample::select(&SamplerKind::ALL[..])
}

fn spacing() -> impl Strategy<Value = Spacing> {
    prop::sample::select(&[Spacing::Leading, Spacing::Trailing][..])
}

/// Levels of any kind.
fn schedule() -> impl Strategy<Value = Vec<NoiseLevel>> {
    let flow = (1usize..40, 0.1..10.0f64).prop_map(|(n, s)| rectified_flow(n, s).unwrap());
    let edm = (1usize..40, 0.001..0.1f64, 1.0..100.0f64, 1.0..10.0f64)
        .prop_map(|(n, low, high, rho)| karras(n, low, high, rho).unwrap());
    let sd = (1usize..40, spacing())
        .prop_map(|(n, spacing)| ScaledLinear::default().levels(n, spacing).unwrap());
    prop_oneof![flow, edm, sd]
}

/// A level with some image in it.
fn level() -> impl Strategy<Value = NoiseLevel> {
    (0.05..1.0f64, 0.0..2.0f64).prop_map(|(alpha, sigma)| NoiseLevel { alpha, sigma })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn schedules_fall_to_the_image(levels in schedule()) {
        check_levels(&levels).unwrap();
        prop_assert_eq!(levels[levels.len() - 1], NoiseLevel::IMAGE);
        for pair in levels.windows(2) {
            prop_assert!(pair[1].sigma < pair[0].sigma);
            prop_assert!(pair[1].alpha >= pair[0].alpha);
        }
    }

    #[test]
    fn flow_begins_at_pure_noise_and_a_shift_of_one_is_none(steps in 1usize..100, shift in 1.01..20.0f64) {
        let (plain, shifted) = (rectified_flow(steps, 1.0).unwrap(), rectified_flow(steps, shift).unwrap());
        prop_assert_eq!((shifted.len(), shifted[0].alpha, shifted[0].sigma), (steps + 1, 0.0, 1.0));
        for (index, (a, b)) in plain.iter().zip(&shifted).enumerate() {
            prop_assert!((a.sigma - (1.0 - index as f64 / steps as f64)).abs() < 1e-15);
            prop_assert!((b.alpha + b.sigma - 1.0).abs() < 1e-15);
            prop_assert!(b.sigma >= a.sigma);
        }
    }

    #[test]
    fn edm_spaces_the_roots_evenly(
        steps in 3usize..60, low in 0.001..0.1f64, high in 1.0..100.0f64, rho in 1.0..10.0f64,
    ) {
        let levels = karras(steps, low, high, rho).unwrap();
        prop_assert_eq!((levels.len(), levels[0].sigma, levels[steps - 1].sigma), (steps + 1, high, low));
        let roots: Vec<f64> = levels[..steps].iter().map(|l| l.sigma.powf(1.0 / rho)).collect();
        let gap = (roots[0] - roots[steps - 1]) / (steps - 1) as f64;
        for pair in roots.windows(2) {
            prop_assert!((pair[0] - pair[1] - gap).abs() < 1e-9 * high);
        }
    }

    #[test]
    fn stable_diffusion_preserves_variance(steps in 1usize..1000, spacing in spacing()) {
        let sd = ScaledLinear::default();
        let sampled = sd.sampled(steps, spacing).unwrap();
        prop_assert_eq!(sampled.len(), steps);
        prop_assert!(sampled.windows(2).all(|pair| pair[1] < pair[0]));
        prop_assert!(spacing == Spacing::Leading || sampled[0] == 999);
        for level in sd.levels(steps, spacing).unwrap() {
            prop_assert!((level.alpha.powi(2) + level.sigma.powi(2) - 1.0).abs() < 1e-12);
        }
    }

    /// With one point as data the right estimate is that point everywhere.
    #[test]
    fn one_point_is_found_in_any_number_of_steps(
        levels in schedule(), sampler in sampler(), point in three(), start in three(),
    ) {
        let mut done = Vec::new();
        let mut denoise = |_: Tensor<1>, _: NoiseLevel| Ok::<_, ZooError>(tensor(&point));
        let found = sampler.sample(&mut denoise, tensor(&start), &levels, &mut |n| done.push(n));
        prop_assert!(distance(found.unwrap(), tensor(&point)) < 1e-12);
        prop_assert!(done.into_iter().eq(1..levels.len()));
        // On the way there only the share of the noise changes.
        let cut = &levels[..levels.len() - 1];
        if cut.len() > 1 {
            let (first, last) = (cut[0], cut[cut.len() - 1]);
            let x = first.mix(tensor(&point), tensor(&start));
            let found = sampler.sample(&mut denoise, x, cut, &mut |_| ()).unwrap();
            let exact = last.mix(tensor(&point), tensor(&start));
            prop_assert!(distance(found, exact) < 1e-9 * (1.0 + first.sigma));
        }
    }

    /// Dividing `x` and its level by the same number changes nothing but units.
    #[test]
    fn units_do_not_matter(
        steps in 2usize..30, spacing in spacing(), start in three(),
        sampler in prop::sample::select(&[SamplerKind::Euler, SamplerKind::DpmSolverPp2M][..]),
    ) {
        let levels = ScaledLinear::default().levels(steps, spacing).unwrap();
        let edm: Vec<NoiseLevel> = levels
            .iter()
            .map(|l| NoiseLevel { alpha: 1.0, sigma: l.sigma / l.alpha })
            .collect();
        let mut denoise = |x: Tensor<1>, level: NoiseLevel| {
            let proportion = x.div_scalar(level.alpha.hypot(level.sigma));
            Ok::<_, ZooError>(proportion.sin())
        };
        let one = sampler.sample(&mut denoise, tensor(&start), &levels, &mut |_| ()).unwrap();
        let scaled = tensor(&start).div_scalar(levels[0].alpha);
        let other = sampler.sample(&mut denoise, scaled, &edm, &mut |_| ()).unwrap();
        prop_assert!(distance(one, other) < 1e-9);
    }

    #[test]
    fn predictions_give_the_image_back(level in level(), x0 in three(), noise in three()) {
        let x = level.mix(tensor(&x0), tensor(&noise));
        for kind in Prediction::ALL {
            let target = kind.target(tensor(&x0), tensor(&noise), level);
            let found = kind.to_x0(target, x.clone(), level).unwrap();
            prop_assert!(distance(found, tensor(&x0)) < 1e-12, "{kind:?}");
        }
    }

    #[test]
    fn guidance_commutes_with_the_parametrisation(
        level in level(), x in three(), one in three(), other in three(), scale in -5.0..10.0f64,
    ) {
        for kind in Prediction::ALL {
            let x0 = |given: &[f64]| kind.to_x0(tensor(given), tensor(&x), level).unwrap();
            let before = classifier_free(tensor(&one), tensor(&other), scale);
            let before = kind.to_x0(before, tensor(&x), level).unwrap();
            let after = classifier_free(x0(&one), x0(&other), scale);
            // Nearly no image makes large numbers of predicted noise.
            let bound = 1e-12 * (1.0 + level.sigma / level.alpha) * 100.0;
            prop_assert!(distance(before, after) < bound, "{kind:?}");
        }
        let guided = concept(tensor(&other), tensor(&one), scale);
        prop_assert!(distance(guided, classifier_free(tensor(&one), tensor(&other), scale)) < 1e-12);
        prop_assert!(distance(concept(tensor(&x), tensor(&one), 0.0), tensor(&x)) == 0.0);
    }
}

#[test]
fn noise_predicted_from_noise_alone_is_an_error() {
    let pure = NoiseLevel {
        alpha: 0.0,
        sigma: 1.0,
    };
    for kind in Prediction::ALL {
        let found = kind.to_x0(tensor(&[0.5]), tensor(&[1.0]), pure);
        assert_eq!(found.is_err(), kind == Prediction::Noise);
    }
}
