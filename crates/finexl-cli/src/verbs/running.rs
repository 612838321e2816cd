//! Experiments of every kind, carried out and shown.

use crate::arguments::Arguments;
use crate::diagnostics::CliError;
use crate::experiment_results::others;
use crate::output::{Progress, print, remark};
use finexl::SelectionResults;
use finexl_core::experiment::{
    Calibrate, Evaluate, EvaluateGenerator, EvaluatePool, EvaluateProbes, GatherReferences,
    MakePool, PlantedConcepts, ScoreEncoders, SelectModels,
};
use finexl_data::art::subject_indices;
use finexl_eval::{Measure, PlantedResult, write_figures};
use finexl_zoo::encoders::Encoder;
use finexl_zoo::generators::open_generator;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

/// Fits a calibration.
pub fn calibrate(
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

/// Measures the explainer.
pub fn evaluate(
    config: &Evaluate,
    encoder: &Arc<dyn Encoder>,
    calibration: Option<&Path>,
    arguments: &Arguments,
) -> Result<(), CliError> {
    let bar = Progress::new(arguments.quiet);
    let progress = |what: &str, done: usize, total: usize| bar.show(what, done, total);
    let folder = config.folder();
    let measures = finexl_eval::evaluate(config, encoder, calibration, &folder, &progress)?;
    tell(&measures, &[], &folder, arguments)
}

/// Measures a generator with the judge.
pub fn evaluate_generator(
    config: &EvaluateGenerator,
    arguments: &Arguments,
) -> Result<(), CliError> {
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
pub fn gather_references(config: &GatherReferences, arguments: &Arguments) -> Result<(), CliError> {
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
pub fn make_pool(
    config: &MakePool,
    overwrite: bool,
    arguments: &Arguments,
) -> Result<(), CliError> {
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
pub fn evaluate_pool(config: &EvaluatePool, arguments: &Arguments) -> Result<(), CliError> {
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
pub fn evaluate_probes(config: &EvaluateProbes, arguments: &Arguments) -> Result<(), CliError> {
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
pub fn score_encoders(config: &ScoreEncoders, arguments: &Arguments) -> Result<(), CliError> {
    let device = finexl_zoo::device::by_name(&arguments.device)?;
    let bar = Progress::new(arguments.quiet);
    let open = |name: &str| finexl_zoo::encoders::open(name, &device);
    let (measures, notes) = finexl_eval::score_encoders(config, &open, &|what, done, total| {
        bar.show(what, done, total);
    })?;
    tell(&measures, &notes, &config.output, arguments)
}

/// Selects models of pools by every method; a method that failed on a model is said in the exit code.
pub fn select_models(config: &SelectModels, arguments: &Arguments) -> Result<ExitCode, CliError> {
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

/// A weight that a planted check found.
#[derive(serde::Serialize)]
struct PlantedRow<'a> {
    method: &'a str,
    name: &'a str,
    value: f64,
}

/// Writes the figures of a planted check.
fn write_planted(
    folder: &Path,
    config: &PlantedConcepts,
    results: &[PlantedResult],
) -> Result<(), CliError> {
    let mut rows = Vec::new();
    for result in results {
        let row = |name, value| PlantedRow {
            method: &result.method,
            name,
            value,
        };
        let weights = config.candidates.iter().zip(&result.weights);
        rows.extend(weights.map(|(candidate, weight)| row(candidate.as_str(), *weight)));
        rows.push(row("residual", result.residual));
    }
    Ok(write_figures(&folder.join("summary.csv"), &rows)?)
}

/// Says what the encoder of a planted check finds, beside what was published; without its files it
/// is skipped.
pub fn planted_concepts(config: &PlantedConcepts, arguments: &Arguments) -> Result<(), CliError> {
    let device = finexl_zoo::device::by_name(&arguments.device)?;
    if let Err(missing) = finexl_zoo::encoders::clip::locate(&config.encoder) {
        return print(&format!("skipped: {missing}\n"));
    }
    let encoder = finexl_zoo::encoders::open(&config.encoder, &device)?;
    let results = finexl_eval::planted(config, encoder.as_ref())?;
    if let Some(folder) = &config.output {
        write_planted(folder, config, &results)?;
    }
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
