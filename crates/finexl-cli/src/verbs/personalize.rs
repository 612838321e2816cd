//! `finexl personalize`: trains a generator on a known style.

use crate::arguments::{Arguments, Computing};
use crate::diagnostics::CliError;
use crate::output::{Progress, print};
use finexl_core::experiment::{Experiment, Personalize as Config};
use finexl_zoo::generators::open_generator;
use std::path::PathBuf;
use std::process::ExitCode;

/// Personalize a generator in a known way, keeping snapshots.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  finexl personalize experiments/zoo/cosy-pixels.toml")]
pub struct Personalize {
    /// A personalization, e.g. experiments/zoo/pixelated-lora.toml.
    experiment: PathBuf,
    #[command(flatten)]
    pub computing: Computing,
}

impl Personalize {
    /// Runs the verb.
    pub fn run(&self, arguments: &Arguments) -> Result<ExitCode, CliError> {
        let experiment: Experiment = Experiment::read(&self.experiment)?;
        let Experiment::Personalize(config) = experiment else {
            return Err(CliError::Usage(format!(
                "{} is no personalization; `finexl run` runs it",
                self.experiment.display()
            )));
        };
        personalize(&config, arguments)?;
        Ok(ExitCode::SUCCESS)
    }
}

/// Runs a personalization, showing progress.
pub fn personalize(config: &Config, arguments: &Arguments) -> Result<(), CliError> {
    let device = finexl_zoo::device::by_name(&arguments.device)?;
    let base = open_generator(&config.model, &device)?;
    let bar = Progress::new(arguments.quiet);
    let folders =
        finexl_zoo::personalization::personalize(config, &base, &device, &|done, total| {
            bar.show("training steps", done, total);
        })?;
    if !arguments.quiet {
        for folder in folders {
            print(&format!("{}\n", folder.display()))?;
        }
    }
    Ok(())
}
