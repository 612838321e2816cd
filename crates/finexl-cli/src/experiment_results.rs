//! Where an experiment puts its results, and the right to put them there.

use crate::diagnostics::CliError;
use finexl_core::experiment::{Experiment, Setting};
use finexl_core::recipe::Recipe;
use finexl_core::results_folder::{Others, Results, ResultsPlace};
use std::collections::BTreeMap;

/// Table, in the record of what was asked for, of options that change results.
const COMMAND_LINE: &str = "command-line";

/// What was asked for beside the file of an experiment.
pub struct Beside<'a> {
    /// Options that change results.
    pub options: &'a BTreeMap<String, String>,
    /// Keys that were set.
    pub set: &'a [Setting],
}

/// Takes the place of the results of an experiment, waiting for another process that is at work there.
/// Nothing for experiments that look after themselves: trainings, personalizations, pools.
///
/// # Errors
/// Results of another recipe, unless they are to be replaced; a place that cannot be written to.
pub fn take_results(
    experiment: &Experiment,
    beside: &Beside<'_>,
    overwrite: bool,
) -> Result<Option<Results>, CliError> {
    let Some(place) = place(experiment) else {
        if overwrite && !matches!(experiment, Experiment::MakePool(_)) {
            return Err(CliError::Usage(
                "a training is never overwritten; leave --overwrite out, and delete its folder to train anew"
                    .to_string(),
            ));
        }
        return Ok(None);
    };
    let recipe = Recipe::of(experiment)?
        .with(COMMAND_LINE, beside.options)
        .with_set(beside.set);
    Ok(Some(place.take(&recipe, &others(overwrite))?))
}

/// What becomes of results of another recipe.
pub fn others(overwrite: bool) -> Others {
    if overwrite {
        return Others::Replace;
    }
    Others::Stay {
        remedy: "give another output folder, or --overwrite to replace them".to_string(),
    }
}

fn place(experiment: &Experiment) -> Option<ResultsPlace> {
    match experiment {
        Experiment::Calibrate(e) => Some(ResultsPlace::folder(&e.report)),
        Experiment::Evaluate(e) => Some(ResultsPlace::folder(e.folder())),
        Experiment::EvaluateGenerator(e) => Some(ResultsPlace::folder(&e.output)),
        Experiment::EvaluatePool(e) => Some(ResultsPlace::folder(&e.output)),
        Experiment::EvaluateProbes(e) => Some(ResultsPlace::folder(&e.output)),
        Experiment::ExplainModels(e) => Some(ResultsPlace::folder(&e.output)),
        Experiment::ExplainScenes(e) => Some(ResultsPlace::folder(&e.output)),
        Experiment::GatherReferences(e) => Some(ResultsPlace::file(&e.output)),
        Experiment::ScoreEncoders(e) => Some(ResultsPlace::folder(&e.output)),
        Experiment::SelectModels(e) => Some(ResultsPlace::folder(&e.output)),
        Experiment::PlantedConcepts(e) => e.output.as_ref().map(ResultsPlace::folder),
        Experiment::MakePool(_)
        | Experiment::Personalize(_)
        | Experiment::TrainAutoencoder(_)
        | Experiment::TrainAutoregressive(_)
        | Experiment::TrainCaptioner(_)
        | Experiment::TrainDenoiser(_)
        | Experiment::TrainEncoder(_)
        | Experiment::TrainGan(_)
        | Experiment::TrainHead(_) => None,
    }
}
