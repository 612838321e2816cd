//! `[explain-models]`: personalized models of a generator, explained.

use super::figures::{Figures, Known};
use super::kept_work::KeptWork;
use super::model_notes::{said, worded};
use super::readers::{Reader, readers};
use super::reporting::{Listener, report};
use crate::{CalibrationChoice, Encoder, Error};
use finexl_core::experiment::ExplainModels;
use finexl_core::explanation::{Applied, Generated};
use finexl_data::image_folder::BadFiles;
use finexl_data::pairs::{PairOptions, PairSet};
use finexl_data::scenes::MANIFEST;
use finexl_eval::{EvalError, explained_pools};
use finexl_explain::explainer::Sides;
use finexl_zoo::device::Device;
use finexl_zoo::generators::{
    AdapterChoice, AnyGenerator, ChosenSettings, DEFAULT_GENERATOR, GenerationRecord,
    GenerationRequest, GenerationSettings, Generator, PromptSource, SampledBase, base_of,
    open_generator,
};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Folder of the base's images.
const BASE: &str = "base";

/// A model that is explained.
struct Model {
    known: Known,
    /// What personalizes the base.
    choice: AdapterChoice,
}

/// Generates with a base and with personalized models of it on the device of that name, explains each by every method,
/// and writes reports and a table of figures into the experiment's folder; the same for the models of pools. Images and
/// trainings that are there already are used again.
///
/// # Errors
/// Models, pools or prompts that cannot be used, a name that is no folder's, files that cannot be written.
pub fn explain_models(
    experiment: &ExplainModels,
    encoder: &Arc<dyn Encoder>,
    calibration: &CalibrationChoice,
    device: &str,
    listener: &dyn Listener,
) -> Result<(), Error> {
    check(experiment)?;
    let kept = KeptWork::of(experiment);
    let readers = readers(&experiment.read_by(), encoder, (calibration, kept.cache()))?;
    let mut figures = Figures::default();
    if !experiment.personalized.is_empty() || !experiment.trained.is_empty() {
        of_base(
            experiment,
            (&kept, &readers),
            device,
            &mut figures,
            listener,
        )?;
    }
    of_pools(experiment, &readers, device, &mut figures, listener)?;
    figures.write(&experiment.output)
}

/// A base with its images, beside which models are explained.
struct Base<'a> {
    experiment: &'a ExplainModels,
    kept: &'a KeptWork<'a>,
    name: String,
    generator: AnyGenerator,
    device: Device,
    requests: Vec<GenerationRequest>,
    /// On the file of prompts.
    notes: Vec<String>,
    settings: GenerationSettings,
    chosen: ChosenSettings,
}

/// Explains adapters and models that are trained here.
fn of_base(
    experiment: &ExplainModels,
    (kept, readers): (&KeptWork<'_>, &[Reader]),
    device: &str,
    figures: &mut Figures,
    listener: &dyn Listener,
) -> Result<(), Error> {
    let device = finexl_zoo::device::by_name(device)?;
    let name = base_name(experiment)?;
    let generator = open_generator(&name, &device)?;
    let (requests, notes) = requests(experiment, &generator)?;
    let size = experiment.size.as_deref();
    let chosen = ChosenSettings::stated(experiment.steps, experiment.guidance, size)?;
    let base = Base {
        experiment,
        kept,
        requests,
        notes,
        settings: generator.settings(&chosen)?,
        chosen,
        name,
        generator,
        device,
    };
    let given = adapters(experiment);
    (base.sampled()).check(given.iter().map(|model| &model.choice))?;
    let of_base = base.images((&*base.generator, &[]), &base.requests, BASE, listener)?;
    for model in base.models(listener)? {
        let (set, sides) = base.pairs(&model, &of_base, listener)?;
        explain(
            experiment,
            readers,
            (&model.known, &set, &sides),
            figures,
            listener,
        )?;
    }
    Ok(())
}

impl Base<'_> {
    fn sampled(&self) -> SampledBase<'_> {
        SampledBase {
            generator: &self.generator,
            model: &self.name,
            settings: &self.settings,
            chosen: &self.chosen,
            device: &self.device,
        }
    }

    fn images(
        &self,
        generator: (&dyn Generator, &[(&Path, &Applied)]),
        requests: &[GenerationRequest],
        name: &str,
        listener: &dyn Listener,
    ) -> Result<(PathBuf, GenerationRecord), Error> {
        self.kept
            .images(generator, (requests, &self.settings), name, listener)
    }

    /// All models of the base, those that are trained here after their training.
    fn models(&self, listener: &dyn Listener) -> Result<Vec<Model>, Error> {
        let mut models = adapters(self.experiment);
        for (model, trained) in &self.experiment.trained {
            let told = |done, all| listener.progress("training steps", done, all);
            let of_base = (&self.generator, self.name.as_str());
            let folder = self
                .kept
                .training((model, trained), of_base, &self.device, &told)?;
            let known = Known::of_styles(model, &trained.styles);
            models.extend(at_scales(self.experiment, model, &folder, known));
        }
        Ok(models)
    }

    /// The images of a model beside those of the base, and what is known of both sides.
    fn pairs(
        &self,
        model: &Model,
        (base_folder, of_base): &(PathBuf, GenerationRecord),
        listener: &dyn Listener,
    ) -> Result<(PairSet, Sides), Error> {
        let base = &self.generator;
        let opened = self.sampled().open(&model.choice)?;
        let prompts: Vec<String> = self.requests.iter().map(|r| r.prompt.clone()).collect();
        let mut notes = said(&self.sampled(), &opened, &prompts)?;
        notes.extend(self.notes.iter().cloned());
        let (own, remarks) = worded(
            &opened.words,
            &prompts,
            (model.known.name.as_str(), self.experiment.seed),
        );
        notes.extend(remarks);
        let named = &model.known.model;
        let applied = of(&model.choice.path, &opened.applied);
        let (folder, of_model) =
            self.images((&*opened.generator, &applied), &own, named, listener)?;
        let shown = match opened.scale() {
            Some(scale) => format!("{} at scale {scale}", model.known.name),
            None => named.clone(),
        };
        let sides = Sides {
            names: [base.name().to_string(), shown],
            generated: Generated {
                base: Some(of_base.images()),
                personalized: Some(of_model.images()),
            },
            notes,
        };
        Ok((pairs(base_folder, &folder)?, sides))
    }
}

/// Explains the models of pools, whose images are there.
fn of_pools(
    experiment: &ExplainModels,
    readers: &[Reader],
    device: &str,
    figures: &mut Figures,
    listener: &dyn Listener,
) -> Result<(), Error> {
    let progress = |what: &str, done, all| listener.progress(what, done, all);
    for pool in explained_pools(&experiment.pools, device, &progress)? {
        for model in &pool.record.models {
            let mut known = Known::of_styles(
                &format!("{}.{}", pool.record.name, model.name),
                &model.styles,
            );
            known.level = Some(model.level);
            let sides = Sides::named(&pool.record.base, &model.name);
            let set = pairs(
                &pool.folder.join(&pool.record.base_images),
                &pool.folder.join(&model.images),
            )?;
            explain(
                experiment,
                readers,
                (&known, &set, &sides),
                figures,
                listener,
            )?;
        }
    }
    Ok(())
}

fn pairs(base: &Path, personalized: &Path) -> Result<PairSet, Error> {
    let manifest = base.join(MANIFEST);
    let options = PairOptions::plain(BadFiles::Refuse);
    Ok(PairSet::open(
        base,
        personalized,
        Some(&manifest),
        &options,
    )?)
}

fn explain(
    experiment: &ExplainModels,
    readers: &[Reader],
    (known, set, sides): (&Known, &PairSet, &Sides),
    figures: &mut Figures,
    listener: &dyn Listener,
) -> Result<(), Error> {
    for reader in readers {
        let name = reader.name(&known.model);
        let place = (experiment.output.as_path(), name.as_str());
        let explained = report(&reader.explainer, place, set, sides, listener)?;
        figures.add(known, &explained.explanation);
    }
    Ok(())
}

/// The adapters that are there, at every scale.
fn adapters(experiment: &ExplainModels) -> Vec<Model> {
    let given = experiment.personalized.iter();
    let models =
        given.flat_map(|(name, folder)| at_scales(experiment, name, folder, Known::named(name)));
    models.collect()
}

fn at_scales(experiment: &ExplainModels, name: &str, folder: &Path, known: Known) -> Vec<Model> {
    let model = |scale: Option<f64>| Model {
        known: Known {
            model: match (scale, &experiment.scales[..]) {
                (Some(scale), [_, _, ..]) => format!("{name}-{scale}"),
                _ => name.to_string(),
            },
            level: scale,
            ..known.clone()
        },
        choice: AdapterChoice {
            path: folder.to_path_buf(),
            scale,
        },
    };
    match &experiment.scales[..] {
        [] => vec![model(None)],
        scales => scales.iter().map(|scale| model(Some(*scale))).collect(),
    }
}

/// The base that is named, or that the adapters were made for.
fn base_name(experiment: &ExplainModels) -> Result<String, Error> {
    if let Some(model) = &experiment.model {
        return Ok(model.clone());
    }
    let mut found: Option<(String, &Path)> = None;
    for folder in experiment.personalized.values() {
        let Some(base) = base_of(folder)? else {
            continue;
        };
        match &found {
            Some((other, of)) if *other != base => {
                let problem = format!(
                    "{} was made for {other} and {} for {base}; give each base an experiment of its own",
                    of.display(),
                    folder.display()
                );
                return Err(wrong("personalized", problem));
            }
            _ => found = Some((base, folder)),
        }
    }
    Ok(found.map_or(DEFAULT_GENERATOR.to_string(), |(base, _)| base))
}

/// The prompts of a file, or those of scenes with subjects that the base knows, and notes on the file.
fn requests(
    experiment: &ExplainModels,
    base: &AnyGenerator,
) -> Result<(Vec<GenerationRequest>, Vec<String>), Error> {
    let source = match &experiment.prompts {
        Some(path) => PromptSource::File {
            path,
            count: Some(experiment.pairs),
        },
        None => PromptSource::Scenes {
            split: experiment.split,
            seed: experiment.seed,
            count: experiment.pairs,
        },
    };
    let list = source.prompts(base)?;
    let requests = GenerationRequest::of_prompts(&list.prompts, experiment.seed);
    Ok((requests, list.notes))
}

/// Refuses an experiment without models, and names that are none of a folder beside that of the base.
fn check(experiment: &ExplainModels) -> Result<(), Error> {
    let named = || {
        experiment
            .personalized
            .keys()
            .chain(experiment.trained.keys())
    };
    if named().next().is_none() && experiment.pools.is_empty() {
        let problem = "there is no model to explain; give personalized, trained or pools";
        return Err(wrong("personalized", problem.to_string()));
    }
    for name in named() {
        if name == BASE || name.contains(['/', '\\']) || name.starts_with('.') {
            let problem = format!(
                "\"{name}\" names a folder beside that of the base; give another name, without slashes"
            );
            return Err(wrong("personalized", problem));
        }
    }
    if let Some(name) = experiment
        .trained
        .keys()
        .find(|name| experiment.personalized.contains_key(*name))
    {
        let problem =
            format!("\"{name}\" is an adapter, and is to be trained too; give another name");
        return Err(wrong("trained", problem));
    }
    if let Some(scale) = experiment.scales.iter().find(|scale| !scale.is_finite()) {
        return Err(wrong(
            "scales",
            format!("{scale} is no scale; give a number"),
        ));
    }
    Ok(())
}

/// What is applied from one place.
fn of<'a>(place: &'a Path, applied: &'a [Applied]) -> Vec<(&'a Path, &'a Applied)> {
    applied.iter().map(|of| (place, of)).collect()
}

fn wrong(setting: &'static str, problem: String) -> Error {
    Error::Eval(EvalError::Setting { setting, problem })
}
