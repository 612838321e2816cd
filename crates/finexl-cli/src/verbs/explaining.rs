//! Experiments that explain, as `finexl run` shows them.

use crate::arguments::Arguments;
use crate::diagnostics::CliError;
use crate::output::{Progress, remark, write_out};
use crate::report::show;
use finexl::experiments::{Listener, explain_models, explain_scenes};
use finexl::explainer_choices::calibration;
use finexl::{Explained, Explainer};
use finexl_core::CoreError;
use finexl_core::experiment::{ExplainModels, ExplainScenes};
use finexl_zoo::encoders::Encoder;
use std::path::Path;
use std::sync::Arc;

/// Progress, remarks and tables of an experiment.
struct Shown<'a> {
    bar: Progress,
    arguments: &'a Arguments,
}

impl Listener for Shown<'_> {
    fn progress(&self, stage: &str, done: usize, all: usize) {
        self.bar.show(stage, done, all);
    }

    fn remark(&self, note: &str) {
        remark(&[note.to_string()], self.arguments.quiet);
    }

    fn explained(&self, explained: &Explained, top: usize) -> Result<(), CoreError> {
        let table = show(&explained.explanation, top, self.arguments.quiet);
        write_out(format!("{table}\n").as_bytes())
    }
}

/// With the default method and words, and a calibration file where one is given.
fn explainer(
    encoder: Arc<dyn Encoder>,
    file: Option<&Path>,
    seed: u64,
) -> Result<Explainer, CliError> {
    let builder = Explainer::builder()
        .encoder(encoder)
        .calibration(calibration(file)?)
        .seed(seed);
    Ok(builder.build()?)
}

fn shown(arguments: &Arguments) -> Shown<'_> {
    Shown {
        bar: Progress::new(arguments.quiet),
        arguments,
    }
}

fn tell(folder: &Path, arguments: &Arguments) {
    if !arguments.quiet {
        eprintln!("reports are in {}", folder.display());
    }
}

/// Runs `[explain-models]`.
pub fn models(
    experiment: &ExplainModels,
    encoder: Arc<dyn Encoder>,
    calibration: Option<&Path>,
    arguments: &Arguments,
) -> Result<(), CliError> {
    let explainer = explainer(encoder, calibration, experiment.seed)?;
    explain_models(experiment, &explainer, &arguments.device, &shown(arguments))?;
    tell(&experiment.output, arguments);
    Ok(())
}

/// Runs `[explain-scenes]`.
pub fn scenes(
    experiment: &ExplainScenes,
    encoder: Arc<dyn Encoder>,
    calibration: Option<&Path>,
    arguments: &Arguments,
) -> Result<(), CliError> {
    let explainer = explainer(encoder, calibration, experiment.seed)?;
    explain_scenes(experiment, &explainer, &shown(arguments))?;
    tell(&experiment.output, arguments);
    Ok(())
}
