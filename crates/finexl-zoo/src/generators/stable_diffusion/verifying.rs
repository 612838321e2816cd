//! Checking a model's files and what they compute.

use super::files::{missing_files, open_files};
use super::schedulers::SchedulerClass;
use super::size::Size;
use super::{SchedulerChoice, StableDiffusionGenerator};
use crate::ZooError;
use crate::encoders::clip::{Check, check_hashes};
use crate::generators::{ChosenSettings, ChosenStableDiffusion, GenerationRequest, Generator};
use burn::tensor::Device;
use finexl_data::image::Image;
use std::path::{Path, PathBuf};

/// Latents along a side of the picture that is made.
const LATENTS: usize = 8;
/// Steps that it takes.
const STEPS: usize = 2;

/// Checks hashes where they are known, loads strictly, and makes small pictures that have to be the same again and other
/// ones for another seed.
///
/// # Errors
/// The first thing that is wrong: as [`StableDiffusionGenerator::open`], a hash that differs, or a self-test that fails.
pub fn verify_files(name: &str, path: &Path, device: &Device) -> Result<Vec<Check>, ZooError> {
    missing_files(path)?;
    let opened = open_files(path)?;
    let files: Vec<PathBuf> = [opened.unet_files, opened.other_files].concat();
    let root = if path.is_dir() {
        path
    } else {
        path.parent().unwrap_or(path)
    };
    let mut checks = check_hashes(root, files.iter().map(PathBuf::as_path))?;
    let generator = StableDiffusionGenerator::open(name, path, device)?.with_kept_pictures(None);
    checks.push(Check::new(
        "weights",
        "every tensor is there, is used and holds numbers",
    ));
    checks.push(self_test(&generator)?);
    Ok(checks)
}

fn self_test(generator: &StableDiffusionGenerator) -> Result<Check, ZooError> {
    let side = LATENTS * generator.network().facts().factor.max(1);
    let chosen = ChosenSettings {
        steps: Some(STEPS),
        stable_diffusion: ChosenStableDiffusion {
            size: Some(Size::square(side)),
            ..ChosenStableDiffusion::default()
        },
        ..ChosenSettings::default()
    };
    // A scheduler that is not built says nothing of the weights.
    let settings = generator.settings(&chosen).or_else(|_| {
        let mut other = chosen.clone();
        other.stable_diffusion.scheduler = Some(SchedulerChoice {
            class: SchedulerClass::Ddim,
            karras: false,
            spacing: None,
        });
        generator.settings(&other)
    })?;
    let picture = |seed: u64| -> Result<Option<Image>, ZooError> {
        let requests = [GenerationRequest {
            prompt: "a red apple".to_string(),
            index: 0,
            seed,
        }];
        Ok(generator.generate(&requests, &settings, &|_| ())?.pop())
    };
    let failed = |what: &str| ZooError::Weights {
        path: PathBuf::from(generator.name()),
        problem: format!("the self-test failed: {what}"),
        remedy: "fetch the weights again; if it stays, report it",
    };
    let (first, again, other) = (picture(1)?, picture(1)?, picture(2)?);
    if first != again {
        return Err(failed("the same seed makes another picture"));
    }
    if first == other {
        return Err(failed("another seed makes the same picture"));
    }
    Ok(Check::new(
        "self-test",
        format!(
            "{side} x {side} pixels in {STEPS} steps: the same again, another for another seed"
        ),
    ))
}
