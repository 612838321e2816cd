//! What a personalization has to fulfil before it begins.

use super::style_images::check_operators;
use super::training_images::check_pictures;
use super::weight_tuning::trainable;
use crate::ZooError;
use crate::generators::{AnyGenerator, Generator, Tunable, with_tunable};
use crate::workers::Workers;
use burn::module::Module;
use burn::tensor::Device;
use finexl_core::experiment::{Mechanism, Personalize, TrainingPictures};

/// The number of steps of a configuration that makes sense.
pub(super) fn check(config: &Personalize, base: &AnyGenerator) -> Result<usize, ZooError> {
    let steps = check_numbers(config)?;
    check_pictures(config, base)?;
    match (&config.mechanism, base) {
        (Mechanism::Full {}, AnyGenerator::StableDiffusion(base)) if !base.path().is_dir() => {
            return Err(wrong(
                config,
                &format!(
                    "{} is one file, and a whole model is kept as a folder with all its parts; give the folder of a \
                     pipeline of diffusers, or take the mechanism lora",
                    base.name()
                ),
            ));
        }
        (Mechanism::Direction {}, _) if config.pictures.is_some() => {
            return Err(wrong(
                config,
                "a direction is learned from drawn scenes; leave the pictures out",
            ));
        }
        (Mechanism::Full {}, _) => {}
        (Mechanism::Lora { .. }, base) => {
            let device = Device::flex().autodiff();
            with_tunable!(base, base => trainable(config, base.as_ref(), &device).map(|_| ()))?;
        }
        (Mechanism::Direction {}, AnyGenerator::Gan(_)) => check_operators(config)?,
        (Mechanism::Direction {}, _) => {
            return Err(wrong(
                config,
                &format!(
                    "{} has no mapping network, in whose space a direction could lie; take a GAN, or \
                     another mechanism",
                    base.name()
                ),
            ));
        }
    }
    Ok(steps)
}

fn wrong(config: &Personalize, problem: &str) -> ZooError {
    ZooError::Config(format!("personalization {}: {problem}", config.name))
}

/// The number of steps, if the numbers make sense.
fn check_numbers(config: &Personalize) -> Result<usize, ZooError> {
    if config.images == 0 || config.images_per_step == 0 {
        return Err(wrong(
            config,
            "images and images-per-step have to be at least 1",
        ));
    }
    if !config.snapshots.is_sorted_by(|a, b| a < b) || config.snapshots.first() == Some(&0) {
        return Err(wrong(config, "snapshots have to rise, from 1 on"));
    }
    if !(config.learning_rate.is_finite() && config.learning_rate > 0.0) {
        return Err(wrong(
            config,
            "the learning rate has to be a positive number",
        ));
    }
    match config.snapshots.last() {
        Some(last) => Ok(*last),
        None => Err(wrong(config, "name at least one snapshot")),
    }
}

/// Bytes that a training takes on the processor, roughly: training images with their latents, the weights (where all are
/// trained with gradients, two moments and a gradient per part of a step), and what a step keeps for its way back.
pub(super) fn memory<G: Tunable>(config: &Personalize, base: &G) -> u64 {
    const NUMBER: usize = 4;
    let side = match &config.pictures {
        Some(TrainingPictures::Folder { side, .. } | TrainingPictures::Prompts { side, .. }) => {
            *side
        }
        None => None,
    };
    let takes = base.tuning_memory(side);
    let parts = Workers::new(&Device::flex()).parts();
    let copies = match &config.mechanism {
        // Frozen, in single precision; the factors are few.
        Mechanism::Lora { .. } => 1,
        Mechanism::Full {} | Mechanism::Direction {} => 4 + parts,
    };
    let weights = base.network().num_params() * copies;
    let images = config.images.saturating_mul(takes.per_image);
    let step = config.images_per_step.saturating_mul(takes.per_row);
    let numbers = weights.saturating_add(images).saturating_add(step);
    numbers.saturating_mul(NUMBER) as u64
}
