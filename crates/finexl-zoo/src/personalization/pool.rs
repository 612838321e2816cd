//! Pools: many personalized models of one base, with images of all of them.

use super::pool_plan::Plan;
use super::tuning::personalize;
use crate::ZooError;
use crate::generators::{
    AnyGenerator, ConceptGuidance, Diversity, GenerationRecord, GenerationRequest,
    GenerationSettings, Generator, Walk, ensure_folder, open_generator, open_personalized,
};
use burn::tensor::Device;
use finexl_core::experiment::MakePool;
use finexl_core::explanation::Applied;
use finexl_core::pool::{Personalized, PoolModel, PoolRecord};
use finexl_data::scenes::Split;
use std::path::Path;

/// Folder of the trained models inside a pool.
pub(super) const MODELS: &str = "models";
/// Folder of the images inside a pool, and of the base's inside that.
pub(super) const IMAGES: &str = "images";
pub(super) const BASE: &str = "base";

/// Makes a pool, or what is missing of it: models and images that are complete stay as they are, and a
/// training that was killed goes on where it stood. `progress` is told what is being made, and how many
/// models are done and how many there are.
///
/// # Errors
/// A configuration that names what is not there, before anything is made; anything that [`personalize`]
/// or generating refuses; images of another model in the folder; [`ZooError::Collapsed`] naming a model
/// whose images are all one picture.
pub fn make_pool(
    config: &MakePool,
    device: &Device,
    progress: &(dyn Fn(&str, usize, usize) + Sync),
) -> Result<PoolRecord, ZooError> {
    let base = open_generator(&config.model, device)?;
    let plan = Plan::of(config, &base)?;
    let split: Split = config.split.parse()?;
    let prompts = base.scene_prompts(split, config.seed, config.pairs)?;
    let requests = GenerationRequest::of_prompts(&prompts, config.seed);
    let pool = Pool {
        config,
        base: &base,
        requests: &requests,
        device,
    };
    let models: Vec<PoolModel> = plan.models().cloned().collect();
    let total = models.len();
    pool.images(&*base, None, plain(config, &*base), BASE)?;
    let mut done = 0;
    for training in &plan.trainings {
        let name = &training.config.name;
        personalize(&training.config, &base, device, &|step, steps| {
            progress(&format!("{name}, step {step} of {steps}"), done, total);
        })?;
        for model in &training.models {
            pool.images_of(model)?;
            done += 1;
            progress(&model.name, done, total);
        }
    }
    for model in &plan.untrained {
        pool.images_of(model)?;
        done += 1;
        progress(&model.name, done, total);
    }
    let record = PoolRecord {
        version: PoolRecord::VERSION,
        name: config.name.clone(),
        base: base.name().to_string(),
        base_fingerprint: base.weights().clone(),
        base_images: Path::new(IMAGES).join(BASE),
        models,
    };
    record.write(&config.output)?;
    Ok(record)
}

/// What images are made with.
struct Pool<'a> {
    config: &'a MakePool,
    base: &'a AnyGenerator,
    requests: &'a [GenerationRequest],
    device: &'a Device,
}

impl Pool<'_> {
    /// Makes the images of a model, unless they are there.
    fn images_of(&self, model: &PoolModel) -> Result<(), ZooError> {
        match &model.by {
            Personalized::Training { folder, scale, .. } => {
                let folder = self.config.output.join(folder);
                let opened = open_personalized(&self.config.model, &folder, *scale, self.device)?;
                let adapter = (folder.as_path(), &opened.applied);
                let settings = plain(self.config, &*opened.generator);
                self.images(&*opened.generator, Some(adapter), settings, &model.name)
            }
            by => {
                let settings = settings_by(self.config, by, &**self.base);
                self.images(&**self.base, None, settings, &model.name)
            }
        }
    }

    fn images(
        &self,
        generator: &dyn Generator,
        adapter: Option<(&Path, &Applied)>,
        settings: GenerationSettings,
        name: &str,
    ) -> Result<(), ZooError> {
        let record = GenerationRecord::new(generator, adapter, settings, self.requests);
        let folder = self.config.output.join(IMAGES).join(name);
        ensure_folder(generator, self.requests, &record, &folder, &|_| ())?;
        match Diversity::of_folder(&folder, self.requests)? {
            Some(diversity) if diversity.is_collapse() => Err(ZooError::Collapsed {
                model: format!("pool {}: the model {name}", self.config.name),
                diversity,
            }),
            _ => Ok(()),
        }
    }
}

/// What the base and trained models are sampled with.
pub(super) fn plain(config: &MakePool, generator: &dyn Generator) -> GenerationSettings {
    let own = generator.default_settings();
    GenerationSettings {
        steps: config.steps.unwrap_or(own.steps),
        guidance: config.guidance.unwrap_or(own.guidance),
        ..own
    }
}

/// What a model is sampled with.
pub(super) fn settings_by(
    config: &MakePool,
    by: &Personalized,
    base: &dyn Generator,
) -> GenerationSettings {
    let plain = plain(config, base);
    match by {
        Personalized::Training { .. } => plain,
        Personalized::Guidance { phrase, strength } => GenerationSettings {
            concept: Some(ConceptGuidance {
                phrase: phrase.clone(),
                strength: *strength,
            }),
            ..plain
        },
        Personalized::Walk {
            direction,
            distance,
        } => GenerationSettings {
            walk: Some(Walk {
                direction: *direction,
                distance: *distance,
            }),
            ..plain
        },
    }
}
