//! Pools: many personalized models of one base, with images of all of them.

use super::pool_plan::{Plan, Training};
use super::tuning::personalize_with;
use crate::ZooError;
use crate::generators::{
    AdapterChoice, AdapterPrompt, AnyGenerator, ChosenSettings, ConceptGuidance, Diversity,
    GenerationRecord, GenerationRequest, GenerationSettings, Generator, GuidedConcept,
    PromptSource, SampledBase, Walk, adapters_predict_alike, ensure_folder, open_generator,
    sampled_alike,
};
use burn::tensor::Device;
use finexl_core::experiment::{Experiment, MakePool};
use finexl_core::explanation::Applied;
use finexl_core::pool::{Personalized, PoolModel, PoolRecord};
use finexl_core::recipe::Recipe;
use finexl_core::results_folder::{Others, ResultsPlace};
use finexl_core::work_lock::Patience;
use std::cell::Cell;
use std::path::Path;

/// Folder of the trained models inside a pool.
pub(super) const MODELS: &str = "models";
/// Folder of the images inside a pool, and of the base's inside that.
pub(super) const IMAGES: &str = "images";
pub(super) const BASE: &str = "base";

/// Makes a pool, or what is missing of it: models and images that are complete stay as they are, and a
/// training that was killed goes on where it stood. Processes that make one pool at the same time share the
/// work: each passes over what another one is at, and waits for it when nothing else is left. `progress` is
/// told what is being made, and how many models are done and how many there are.
///
/// # Errors
/// A configuration that names what is not there, before anything is made; a pool of another recipe, unless
/// it is to be replaced, and then its models and images that were made otherwise; anything that
/// [`personalize`](super::personalize) or generating refuses; [`ZooError::Collapsed`] naming a model whose
/// images are all one picture.
pub fn make_pool(
    config: &MakePool,
    device: &Device,
    others: &Others,
    progress: &(dyn Fn(&str, usize, usize) + Sync),
) -> Result<PoolRecord, ZooError> {
    let base = open_generator(&config.model, device)?;
    let plan = Plan::of(config, &base)?;
    let requests = requests(config, &base)?;
    let chosen = plain(config)?;
    let settings = base.settings(&chosen)?;
    let sampled = SampledBase {
        generator: &base,
        model: &config.model,
        settings: &settings,
        chosen: &chosen,
        device,
    };
    sampled.check(plan.given.iter().map(|(choice, _)| choice))?;
    let recipe = Recipe::of(&Experiment::MakePool(config.clone()))?;
    // Held for a moment only: the work itself is shared.
    ResultsPlace::folder(&config.output)
        .take(&recipe, others)?
        .keep();
    let models: Vec<PoolModel> = plan.models().cloned().collect();
    let pool = Pool {
        config,
        base: &base,
        sampled: &sampled,
        requests: &requests,
        device,
        progress,
        total: models.len(),
        done: Cell::new(0),
    };
    let mut open = vec![Unit::Base];
    open.extend(plan.trainings.iter().map(Unit::Training));
    open.extend((plan.given.iter()).map(|(choice, model)| Unit::Given(choice, model)));
    open.extend(plan.untrained.iter().map(Unit::Model));
    for patience in [Patience::Leave, Patience::Wait] {
        let mut left = Vec::new();
        for unit in open {
            if !pool.make(&unit, patience)? {
                left.push(unit);
            }
        }
        open = left;
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

/// What one process at a time makes.
enum Unit<'a> {
    /// The images of the base.
    Base,
    /// A training, then the images of its models.
    Training(&'a Training),
    /// The images of a model by an adapter that is there already.
    Given(&'a AdapterChoice, &'a PoolModel),
    /// The images of a model that is not trained.
    Model(&'a PoolModel),
}

/// What images are made with.
struct Pool<'a> {
    config: &'a MakePool,
    base: &'a AnyGenerator,
    sampled: &'a SampledBase<'a>,
    requests: &'a [GenerationRequest],
    device: &'a Device,
    progress: &'a (dyn Fn(&str, usize, usize) + Sync),
    /// Models in all, and those that are done.
    total: usize,
    done: Cell<usize>,
}

impl Pool<'_> {
    /// Makes what is missing of a unit; false where some of that was left to another process.
    fn make(&self, unit: &Unit<'_>, patience: Patience) -> Result<bool, ZooError> {
        match unit {
            Unit::Base => {
                let settings = self.sampled.settings.clone();
                let base = (&**self.base, &[][..]);
                self.images(base, settings, self.requests, (BASE, patience))
            }
            Unit::Training(training) => self.train(training, patience),
            Unit::Given(choice, model) => {
                let made = self.personalized(choice, &model.name, patience)?;
                if made {
                    self.tell(&[model]);
                }
                Ok(made)
            }
            Unit::Model(model) => {
                let made = self.images_of(model, patience)?;
                if made {
                    self.tell(&[model]);
                }
                Ok(made)
            }
        }
    }

    fn train(&self, training: &Training, patience: Patience) -> Result<bool, ZooError> {
        let name = &training.config.name;
        let told = |step, steps| {
            let what = format!("{name}, step {step} of {steps}");
            (self.progress)(&what, self.done.get(), self.total);
        };
        let trained = personalize_with(&training.config, self.base, self.device, patience, &told)?;
        if trained.is_none() {
            return Ok(false);
        }
        let mut all = true;
        for model in &training.models {
            all &= self.images_of(model, patience)?;
        }
        if all {
            self.tell(&training.models.iter().collect::<Vec<_>>());
        }
        Ok(all)
    }

    /// Says that models are done.
    fn tell(&self, models: &[&PoolModel]) {
        for model in models {
            self.done.set(self.done.get() + 1);
            (self.progress)(&model.name, self.done.get(), self.total);
        }
    }

    /// Makes the images of a model, unless they are there or left to another process; false in that case.
    fn images_of(&self, model: &PoolModel, patience: Patience) -> Result<bool, ZooError> {
        match &model.by {
            Personalized::Training { folder, scale, .. } => {
                let choice = AdapterChoice {
                    path: self.config.output.join(folder),
                    scale: *scale,
                };
                self.personalized(&choice, &model.name, patience)
            }
            by => {
                let settings = self.base.settings(&settings_by(self.config, by)?)?;
                let base = (&**self.base, &[][..]);
                self.images(
                    base,
                    settings,
                    self.requests,
                    (model.name.as_str(), patience),
                )
            }
        }
    }

    /// The images of the base with what personalizes it, whose learned words join the prompts.
    fn personalized(
        &self,
        choice: &AdapterChoice,
        name: &str,
        patience: Patience,
    ) -> Result<bool, ZooError> {
        let opened = self.sampled.open(choice)?;
        let prompts: Vec<String> = self.requests.iter().map(|r| r.prompt.clone()).collect();
        let worded = AdapterPrompt::new(&opened.words, None, &prompts, None);
        let put = worded
            .text
            .map(|text| format!("\"{text}\" was put before every prompt"));
        let base = (self.base.name(), self.sampled.settings);
        let chosen = self.sampled.chosen;
        let mut alike = adapters_predict_alike(&opened.trained_on, base, chosen)?;
        alike.extend(sampled_alike(base, &*opened.generator, chosen)?);
        for note in opened
            .notes
            .iter()
            .chain(&worded.notes)
            .chain(&put)
            .chain(&alike)
        {
            tracing::warn!("{name}: {note}");
        }
        let requests = GenerationRequest::of_prompts(&worded.prompts, self.config.seed);
        let place = choice.path.as_path();
        let adapters: Vec<_> = opened.applied.iter().map(|of| (place, of)).collect();
        let settings = self.sampled.settings.clone();
        let generator = (&*opened.generator, &adapters[..]);
        self.images(generator, settings, &requests, (name, patience))
    }

    fn images(
        &self,
        (generator, adapters): (&dyn Generator, &[(&Path, &Applied)]),
        settings: GenerationSettings,
        requests: &[GenerationRequest],
        (name, patience): (&str, Patience),
    ) -> Result<bool, ZooError> {
        let record = GenerationRecord::new(generator, adapters, settings, requests);
        let folder = self.config.output.join(IMAGES).join(name);
        if !ensure_folder(generator, requests, &record, &folder, patience, &|_| ())? {
            return Ok(false);
        }
        match Diversity::of_folder(&folder, requests)? {
            Some(diversity) if diversity.is_collapse() => Err(ZooError::Collapsed {
                model: format!("pool {}: the model {name}", self.config.name),
                diversity,
            }),
            _ => Ok(true),
        }
    }
}

/// A request per prompt; what there is to say of their file is logged.
fn requests(config: &MakePool, base: &AnyGenerator) -> Result<Vec<GenerationRequest>, ZooError> {
    let list = prompt_source(config).prompts(base)?;
    for note in &list.notes {
        tracing::warn!("{note}");
    }
    Ok(GenerationRequest::of_prompts(&list.prompts, config.seed))
}

/// Where a pool's prompts come from.
fn prompt_source(config: &MakePool) -> PromptSource<'_> {
    match &config.prompts {
        Some(path) => PromptSource::File {
            path,
            count: Some(config.pairs),
        },
        None => PromptSource::Scenes {
            split: config.split,
            seed: config.seed,
            count: config.pairs,
        },
    }
}

/// What the base and trained models are sampled with.
///
/// # Errors
/// [`ZooError::Config`] for a size that is none.
pub(super) fn plain(config: &MakePool) -> Result<ChosenSettings, ZooError> {
    ChosenSettings::stated(config.steps, config.guidance, config.size.as_deref())
}

/// What a model is sampled with.
///
/// # Errors
/// As [`plain`].
pub(super) fn settings_by(
    config: &MakePool,
    by: &Personalized,
) -> Result<ChosenSettings, ZooError> {
    let plain = plain(config)?;
    Ok(match by {
        Personalized::Training { .. } | Personalized::Adapter { .. } => plain,
        Personalized::Guidance { phrase, strength } => ChosenSettings {
            concept: Some(ConceptGuidance::one(phrase, *strength)),
            ..plain
        },
        Personalized::MixedGuidance { strengths } => ChosenSettings {
            concept: ConceptGuidance::of(
                strengths
                    .iter()
                    .map(|(phrase, strength)| GuidedConcept {
                        phrase: phrase.clone(),
                        strength: *strength,
                    })
                    .collect(),
            ),
            ..plain
        },
        Personalized::Walk {
            direction,
            distance,
        } => ChosenSettings {
            walk: Some(Walk {
                direction: *direction,
                distance: *distance,
            }),
            ..plain
        },
    })
}
