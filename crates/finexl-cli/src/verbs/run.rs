//! `finexl run`: runs an experiment.

use crate::arguments::{Arguments, Computing};
use crate::diagnostics::CliError;
use crate::experiment_results::{Beside, take_results};
use crate::numbers::count;
use crate::output::print;
use crate::verbs::explaining;
use crate::verbs::personalize::personalize;
use crate::verbs::running::{
    calibrate, evaluate, evaluate_generator, evaluate_pool, evaluate_probes, gather_references,
    make_pool, planted_concepts, score_encoders, select_models,
};
use crate::verbs::train::train_recipe;
use finexl_core::experiment::{Experiment, Setting};
use finexl_core::results_folder::Results;
use finexl_zoo::encoders::{DEFAULT_ENCODER, Encoder};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

/// Run an experiment.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  finexl run experiments/quickstart.toml\n  finexl run experiments/quickstart.toml --check\n  finexl run experiments/quickstart.toml --set pairs=8 --set seed=3 --output runs/eight"
)]
pub struct Run {
    /// An experiment, e.g. experiments/quickstart.toml; docs/experiments.md lists every key.
    experiment: PathBuf,
    /// Set a key of the experiment, its value as in TOML; nested keys with points (schedule.epochs=3, styles.0.share=0.5).
    #[arg(long, value_name = "KEY=VALUE", value_parser = Setting::parse)]
    set: Vec<Setting>,
    /// Folder for everything that the experiment makes, instead of where its file says.
    #[arg(long, value_name = "DIR")]
    output: Option<PathBuf>,
    /// An encoder, as for `finexl zoo info`; trainings make their own, and an experiment that names
    /// its encoder keeps it.
    #[arg(long, default_value = DEFAULT_ENCODER)]
    encoder: String,
    /// A calibration for this encoder, as a calibrate experiment writes; else the embedded one
    /// where it fits.
    #[arg(long, value_name = "FILE")]
    calibration: Option<PathBuf>,
    /// Replace results that the output folder has of another recipe; a pool takes over what is the same.
    #[arg(long)]
    overwrite: bool,
    /// Read the experiment and say which keys and numbers are wrong, without running it.
    #[arg(long, conflicts_with = "overwrite")]
    check: bool,
    /// Threads [default: as many as the processor has cores]. Results do not depend on it.
    #[arg(long, value_name = "N", value_parser = count)]
    threads: Option<usize>,
    #[command(flatten)]
    pub computing: Computing,
}

impl Run {
    /// An experiment as it stands in its file, with everything else by default.
    pub fn of_file(experiment: &Path, threads: Option<usize>) -> Self {
        Self {
            experiment: experiment.to_path_buf(),
            set: Vec::new(),
            output: None,
            encoder: DEFAULT_ENCODER.to_string(),
            calibration: None,
            overwrite: false,
            check: false,
            threads,
            computing: Computing::default(),
        }
    }

    /// Runs the verb.
    pub fn run(&self, arguments: &Arguments) -> Result<ExitCode, CliError> {
        let mut experiment = Experiment::read_with(&self.experiment, &self.set)?;
        if let Some(folder) = &self.output {
            experiment.set_output(folder);
        }
        if self.check {
            let said = "keys and numbers are as they have to be; files, models and art that it names were not looked at";
            print(&format!("{}: {said}\n", self.experiment.display()))?;
            return Ok(ExitCode::SUCCESS);
        }
        if let Some(threads) = self.threads {
            set_threads(threads)?;
        }
        let results = self.results(&experiment)?;
        let code = self
            .carry_out(&experiment, arguments)
            .map_err(|error| error.in_file(&self.experiment))?;
        if let Some(results) = results {
            results.finish()?;
        }
        Ok(code)
    }

    /// The right to put the results of an experiment where it wants them.
    fn results(&self, experiment: &Experiment) -> Result<Option<Results>, CliError> {
        let mut options = BTreeMap::new();
        if self.encoder != DEFAULT_ENCODER {
            options.insert("encoder".to_string(), self.encoder.clone());
        }
        if let Some(path) = &self.calibration {
            options.insert("calibration".to_string(), path.display().to_string());
        }
        let beside = Beside {
            options: &options,
            set: &self.set,
        };
        take_results(experiment, &beside, self.overwrite)
    }

    fn carry_out(
        &self,
        experiment: &Experiment,
        arguments: &Arguments,
    ) -> Result<ExitCode, CliError> {
        match experiment {
            Experiment::TrainAutoencoder(_)
            | Experiment::TrainAutoregressive(_)
            | Experiment::TrainCaptioner(_)
            | Experiment::TrainDenoiser(_)
            | Experiment::TrainEncoder(_)
            | Experiment::TrainGan(_)
            | Experiment::TrainHead(_) => {
                let folder = self.output.as_deref();
                train_recipe(experiment, folder, arguments)?;
            }
            Experiment::ExplainModels(models) => {
                let encoder = self.encoder(models.encoder.as_deref(), arguments)?;
                explaining::models(models, &encoder, self.calibration(), arguments)?;
            }
            Experiment::ExplainScenes(scenes) => {
                let encoder = self.encoder(scenes.encoder.as_deref(), arguments)?;
                explaining::scenes(scenes, &encoder, self.calibration(), arguments)?;
            }
            Experiment::Calibrate(config) => {
                calibrate(config, &self.encoder(None, arguments)?, arguments)?;
            }
            Experiment::Evaluate(config) => {
                let encoder = self.encoder(None, arguments)?;
                evaluate(config, &encoder, self.calibration(), arguments)?;
            }
            Experiment::EvaluateGenerator(config) => evaluate_generator(config, arguments)?,
            Experiment::EvaluatePool(config) => evaluate_pool(config, arguments)?,
            Experiment::EvaluateProbes(config) => evaluate_probes(config, arguments)?,
            Experiment::GatherReferences(config) => gather_references(config, arguments)?,
            Experiment::MakePool(config) => make_pool(config, self.overwrite, arguments)?,
            Experiment::Personalize(config) => personalize(config, arguments)?,
            Experiment::PlantedConcepts(config) => planted_concepts(config, arguments)?,
            Experiment::ScoreEncoders(config) => score_encoders(config, arguments)?,
            Experiment::SelectModels(config) => return select_models(config, arguments),
        }
        Ok(ExitCode::SUCCESS)
    }

    fn calibration(&self) -> Option<&Path> {
        self.calibration.as_deref()
    }

    /// The encoder that an experiment names, else that of the command line.
    fn encoder(
        &self,
        named: Option<&str>,
        arguments: &Arguments,
    ) -> Result<Arc<dyn Encoder>, CliError> {
        let device = finexl_zoo::device::by_name(&arguments.device)?;
        Ok(finexl_zoo::encoders::open(named.unwrap_or(&self.encoder), &device)?.into())
    }
}

/// Bounds the threads of this process; has to come before anything is computed.
fn set_threads(threads: usize) -> Result<(), CliError> {
    finexl_zoo::workers::set_most_threads(threads);
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads);
    pool.build_global().map_err(|error| {
        CliError::Usage(format!(
            "{threads} threads cannot be started: {error}; give fewer"
        ))
    })
}
