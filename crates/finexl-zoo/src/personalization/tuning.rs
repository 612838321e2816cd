//! Trains a generator on the images of a style.

use super::style_images::{StyledImage, check_styles, style_images};
use super::training_state::TrainingStates;
use crate::ZooError;
use crate::adapters::{Adapter, BaseModel, LoraSettings, StoredPrecision, add_lora};
use crate::generators::{AnyGenerator, MODEL_FILE, Tunable, with_generator};
use crate::workers::{Workers, cuts};
use burn::grad_clipping::GradientClippingConfig;
use burn::module::Module;
use burn::optim::{AdamWConfig, GradientsParams, ModuleOptimizer};
use burn::tensor::Device;
use finexl_core::experiment::{Mechanism, Personalize};
use finexl_core::fingerprint::Fingerprint;
use finexl_core::partial_folder::PartialFolder;
use finexl_core::personalization::PersonalizationRecord;
use finexl_core::seed::{generator, key};
use finexl_data::image::Image;
use rand::RngExt;
use std::path::{Path, PathBuf};
use std::time::Instant;

/// Steps after which the state of a training is kept, beside those of snapshots.
const STEPS_BETWEEN_STATES: usize = 50;
/// Steps of linear warm-up.
const WARMUP: usize = 10;

/// Personalizes a generator of any family; returns the folders of the snapshots, in order. `progress` is told
/// steps done and in all.
///
/// Snapshots that are there already, of the same configuration and the same images, stay as they are; a
/// training that was killed goes on after the last state that it kept.
///
/// # Errors
/// A configuration that cannot be trained, snapshots of another configuration in the folder, art that
/// was not fetched, files that cannot be written, too little memory.
pub fn personalize(
    config: &Personalize,
    base: &AnyGenerator,
    device: &Device,
    progress: &dyn Fn(usize, usize),
) -> Result<Vec<PathBuf>, ZooError> {
    with_generator!(base, base => tune(config, base.as_ref(), device, progress))
}

/// The number of steps of a configuration that makes sense.
pub(super) fn check(config: &Personalize, base: &AnyGenerator) -> Result<usize, ZooError> {
    with_generator!(base, base => check_tunable(config, base.as_ref()))
}

fn tune<G: Tunable>(
    config: &Personalize,
    base: &G,
    device: &Device,
    progress: &dyn Fn(usize, usize),
) -> Result<Vec<PathBuf>, ZooError> {
    let steps = check_tunable(config, base)?;
    if *device == Device::flex() {
        let what = format!("personalization {} (images, images-per-step)", config.name);
        finexl_core::memory::require(&what, memory(config, base))?;
    }
    let images = style_images(config, base.subjects(), base.image_size())?;
    let tuning = Tuning {
        config,
        base,
        fingerprint: fingerprint(&images),
    };
    let of_step = |step: &usize| snapshot_folder(&config.output, *step);
    let folders: Vec<PathBuf> = config.snapshots.iter().map(of_step).collect();
    let states = TrainingStates::of(&config.output);
    let Some(missing) = tuning.first_missing(&folders)? else {
        states.clear()?;
        return Ok(folders);
    };
    let set = encoded(base, images)?;
    let training_device = device.clone().autodiff();
    let workers = Workers::new(&training_device);
    let mut network = trainable(config, base, &training_device)?;
    let mut optimizer = optimizer();
    let mut begin = 0;
    let before_missing =
        |kept: &PersonalizationRecord| kept.step < missing && *kept == tuning.record(kept.step);
    match states.load(before_missing, &network, &optimizer) {
        Some((step, model, state)) => (begin, network, optimizer) = (step, model, state),
        None => states.clear()?,
    }
    let start = Instant::now();
    for step in begin..steps {
        let batch = tuning.batch(&set, step, &training_device);
        let gradients = tuning.gradients(&network, &batch, &workers, &training_device);
        let warm = ((step + 1) as f64 / WARMUP as f64).min(1.0);
        let rate = config.learning_rate * warm;
        network = optimizer.step(rate, network, gradients);
        let done = step + 1;
        progress(done, steps);
        let snapshot = config.snapshots.iter().position(|s| *s == done);
        if let Some(index) = snapshot {
            tuning.keep(&network, done, &folders[index])?;
        }
        let worth_keeping = snapshot.is_some() || done.is_multiple_of(STEPS_BETWEEN_STATES);
        if worth_keeping && done < steps {
            states.keep(&tuning.record(done), &network, &optimizer)?;
        }
    }
    let seconds = start.elapsed().as_secs_f64();
    tracing::info!(steps = steps - begin, seconds, "trained a personalization");
    states.clear()?;
    Ok(folders)
}

/// Folder of a snapshot inside the folder of a personalization.
pub(super) fn snapshot_folder(output: &Path, step: usize) -> PathBuf {
    output.join(format!("step-{step:04}"))
}

/// What a personalization is trained on.
fn fingerprint(images: &[StyledImage]) -> Fingerprint {
    let key = Fingerprint::of("training images");
    let key = images.iter().fold(key, |key, styled| {
        let bytes: Vec<u8> = styled
            .image
            .pixels
            .iter()
            .flat_map(|v| v.to_le_bytes())
            .collect();
        key.text("prompt", &styled.prompt).bytes("pixels", &bytes)
    });
    key.finish()
}

/// Training images as the generator takes them.
fn encoded<G: Tunable>(base: &G, styled: Vec<StyledImage>) -> Result<G::Set, ZooError> {
    let pairs = styled.into_iter().map(|s| (s.image, s.prompt));
    let (images, prompts): (Vec<Image>, Vec<String>) = pairs.unzip();
    base.training_set(&images, &prompts)
}

/// A personalization with what it is made of.
struct Tuning<'a, G> {
    config: &'a Personalize,
    base: &'a G,
    /// Of the training images.
    fingerprint: Fingerprint,
}

impl<G: Tunable> Tuning<'_, G> {
    /// The step of the first snapshot that is not there.
    ///
    /// # Errors
    /// Where a folder holds a snapshot of another personalization.
    fn first_missing(&self, folders: &[PathBuf]) -> Result<Option<usize>, ZooError> {
        let mut missing = None;
        for (folder, step) in folders.iter().zip(&self.config.snapshots) {
            match PersonalizationRecord::read(folder)? {
                None => missing = missing.or(Some(*step)),
                Some(there) if there == self.record(*step) => {}
                Some(there) => {
                    return Err(ZooError::Config(format!(
                        "{} holds a snapshot of another personalization (\"{}\", step {}, seed {}, or \
                         other images); give another output folder or remove it",
                        folder.display(),
                        there.name,
                        there.step,
                        there.seed
                    )));
                }
            }
        }
        Ok(missing)
    }

    /// The images of a step, with what is drawn for them.
    fn batch(&self, set: &G::Set, step: usize, device: &Device) -> G::Batch {
        let config = self.config;
        let mut random = generator(config.seed, &[key("personalization step"), step as u64]);
        let chosen: Vec<usize> = (0..config.images_per_step)
            .map(|_| random.random_range(0..config.images))
            .collect();
        G::batch(set, &chosen, &mut random, device)
    }

    fn gradients(
        &self,
        network: &G::Network,
        batch: &G::Batch,
        workers: &Workers,
        device: &Device,
    ) -> GradientsParams {
        let parts = cuts(self.config.images_per_step, workers.parts())
            .map(|[start, end]| (G::rows(batch, start, end), end - start))
            .collect();
        workers.gradients(network, device, parts, G::loss).1
    }

    /// What is known of the model after a step.
    fn record(&self, step: usize) -> PersonalizationRecord {
        let (config, base) = (self.config, self.base);
        PersonalizationRecord {
            version: PersonalizationRecord::VERSION,
            name: config.name.clone(),
            base: base.name().to_string(),
            base_fingerprint: base.weights().clone(),
            mechanism: config.mechanism.clone(),
            styles: config.styles.clone(),
            seed: config.seed,
            step,
            images: config.images,
            images_fingerprint: self.fingerprint.clone(),
            images_per_step: config.images_per_step,
            learning_rate: config.learning_rate,
        }
    }

    /// Writes a snapshot, unless it is there: its files first, then the record that says that it is
    /// complete.
    fn keep(&self, network: &G::Network, step: usize, folder: &Path) -> Result<(), ZooError> {
        let (base, record) = (self.base, self.record(step));
        if PersonalizationRecord::read(folder)?.is_some() {
            return Ok(());
        }
        match record.mechanism {
            Mechanism::Lora { .. } => {
                let of = BaseModel {
                    name: base.name().to_string(),
                    fingerprint: base.weights().clone(),
                };
                Adapter::extract(network)?.save(folder, &of, StoredPrecision::F32)?;
            }
            Mechanism::Full {} => {
                let partial = PartialFolder::start(folder)?;
                let weights = partial.path().join(MODEL_FILE);
                base.store(&network.valid(), &weights)?;
                partial.finish([MODEL_FILE].into_iter())?;
            }
        }
        Ok(record.write(folder)?)
    }
}

fn check_tunable<G: Tunable>(config: &Personalize, base: &G) -> Result<usize, ZooError> {
    let wrong = |problem: &str| {
        Err(ZooError::Config(format!(
            "personalization {}: {problem}",
            config.name
        )))
    };
    if config.images == 0 || config.images_per_step == 0 {
        return wrong("images and images-per-step have to be at least 1");
    }
    if !config.snapshots.is_sorted_by(|a, b| a < b) || config.snapshots.first() == Some(&0) {
        return wrong("snapshots have to rise, from 1 on");
    }
    if !(config.learning_rate.is_finite() && config.learning_rate > 0.0) {
        return wrong("the learning rate has to be a positive number");
    }
    check_styles(config)?;
    if let Mechanism::Lora { .. } = config.mechanism {
        trainable(config, base, &Device::flex().autodiff())?;
    }
    match config.snapshots.last() {
        Some(last) => Ok(*last),
        None => wrong("name at least one snapshot"),
    }
}

/// Bytes that a training takes on the processor, roughly: training images with their latents, the weights
/// with gradients, two moments and a gradient per part of a step, and the values that a step keeps for its
/// way back.
fn memory<G: Tunable>(config: &Personalize, base: &G) -> u64 {
    const NUMBER: usize = 4;
    let takes = base.tuning_memory();
    let parts = Workers::new(&Device::flex()).parts();
    let weights = base.network().num_params() * (4 + parts);
    let images = config.images.saturating_mul(takes.per_image);
    let step = config.images_per_step.saturating_mul(takes.per_row);
    let numbers = weights.saturating_add(images).saturating_add(step);
    numbers.saturating_mul(NUMBER) as u64
}

/// The network with what is to be trained.
fn trainable<G: Tunable>(
    config: &Personalize,
    base: &G,
    device: &Device,
) -> Result<G::Network, ZooError> {
    let network = base.network().clone().train().fork(device);
    match &config.mechanism {
        Mechanism::Full {} => Ok(network),
        Mechanism::Lora {
            rank,
            alpha,
            targets,
        } => {
            let settings = LoraSettings {
                rank: *rank,
                alpha: *alpha,
                targets: targets.clone(),
            };
            add_lora(network, &settings, config.seed)
        }
    }
}

fn optimizer() -> ModuleOptimizer {
    AdamWConfig::new()
        .with_weight_decay(0.0)
        .with_grad_clipping(Some(GradientClippingConfig::Norm(1.0)))
        .init()
}
