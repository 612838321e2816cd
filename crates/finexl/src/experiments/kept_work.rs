//! Images and trainings of an experiment: in its own folder, or where several experiments keep them.

use super::reporting::Listener;
use crate::{Cache, Error};
use finexl_core::CoreError;
use finexl_core::experiment::{ExplainModels, Personalize, TrainedHere};
use finexl_core::explanation::Applied;
use finexl_core::fingerprint::Fingerprint;
use finexl_core::work_lock::Patience;
use finexl_zoo::generators::{
    AnyGenerator, GenerationRecord, GenerationRequest, GenerationSettings, Generator, ensure_folder,
};
use finexl_zoo::personalization::personalize;
use serde::Serialize;
use std::path::{Path, PathBuf};

/// Digits of a fingerprint in the name of a folder.
const DIGITS: usize = 16;

/// Where the work of an experiment lies. What several keep is called by all that it depends on.
pub(super) struct KeptWork<'a> {
    output: &'a Path,
    kept: Option<&'a Path>,
}

impl<'a> KeptWork<'a> {
    /// Of an experiment.
    pub fn of(experiment: &'a ExplainModels) -> Self {
        Self {
            output: &experiment.output,
            kept: experiment.kept.as_deref(),
        }
    }

    /// Where features are kept.
    pub fn cache(&self) -> Cache {
        match self.kept {
            Some(kept) => Cache::at(&kept.join("features")),
            None => Cache::none(),
        }
    }

    /// The folder of images of a generator, made where it is not there, and how they were made.
    ///
    /// # Errors
    /// What generating refuses; a folder that cannot be written to.
    pub fn images(
        &self,
        (generator, adapters): (&dyn Generator, &[(&Path, &Applied)]),
        (requests, settings): (&[GenerationRequest], &GenerationSettings),
        name: &str,
        listener: &dyn Listener,
    ) -> Result<(PathBuf, GenerationRecord), Error> {
        let record = GenerationRecord::new(generator, adapters, settings.clone(), requests);
        let folder = match self.kept {
            Some(kept) => kept.join("images").join(key("images", &record)?),
            None => self.output.join(name),
        };
        ensure_folder(
            generator,
            requests,
            &record,
            &folder,
            Patience::Wait,
            &|share| {
                listener.progress("generating, %", (100.0 * share).round() as usize, 100);
            },
        )?;
        Ok((folder, record))
    }

    /// The folder of a model that is trained, now or before.
    ///
    /// # Errors
    /// What the training refuses.
    pub fn training(
        &self,
        (name, trained): (&str, &TrainedHere),
        (base, model): (&AnyGenerator, &str),
        device: &finexl_zoo::device::Device,
        told: &dyn Fn(usize, usize),
    ) -> Result<PathBuf, Error> {
        let key = key("training", &(base.weights(), trained))?;
        let (name, output) = match self.kept {
            Some(kept) => (key.clone(), kept.join("trainings").join(&key)),
            None => (name.to_string(), self.output.join("trained").join(name)),
        };
        let config = Personalize {
            name,
            output,
            model: model.to_string(),
            seed: trained.seed,
            mechanism: trained.mechanism.clone(),
            styles: trained.styles.clone(),
            pictures: None,
            art_folder: trained.art_folder.clone(),
            images: trained.images,
            images_per_step: trained.images_per_step,
            learning_rate: trained.learning_rate,
            snapshots: vec![trained.steps],
        };
        let folders = personalize(&config, base, device, told)?;
        Ok(folders.into_iter().next_back().unwrap_or(config.output))
    }
}

/// What something is called that depends on a record.
fn key(kind: &str, record: &impl Serialize) -> Result<String, Error> {
    let json = serde_json::to_string(record).map_err(|source| CoreError::Json {
        what: kind.to_string(),
        source,
    })?;
    let key = Fingerprint::of(kind).text("record", &json).finish();
    Ok(key.as_str()[..DIGITS].to_string())
}
