//! What all trainings share: drawn batches, schedule, optimiser, checkpoints, resuming.

use super::numbered::numbered;
use super::patience::Patience;
use super::plain_renderer::PlainRenderer;
use super::whole_checkpoints::{
    CHECKPOINTS, KEPT, MODEL, OPTIMIZER, SCHEDULER, WholeCheckpoints, keep_until,
};
use crate::ZooError;
use burn::data::dataloader::{DataLoader, DataLoaderIterator, Progress};
use burn::data::dataset::DatasetError;
use burn::lr_scheduler::cosine::CosineAnnealingLrSchedulerConfig;
use burn::lr_scheduler::linear::LinearLrSchedulerConfig;
use burn::lr_scheduler::module_lr_scheduler::ModuleLrScheduler;
use burn::lr_scheduler::sequential::SequentialLrSchedulerConfig;
use burn::lr_scheduler::{LrSchedulerConfig, LrSchedulerRecord};
use burn::optim::{ModuleOptimizer, OptimizerRecord};
use burn::store::ModuleRecord;
use burn::tensor::{Device, Tensor};
use burn::train::checkpoint::KeepLastNCheckpoints;
use burn::train::metric::LearningRateMetric;
use burn::train::{
    InferenceStep, Interrupter, Learner, LearnerModel, SupervisedTraining, TrainStep,
};
use finexl_core::experiment::TrainingSchedule;
use finexl_data::scenes::Split;
use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

/// Validation batches after each epoch.
const VALIDATION_STEPS: usize = 4;

/// What came of a training.
#[derive(Clone, Debug)]
pub struct TrainingReport {
    /// Where the weights are, if the training reached its end.
    pub weights: Option<PathBuf>,
    /// The epoch it went on from; 0 for a fresh start.
    pub resumed_after: usize,
}

/// Draws batches; equal keys give equal batches.
pub trait BatchSource: Send + Sync + 'static {
    /// What a step is computed from.
    type Batch: Clone + Send + Sync + 'static;

    /// The batch of `[epoch, step]`.
    ///
    /// # Errors
    /// Where it cannot be drawn.
    fn batch(&self, split: Split, keys: [u64; 2], device: &Device)
    -> Result<Self::Batch, ZooError>;
}

/// What was computed off the autodiff device, brought to it where a step needs it there.
pub(super) fn brought_to<const D: usize>(device: &Device, x: Tensor<D>) -> Tensor<D> {
    if device.is_autodiff() {
        Tensor::from_inner(x)
    } else {
        x
    }
}

/// Where and how a training runs.
pub struct TrainingRun<'a> {
    /// What is trained.
    pub name: &'a str,
    /// Steps and learning rates.
    pub schedule: TrainingSchedule,
    /// Folder of checkpoints and logs.
    pub folder: &'a Path,
    /// Whether nothing is shown.
    pub quiet: bool,
    /// Epochs without a lower validation loss after which it ends early.
    pub patience: Option<usize>,
}

/// How a training ended.
pub struct Trained<M> {
    /// The trained module, unless the training was interrupted.
    pub module: Option<M>,
    /// The epoch that it went on from; 0 for a fresh start.
    pub resumed_after: usize,
}

impl TrainingRun<'_> {
    /// Trains `trainee`, going on from the last whole checkpoint; `metrics` adds what is shown.
    ///
    /// # Errors
    /// Where the folder cannot be written, a checkpoint does not fit, or burn-train fails.
    pub fn launch<M, S>(
        &self,
        trainee: M,
        source: S,
        optimizer: ModuleOptimizer,
        metrics: impl FnOnce(SupervisedTraining<M>) -> SupervisedTraining<M>,
    ) -> Result<Trained<M>, ZooError>
    where
        S: BatchSource,
        M: LearnerModel
            + TrainStep<Input = S::Batch>
            + InferenceStep<Input = S::Batch, Output = <M as TrainStep>::Output>,
    {
        finexl_core::atomic::create_folder(self.folder)?;
        let learner = Learner::new(numbered(trainee), optimizer, self.learning_rates()?);
        finexl_core::atomic::create_folder(self.folder.join(CHECKPOINTS))?;
        let resumed_after = self.last_checkpoint();
        keep_until(self.folder, resumed_after)?;
        let patience = self
            .patience
            .map(|epochs| Patience::new(self.folder, epochs));
        let stopped = patience.as_ref().and_then(|p| p.stopped_by(resumed_after));
        let source = Arc::new(source);
        let loader = |split, epoch| {
            Arc::new(DrawnLoader {
                source: source.clone(),
                split,
                steps: match split {
                    Split::Train => self.schedule.steps_per_epoch,
                    _ => VALIDATION_STEPS,
                },
                epoch: AtomicUsize::new(epoch),
                device: None,
            })
        };
        let training = loader(Split::Train, resumed_after);
        let validation = loader(Split::Validation, 0);
        let run = SupervisedTraining::new(self.folder, training, validation)
            .metric_train_numeric(LearningRateMetric::new());
        let mut run = metrics(run)
            .with_custom_checkpointers(
                WholeCheckpoints::of(self.folder, MODEL),
                WholeCheckpoints::of(self.folder, OPTIMIZER),
                WholeCheckpoints::of(self.folder, SCHEDULER),
            )
            .with_checkpointing_strategy(KeepLastNCheckpoints::new(KEPT))
            .with_interrupter(Interrupter::new())
            .with_application_logger(None)
            // One that had lost patience is at its end: nothing is left to be trained.
            .num_epochs(stopped.map_or(self.schedule.epochs, |_| resumed_after))
            .label(self.name);
        if let Some(patience) = patience {
            run = run.early_stopping(patience);
        }
        if resumed_after > 0 {
            run = run.checkpoint(resumed_after);
        }
        if self.quiet || !std::io::stdout().is_terminal() {
            run = run.renderer(Box::new(PlainRenderer::new(self.quiet)));
        }
        let result = run.launch(learner);
        if let Some(error) = result.error {
            return Err(ZooError::Backend {
                what: "training",
                message: error.to_string(),
            });
        }
        Ok(Trained {
            module: result.interrupted.is_none().then_some(result.model),
            resumed_after,
        })
    }

    /// Linear warm-up, then a cosine down to a hundredth.
    fn learning_rates(&self) -> Result<ModuleLrScheduler, ZooError> {
        let peak = self.schedule.learning_rate;
        let steps = self.schedule.epochs * self.schedule.steps_per_epoch;
        let warmup = self.schedule.warmup_steps;
        let rest = steps.saturating_sub(warmup).max(1);
        SequentialLrSchedulerConfig::new(
            vec![
                LrSchedulerConfig::Linear(LinearLrSchedulerConfig::new(
                    peak / 100.0,
                    peak,
                    warmup.max(1),
                )),
                LrSchedulerConfig::Cosine(
                    CosineAnnealingLrSchedulerConfig::new(peak, rest).with_min_lr(peak / 100.0),
                ),
            ],
            vec![warmup.max(1)],
        )
        .init()
        .map_err(ZooError::Config)
    }

    /// The last epoch whose three checkpoint files can all be read, or 0.
    pub(super) fn last_checkpoint(&self) -> usize {
        let folder = self.folder.join(CHECKPOINTS);
        (1..=self.schedule.epochs)
            .rev()
            .find(|epoch| {
                let file = |part: &str| folder.join(format!("{part}-{epoch}.bpk"));
                ModuleRecord::load(file(MODEL)).is_ok()
                    && OptimizerRecord::load(file(OPTIMIZER)).is_ok()
                    && LrSchedulerRecord::load(file(SCHEDULER)).is_ok()
            })
            .unwrap_or(0)
    }
}

/// Draws batches as they are asked for; every epoch and step has its own seed keys.
struct DrawnLoader<S> {
    source: Arc<S>,
    split: Split,
    steps: usize,
    /// Epochs drawn so far; validation always shows the same batches.
    epoch: AtomicUsize,
    device: Option<Device>,
}

struct DrawnBatches<'a, S> {
    loader: &'a DrawnLoader<S>,
    epoch: usize,
    step: usize,
    begin: Instant,
}

impl<S: BatchSource> DataLoader<S::Batch> for DrawnLoader<S> {
    fn iter<'a>(&'a self) -> Box<dyn DataLoaderIterator<S::Batch> + 'a> {
        let epoch = match self.split {
            Split::Train => self.epoch.fetch_add(1, Ordering::Relaxed),
            _ => 0,
        };
        Box::new(DrawnBatches {
            loader: self,
            epoch,
            step: 0,
            begin: Instant::now(),
        })
    }

    fn num_items(&self) -> usize {
        self.steps
    }

    fn to_device(&self, device: &Device) -> Arc<dyn DataLoader<S::Batch>> {
        Arc::new(Self {
            source: self.source.clone(),
            split: self.split,
            steps: self.steps,
            epoch: AtomicUsize::new(self.epoch.load(Ordering::Relaxed)),
            device: Some(device.clone()),
        })
    }

    fn slice(&self, _start: usize, _end: usize) -> Arc<dyn DataLoader<S::Batch>> {
        // Batches are drawn, not stored: a part of them is as good as another.
        self.to_device(self.device.as_ref().unwrap_or(&Device::flex()))
    }
}

impl<S: BatchSource> Iterator for DrawnBatches<'_, S> {
    type Item = Result<S::Batch, DatasetError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.step >= self.loader.steps {
            if self.loader.split == Split::Train {
                let seconds = self.begin.elapsed().as_secs_f64();
                tracing::info!(steps = self.step, seconds, "trained an epoch");
            }
            return None;
        }
        let device = self.loader.device.clone().unwrap_or_else(Device::flex);
        let keys = [self.epoch as u64, self.step as u64];
        self.step += 1;
        let batch = self.loader.source.batch(self.loader.split, keys, &device);
        Some(batch.map_err(DatasetError::new))
    }
}

impl<S: BatchSource> DataLoaderIterator<S::Batch> for DrawnBatches<'_, S> {
    fn progress(&self) -> Progress {
        Progress::new(self.step, self.loader.steps, Some("steps".to_string()))
    }
}
