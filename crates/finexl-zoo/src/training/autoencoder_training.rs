//! Runs the recipe of an image autoencoder.

use super::loss_output::LossOutput;
use super::optimizers::adamw;
use super::scene_images::SceneImages;
use super::training_loop::{BatchSource, TrainingReport, TrainingRun};
use crate::ZooError;
use crate::generators::mini_diffusion::{
    Autoencoder, AutoencoderConfig, DOWNSAMPLING, MOST_LEVELS, image_tensor,
};
use crate::sampling::standard_normal;
use crate::tensor_values::values;
use crate::workers::{Workers, cuts};
use burn::module::Module;
use burn::tensor::{Device, Tensor, TensorData};
use burn::train::metric::LossMetric;
use burn::train::{InferenceStep, TrainOutput, TrainStep};
use finexl_core::experiment::TrainAutoencoder;
use finexl_core::seed::{generator, key};
use finexl_data::image::Image;
use finexl_data::scenes::Split;
use rayon::prelude::*;
use std::path::Path;
use std::sync::Arc;

/// Images that the scale of the latents is measured on.
const SCALE_IMAGES: usize = 512;
/// Most aspects that an image wears.
const MOST_ASPECTS: usize = 3;

/// Trains an autoencoder in `run_folder`, going on from the last whole checkpoint found there.
///
/// # Errors
/// Where the art is missing, a checkpoint does not fit the recipe, or burn-train fails.
pub fn train_autoencoder(
    recipe: &TrainAutoencoder,
    run_folder: &Path,
    device: &Device,
    quiet: bool,
) -> Result<TrainingReport, ZooError> {
    check(recipe)?;
    let size = recipe.architecture.image_size;
    let images = Arc::new(SceneImages::load(&recipe.art, &[], &[], size)?);
    let training_device = device.clone().autodiff();
    training_device.seed(recipe.seed);
    let trainee = AutoencoderTrainee {
        model: Autoencoder::new(&recipe.architecture, &training_device),
        divergence_weight: recipe.divergence_weight.unwrap_or(0.0),
        workers: Arc::new(Workers::new(&training_device)),
    };
    let run = TrainingRun {
        name: &recipe.name,
        schedule: recipe.schedule.clone(),
        folder: run_folder,
        quiet,
        patience: None,
    };
    let source = AutoencoderBatches {
        images: images.clone(),
        recipe: recipe.clone(),
    };
    let trained = run.launch(trainee, source, adamw(&run.schedule), |run| {
        run.metrics((LossMetric::new(),))
    })?;
    let weights = match trained.module {
        Some(trainee) => {
            finish(recipe, &images, trainee.model.valid(), device)?;
            Some(recipe.output.clone())
        }
        None => None,
    };
    Ok(TrainingReport {
        weights,
        resumed_after: trained.resumed_after,
    })
}

/// Either latents are kept near a normal distribution, or they are quantised.
fn check(recipe: &TrainAutoencoder) -> Result<(), ZooError> {
    let wrong = |problem: &str| {
        Err(ZooError::Config(format!(
            "autoencoder {}: {problem}",
            recipe.name
        )))
    };
    match (recipe.divergence_weight, recipe.architecture.levels) {
        (Some(_), None) => Ok(()),
        (None, Some(levels)) if (2..=MOST_LEVELS).contains(&levels) => Ok(()),
        (None, Some(_)) => wrong(&format!("architecture.levels has to be 2 to {MOST_LEVELS}")),
        _ => wrong("give either divergence-weight, or architecture.levels to quantise"),
    }
}

/// Measures the scale of the latents, unless they are codes, and writes the weights.
fn finish(
    recipe: &TrainAutoencoder,
    images: &SceneImages,
    model: Autoencoder,
    device: &Device,
) -> Result<(), ZooError> {
    let channels = recipe.architecture.latent_channels;
    let [latent_mean, latent_deviation] = match recipe.architecture.levels {
        Some(_) => [vec![0.0; channels], vec![1.0; channels]],
        None => scale(recipe, images, &model, device)?,
    };
    let config = AutoencoderConfig {
        name: recipe.name.clone(),
        architecture: recipe.architecture.clone(),
        latent_mean,
        latent_deviation,
    };
    crate::weights::save(&model, &config, &recipe.output)
}

/// Mean and deviation of every latent channel over training images.
fn scale(
    recipe: &TrainAutoencoder,
    images: &SceneImages,
    model: &Autoencoder,
    device: &Device,
) -> Result<[Vec<f32>; 2], ZooError> {
    let size = recipe.architecture.image_size;
    let drawn = draw(images, recipe, Split::Train, [u64::MAX, 0], SCALE_IMAGES);
    let latents = drawn
        .chunks(64)
        .map(|part| model.encode(image_tensor(part, size, device)).mean)
        .collect();
    let latents = Tensor::cat(latents, 0);
    let channels = recipe.architecture.latent_channels;
    let by_channel = latents.swap_dims(0, 1).reshape([channels as i32, -1]);
    let (variance, mean) = by_channel.var_mean(1);
    let read = |of: Tensor<2>| values(of, "measuring latents");
    Ok([read(mean)?, read(variance.sqrt())?])
}

fn draw(
    images: &SceneImages,
    recipe: &TrainAutoencoder,
    split: Split,
    keys: [u64; 2],
    count: usize,
) -> Vec<Image> {
    (0..count as u64)
        .into_par_iter()
        .map(|index| {
            let keys = [key("image"), keys[0], keys[1], index, split as u64];
            let mut random = generator(recipe.seed, &keys);
            let drawn = images.draw(split, recipe.stylized_share, MOST_ASPECTS, &mut random);
            drawn.image
        })
        .collect()
}

struct AutoencoderBatches {
    images: Arc<SceneImages>,
    recipe: TrainAutoencoder,
}

/// Images and the noise of their latents.
#[derive(Clone, Debug)]
struct AutoencoderBatch {
    /// `[n, 3, size, size]`
    images: Tensor<4>,
    /// `[n, channels, size / 8, size / 8]`
    noise: Tensor<4>,
}

impl BatchSource for AutoencoderBatches {
    type Batch = AutoencoderBatch;

    fn batch(
        &self,
        split: Split,
        keys: [u64; 2],
        device: &Device,
    ) -> Result<AutoencoderBatch, ZooError> {
        let recipe = &self.recipe;
        let drawn = draw(&self.images, recipe, split, keys, recipe.images_per_step);
        let size = recipe.architecture.image_size;
        let side = size / DOWNSAMPLING;
        let shape = [drawn.len(), recipe.architecture.latent_channels, side, side];
        let mut random = generator(recipe.seed, &[key("latents"), keys[0], keys[1]]);
        let noise = standard_normal(&mut random, shape.iter().product());
        Ok(AutoencoderBatch {
            images: image_tensor(&drawn, size, device),
            noise: Tensor::from_data(TensorData::new(noise, shape), device),
        })
    }
}

#[derive(Module, Debug)]
struct AutoencoderTrainee {
    model: Autoencoder,
    divergence_weight: f32,
    #[module(skip)]
    workers: Arc<Workers>,
}

/// Mean absolute error of pixels and of differences between neighbours, plus, where latents are not
/// quantised, the weighted divergence of the latents from a standard normal distribution.
fn loss(
    model: &Autoencoder,
    images: Tensor<4>,
    noise: Option<Tensor<4>>,
    divergence_weight: f32,
) -> Tensor<1> {
    let posterior = model.encode(images.clone());
    let mean = posterior.mean;
    let (latents, divergence) = match posterior.log_variance {
        None => (mean, None),
        Some(log_variance) => {
            let variance = log_variance.clone().exp();
            let divergence = (mean.clone().square() + variance.clone() - log_variance)
                .sub_scalar(1.0)
                .mul_scalar(0.5)
                .mean();
            let latents = match noise {
                Some(noise) => mean + variance.sqrt() * noise,
                None => mean,
            };
            (latents, Some(divergence))
        }
    };
    let error = model.decode(latents) - images;
    let [_, _, height, width] = error.dims();
    let down = error.clone().narrow(2, 1, height - 1) - error.clone().narrow(2, 0, height - 1);
    let right = error.clone().narrow(3, 1, width - 1) - error.clone().narrow(3, 0, width - 1);
    let edges = (down.abs().mean() + right.abs().mean()).mul_scalar(0.5);
    let loss = error.abs().mean() + edges;
    match divergence {
        Some(divergence) => loss + divergence.mul_scalar(divergence_weight),
        None => loss,
    }
}

impl TrainStep for AutoencoderTrainee {
    type Input = AutoencoderBatch;
    type Output = LossOutput;

    fn step(&self, batch: AutoencoderBatch) -> TrainOutput<LossOutput> {
        let AutoencoderBatch { images, noise } = batch;
        let parts = cuts(images.dims()[0], self.workers.parts())
            .map(|[start, end]| {
                let rows = end - start;
                let part = [&images, &noise].map(|x| x.clone().narrow(0, start, rows));
                (part, rows)
            })
            .collect();
        let weight = self.divergence_weight;
        let device = images.device();
        let (value, grads) =
            self.workers
                .gradients(&self.model, &device, parts, |model, [images, noise]| {
                    loss(model, images, Some(noise), weight)
                });
        TrainOutput {
            grads,
            item: LossOutput(value),
        }
    }
}

impl InferenceStep for AutoencoderTrainee {
    type Input = AutoencoderBatch;
    type Output = LossOutput;

    fn step(&self, batch: AutoencoderBatch) -> LossOutput {
        LossOutput(loss(
            &self.model,
            batch.images,
            None,
            self.divergence_weight,
        ))
    }
}
