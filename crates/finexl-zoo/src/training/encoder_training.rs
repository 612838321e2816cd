//! Runs the recipe of an embedded encoder.

use super::encoder_batch::EncoderBatch;
use super::encoder_data::SceneSource;
use super::encoder_loss::{EncoderTrainee, finished};
use super::plain_renderer::PlainRenderer;
use crate::ZooError;
use crate::encoders::mini_clip::{MiniClipConfig, patch_side};
use burn::data::dataloader::{DataLoader, DataLoaderIterator, Progress};
use burn::data::dataset::DatasetError;
use burn::grad_clipping::GradientClippingConfig;
use burn::lr_scheduler::cosine::CosineAnnealingLrSchedulerConfig;
use burn::lr_scheduler::linear::LinearLrSchedulerConfig;
use burn::lr_scheduler::module_lr_scheduler::ModuleLrScheduler;
use burn::lr_scheduler::sequential::SequentialLrSchedulerConfig;
use burn::lr_scheduler::{LrSchedulerConfig, LrSchedulerRecord};
use burn::module::ParamGroup;
use burn::optim::decay::WeightDecayConfig;
use burn::optim::{AdamWConfig, AdjustLrFn, ModuleOptimizer, MuonConfig, OptimizerRecord};
use burn::store::ModuleRecord;
use burn::tensor::Device;
use burn::train::checkpoint::KeepLastNCheckpoints;
use burn::train::metric::{AccuracyMetric, LearningRateMetric, LossMetric};
use burn::train::{Interrupter, Learner, SupervisedTraining};
use finexl_core::experiment::TrainEncoder;
use finexl_data::scenes::Split;
use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

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

/// Trains an encoder in `run_folder`, going on from the last whole checkpoint found there.
///
/// # Errors
/// Where the art is missing, a checkpoint does not fit the recipe, or burn-train fails.
pub fn train_encoder(
    recipe: &TrainEncoder,
    run_folder: &Path,
    device: &Device,
    quiet: bool,
) -> Result<TrainingReport, ZooError> {
    let source = Arc::new(SceneSource::load(recipe)?);
    finexl_core::atomic::create_folder(run_folder)?;
    let config = model_config(recipe, &source);
    let device = device.clone().autodiff();
    device.seed(recipe.seed);
    let trainee = EncoderTrainee::new(config.init(&device), recipe, &device);
    let learner = Learner::new(trainee, optimizer(recipe), schedule(recipe)?);
    let resumed_after = last_checkpoint(run_folder, recipe.epochs);
    let training = Arc::new(SceneLoader::new(
        source.clone(),
        recipe,
        Split::Train,
        resumed_after,
    ));
    let validation = Arc::new(SceneLoader::new(source, recipe, Split::Validation, 0));
    let interrupter = Interrupter::new();
    let mut run = SupervisedTraining::new(run_folder, training, validation)
        .metrics((AccuracyMetric::new(), LossMetric::new()))
        .metric_train_numeric(LearningRateMetric::new())
        .with_default_checkpointers()
        .with_checkpointing_strategy(KeepLastNCheckpoints::new(2))
        .with_interrupter(interrupter)
        .with_application_logger(None)
        .num_epochs(recipe.epochs)
        .label(&recipe.name);
    if resumed_after > 0 {
        run = run.checkpoint(resumed_after);
    }
    if quiet || !std::io::stdout().is_terminal() {
        run = run.renderer(Box::new(PlainRenderer::new(quiet)));
    }
    let result = run.launch(learner);
    if let Some(error) = result.error {
        return Err(ZooError::Backend {
            what: "training",
            message: error.to_string(),
        });
    }
    if result.interrupted.is_some() {
        return Ok(TrainingReport {
            weights: None,
            resumed_after,
        });
    }
    crate::weights::save(&finished(result.model), &config, &recipe.output)?;
    Ok(TrainingReport {
        weights: Some(recipe.output.clone()),
        resumed_after,
    })
}

/// Muon for the matrices inside the blocks (Jordan et al. 2024, with Moonshot's scale, so that one
/// learning rate serves both), AdamW for everything else.
fn optimizer(recipe: &TrainEncoder) -> ModuleOptimizer {
    let muon = MuonConfig::new()
        .with_adjust_lr_fn(AdjustLrFn::MatchRmsAdamW)
        .with_weight_decay(Some(WeightDecayConfig::new(recipe.weight_decay)));
    let adamw = AdamWConfig::new()
        .with_beta_2(0.98)
        .with_weight_decay(recipe.weight_decay)
        .with_grad_clipping(Some(GradientClippingConfig::Norm(1.0)))
        .init();
    ["transformer", "mixer"]
        .into_iter()
        .fold(adamw, |optimizer, blocks| {
            let matrices = ParamGroup::from_predicates(vec![blocks, "weight"]);
            optimizer.with_group(matrices, muon.build(), None)
        })
}

fn model_config(recipe: &TrainEncoder, source: &SceneSource) -> MiniClipConfig {
    MiniClipConfig {
        name: recipe.name.clone(),
        image_size: recipe.image_size,
        embedding: recipe.embedding,
        image_tower: recipe.image_tower.clone(),
        text_tower: recipe.text_tower.clone(),
        words: source.words().to_vec(),
    }
}

/// Linear warm-up, then a cosine down to a hundredth.
fn schedule(recipe: &TrainEncoder) -> Result<ModuleLrScheduler, ZooError> {
    let peak = recipe.learning_rate;
    let steps = recipe.epochs * recipe.steps_per_epoch;
    let rest = steps.saturating_sub(recipe.warmup_steps).max(1);
    SequentialLrSchedulerConfig::new(
        vec![
            LrSchedulerConfig::Linear(LinearLrSchedulerConfig::new(
                peak / 100.0,
                peak,
                recipe.warmup_steps.max(1),
            )),
            LrSchedulerConfig::Cosine(
                CosineAnnealingLrSchedulerConfig::new(peak, rest).with_min_lr(peak / 100.0),
            ),
        ],
        vec![recipe.warmup_steps.max(1)],
    )
    .init()
    .map_err(ZooError::Config)
}

/// The last epoch whose three checkpoint files can all be read, or 0.
fn last_checkpoint(run_folder: &Path, epochs: usize) -> usize {
    let folder = run_folder.join("checkpoint");
    (1..=epochs)
        .rev()
        .find(|epoch| {
            let file = |part: &str| folder.join(format!("{part}-{epoch}.bpk"));
            ModuleRecord::load(file("model")).is_ok()
                && OptimizerRecord::load(file("optim")).is_ok()
                && LrSchedulerRecord::load(file("scheduler")).is_ok()
        })
        .unwrap_or(0)
}

/// Draws batches of scenes as they are asked for; every epoch and step has its own seed keys.
struct SceneLoader {
    source: Arc<SceneSource>,
    recipe: TrainEncoder,
    split: Split,
    /// Epochs drawn so far; validation always shows the same batches.
    epoch: AtomicUsize,
    device: Option<Device>,
}

impl SceneLoader {
    fn new(source: Arc<SceneSource>, recipe: &TrainEncoder, split: Split, epoch: usize) -> Self {
        Self {
            source,
            recipe: recipe.clone(),
            split,
            epoch: AtomicUsize::new(epoch),
            device: None,
        }
    }

    fn steps(&self) -> usize {
        match self.split {
            Split::Train => self.recipe.steps_per_epoch,
            _ => VALIDATION_STEPS,
        }
    }
}

struct SceneIterator<'a> {
    loader: &'a SceneLoader,
    epoch: usize,
    step: usize,
}

impl DataLoader<EncoderBatch> for SceneLoader {
    fn iter<'a>(&'a self) -> Box<dyn DataLoaderIterator<EncoderBatch> + 'a> {
        let epoch = match self.split {
            Split::Train => self.epoch.fetch_add(1, Ordering::Relaxed),
            _ => 0,
        };
        Box::new(SceneIterator {
            loader: self,
            epoch,
            step: 0,
        })
    }

    fn num_items(&self) -> usize {
        self.steps()
    }

    fn to_device(&self, device: &Device) -> Arc<dyn DataLoader<EncoderBatch>> {
        Arc::new(Self {
            source: self.source.clone(),
            recipe: self.recipe.clone(),
            split: self.split,
            epoch: AtomicUsize::new(self.epoch.load(Ordering::Relaxed)),
            device: Some(device.clone()),
        })
    }

    fn slice(&self, _start: usize, _end: usize) -> Arc<dyn DataLoader<EncoderBatch>> {
        // Batches are drawn, not stored: a part of them is as good as another.
        self.to_device(self.device.as_ref().unwrap_or(&Device::flex()))
    }
}

impl Iterator for SceneIterator<'_> {
    type Item = Result<EncoderBatch, DatasetError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.step >= self.loader.steps() {
            return None;
        }
        let device = self.loader.device.clone().unwrap_or_else(Device::flex);
        let keys = [self.epoch as u64, self.step as u64];
        self.step += 1;
        let patch = patch_side(&self.loader.recipe.image_tower);
        let batch = self
            .loader
            .source
            .batch(&self.loader.recipe, self.loader.split, keys, patch, &device)
            .map_err(DatasetError::new);
        Some(batch)
    }
}

impl DataLoaderIterator<EncoderBatch> for SceneIterator<'_> {
    fn progress(&self) -> Progress {
        Progress::new(self.step, self.loader.steps(), Some("steps".to_string()))
    }
}
