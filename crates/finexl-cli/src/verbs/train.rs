//! `finexl train`: runs a training recipe.

use crate::arguments::Arguments;
use crate::diagnostics::CliError;
use finexl_core::experiment::Experiment;
use finexl_zoo::training::train_encoder;
use std::path::PathBuf;
use std::process::ExitCode;

/// Train what a recipe describes; goes on where it stopped.
#[derive(Debug, clap::Args)]
pub struct Train {
    /// A recipe, e.g. experiments/zoo/mini-clip.toml.
    recipe: PathBuf,
    /// Folder for checkpoints and logs [default: runs/NAME].
    #[arg(long, value_name = "DIR")]
    run_folder: Option<PathBuf>,
}

impl Train {
    /// Runs the verb.
    pub fn run(&self, arguments: &Arguments) -> Result<ExitCode, CliError> {
        let experiment: Experiment = finexl_core::toml_file::read(&self.recipe)?;
        let Experiment::TrainEncoder(recipe) = experiment;
        let device = finexl_zoo::device::by_name(&arguments.device)?;
        let folder = self
            .run_folder
            .clone()
            .unwrap_or_else(|| PathBuf::from("runs").join(&recipe.name));
        let report = train_encoder(&recipe, &folder, &device, arguments.quiet)?;
        if !arguments.quiet {
            match report.weights {
                Some(path) => println!("wrote {}", path.display()),
                None => println!("stopped; the same command goes on from the last epoch"),
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}
