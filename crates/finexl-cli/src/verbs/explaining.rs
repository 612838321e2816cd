//! Experiments that explain, as `finexl run` shows them.

use crate::arguments::Arguments;
use crate::diagnostics::CliError;
use crate::output::{Progress, remark, write_out};
use crate::report::show;
use finexl::Explained;
use finexl::experiments::{Listener, explain_models, explain_scenes};
use finexl::explainer_choices::calibration;
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
    encoder: &Arc<dyn Encoder>,
    calibration: Option<&Path>,
    arguments: &Arguments,
) -> Result<(), CliError> {
    let calibration = self::calibration(calibration)?;
    let listener = shown(arguments);
    explain_models(
        experiment,
        encoder,
        &calibration,
        &arguments.device,
        &listener,
    )?;
    tell(&experiment.output, arguments);
    Ok(())
}

/// Runs `[explain-scenes]`.
pub fn scenes(
    experiment: &ExplainScenes,
    encoder: &Arc<dyn Encoder>,
    calibration: Option<&Path>,
    arguments: &Arguments,
) -> Result<(), CliError> {
    let calibration = self::calibration(calibration)?;
    explain_scenes(experiment, encoder, &calibration, &shown(arguments))?;
    tell(&experiment.output, arguments);
    Ok(())
}
