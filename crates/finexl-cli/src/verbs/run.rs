//! `finexl run`: runs an experiment.

use crate::arguments::Arguments;
use crate::diagnostics::CliError;
use crate::output::{Progress, print, write};
use crate::report::{Reports, show};
use crate::verbs::explain::applicable;
use crate::verbs::personalize::personalize;
use crate::verbs::train::train_recipe;
use finexl_core::experiment::{
    Calibrate, Evaluate, EvaluateGenerator, Experiment, ExplainScenes, Personalization,
    PlantedConcepts,
};
use finexl_data::art::{Artist, SpriteSet, subject_indices};
use finexl_data::aspects::{Implementation, find};
use finexl_data::image_folder::BadFiles;
use finexl_data::pairs::PairSet;
use finexl_data::scenes::{Scene, Split, render_scenes};
use finexl_data::stylize_folder::{Style, stylize_folder};
use finexl_eval::Measure;
use finexl_explain::analysis::AnalysisSettings;
use finexl_explain::cache::Cache;
use finexl_explain::folders::Explainer;
use finexl_explain::vocabulary::Vocabulary;
use finexl_zoo::encoders::{DEFAULT_ENCODER, Encoder};
use finexl_zoo::generators::open_generator;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Run an experiment.
#[derive(Debug, clap::Args)]
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
}

impl Run {
    /// Runs the verb.
    pub fn run(&self, arguments: &Arguments) -> Result<ExitCode, CliError> {
        let experiment: Experiment = finexl_core::toml_file::read(&self.experiment)?;
        match &experiment {
            Experiment::TrainAutoencoder(_)
            | Experiment::TrainDenoiser(_)
            | Experiment::TrainEncoder(_) => {
                train_recipe(&experiment, None, arguments)?;
            }
            Experiment::ExplainScenes(scenes) => {
                let encoder = self.encoder(arguments)?;
                explain_scenes(scenes, encoder.as_ref(), self.calibration(), arguments)?;
            }
            Experiment::Calibrate(config) => {
                calibrate(config, self.encoder(arguments)?.as_ref(), arguments)?;
            }
            Experiment::Evaluate(config) => {
                let encoder = self.encoder(arguments)?;
                evaluate(config, encoder.as_ref(), self.calibration(), arguments)?;
            }
            Experiment::EvaluateGenerator(config) => evaluate_generator(config, arguments)?,
            Experiment::Personalize(config) => personalize(config, arguments)?,
            Experiment::PlantedConcepts(config) => planted_concepts(config, arguments)?,
        }
        Ok(ExitCode::SUCCESS)
    }

    fn calibration(&self) -> Option<&Path> {
        self.calibration.as_deref()
    }

    fn encoder(&self, arguments: &Arguments) -> Result<Box<dyn Encoder>, CliError> {
        let device = finexl_zoo::device::by_name(&arguments.device)?;
        Ok(finexl_zoo::encoders::open(&self.encoder, &device)?)
    }
}

fn calibrate(
    config: &Calibrate,
    encoder: &dyn Encoder,
    arguments: &Arguments,
) -> Result<(), CliError> {
    let bar = Progress::new(arguments.quiet);
    let progress = |what: &str, done: usize, total: usize| bar.show(what, done, total);
    let domain = finexl_eval::fit_domain(config, encoder, &progress)?;
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
    encoder: &dyn Encoder,
    calibration: Option<&Path>,
    arguments: &Arguments,
) -> Result<(), CliError> {
    let bar = Progress::new(arguments.quiet);
    let progress = |what: &str, done: usize, total: usize| bar.show(what, done, total);
    let folder = Path::new("results").join(&config.name);
    let measures = finexl_eval::evaluate(config, encoder, calibration, &folder, &progress)?;
    print(&figures(&measures))?;
    if !arguments.quiet {
        eprintln!("results are in {}", folder.display());
    }
    Ok(())
}

/// Measures a generator with the judge.
fn evaluate_generator(config: &EvaluateGenerator, arguments: &Arguments) -> Result<(), CliError> {
    let device = finexl_zoo::device::by_name(&arguments.device)?;
    let generator = open_generator(&config.model, &device)?;
    let judge = finexl_zoo::encoders::open(&config.judge, &device)?;
    let subjects = subject_indices(&generator.config().subjects)?;
    let bar = Progress::new(arguments.quiet);
    let measures = finexl_eval::generator_quality(
        config,
        &generator,
        &subjects,
        judge.as_ref(),
        &|what, done, total| bar.show(what, done, total),
    )?;
    print(&figures(&measures))?;
    if !arguments.quiet {
        eprintln!("results are in {}", config.output.display());
    }
    Ok(())
}

/// A line per figure, single aspects left out.
fn figures(measures: &[Measure]) -> String {
    let mut table = String::new();
    for measure in measures.iter().filter(|m| !m.group.contains("aspect=")) {
        let target = measure.target.as_deref().unwrap_or_default();
        table.push_str(&format!(
            "{:52} {:26} {:7.3} [{:6.3}, {:6.3}]  n {:5}  {target}\n",
            measure.name, measure.group, measure.value, measure.low, measure.high, measure.trials
        ));
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

fn explain_scenes(
    experiment: &ExplainScenes,
    encoder: &dyn Encoder,
    calibration: Option<&Path>,
    arguments: &Arguments,
) -> Result<(), CliError> {
    let base = experiment.output.join("base");
    let split: Split = experiment.split.parse()?;
    let scenes = Scene::draw_distinct(split, experiment.seed, experiment.scenes);
    render(experiment, &experiment.artist, &scenes, &base)?;
    let vocabulary = Vocabulary::default_phrases()?;
    let settings = AnalysisSettings {
        seed: experiment.seed,
        ..AnalysisSettings::default()
    };
    let applicable = applicable(calibration, encoder, &vocabulary, &settings.method)?;
    let explainer = Explainer {
        encoder,
        vocabulary: &vocabulary,
        applicable: &applicable,
        settings: &settings,
        cache: &Cache::none(),
        bad_files: BadFiles::Refuse,
    };
    for personalization in &experiment.personalizations {
        let folder = experiment.output.join(&personalization.name);
        if !personalize_scenes(
            experiment,
            personalization,
            &scenes,
            &base,
            &folder,
            arguments,
        )? {
            continue;
        }
        let manifest = base.join("manifest.csv");
        let set = PairSet::open(&base, &folder, Some(&manifest), BadFiles::Refuse)?;
        let progress = Progress::new(arguments.quiet);
        let names = ["base", personalization.name.as_str()];
        let explained = explainer.explain_pairs(&set, names, &|done, total| {
            progress.show("encoding pairs", done, total);
        })?;
        let reports = Reports::new(&explained, 12);
        let file = |extension: &str| {
            experiment
                .output
                .join(format!("{}.{extension}", personalization.name))
        };
        write(&file("json"), &reports.json()?)?;
        write(&file("html"), reports.html()?.as_bytes())?;
        write(&file("card.md"), reports.card().as_bytes())?;
        print(&show(&explained.explanation, 12))?;
        print("\n")?;
    }
    if !arguments.quiet {
        eprintln!("reports are in {}", experiment.output.display());
    }
    Ok(())
}

fn render(
    experiment: &ExplainScenes,
    artist: &str,
    scenes: &[Scene],
    folder: &Path,
) -> Result<(), CliError> {
    let artist: Artist = artist.parse()?;
    let sprites = SpriteSet::load(artist, &experiment.art_folder, experiment.size)?;
    render_scenes(&sprites, scenes, folder, experiment.size, experiment.seed)?;
    Ok(())
}

/// Makes the personalized images; false where their art is missing.
fn personalize_scenes(
    experiment: &ExplainScenes,
    personalization: &Personalization,
    scenes: &[Scene],
    base: &Path,
    folder: &Path,
    arguments: &Arguments,
) -> Result<bool, CliError> {
    let mut source = base.to_path_buf();
    if let Some(name) = &personalization.artist {
        let artist: Artist = name.parse()?;
        if !Artist::available(&experiment.art_folder).contains(&artist) {
            if !arguments.quiet {
                eprintln!(
                    "note: {} is left out: the art of {name} is not in {}; scripts/fetch_art.py fetches it",
                    personalization.name,
                    experiment.art_folder.display()
                );
            }
            return Ok(false);
        }
        render(experiment, name, scenes, folder)?;
        source = folder.to_path_buf();
    }
    if personalization.aspects.is_empty() {
        return Ok(true);
    }
    if source == folder {
        return Err(CliError::Usage(format!(
            "personalization {}: give either an artist or aspects",
            personalization.name
        )));
    }
    let mut aspects = Vec::new();
    for (name, level) in &personalization.aspects {
        let aspect = find(name).ok_or_else(|| {
            CliError::Usage(format!(
                "personalization {}: there is no aspect \"{name}\"; see datasets/aspects.toml",
                personalization.name
            ))
        })?;
        aspects.push((aspect, *level));
    }
    let style = Style {
        aspects,
        implementation: Implementation::Training,
        seed: experiment.seed,
    };
    stylize_folder(&source, folder, &style, true, BadFiles::Refuse, &|_, _| {})?;
    Ok(true)
}
