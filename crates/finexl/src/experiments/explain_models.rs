//! `[explain-models]`: personalized models of a generator, explained.

use super::reporting::{Listener, report};
use crate::{Error, Explainer};
use finexl_core::experiment::ExplainModels;
use finexl_core::explanation::{Applied, Generated};
use finexl_core::work_lock::Patience;
use finexl_data::image_folder::BadFiles;
use finexl_data::pairs::{PairOptions, PairSet};
use finexl_data::scenes::{MANIFEST, Split};
use finexl_eval::EvalError;
use finexl_explain::explainer::Sides;
use finexl_zoo::generators::{
    AdapterPrompt, AnyGenerator, ChosenSettings, GenerationRecord, GenerationRequest,
    GenerationSettings, Generator, OpenedGenerator, PromptSource, ensure_folder, open_generator,
    open_personalized, sampled_alike,
};
use std::path::Path;

/// Folder of the base's images.
const BASE: &str = "base";

/// Generates with a base and with personalized models of it on the device of that name, explains each and writes reports
/// into the experiment's folder. Images that are there already are used again.
///
/// # Errors
/// Models or prompts that cannot be used, a name that is no folder's, files that cannot be written.
pub fn explain_models(
    experiment: &ExplainModels,
    explainer: &Explainer,
    device: &str,
    listener: &dyn Listener,
) -> Result<(), Error> {
    let device = finexl_zoo::device::by_name(device)?;
    let base = open_generator(&experiment.model, &device)?;
    let (requests, of_prompts) = requests(experiment, &base)?;
    experiment
        .personalized
        .keys()
        .try_for_each(|name| check(name))?;
    let base_folder = experiment.output.join(BASE);
    let settings = base.settings(&ChosenSettings::default())?;
    let of_base = ensure(&*base, &requests, &settings, &[], &base_folder, listener)?;
    let prompts: Vec<String> = requests.iter().map(|r| r.prompt.clone()).collect();
    for (name, model) in &experiment.personalized {
        let opened = open_personalized(&experiment.model, model, None, &device)?;
        let mut notes = said(&*base, &opened, &settings, &prompts)?;
        notes.extend(of_prompts.iter().cloned());
        let folder = experiment.output.join(name);
        let (own, remarks) = worded(&opened.words, &prompts, (name.as_str(), experiment.seed));
        notes.extend(remarks);
        let of_model = ensure(
            &*opened.generator,
            &own,
            &settings,
            &of(model, &opened.applied),
            &folder,
            listener,
        )?;
        let manifest = base_folder.join(MANIFEST);
        let set = PairSet::open(
            &base_folder,
            &folder,
            Some(&manifest),
            &PairOptions::plain(BadFiles::Refuse),
        )?;
        let shown = match opened.scale() {
            Some(scale) => format!("{name} at scale {scale}"),
            None => name.clone(),
        };
        let sides = Sides {
            names: [base.name().to_string(), shown],
            generated: Generated {
                base: Some(of_base.images()),
                personalized: Some(of_model.images()),
            },
            notes,
        };
        let place = (experiment.output.as_path(), name.as_str());
        report(explainer, place, &set, &sides, listener)?;
    }
    Ok(())
}

/// The prompts of a file, or those of scenes with subjects that the base knows, and notes on the file.
fn requests(
    experiment: &ExplainModels,
    base: &AnyGenerator,
) -> Result<(Vec<GenerationRequest>, Vec<String>), Error> {
    let split: Split = experiment.split.parse()?;
    let source = match &experiment.prompts {
        Some(path) => PromptSource::File {
            path,
            count: Some(experiment.pairs),
        },
        None => PromptSource::Scenes {
            split,
            seed: experiment.seed,
            count: experiment.pairs,
        },
    };
    let list = source.prompts(base)?;
    let requests = GenerationRequest::of_prompts(&list.prompts, experiment.seed);
    Ok((requests, list.notes))
}

/// Refuses names that are none of a folder beside that of the base.
fn check(name: &str) -> Result<(), Error> {
    if name != BASE && !name.contains(['/', '\\']) && !name.starts_with('.') {
        return Ok(());
    }
    let problem = format!(
        "\"{name}\" names a folder beside that of the base; give another name, without slashes"
    );
    Err(Error::Eval(EvalError::Setting {
        setting: "personalized",
        problem,
    }))
}

/// What a reader should know of a base and a model, sampled alike.
fn said(
    base: &dyn Generator,
    opened: &OpenedGenerator,
    settings: &GenerationSettings,
    prompts: &[String],
) -> Result<Vec<String>, Error> {
    let mut notes = opened.notes.clone();
    notes.extend(base.notes().iter().cloned());
    let own = opened.generator.notes().iter();
    let new: Vec<String> = own.filter(|note| !notes.contains(note)).cloned().collect();
    notes.extend(new);
    notes.extend(base.prompt_notes(prompts));
    let chosen = ChosenSettings::default();
    notes.extend(sampled_alike(
        (base.name(), settings),
        &*opened.generator,
        &chosen,
    )?);
    Ok(notes)
}

/// The requests of a model whose learned words join the prompts, with what a reader should know.
fn worded(
    words: &[String],
    prompts: &[String],
    (name, seed): (&str, u64),
) -> (Vec<GenerationRequest>, Vec<String>) {
    let made = AdapterPrompt::new(words, None, prompts, None);
    let put = |text| format!("\"{text}\" was put before every prompt of {name}.");
    let mut notes = made.notes;
    notes.extend(made.text.map(put));
    (GenerationRequest::of_prompts(&made.prompts, seed), notes)
}

/// What is applied from one place.
fn of<'a>(place: &'a Path, applied: &'a [Applied]) -> Vec<(&'a Path, &'a Applied)> {
    applied.iter().map(|of| (place, of)).collect()
}

fn ensure(
    generator: &dyn Generator,
    requests: &[GenerationRequest],
    settings: &GenerationSettings,
    adapters: &[(&Path, &Applied)],
    folder: &Path,
    listener: &dyn Listener,
) -> Result<GenerationRecord, Error> {
    let record = GenerationRecord::new(generator, adapters, settings.clone(), requests);
    ensure_folder(
        generator,
        requests,
        &record,
        folder,
        Patience::Wait,
        &|share| {
            listener.progress("generating, %", (100.0 * share).round() as usize, 100);
        },
    )?;
    Ok(record)
}
