//! Timesteps, sigmas and trajectories of Stable Diffusion's schedulers, against diffusers.
//!
//! Fixture: `fixtures/schedulers/generate.py`, every class x spacing x prediction x zero-SNR. diffusers works in f32
//! throughout; here coefficients are in f64 and latents in f32.

use crate::fixture::{Expected, distance};
use burn::tensor::{Device, Tensor, TensorData};
use finexl_zoo::generators::stable_diffusion::schedulers::{Call, SchedulerClass, SchedulerConfig};
use std::collections::BTreeMap;
use std::path::PathBuf;

/// Largest difference in proportion to the latents' largest number, where that is above 1.
const TOLERANCE: f32 = 4e-6;

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/schedulers")
}

fn meta() -> serde_json::Value {
    let bytes = std::fs::read(folder().join("meta.json")).unwrap();
    serde_json::from_slice(&bytes).unwrap()
}

fn tensor(values: Vec<f32>) -> Tensor<4> {
    Tensor::from_data(TensorData::new(values, [1, 4, 2, 2]), &Device::flex())
}

fn values(tensor: &Tensor<4>) -> Vec<f32> {
    tensor.clone().into_data().try_to_vec().unwrap()
}

fn start() -> Vec<f32> {
    let at = |i: u32| ((2.3 * f64::from(i) + 0.4).cos() * 1.4) as f32;
    (0..16).map(at).collect()
}

fn fresh(call: usize) -> Tensor<4> {
    let at = |i: u32| ((1.7 * f64::from(i) + 0.9 * call as f64).sin() * 1.3) as f32;
    tensor((0..16).map(at).collect())
}

fn network(x: &[f32], t: f64) -> Vec<f32> {
    x.iter()
        .map(|x| {
            let x = f64::from(*x);
            (0.9 * x + 0.2 * (3.0 * x + t / 250.0).cos()) as f32
        })
        .collect()
}

/// The largest differences of inputs and steps in proportion to what is expected.
fn compare(case: &serde_json::Value, expected: &BTreeMap<String, Expected>) -> Result<f32, String> {
    let name = case["case"].as_str().unwrap();
    let config = serde_json::to_vec(&case["config"]).unwrap();
    let config = SchedulerConfig::read(&config, &PathBuf::from(name), None)
        .map_err(|error| error.to_string())?;
    let schedule = config
        .schedule(case["steps"].as_u64().unwrap() as usize)
        .map_err(|error| error.to_string())?;
    let start_error = (schedule.start() - case["start"].as_f64().unwrap()).abs();
    assert!(
        start_error < 1e-6 * schedule.start(),
        "{name}: {start_error}"
    );
    if let Some(sigmas) = schedule.sigmas() {
        let of = &expected[&format!("{name}/sigmas")].values;
        for (ours, theirs) in sigmas.iter().zip(of) {
            assert!(
                (ours - theirs).abs() <= 2e-6 * theirs.abs(),
                "{name}: sigma {ours} {theirs}"
            );
        }
        assert_eq!(sigmas.len(), of.len(), "{name}");
    }
    let mut x = tensor(start()).mul_scalar(schedule.start());
    let mut steps = schedule.steps();
    let (inputs, after) = (
        &expected[&format!("{name}/inputs")],
        &expected[&format!("{name}/steps")],
    );
    let mut largest = 0.0f32;
    let relative = |ours: &[f32], theirs: &[f32]| {
        let size = theirs.iter().fold(1.0f32, |a, b| a.max(b.abs()));
        distance(ours, theirs) / size
    };
    for (
        call,
        Call {
            timestep,
            input_scale,
        },
    ) in schedule.calls().iter().enumerate()
    {
        let seen = values(&x.clone().mul_scalar(*input_scale));
        largest = largest.max(relative(&seen, inputs.item(call)));
        let predicted = tensor(network(&seen, *timestep));
        x = steps.step(predicted, x, &mut fresh).unwrap();
        largest = largest.max(relative(&values(&x), after.item(call)));
    }
    assert_eq!(after.shape[0], schedule.calls().len(), "{name}");
    Ok(largest)
}

#[test]
fn trajectories_are_those_of_diffusers() {
    let expected = fixture_tensors();
    let meta = meta();
    let mut table: BTreeMap<String, f32> = BTreeMap::new();
    for case in meta["cases"].as_array().unwrap() {
        let name = case["case"].as_str().unwrap();
        if case["finite"] == false {
            let error = compare(case, &expected).unwrap_err();
            assert!(
                error.contains("nothing is left of the image"),
                "{name}: {error}"
            );
            continue;
        }
        let difference = compare(case, &expected).unwrap_or_else(|error| panic!("{name}: {error}"));
        let (group, _) = name.rsplit_once('-').unwrap();
        let largest = table.entry(group.to_string()).or_default();
        *largest = largest.max(difference);
    }
    for (group, difference) in &table {
        println!("{group} {difference:.1e}");
    }
    let worst = table.iter().max_by(|a, b| a.1.total_cmp(b.1)).unwrap();
    assert!(*worst.1 < TOLERANCE, "{worst:?}");
}

/// The fixture's tensors of f32; timesteps, in f64, are compared on their own.
fn fixture_tensors() -> BTreeMap<String, Expected> {
    let bytes = std::fs::read(folder().join("trajectories.safetensors")).unwrap();
    let file = safetensors::SafeTensors::deserialize(&bytes).unwrap();
    file.iter()
        .map(|(name, view)| {
            let values = match view.dtype() {
                safetensors::Dtype::F64 => {
                    let (words, _) = view.data().as_chunks::<8>();
                    words
                        .iter()
                        .map(|w| f64::from_le_bytes(*w) as f32)
                        .collect()
                }
                _ => {
                    let (words, _) = view.data().as_chunks::<4>();
                    words.iter().map(|w| f32::from_le_bytes(*w)).collect()
                }
            };
            let shape = view.shape().to_vec();
            (name.to_string(), Expected { shape, values })
        })
        .collect()
}

#[test]
fn timesteps_are_those_of_diffusers() {
    let expected = fixture_tensors();
    for case in meta()["cases"].as_array().unwrap() {
        if case["finite"] == false {
            continue;
        }
        let name = case["case"].as_str().unwrap();
        let config = serde_json::to_vec(&case["config"]).unwrap();
        let config = SchedulerConfig::read(&config, &PathBuf::from(name), None).unwrap();
        let schedule = config
            .schedule(case["steps"].as_u64().unwrap() as usize)
            .unwrap();
        let theirs = &expected[&format!("{name}/timesteps")].values;
        let ours: Vec<f32> = schedule.calls().iter().map(|c| c.timestep as f32).collect();
        // Interpolated timesteps of Karras' sigmas differ in the last digits.
        assert!(
            distance(&ours, theirs) < 2e-3,
            "{name}: {ours:?} {theirs:?}"
        );
        if !name.contains("karras") {
            assert_eq!(&ours, theirs, "{name}");
        }
    }
}

#[test]
fn what_is_not_built_is_refused_by_its_key() {
    let refused = |json: &str, words: &[&str]| {
        let read = SchedulerConfig::read(json.as_bytes(), &PathBuf::from("s.json"), None);
        let error = read.unwrap_err().to_string();
        for word in words.iter().chain(&["s.json"]) {
            assert!(error.contains(word), "{error}");
        }
    };
    refused(
        r#"{"_class_name": "UniPCMultistepScheduler"}"#,
        &["UniPC", "--scheduler", "pndm"],
    );
    refused(
        r#"{"_class_name": "DDIMScheduler", "thresholding": true}"#,
        &["thresholding"],
    );
    refused(r#"{"_class_name": "PNDMScheduler"}"#, &["skip_prk_steps"]);
    refused(
        r#"{"_class_name": "DDIMScheduler", "shift": 3}"#,
        &["shift"],
    );
    refused(
        r#"{"_class_name": "EulerDiscreteScheduler", "use_beta_sigmas": true}"#,
        &["use_beta_sigmas"],
    );
    refused(
        r#"{"_class_name": "DPMSolverMultistepScheduler", "algorithm_type": "sde-dpmsolver++"}"#,
        &["algorithm_type", "sde"],
    );
    refused(
        r#"{"_class_name": "DDIMScheduler", "steps_offset": "1"}"#,
        &["steps_offset"],
    );
    refused(r#"{"_class_name": "DDIMSch"#, &["not JSON"]);
    refused("{}", &["_class_name"]);
}

#[test]
fn another_class_keeps_what_it_knows() {
    let published = r#"{"_class_name": "PNDMScheduler", "_diffusers_version": "0.6.0", "beta_end": 0.012,
        "beta_schedule": "scaled_linear", "beta_start": 0.00085, "num_train_timesteps": 1000,
        "set_alpha_to_one": false, "skip_prk_steps": true, "steps_offset": 1, "trained_betas": null,
        "clip_sample": false}"#;
    let read = |class| {
        SchedulerConfig::read(published.as_bytes(), &PathBuf::from("s.json"), class).unwrap()
    };
    let pndm = read(None);
    assert_eq!(
        pndm,
        SchedulerConfig::of_stable_diffusion(finexl_zoo::sampling::Prediction::Noise)
    );
    let ddim = read(Some(SchedulerClass::Ddim));
    assert_eq!(
        (ddim.offset, ddim.alpha_to_one, ddim.clip),
        (1, false, None)
    );
    // Keys of a class that is not built do not stand in the way of one that is chosen in its place.
    let other =
        r#"{"_class_name": "UniPCMultistepScheduler", "disable_corrector": [], "steps_offset": 1}"#;
    let class = Some(SchedulerClass::Euler);
    let euler = SchedulerConfig::read(other.as_bytes(), &PathBuf::from("s.json"), class).unwrap();
    assert_eq!((euler.class, euler.offset), (SchedulerClass::Euler, 1));
    let solver =
        r#"{"_class_name": "DPMSolverMultistepScheduler", "lambda_min_clipped": -Infinity}"#;
    let solver = SchedulerConfig::read(solver.as_bytes(), &PathBuf::from("s.json"), None).unwrap();
    assert_eq!(
        solver,
        SchedulerConfig::of_class(SchedulerClass::DpmSolverPp2M)
    );
}

#[test]
fn numbers_of_steps_outside_a_schedule_are_refused() {
    for class in SchedulerClass::ALL {
        let config = SchedulerConfig::of_class(class);
        for steps in [0, 1001] {
            assert!(config.schedule(steps).is_err(), "{class:?} {steps}");
        }
    }
    let lcm = SchedulerConfig::of_class(SchedulerClass::Lcm);
    assert!(
        lcm.schedule(51)
            .unwrap_err()
            .to_string()
            .contains("at most 50")
    );
    let four = lcm.schedule(4).unwrap();
    let timesteps: Vec<f64> = four.calls().iter().map(|call| call.timestep).collect();
    assert_eq!(timesteps, [999.0, 759.0, 499.0, 259.0]);
}
