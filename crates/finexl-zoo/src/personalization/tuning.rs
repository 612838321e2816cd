//! Trains a generator on the images of a style.

use super::style_images::{StyledImage, style_images};
use crate::ZooError;
use crate::adapters::{Adapter, BaseModel, LoraSettings, StoredPrecision, add_lora};
use crate::encoders::mini_clip::Tokenizer;
use crate::generators::mini_diffusion::{Denoiser, MiniDiffusion, Prompts, flow_matching};
use crate::generators::{Generator, MODEL_FILE};
use crate::sampling::standard_normal;
use crate::workers::{Workers, cuts};
use burn::grad_clipping::GradientClippingConfig;
use burn::module::Module;
use burn::optim::{AdamWConfig, ModuleOptimizer};
use burn::tensor::{Device, Tensor, TensorData};
use finexl_core::experiment::{Mechanism, Personalize};
use finexl_core::partial_folder::PartialFolder;
use finexl_core::personalization::PersonalizationRecord;
use finexl_core::seed::{generator, key};
use finexl_data::image::Image;
use rand::RngExt;
use std::path::{Path, PathBuf};

/// Steps of linear warm-up.
const WARMUP: usize = 10;

/// What a personalization is trained on, encoded once.
struct TrainingSet {
    /// Standardised latents, `[images, positions, channels]`, off the autodiff device.
    latents: Tensor<3>,
    /// Word tokens of every image.
    prompts: Vec<Vec<i32>>,
}

/// Personalizes a diffusion model; returns the folders of the snapshots, in order. `progress` is told
/// steps done and in all.
///
/// Snapshots that are there already, of the same configuration, are kept; with all of them there,
/// nothing is trained.
///
/// # Errors
/// A configuration that cannot be trained, snapshots of another configuration in the folder, art that
/// was not fetched, files that cannot be written.
pub fn personalize(
    config: &Personalize,
    base: &MiniDiffusion,
    device: &Device,
    progress: &dyn Fn(usize, usize),
) -> Result<Vec<PathBuf>, ZooError> {
    let steps = check(config)?;
    let folders: Vec<PathBuf> = config
        .snapshots
        .iter()
        .map(|step| config.output.join(format!("step-{step:04}")))
        .collect();
    let mut complete = true;
    for (folder, step) in folders.iter().zip(&config.snapshots) {
        match PersonalizationRecord::read(folder)? {
            None => complete = false,
            Some(there) if there == record(config, base, *step) => {}
            Some(there) => {
                return Err(ZooError::Config(format!(
                    "{} holds a snapshot of another personalization (\"{}\", step {}, seed {}); give \
                     another output folder or remove it",
                    folder.display(),
                    there.name,
                    there.step,
                    there.seed
                )));
            }
        }
    }
    if complete {
        return Ok(folders);
    }
    let images = style_images(config, &base.config().subjects, base.image_size())?;
    let set = TrainingSet::new(images, base)?;
    let training_device = device.clone().autodiff();
    let mut denoiser = trainable(config, base, &training_device)?;
    let workers = Workers::new(&training_device);
    let mut optimizer = optimizer();
    for step in 0..steps {
        let batch = set.batch(config, step as u64, &training_device);
        let parts = cuts(config.images_per_step, workers.parts())
            .map(|[start, end]| (batch.rows(start, end), end - start))
            .collect();
        let (_, gradients) = workers.gradients(
            &denoiser,
            &training_device,
            parts,
            |denoiser, part: Batch| {
                let [latents, noise] = [part.latents, part.noise];
                flow_matching(denoiser, latents, noise, part.times, &part.prompts)
            },
        );
        let warm = ((step + 1) as f64 / WARMUP as f64).min(1.0);
        let rate = config.learning_rate * warm;
        denoiser = optimizer.step(rate, denoiser, gradients);
        progress(step + 1, steps);
        if let Some(index) = config.snapshots.iter().position(|s| *s == step + 1) {
            let record = record(config, base, step + 1);
            keep(&denoiser, base, &record, &folders[index])?;
        }
    }
    Ok(folders)
}

/// The number of steps of a configuration that makes sense.
fn check(config: &Personalize) -> Result<usize, ZooError> {
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
    match config.snapshots.last() {
        Some(last) => Ok(*last),
        None => wrong("name at least one snapshot"),
    }
}

fn record(config: &Personalize, base: &MiniDiffusion, step: usize) -> PersonalizationRecord {
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
        images_per_step: config.images_per_step,
        learning_rate: config.learning_rate,
    }
}

/// The denoiser with what is to be trained.
fn trainable(
    config: &Personalize,
    base: &MiniDiffusion,
    device: &Device,
) -> Result<Denoiser, ZooError> {
    let denoiser = base.denoiser().clone().train().fork(device);
    match &config.mechanism {
        Mechanism::Full {} => Ok(denoiser),
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
            add_lora(denoiser, &settings, config.seed)
        }
    }
}

fn optimizer() -> ModuleOptimizer {
    AdamWConfig::new()
        .with_weight_decay(0.0)
        .with_grad_clipping(Some(GradientClippingConfig::Norm(1.0)))
        .init()
}

/// Writes a snapshot: its files first, then the record that says that it is complete.
fn keep(
    denoiser: &Denoiser,
    base: &MiniDiffusion,
    record: &PersonalizationRecord,
    folder: &Path,
) -> Result<(), ZooError> {
    match record.mechanism {
        Mechanism::Lora { .. } => {
            let of = BaseModel {
                name: base.name().to_string(),
                fingerprint: base.weights().clone(),
            };
            Adapter::extract(denoiser)?.save(folder, &of, StoredPrecision::F32)?;
        }
        Mechanism::Full {} => {
            let partial = PartialFolder::start(folder)?;
            let config = base.config();
            crate::weights::save(&denoiser.valid(), config, &partial.path().join(MODEL_FILE))?;
            partial.finish([MODEL_FILE].into_iter())?;
        }
    }
    Ok(record.write(folder)?)
}

/// Latents on their way to noise.
#[derive(Clone)]
struct Batch {
    latents: Tensor<3>,
    noise: Tensor<3>,
    times: Tensor<1>,
    prompts: Prompts,
}

impl Batch {
    fn rows(&self, start: usize, end: usize) -> Self {
        let cut = |x: &Tensor<3>| x.clone().narrow(0, start, end - start);
        Self {
            latents: cut(&self.latents),
            noise: cut(&self.noise),
            times: self.times.clone().narrow(0, start, end - start),
            prompts: self.prompts.rows(start, end),
        }
    }
}

impl TrainingSet {
    fn new(styled: Vec<StyledImage>, base: &MiniDiffusion) -> Result<Self, ZooError> {
        let tokenizer: &Tokenizer = base.tokenizer();
        let (images, prompts): (Vec<Image>, Vec<String>) =
            styled.into_iter().map(|s| (s.image, s.prompt)).unzip();
        Ok(Self {
            latents: base.latents().encode(&images),
            prompts: prompts
                .iter()
                .map(|prompt| tokenizer.encode(prompt))
                .collect::<Result<_, _>>()?,
        })
    }

    /// The images of a step, with their own noise and times.
    fn batch(&self, config: &Personalize, step: u64, device: &Device) -> Batch {
        let mut random = generator(config.seed, &[key("personalization step"), step]);
        let n = config.images_per_step;
        let chosen: Vec<usize> = (0..n)
            .map(|_| random.random_range(0..self.prompts.len()))
            .collect();
        let [_, positions, channels] = self.latents.dims();
        let rows: Vec<Tensor<3>> = chosen
            .iter()
            .map(|row| self.latents.clone().narrow(0, *row, 1))
            .collect();
        let noise = standard_normal(&mut random, n * positions * channels);
        let times: Vec<f32> = standard_normal(&mut random, n)
            .into_iter()
            .map(|z| 1.0 / (1.0 + (-z).exp()))
            .collect();
        Batch {
            latents: Tensor::from_inner(Tensor::cat(rows, 0)),
            noise: Tensor::from_data(TensorData::new(noise, [n, positions, channels]), device),
            times: Tensor::from_data(TensorData::new(times, [n]), device),
            prompts: Prompts::new(
                chosen
                    .iter()
                    .map(|row| self.prompts[*row].clone())
                    .collect(),
            ),
        }
    }
}
