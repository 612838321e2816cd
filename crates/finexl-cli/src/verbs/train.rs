//! `finexl train`: runs a training recipe.

use crate::arguments::Arguments;
use crate::diagnostics::CliError;
use crate::output::check_writable;
use finexl_core::experiment::{Experiment, TrainEncoder};
use finexl_zoo::training::train_encoder;
use std::path::{Path, PathBuf};
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
        let Experiment::TrainEncoder(recipe) = experiment else {
            return Err(CliError::Usage(format!(
                "{} is no training recipe; `finexl run` runs it",
                self.recipe.display()
            )));
        };
        run_recipe(&recipe, self.run_folder.as_deref(), arguments)?;
        Ok(ExitCode::SUCCESS)
    }
}

/// Trains an encoder, going on from its last checkpoint.
pub fn run_recipe(
    recipe: &TrainEncoder,
    run_folder: Option<&Path>,
    arguments: &Arguments,
) -> Result<(), CliError> {
    check_writable(&recipe.output)?;
    let device = finexl_zoo::device::by_name(&arguments.device)?;
    let folder = run_folder.map_or_else(|| Path::new("runs").join(&recipe.name), Path::to_path_buf);
    let report = train_encoder(recipe, &folder, &device, arguments.quiet)?;
    if !arguments.quiet {
        match report.weights {
            Some(path) => println!("wrote {}", path.display()),
            None => println!("stopped; the same command goes on from the last epoch"),
        }
    }
    Ok(())
}
