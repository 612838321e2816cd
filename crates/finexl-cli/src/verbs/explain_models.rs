//! `[explain-models]`: personalized models of a generator, explained.

use crate::arguments::Arguments;
use crate::diagnostics::CliError;
use crate::output::Progress;
use crate::verbs::reporting::Reporting;
use finexl_core::experiment::ExplainModels;
use finexl_core::explanation::{Applied, Generated};
use finexl_core::work_lock::Patience;
use finexl_data::image_folder::BadFiles;
use finexl_data::pairs::{PairOptions, PairSet};
use finexl_data::scenes::{MANIFEST, Split};
use finexl_explain::explainer::Sides;
use finexl_zoo::encoders::Encoder;
use finexl_zoo::generators::{
    ChosenSettings, GenerationRecord, GenerationRequest, Generator, PromptSource, ensure_folder,
    open_generator, open_personalized,
};
use std::path::Path;
use std::sync::Arc;

/// Folder of the base's images.
const BASE: &str = "base";

/// Runs the experiment. Images that are there already are used again.
pub fn explain_models(
    experiment: &ExplainModels,
    encoder: Arc<dyn Encoder>,
    calibration: Option<&Path>,
    arguments: &Arguments,
) -> Result<(), CliError> {
    let device = finexl_zoo::device::by_name(&arguments.device)?;
    let base = open_generator(&experiment.model, &device)?;
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
    let prompts = source.prompts(&base)?;
    let requests = GenerationRequest::of_prompts(&prompts, experiment.seed);
    let base_folder = experiment.output.join(BASE);
    for name in experiment.personalized.keys() {
        if name == BASE || name.contains(['/', '\\']) || name.starts_with('.') {
            return Err(CliError::Usage(format!(
                "\"{name}\" names a folder beside that of the base; give another name, without slashes"
            )));
        }
    }
    let of_base = ensure(&*base, &requests, None, &base_folder, arguments)?;
    let reporting = Reporting::new(encoder, calibration, experiment.seed, &experiment.output)?;
    for (name, model) in &experiment.personalized {
        let opened = open_personalized(&experiment.model, model, None, &device)?;
        let folder = experiment.output.join(name);
        let of_model = ensure(
            &*opened.generator,
            &requests,
            Some((model.as_path(), &opened.applied)),
            &folder,
            arguments,
        )?;
        let manifest = base_folder.join(MANIFEST);
        let set = PairSet::open(
            &base_folder,
            &folder,
            Some(&manifest),
            &PairOptions::plain(BadFiles::Refuse),
        )?;
        let shown = match opened.applied.scale {
            Some(scale) => format!("{name} at scale {scale}"),
            None => name.clone(),
        };
        let sides = Sides {
            names: [base.name().to_string(), shown],
            generated: Generated {
                base: Some(of_base.images()),
                personalized: Some(of_model.images()),
            },
            notes: opened.notes,
        };
        reporting.explain(name, &set, &sides, arguments)?;
    }
    if !arguments.quiet {
        eprintln!("reports are in {}", experiment.output.display());
    }
    Ok(())
}

fn ensure(
    generator: &dyn Generator,
    requests: &[GenerationRequest],
    adapter: Option<(&Path, &Applied)>,
    folder: &Path,
    arguments: &Arguments,
) -> Result<GenerationRecord, CliError> {
    let bar = Progress::new(arguments.quiet);
    let settings = generator.settings(&ChosenSettings::default())?;
    let record = GenerationRecord::new(generator, adapter, settings, requests);
    ensure_folder(
        generator,
        requests,
        &record,
        folder,
        Patience::Wait,
        &|share| {
            bar.show("generating, %", (100.0 * share).round() as usize, 100);
        },
    )?;
    Ok(record)
}
