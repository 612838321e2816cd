//! `finexl run`: runs an experiment.

use crate::arguments::Arguments;
use crate::diagnostics::CliError;
use crate::experiment_results::{others, take_results};
use crate::numbers::count;
use crate::output::{Progress, print, remark};
use crate::verbs::explaining;
use crate::verbs::personalize::personalize;
use crate::verbs::train::train_recipe;
use finexl::SelectionResults;
use finexl_core::experiment::{
    Calibrate, Evaluate, EvaluateGenerator, EvaluatePool, EvaluateProbes, Experiment,
    GatherReferences, MakePool, PlantedConcepts, ScoreEncoders, SelectModels,
};
use finexl_core::results_folder::Results;
use finexl_data::art::subject_indices;
use finexl_eval::Measure;
use finexl_zoo::encoders::{DEFAULT_ENCODER, Encoder};
use finexl_zoo::generators::open_generator;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

/// Run an experiment.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  finexl run experiments/quickstart.toml\n  finexl run experiments/quickstart.toml --check"
)]
pub struct Run {
    /// An experiment, e.g. experiments/quickstart.toml.
    experiment: PathBuf,
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
    /// Threads for everything but trainings [default: as many as the processor has cores]. Results do not depend on it.
    #[arg(long, value_name = "N", value_parser = count)]
    threads: Option<usize>,
}

impl Run {
    /// Runs the verb.
    pub fn run(&self, arguments: &Arguments) -> Result<ExitCode, CliError> {
        let experiment = Experiment::read(&self.experiment)?;
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
        let mut beside = BTreeMap::new();
        if self.encoder != DEFAULT_ENCODER {
            beside.insert("encoder".to_string(), self.encoder.clone());
        }
        if let Some(path) = &self.calibration {
            beside.insert("calibration".to_string(), path.display().to_string());
        }
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
                train_recipe(experiment, None, arguments)?;
            }
            Experiment::ExplainModels(models) => {
                let encoder = self.encoder(arguments)?;
                explaining::models(models, encoder, self.calibration(), arguments)?;
            }
            Experiment::ExplainScenes(scenes) => {
                let encoder = self.encoder(arguments)?;
                explaining::scenes(scenes, encoder, self.calibration(), arguments)?;
            }
            Experiment::Calibrate(config) => {
                calibrate(config, &self.encoder(arguments)?, arguments)?;
            }
            Experiment::Evaluate(config) => {
                let encoder = self.encoder(arguments)?;
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

    fn encoder(&self, arguments: &Arguments) -> Result<Arc<dyn Encoder>, CliError> {
        let device = finexl_zoo::device::by_name(&arguments.device)?;
        Ok(finexl_zoo::encoders::open(&self.encoder, &device)?.into())
    }
}

/// Bounds the threads of this process; has to come before anything is computed.
fn set_threads(threads: usize) -> Result<(), CliError> {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads);
    pool.build_global().map_err(|error| {
        CliError::Usage(format!(
            "{threads} threads cannot be started: {error}; give fewer"
        ))
    })
}

fn calibrate(
    config: &Calibrate,
    encoder: &Arc<dyn Encoder>,
    arguments: &Arguments,
) -> Result<(), CliError> {
    let bar = Progress::new(arguments.quiet);
    let progress = |what: &str, done: usize, total: usize| bar.show(what, done, total);
    let domain = finexl_eval::fit_domain(config, encoder.as_ref(), &progress)?;
    let calibration = finexl_eval::calibrate(config, encoder, &progress)?;
    calibration.write(&config.output)?;
    domain.write(&config.domain)?;
    if !arguments.quiet {
        print(&format!(
            "effect {:.4}, spill {:.3}; wrote {} and {}\n",
            calibration.effect,
            calibration.spill,
            config.output.display(),
            config.domain.display()
        ))?;
    }
    Ok(())
}

fn evaluate(
    config: &Evaluate,
    encoder: &Arc<dyn Encoder>,
    calibration: Option<&Path>,
    arguments: &Arguments,
) -> Result<(), CliError> {
    let bar = Progress::new(arguments.quiet);
    let progress = |what: &str, done: usize, total: usize| bar.show(what, done, total);
    let folder = Path::new("results").join(&config.name);
    let measures = finexl_eval::evaluate(config, encoder, calibration, &folder, &progress)?;
    tell(&measures, &[], &folder, arguments)
}

/// Measures a generator with the judge.
fn evaluate_generator(config: &EvaluateGenerator, arguments: &Arguments) -> Result<(), CliError> {
    let device = finexl_zoo::device::by_name(&arguments.device)?;
    let generator = open_generator(&config.model, &device)?;
    let judge = finexl_zoo::encoders::open(&config.judge, &device)?;
    let scenes = generator.scenes()?;
    let subjects = subject_indices(scenes.subjects())?;
    let bar = Progress::new(arguments.quiet);
    let (measures, notes) = finexl_eval::generator_quality(
        config,
        scenes,
        &subjects,
        judge.as_ref(),
        &|what, done, total| bar.show(what, done, total),
    )?;
    tell(&measures, &notes, &config.output, arguments)
}

/// Gathers reference models of a base.
fn gather_references(config: &GatherReferences, arguments: &Arguments) -> Result<(), CliError> {
    let device = finexl_zoo::device::by_name(&arguments.device)?;
    let encoder = finexl_zoo::encoders::open(&config.encoder, &device)?;
    let bar = Progress::new(arguments.quiet);
    let (references, notes) = finexl_eval::gather_references(
        config,
        encoder.as_ref(),
        &arguments.device,
        &|what, done, total| bar.show(what, done, total),
    )?;
    remark(&notes, arguments.quiet);
    if !arguments.quiet {
        let models = references.models();
        let known = models.iter().filter(|model| !model.aspects.is_empty());
        print(&format!(
            "{} models of {}, {} of them with known aspects, are in {}\n",
            models.len(),
            references.base(),
            known.count(),
            config.output.display()
        ))?;
    }
    Ok(())
}

/// Makes a pool, or what is missing of it.
fn make_pool(config: &MakePool, overwrite: bool, arguments: &Arguments) -> Result<(), CliError> {
    let device = finexl_zoo::device::by_name(&arguments.device)?;
    let bar = Progress::new(arguments.quiet);
    let others = others(overwrite);
    let progress = |what: &str, done, total| bar.show(what, done, total);
    let pool = finexl_zoo::personalization::make_pool(config, &device, &others, &progress)?;
    if !arguments.quiet {
        print(&format!(
            "{} models with images are in {}\n",
            pool.models.len(),
            config.output.display()
        ))?;
    }
    Ok(())
}

/// Measures how aspects follow the levels of a pool.
fn evaluate_pool(config: &EvaluatePool, arguments: &Arguments) -> Result<(), CliError> {
    let device = finexl_zoo::device::by_name(&arguments.device)?;
    let bar = Progress::new(arguments.quiet);
    let open = |name: &str| finexl_zoo::encoders::open(name, &device);
    let open_generator = |name: &str| open_generator(name, &device);
    let both = (&open as _, &open_generator as _);
    let (measures, notes) = finexl_eval::evaluate_pool(config, both, &|what, done, total| {
        bar.show(what, done, total);
    })?;
    tell(&measures, &notes, &config.output, arguments)
}

/// Measures how far explanations of a pool's models depend on the probes.
fn evaluate_probes(config: &EvaluateProbes, arguments: &Arguments) -> Result<(), CliError> {
    let device = finexl_zoo::device::by_name(&arguments.device)?;
    let bar = Progress::new(arguments.quiet);
    let open = |name: &str| finexl_zoo::encoders::open(name, &device);
    let (measures, notes) =
        finexl_eval::evaluate_probes(config, &open, &arguments.device, &|what, done, total| {
            bar.show(what, done, total);
        })?;
    tell(&measures, &notes, &config.output, arguments)
}

/// Scores encoders side by side.
fn score_encoders(config: &ScoreEncoders, arguments: &Arguments) -> Result<(), CliError> {
    let device = finexl_zoo::device::by_name(&arguments.device)?;
    let bar = Progress::new(arguments.quiet);
    let open = |name: &str| finexl_zoo::encoders::open(name, &device);
    let (measures, notes) = finexl_eval::score_encoders(config, &open, &|what, done, total| {
        bar.show(what, done, total);
    })?;
    tell(&measures, &notes, &config.output, arguments)
}

/// Selects models of pools by every method; a method that failed on a model is said in the exit code.
fn select_models(config: &SelectModels, arguments: &Arguments) -> Result<ExitCode, CliError> {
    let device = finexl_zoo::device::by_name(&arguments.device)?;
    let bar = Progress::new(arguments.quiet);
    let open = |name: &str| finexl_zoo::encoders::open(name, &device);
    let found = finexl_eval::selection::select_models(
        config,
        &open,
        &arguments.device,
        &|what, done, total| bar.show(what, done, total),
    )?;
    print(&finexl_eval::selection::markdown(&found.columns))?;
    remark(&found.notes, arguments.quiet);
    let page = SelectionResults::read(&config.output)?.write_report(&found.columns)?;
    if !arguments.quiet {
        eprintln!(
            "results are in {}, see {}",
            config.output.display(),
            page.display()
        );
    }
    if found.problems == 0 {
        return Ok(ExitCode::SUCCESS);
    }
    eprintln!(
        "{} answers are missing; `problem` in {} says why",
        found.problems,
        config.output.join("records.jsonl").display()
    );
    Ok(ExitCode::FAILURE)
}

/// Prints figures, what is to be known of them, and where all of them are.
fn tell(
    measures: &[Measure],
    notes: &[String],
    folder: &Path,
    arguments: &Arguments,
) -> Result<(), CliError> {
    print(&figures(measures))?;
    remark(notes, arguments.quiet);
    if !arguments.quiet {
        eprintln!("results are in {}", folder.display());
    }
    Ok(())
}

/// A line per figure, single aspects left out.
fn figures(measures: &[Measure]) -> String {
    let mut table = String::new();
    for measure in measures.iter().filter(|m| !m.group.contains("aspect=")) {
        let verdict = match (&measure.target, measure.met) {
            (Some(target), Some(true)) => format!("{target}: met"),
            (Some(target), Some(false)) => format!("{target}: missed"),
            (Some(target), None) => format!("{target}: not measured"),
            (None, _) => String::new(),
        };
        let figure = match measure.trials {
            0 => format!("{:>7} {:16}", "-", ""),
            _ => format!(
                "{:7.3} [{:6.3}, {:6.3}]",
                measure.value, measure.low, measure.high
            ),
        };
        let line = format!(
            "{:52} {:26} {figure}  n {:5}  {verdict}",
            measure.name, measure.group, measure.trials
        );
        table.push_str(line.trim_end());
        table.push('\n');
    }
    table
}

/// Says what the encoder of a planted check finds, beside what was published; without its files it
/// is skipped.
fn planted_concepts(config: &PlantedConcepts, arguments: &Arguments) -> Result<(), CliError> {
    let device = finexl_zoo::device::by_name(&arguments.device)?;
    if let Err(missing) = finexl_zoo::encoders::clip::locate(&config.encoder) {
        return print(&format!("skipped: {missing}\n"));
    }
    let encoder = finexl_zoo::encoders::open(&config.encoder, &device)?;
    let results = finexl_eval::planted(config, encoder.as_ref())?;
    let mut text = format!("{}: \"{}\"\n", encoder.name(), config.planted);
    for result in &results {
        text.push_str(&format!(
            "\n{}, residual {:.3}\n",
            result.method, result.residual
        ));
        for (candidate, weight) in config.candidates.iter().zip(&result.weights) {
            text.push_str(&format!("  {candidate:20} {weight:7.3}\n"));
        }
        for agreement in &result.agreements {
            let verdict = if agreement.agrees {
                "agrees"
            } else {
                "DIFFERS"
            };
            text.push_str(&format!(
                "  published {:12} {:7.3}, here {:7.3}: {verdict}\n",
                agreement.of, agreement.expected, agreement.found
            ));
        }
    }
    print(&text)
}
