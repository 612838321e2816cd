//! Runs the recipe of a latent diffusion model.

use super::averaging::{check_decay, follow};
use super::denoiser_batch::{DenoiserBatch, DenoiserBatches};
use super::loss_output::LossOutput;
use super::sample_grid::SampleGrid;
use super::training_loop::{TrainingReport, TrainingRun, muon_in};
use crate::ZooError;
use crate::generators::AUTOENCODER_FILE;
use crate::generators::mini_diffusion::{Denoiser, LatentSpace, MiniDiffusionConfig, on_the_way};
use crate::weights::WeightsFile;
use crate::workers::{Workers, cuts};
use burn::module::Module;
use burn::nn::{Linear, LinearConfig};
use burn::optim::lr_scheduler::module_lr_scheduler::ModuleLearningRate;
use burn::optim::{GradientsParams, ModuleOptimizer};
use burn::tensor::activation::silu;
use burn::tensor::{Device, Tensor};
use burn::train::metric::LossMetric;
use burn::train::{InferenceStep, TrainOutput, TrainStep};
use finexl_core::experiment::{Alignment, TrainDenoiser};
use std::path::Path;
use std::sync::Arc;

/// Trains a denoiser in `run_folder`, going on from the last whole checkpoint found there. After
/// every epoch a grid of samples is written to its folder `samples`.
///
/// # Errors
/// Where the autoencoder or the art is missing, a checkpoint does not fit the recipe, or burn-train
/// fails.
pub fn train_denoiser(
    recipe: &TrainDenoiser,
    run_folder: &Path,
    device: &Device,
    quiet: bool,
) -> Result<TrainingReport, ZooError> {
    check(recipe)?;
    let weights = WeightsFile::read(&recipe.autoencoder)?;
    let latents = Arc::new(LatentSpace::from_weights(&weights, device)?);
    let batches = DenoiserBatches::new(recipe, latents.clone(), device)?;
    let config = MiniDiffusionConfig {
        name: recipe.name.clone(),
        architecture: recipe.architecture.clone(),
        autoencoder: latents.fingerprint().to_string(),
        words: batches.words().to_vec(),
        subjects: recipe.subjects.clone(),
        aspects: batches.aspects(),
    };
    let training_device = device.clone().autodiff();
    training_device.seed(recipe.seed);
    let run = TrainingRun {
        name: &recipe.name,
        schedule: recipe.schedule.clone(),
        folder: run_folder,
        quiet,
    };
    let samples = run_folder.join("samples");
    finexl_core::atomic::create_folder(&samples)?;
    weights.copy_to(&samples.join(AUTOENCODER_FILE))?;
    let grid = SampleGrid::new(
        samples,
        run.last_checkpoint(),
        &config,
        batches.subjects(),
        latents.clone(),
        device,
    );
    let trainee = DenoiserTrainee::new(recipe, &config, &batches, grid, &training_device);
    let optimizer = muon_in(&["blocks", "transformer"], &run.schedule);
    let trained = run.launch(trainee, batches, optimizer, |run| {
        run.metrics((LossMetric::new(),))
    })?;
    let weights = match trained.module {
        Some(trainee) => {
            crate::weights::save(&trainee.average.valid(), &config, &recipe.output)?;
            Some(recipe.output.clone())
        }
        None => None,
    };
    Ok(TrainingReport {
        weights,
        resumed_after: trained.resumed_after,
    })
}

fn check(recipe: &TrainDenoiser) -> Result<(), ZooError> {
    let layers = recipe.architecture.layers;
    if let Some(alignment) = &recipe.alignment
        && !(1..=layers).contains(&alignment.after_block)
    {
        return Err(ZooError::Config(format!(
            "alignment.after-block is {}; the denoiser has blocks 1 to {layers}",
            alignment.after_block
        )));
    }
    check_decay(recipe.averaging_decay)
}

/// What the optimiser moves.
#[derive(Module, Debug)]
struct Learned {
    denoiser: Denoiser,
    /// From inner tokens to those of mini-clip.
    align: Option<AlignmentHead>,
}

#[derive(Module, Debug)]
struct AlignmentHead {
    hidden: Linear,
    output: Linear,
}

/// The learned weights, their average, and what a step needs.
#[derive(Module, Debug)]
struct DenoiserTrainee {
    learned: Learned,
    average: Denoiser,
    averaging_decay: f64,
    #[module(skip)]
    alignment: Option<Alignment>,
    #[module(skip)]
    workers: Arc<Workers>,
    #[module(skip)]
    grid: Arc<SampleGrid>,
}

impl DenoiserTrainee {
    fn new(
        recipe: &TrainDenoiser,
        config: &MiniDiffusionConfig,
        batches: &DenoiserBatches,
        grid: SampleGrid,
        device: &Device,
    ) -> Self {
        let shape = batches.latent_shape();
        let denoiser = config.init(shape, device);
        let width = recipe.architecture.width;
        let align = batches.aligned_width().map(|aligned| AlignmentHead {
            hidden: LinearConfig::new(width, width).init(device),
            output: LinearConfig::new(width, aligned).init(device),
        });
        let average = follow(config.init(shape, device).no_grad(), &denoiser, 0.0);
        Self {
            learned: Learned { denoiser, align },
            average,
            averaging_decay: recipe.averaging_decay,
            alignment: recipe.alignment.clone(),
            workers: Arc::new(Workers::new(device)),
            grid: Arc::new(grid),
        }
    }
}

impl Learned {
    /// Flow matching on the way from data to noise, and alignment of inner tokens (`weight` and block,
    /// if any).
    fn loss(&self, batch: DenoiserBatch, alignment: Option<&Alignment>) -> Tensor<1> {
        let after = alignment.map(|a| a.after_block);
        let memory = self.denoiser.read(&batch.prompts);
        let goal = batch.noise.clone() - batch.latents.clone();
        let noisy = on_the_way(batch.latents, batch.noise, &batch.times);
        let denoised = self.denoiser.forward(noisy, batch.times, &memory, after);
        let matching = (denoised.velocity - goal).square().mean();
        match (alignment, &self.align, denoised.inner, batch.aligned) {
            (Some(alignment), Some(head), Some(inner), Some(goal)) => {
                matching + head.misalignment(inner, goal).mul_scalar(alignment.weight)
            }
            _ => matching,
        }
    }
}

impl AlignmentHead {
    /// One minus the mean cosine of tokens, `[n, tokens, width]` and `[n, tokens, aligned]`.
    fn misalignment(&self, inner: Tensor<3>, goal: Tensor<3>) -> Tensor<1> {
        let projected = self.output.forward(silu(self.hidden.forward(inner)));
        let length = |x: &Tensor<3>| x.clone().square().sum_dim(2).add_scalar(1e-6).sqrt();
        let lengths = length(&projected) * length(&goal);
        let cosines = (projected * goal).sum_dim(2) / lengths;
        cosines.mean().neg().add_scalar(1.0)
    }
}

impl TrainStep for DenoiserTrainee {
    type Input = DenoiserBatch;
    type Output = LossOutput;

    fn step(&self, batch: DenoiserBatch) -> TrainOutput<LossOutput> {
        let parts = cuts(batch.prompts.len(), self.workers.parts())
            .map(|[start, end]| (batch.rows(start, end), end - start))
            .collect();
        let device = batch.latents.device();
        let (value, grads) =
            self.workers
                .gradients(&self.learned, &device, parts, |learned, part| {
                    learned.loss(part, self.alignment.as_ref())
                });
        TrainOutput {
            grads,
            item: LossOutput(value),
        }
    }

    fn optimize(
        mut self,
        optimizer: &mut ModuleOptimizer,
        learning_rate: ModuleLearningRate,
        gradients: GradientsParams,
    ) -> Self {
        self.learned = optimizer.step(learning_rate, self.learned, gradients);
        self.average = follow(self.average, &self.learned.denoiser, self.averaging_decay);
        self
    }
}

impl InferenceStep for DenoiserTrainee {
    type Input = DenoiserBatch;
    type Output = LossOutput;

    fn step(&self, batch: DenoiserBatch) -> LossOutput {
        if batch.first {
            self.grid.write(&self.average);
        }
        let learned = Learned {
            denoiser: self.average.clone(),
            align: None,
        };
        LossOutput(learned.loss(batch, None))
    }
}
