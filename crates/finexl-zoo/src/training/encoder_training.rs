//! Runs the recipe of an embedded encoder.

use super::encoder_batch::EncoderBatch;
use super::encoder_data::SceneSource;
use super::encoder_loss::{EncoderTrainee, finished};
use super::optimizers::muon_in;
use super::training_loop::{BatchSource, TrainingReport, TrainingRun};
use crate::ZooError;
use crate::encoders::mini_clip::{MiniClipConfig, patch_side};
use burn::tensor::Device;
use burn::train::metric::{AccuracyMetric, LossMetric};
use finexl_core::experiment::TrainEncoder;
use finexl_data::scenes::Split;
use std::path::Path;

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
    let scenes = SceneSource::load(recipe)?;
    let config = model_config(recipe, &scenes);
    let device = device.clone().autodiff();
    device.seed(recipe.seed);
    let trainee = EncoderTrainee::new(config.init(&device), recipe, &device);
    let run = TrainingRun {
        name: &recipe.name,
        schedule: recipe.schedule(),
        folder: run_folder,
        quiet,
        patience: None,
    };
    let optimizer = muon_in(&["transformer", "mixer"], &run.schedule);
    let source = EncoderBatches {
        scenes,
        recipe: recipe.clone(),
    };
    let trained = run.launch(trainee, source, optimizer, |run| {
        run.metrics((AccuracyMetric::new(), LossMetric::new()))
    })?;
    let weights = match trained.module {
        Some(trainee) => {
            crate::weights::save(&finished(trainee), &config, &recipe.output)?;
            Some(recipe.output.clone())
        }
        None => None,
    };
    Ok(TrainingReport {
        weights,
        resumed_after: trained.resumed_after,
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

struct EncoderBatches {
    scenes: SceneSource,
    recipe: TrainEncoder,
}

impl BatchSource for EncoderBatches {
    type Batch = EncoderBatch;

    fn batch(
        &self,
        split: Split,
        keys: [u64; 2],
        device: &Device,
    ) -> Result<EncoderBatch, ZooError> {
        let patch = patch_side(&self.recipe.image_tower);
        self.scenes.batch(&self.recipe, split, keys, patch, device)
    }
}
