//! `finexl run`: runs an experiment.

use crate::arguments::Arguments;
use crate::diagnostics::CliError;
use crate::output::{Progress, print, write};
use crate::report::{Reports, show};
use crate::verbs::train::run_recipe;
use finexl_core::experiment::{Experiment, ExplainScenes, Personalization};
use finexl_data::art::{Artist, SpriteSet};
use finexl_data::aspects::{Implementation, find};
use finexl_data::image_folder::BadFiles;
use finexl_data::pairs::PairSet;
use finexl_data::scenes::{Scene, Split, render_scenes};
use finexl_data::stylize_folder::{Style, stylize_folder};
use finexl_explain::analysis::AnalysisSettings;
use finexl_explain::cache::Cache;
use finexl_explain::folders::Explainer;
use finexl_explain::vocabulary::Vocabulary;
use finexl_zoo::encoders::DEFAULT_ENCODER;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Run an experiment.
#[derive(Debug, clap::Args)]
pub struct Run {
    /// An experiment, e.g. experiments/quickstart.toml.
    experiment: PathBuf,
}

impl Run {
    /// Runs the verb.
    pub fn run(&self, arguments: &Arguments) -> Result<ExitCode, CliError> {
        let experiment: Experiment = finexl_core::toml_file::read(&self.experiment)?;
        match &experiment {
            Experiment::TrainEncoder(recipe) => run_recipe(recipe, None, arguments)?,
            Experiment::ExplainScenes(scenes) => explain_scenes(scenes, arguments)?,
            Experiment::Calibrate(_) | Experiment::Evaluate(_) => {}
        }
        Ok(ExitCode::SUCCESS)
    }
}

fn explain_scenes(experiment: &ExplainScenes, arguments: &Arguments) -> Result<(), CliError> {
    let base = experiment.output.join("base");
    let split: Split = experiment.split.parse()?;
    let scenes = Scene::draw_distinct(split, experiment.seed, experiment.scenes);
    render(experiment, &experiment.artist, &scenes, &base)?;
    let device = finexl_zoo::device::by_name(&arguments.device)?;
    let encoder = finexl_zoo::encoders::open(DEFAULT_ENCODER, &device)?;
    let vocabulary = Vocabulary::default_phrases()?;
    let settings = AnalysisSettings {
        seed: experiment.seed,
        ..AnalysisSettings::default()
    };
    let explainer = Explainer {
        encoder: encoder.as_ref(),
        vocabulary: &vocabulary,
        settings: &settings,
        cache: &Cache::none(),
        bad_files: BadFiles::Refuse,
    };
    for personalization in &experiment.personalizations {
        let folder = experiment.output.join(&personalization.name);
        if !personalize(experiment, personalization, &scenes, &base, &folder, arguments)? {
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
fn personalize(
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
