//! `finexl train`: runs a training recipe.

use crate::arguments::{Arguments, Computing};
use crate::diagnostics::CliError;
use crate::output::{Progress, check_writable};
use finexl_core::experiment::Experiment;
use finexl_core::recipe::Recipe;
use finexl_core::results_folder::{Others, ResultsPlace};
use finexl_explain::heads::training::{fit_readings, train_head};
use finexl_zoo::generators::mini_autoregressive::TokenTransformer;
use finexl_zoo::generators::mini_diffusion::Denoiser;
use finexl_zoo::generators::mini_gan::Gan;
use finexl_zoo::training::{train_autoencoder, train_captioner, train_encoder, train_generator};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Train what a recipe describes; goes on where it stopped.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  finexl train experiments/zoo/mini-clip.toml")]
pub struct Train {
    /// A recipe, e.g. experiments/zoo/mini-clip.toml.
    recipe: PathBuf,
    /// Folder for checkpoints and logs [default: runs/NAME].
    #[arg(long, value_name = "DIR")]
    run_folder: Option<PathBuf>,
    /// Of an explainer head, fit only how it is read (levels, thresholds, intervals); the network stays.
    #[arg(long)]
    readings: bool,
    #[command(flatten)]
    pub computing: Computing,
}

impl Train {
    /// Runs the verb.
    pub fn run(&self, arguments: &Arguments) -> Result<ExitCode, CliError> {
        let experiment = Experiment::read(&self.recipe)?;
        let in_file = |error: CliError| error.in_file(&self.recipe);
        if self.readings {
            return self.fit_readings(&experiment, arguments).map_err(in_file);
        }
        let folder = self.run_folder.as_deref();
        if !train_recipe(&experiment, folder, arguments).map_err(in_file)? {
            return Err(CliError::Usage(format!(
                "{} is no training recipe; `finexl run` runs it",
                self.recipe.display()
            )));
        }
        Ok(ExitCode::SUCCESS)
    }

    fn fit_readings(
        &self,
        experiment: &Experiment,
        arguments: &Arguments,
    ) -> Result<ExitCode, CliError> {
        let Experiment::TrainHead(recipe) = experiment else {
            return Err(CliError::Usage(format!(
                "{} is no recipe of an explainer head; leave --readings out",
                self.recipe.display()
            )));
        };
        // Where there is no head yet, reading it says so.
        if recipe.output.exists() {
            check_writable(&recipe.output)?;
        }
        let device = finexl_zoo::device::by_name(&arguments.device)?;
        let encoder = finexl_zoo::encoders::open(&recipe.encoder, &device)?;
        let folder = run_folder(&recipe.name, self.run_folder.as_deref());
        let asked = Recipe::of(experiment)?.with_inputs()?;
        let results = ResultsPlace::folder(&folder).borrow(&asked, &others(&folder))?;
        let progress = Progress::new(arguments.quiet);
        let drawing = |done, total| progress.show("drawing sets", done, total);
        fit_readings(recipe, encoder.as_ref(), &folder, &drawing)?;
        results.check()?;
        if !arguments.quiet {
            println!("wrote {}", recipe.output.display());
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// Folder of a run.
fn run_folder(name: &str, chosen: Option<&Path>) -> PathBuf {
    chosen.map_or_else(|| Path::new("runs").join(name), Path::to_path_buf)
}

/// What becomes of a training of another recipe in a folder.
fn others(folder: &Path) -> Others {
    Others::Stay {
        remedy: format!(
            "give the recipe another name (or this run another --run-folder), or delete {} to train anew",
            folder.display()
        ),
    }
}

/// Trains what a recipe describes, going on from its last checkpoint and waiting for another process that is
/// at it; false where the experiment is no recipe.
pub fn train_recipe(
    experiment: &Experiment,
    run_folder: Option<&Path>,
    arguments: &Arguments,
) -> Result<bool, CliError> {
    let (name, output) = match experiment {
        Experiment::TrainAutoencoder(recipe) => (&recipe.name, &recipe.output),
        Experiment::TrainAutoregressive(recipe) => (&recipe.name, &recipe.output),
        Experiment::TrainCaptioner(recipe) => (&recipe.name, &recipe.output),
        Experiment::TrainDenoiser(recipe) => (&recipe.name, &recipe.output),
        Experiment::TrainEncoder(recipe) => (&recipe.name, &recipe.output),
        Experiment::TrainGan(recipe) => (&recipe.name, &recipe.output),
        Experiment::TrainHead(recipe) => (&recipe.name, &recipe.output),
        _ => return Ok(false),
    };
    check_writable(output)?;
    let device = finexl_zoo::device::by_name(&arguments.device)?;
    let folder = self::run_folder(name, run_folder);
    let asked = Recipe::of(experiment)?.with_inputs()?;
    let results = ResultsPlace::folder(&folder).take(&asked, &others(&folder))?;
    let quiet = arguments.quiet;
    let report = match experiment {
        Experiment::TrainAutoencoder(r) => train_autoencoder(r, &folder, &device, quiet)?,
        Experiment::TrainAutoregressive(r) => {
            train_generator::<TokenTransformer>(r, &folder, &device, quiet)?
        }
        Experiment::TrainCaptioner(r) => train_captioner(r, &folder, &device, quiet)?,
        Experiment::TrainDenoiser(r) => train_generator::<Denoiser>(r, &folder, &device, quiet)?,
        Experiment::TrainEncoder(r) => train_encoder(r, &folder, &device, quiet)?,
        Experiment::TrainGan(r) => train_generator::<Gan>(r, &folder, &device, quiet)?,
        Experiment::TrainHead(r) => {
            let encoder = finexl_zoo::encoders::open(&r.encoder, &device)?;
            let progress = Progress::new(quiet);
            let drawing = |done, total| progress.show("drawing sets", done, total);
            train_head(r, encoder.as_ref(), &folder, quiet, &drawing)?
        }
        _ => return Ok(false),
    };
    results.check()?;
    if !quiet {
        match report.weights {
            Some(path) => println!("wrote {}", path.display()),
            None => println!("stopped; the same command goes on from the last epoch"),
        }
    }
    Ok(true)
}
