//! Schedules and whole trajectories of the samplers, against diffusers.
//!
//! Fixture: `fixtures/sampling/generate.py`. Where diffusers goes its own way:
//!
//! - Its step to `sigma = 0` is of first order for every solver, as here; of Heun's method that is also
//!   what the paper says.
//! - Called with a number of steps alone, its flow schedulers end at the first training timestep instead
//!   of at equal distances from 0, and shift that end twice; the solver's own flow sigmas begin at 0.999.
//!   Its leading timesteps for DPM-Solver++ are counted for one step more. Such cases run on the levels of
//!   the fixture, all others on our own.
//! - Heun's method for Stable Diffusion it runs on `x / alpha`, so that case has the levels of EDM.
//! - It works in f32 throughout, levels and their logarithms included.

use crate::fixture::{Expected, distance};
use burn::tensor::{Device, Tensor, TensorData};
use finexl_zoo::ZooError;
use finexl_zoo::sampling::{
    NoiseLevel, Prediction, SamplerKind, ScaledLinear, Spacing, karras, rectified_flow,
};
use safetensors::SafeTensors;
use std::path::PathBuf;

/// Largest difference, in proportion to the noise level where that is above 1.
const TOLERANCE: f32 = 3e-6;
/// Largest difference of an alpha or sigma, likewise.
const LEVEL_TOLERANCE: f64 = 2e-6;

struct Fixture {
    meta: serde_json::Value,
    bytes: Vec<u8>,
}

impl Fixture {
    fn read() -> Self {
        let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/sampling");
        let meta = std::fs::read(folder.join("meta.json")).unwrap();
        Self {
            meta: serde_json::from_slice(&meta).unwrap(),
            bytes: std::fs::read(folder.join("trajectories.safetensors")).unwrap(),
        }
    }

    fn f64(&self, name: &str) -> Vec<f64> {
        let file = SafeTensors::deserialize(&self.bytes).unwrap();
        let (words, _) = file.tensor(name).unwrap().data().as_chunks::<8>();
        words.iter().map(|word| f64::from_le_bytes(*word)).collect()
    }

    fn f32(&self, name: &str) -> Expected {
        let file = SafeTensors::deserialize(&self.bytes).unwrap();
        let view = file.tensor(name).unwrap();
        let (words, _) = view.data().as_chunks::<4>();
        Expected {
            shape: view.shape().to_vec(),
            values: words.iter().map(|word| f32::from_le_bytes(*word)).collect(),
        }
    }

    fn levels(&self, case: &str) -> Vec<NoiseLevel> {
        self.f64(&format!("{case}/levels"))
            .chunks_exact(2)
            .map(|pair| NoiseLevel {
                alpha: pair[0],
                sigma: pair[1],
            })
            .collect()
    }
}

/// Our schedule, where diffusers has the same.
fn own_levels(case: &str) -> Option<Vec<NoiseLevel>> {
    let sd = ScaledLinear::default();
    let levels = match case {
        "flow-heun" => rectified_flow(6, 1.0),
        "flow-euler" => rectified_flow(8, 1.0),
        "flow-euler-shift" => rectified_flow(7, 3.0),
        "sd-dpm-trailing" => sd.levels(20, Spacing::Trailing),
        "sd-dpm-trailing-v" => sd.levels(7, Spacing::Trailing),
        "sd-ddim-leading" => sd.levels(8, Spacing::Leading),
        "sd-ddim-trailing" => sd.levels(8, Spacing::Trailing),
        "edm-euler" | "edm-dpm" => karras(10, 0.002, 80.0, 7.0),
        _ => return None,
    };
    Some(levels.unwrap())
}

/// The posterior mean of the mixture for one item, in f64.
fn posterior_mean(x: &[f32], level: NoiseLevel, means: &[f64], deviation: f64) -> Vec<f64> {
    let NoiseLevel { alpha, sigma } = level;
    let spread = deviation * deviation;
    let variance = alpha * alpha * spread + sigma * sigma;
    let parts = means.chunks_exact(x.len());
    let rests: Vec<Vec<f64>> = parts
        .clone()
        .map(|mean| {
            let pairs = x.iter().zip(mean);
            pairs.map(|(x, m)| f64::from(*x) - alpha * m).collect()
        })
        .collect();
    let logits: Vec<f64> = rests
        .iter()
        .map(|rest| -rest.iter().map(|r| r * r).sum::<f64>() / (2.0 * variance))
        .collect();
    let largest = logits.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let weights: Vec<f64> = logits.iter().map(|l| (l - largest).exp()).collect();
    let total: f64 = weights.iter().sum();
    let mut estimate = vec![0.0; x.len()];
    for ((mean, rest), weight) in parts.zip(&rests).zip(&weights) {
        for ((e, m), r) in estimate.iter_mut().zip(mean).zip(rest) {
            *e += weight / total * (m + alpha * spread / variance * r);
        }
    }
    estimate
}

/// What a network would give, rounded to f32 as the fixture's was.
fn network(kind: Prediction, x: &[f32], x0: &[f64], level: NoiseLevel) -> Vec<f32> {
    let NoiseLevel { alpha, sigma } = level;
    let pairs = x.iter().zip(x0);
    pairs
        .map(|(x, x0)| {
            let noise = (f64::from(*x) - alpha * x0) / sigma;
            let value = match kind {
                Prediction::Sample => *x0,
                Prediction::Noise => noise,
                Prediction::Velocity => noise - x0,
                Prediction::V => alpha * noise - sigma * x0,
            };
            value as f32
        })
        .collect()
}

/// Every input of the denoiser and the result, with the noise level of each.
fn trajectory(fixture: &Fixture, case: &str, levels: &[NoiseLevel]) -> Vec<(Vec<f32>, f64)> {
    let described = &fixture.meta["cases"][case];
    let read = |key: &str| described[key].clone();
    let sampler: SamplerKind = serde_json::from_value(read("sampler")).unwrap();
    let kind: Prediction = serde_json::from_value(read("prediction")).unwrap();
    let deviation = fixture.meta["deviation"].as_f64().unwrap();
    let means = fixture.f64("means");
    let start = fixture.f32(&format!("{case}/inputs"));
    let shape: [usize; 4] = start.shape[1..].try_into().unwrap();
    let device = Device::flex();
    let mut seen = Vec::new();
    let mut denoise = |x: Tensor<4>, level: NoiseLevel| {
        let values = x.to_data().try_to_vec::<f32>().unwrap();
        let item = values.len() / shape[0];
        let given: Vec<f32> = values
            .chunks_exact(item)
            .flat_map(|x| network(kind, x, &posterior_mean(x, level, &means, deviation), level))
            .collect();
        seen.push((values, level.sigma));
        let given = Tensor::from_data(TensorData::new(given, shape), &device);
        kind.to_x0(given, x, level)
    };
    let x = Tensor::from_data(TensorData::new(start.item(0).to_vec(), shape), &device);
    let mut steps = Vec::new();
    let result: Result<Tensor<4>, ZooError> =
        sampler.sample(&mut denoise, x, levels, &mut |step| steps.push(step));
    let values = result.unwrap().to_data().try_to_vec::<f32>().unwrap();
    assert!(steps.into_iter().eq(1..levels.len()), "{case}");
    seen.push((values, 0.0));
    assert_eq!(seen.len(), sampler.calls(levels.len() - 1) + 1, "{case}");
    seen
}

#[test]
fn schedules_are_those_of_diffusers() {
    let fixture = Fixture::read();
    for case in fixture.meta["cases"].as_object().unwrap().keys() {
        let Some(ours) = own_levels(case) else {
            continue;
        };
        let theirs = fixture.levels(case);
        assert_eq!(ours.len(), theirs.len(), "{case}");
        for (a, b) in ours.iter().zip(&theirs) {
            let difference = (a.alpha - b.alpha).abs().max((a.sigma - b.sigma).abs());
            let scale = b.sigma.max(1.0);
            assert!(difference < LEVEL_TOLERANCE * scale, "{case}: {a:?} {b:?}");
        }
    }
}

#[test]
fn trajectories_are_those_of_diffusers() {
    let fixture = Fixture::read();
    for case in fixture.meta["cases"].as_object().unwrap().keys() {
        let levels = own_levels(case).unwrap_or_else(|| fixture.levels(case));
        let expected = fixture.f32(&format!("{case}/inputs"));
        let ours = trajectory(&fixture, case, &levels);
        assert_eq!(ours.len(), expected.shape[0], "{case}");
        for (index, (values, sigma)) in ours.iter().enumerate() {
            let scale = sigma.max(1.0) as f32;
            let difference = distance(values, expected.item(index)) / scale;
            assert!(difference < TOLERANCE, "{case} at {index}: {difference}");
        }
    }
}

/// The fixture is what `generate.py` wrote with the versions that it says.
#[test]
fn the_fixture_says_its_versions() {
    let meta = Fixture::read().meta;
    for name in ["torch", "diffusers", "numpy"] {
        assert!(meta[name].is_string(), "{meta}");
    }
}
