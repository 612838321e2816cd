//! Runs the recipe of an image captioner.

use super::averaging::{check_decay, follow};
use super::captioner_batch::{CaptionerBatch, CaptionerBatches};
use super::loss_output::LossOutput;
use super::optimizers::muon_in;
use super::training_loop::{TrainingReport, TrainingRun};
use crate::ZooError;
use crate::captioner::CaptionDecoder;
use crate::workers::{Workers, cuts};
use burn::module::Module;
use burn::optim::lr_scheduler::module_lr_scheduler::ModuleLearningRate;
use burn::optim::{GradientsParams, ModuleOptimizer};
use burn::tensor::Device;
use burn::train::metric::LossMetric;
use burn::train::{InferenceStep, TrainOutput, TrainStep};
use finexl_core::experiment::TrainCaptioner;
use std::path::Path;
use std::sync::Arc;

/// Trains a captioner in `run_folder`, going on from the last whole checkpoint found there.
///
/// # Errors
/// Where the encoder or the art is missing, a checkpoint does not fit the recipe, or burn-train fails.
pub fn train_captioner(
    recipe: &TrainCaptioner,
    run_folder: &Path,
    device: &Device,
    quiet: bool,
) -> Result<TrainingReport, ZooError> {
    check(recipe)?;
    let batches = CaptionerBatches::new(recipe, device)?;
    let config = batches.config();
    let training_device = device.clone().autodiff();
    training_device.seed(recipe.seed);
    let fresh = || config.init(batches.token_width(), &training_device);
    let learned = fresh();
    let trainee = CaptionerTrainee {
        average: follow(fresh().no_grad(), &learned, 0.0),
        learned,
        averaging_decay: recipe.averaging_decay,
        workers: Arc::new(Workers::new(&training_device)),
    };
    let run = TrainingRun {
        name: &recipe.name,
        schedule: recipe.schedule.clone(),
        folder: run_folder,
        quiet,
        patience: None,
    };
    let optimizer = muon_in(&["decoder"], &run.schedule);
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

fn check(recipe: &TrainCaptioner) -> Result<(), ZooError> {
    if !(0.0..=1.0).contains(&recipe.stylized_share) || recipe.most_aspects == 0 {
        return Err(ZooError::Config(format!(
            "stylized-share is {} and most-aspects {}; the first has to lie in [0, 1], the second to be \
             at least 1",
            recipe.stylized_share, recipe.most_aspects
        )));
    }
    let a = &recipe.architecture;
    if a.heads == 0 || !a.width.is_multiple_of(a.heads) {
        return Err(ZooError::Config(format!(
            "architecture.width is {} and heads {}; the width has to be a multiple of the heads",
            a.width, a.heads
        )));
    }
    check_decay(recipe.averaging_decay)
}

/// The learned weights, their average, and what a step needs.
#[derive(Module, Debug)]
struct CaptionerTrainee {
    learned: CaptionDecoder,
    average: CaptionDecoder,
    averaging_decay: f64,
    #[module(skip)]
    workers: Arc<Workers>,
}

impl TrainStep for CaptionerTrainee {
    type Input = CaptionerBatch;
    type Output = LossOutput;

    fn step(&self, batch: CaptionerBatch) -> TrainOutput<LossOutput> {
        // A part counts by its words, so that the loss is the mean over all words of the batch.
        let parts = cuts(batch.captions.len(), self.workers.parts())
            .map(|[start, end]| {
                let part = batch.rows(start, end);
                let words = part.words();
                (part, words)
            })
            .collect();
        let device = batch.images.device();
        let (value, grads) =
            self.workers
                .gradients(&self.learned, &device, parts, |learned, part| {
                    learned.loss(&part.captions, part.images)
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
        self.average = follow(self.average, &self.learned, self.averaging_decay);
        self
    }
}

impl InferenceStep for CaptionerTrainee {
    type Input = CaptionerBatch;
    type Output = LossOutput;

    fn step(&self, batch: CaptionerBatch) -> LossOutput {
        LossOutput(self.average.loss(&batch.captions, batch.images))
    }
}
