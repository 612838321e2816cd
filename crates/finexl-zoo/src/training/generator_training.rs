//! Runs the recipe of a generator of latents.

use super::averaging::{check_decay, follow};
use super::generator_batch::{GeneratorBatch, GeneratorBatches};
use super::loss_output::LossOutput;
use super::sample_grid::SampleGrid;
use super::training_loop::{TrainingReport, TrainingRun};
use crate::ZooError;
use crate::generators::mini_diffusion::LatentSpace;
use crate::generators::{GeneratorConfig, LatentBatch, LatentNetwork};
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
use finexl_core::experiment::{Alignment, TrainGenerator};
use std::path::Path;
use std::sync::Arc;

/// Trains a network in `run_folder`, going on from the last whole checkpoint found there. After
/// every epoch a grid of samples is written to its folder `samples`.
///
/// # Errors
/// Where the autoencoder or the art is missing, a checkpoint does not fit the recipe, or burn-train
/// fails.
pub fn train_generator<N: LatentNetwork>(
    recipe: &TrainGenerator<N::Architecture>,
    run_folder: &Path,
    device: &Device,
    quiet: bool,
) -> Result<TrainingReport, ZooError> {
    check::<N>(recipe)?;
    let weights = WeightsFile::read(&recipe.autoencoder)?;
    let latents = Arc::new(LatentSpace::from_weights(&weights, device)?);
    let batches = GeneratorBatches::<N>::new(recipe, latents.clone(), device)?;
    let config = batches.config();
    let training_device = device.clone().autodiff();
    training_device.seed(recipe.seed);
    let run = TrainingRun {
        name: &recipe.name,
        schedule: recipe.schedule.clone(),
        folder: run_folder,
        quiet,
        patience: None,
    };
    let samples = run_folder.join("samples");
    finexl_core::atomic::create_folder(&samples)?;
    weights.copy_to(&samples.join(N::FAMILY.autoencoder_file()))?;
    let grid = SampleGrid::new(
        samples,
        run.last_checkpoint(),
        &config,
        batches.subjects(),
        latents.clone(),
        device,
    )?;
    let trainee = Trainee::<N>::new(
        recipe,
        &config,
        &latents,
        batches.aligned_width(),
        &training_device,
    )?;
    let batches = batches.with_samples(grid);
    let optimizer = N::optimizer(&run.schedule);
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

fn check<N: LatentNetwork>(recipe: &TrainGenerator<N::Architecture>) -> Result<(), ZooError> {
    if recipe.alignment.is_some() && !N::ALIGNS {
        return Err(ZooError::Config(format!(
            "a {} has no inner tokens to be aligned with those of an encoder; leave alignment out",
            N::NOUN
        )));
    }
    let layers = N::sizes(&recipe.architecture).layers;
    if let Some(alignment) = &recipe.alignment
        && !(1..=layers).contains(&alignment.after_block)
    {
        return Err(ZooError::Config(format!(
            "alignment.after-block is {}; the {} has blocks 1 to {layers}",
            alignment.after_block,
            N::NOUN
        )));
    }
    check_decay(recipe.averaging_decay)
}

/// What the optimiser moves.
#[derive(Module, Debug)]
struct Learned<N: Module> {
    network: N,
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
struct Trainee<N: Module> {
    learned: Learned<N>,
    average: N,
    averaging_decay: f64,
    #[module(skip)]
    alignment: Option<Alignment>,
    #[module(skip)]
    workers: Arc<Workers>,
}

impl<N: LatentNetwork> Trainee<N> {
    fn new(
        recipe: &TrainGenerator<N::Architecture>,
        config: &GeneratorConfig<N::Architecture>,
        latents: &LatentSpace,
        aligned: Option<usize>,
        device: &Device,
    ) -> Result<Self, ZooError> {
        let network = N::fresh(config, latents, device)?;
        let width = N::sizes(&recipe.architecture).width;
        let align = aligned.map(|aligned| AlignmentHead {
            hidden: LinearConfig::new(width, width).init(device),
            output: LinearConfig::new(width, aligned).init(device),
        });
        let average = follow(N::fresh(config, latents, device)?.no_grad(), &network, 0.0);
        Ok(Self {
            learned: Learned { network, align },
            average,
            averaging_decay: recipe.averaging_decay,
            alignment: recipe.alignment.clone(),
            workers: Arc::new(Workers::new(device)),
        })
    }
}

impl<N: LatentNetwork> Learned<N> {
    /// The family's loss and alignment of inner tokens (`weight` and block, if any).
    fn loss(&self, batch: GeneratorBatch<N>, alignment: Option<&Alignment>) -> Tensor<1> {
        let after = alignment.map(|a| a.after_block);
        let loss = self.network.loss(batch.batch, after);
        match (alignment, &self.align, loss.inner, batch.aligned) {
            (Some(alignment), Some(head), Some(inner), Some(goal)) => {
                loss.value + head.misalignment(inner, goal).mul_scalar(alignment.weight)
            }
            _ => loss.value,
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

impl<N: LatentNetwork> TrainStep for Trainee<N> {
    type Input = GeneratorBatch<N>;
    type Output = LossOutput;

    fn step(&self, batch: GeneratorBatch<N>) -> TrainOutput<LossOutput> {
        let parts = cuts(batch.batch.prompts.len(), self.workers.parts())
            .map(|[start, end]| (batch.rows(start, end), end - start))
            .collect();
        let device = batch.batch.latents.device();
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
        self.average = follow(self.average, &self.learned.network, self.averaging_decay);
        self
    }
}

impl<N: LatentNetwork> InferenceStep for Trainee<N> {
    type Input = GeneratorBatch<N>;
    type Output = LossOutput;

    fn step(&self, batch: GeneratorBatch<N>) -> LossOutput {
        if let Some(samples) = &batch.samples {
            samples.write(&self.average);
            log_figures(&self.average, batch.batch.clone());
        }
        let learned = Learned {
            network: self.average.clone(),
            align: None,
        };
        LossOutput(learned.loss(batch, None))
    }
}

/// Logs what a family says of a batch.
fn log_figures<N: LatentNetwork>(network: &N, batch: LatentBatch<N::Drawn>) {
    for (what, value) in network.figures(batch) {
        let value: f32 = value.without_autodiff().into_scalar();
        tracing::info!(value, "validation: {what}");
    }
}
