//! `[explain-scenes]`: rendered scenes, personalized in known ways and explained.

use crate::arguments::Arguments;
use crate::diagnostics::CliError;
use crate::verbs::reporting::Reporting;
use finexl_core::experiment::{ExplainScenes, Personalization};
use finexl_data::art::{Artist, SpriteSet};
use finexl_data::aspects::{Implementation, find};
use finexl_data::image_folder::BadFiles;
use finexl_data::pairs::{PairOptions, PairSet};
use finexl_data::scenes::{Scene, Split, render_scenes};
use finexl_data::stylize_folder::{Style, stylize_folder};
use finexl_eval::EvalError;
use finexl_explain::explainer::Sides;
use finexl_zoo::encoders::Encoder;
use std::path::Path;
use std::sync::Arc;

/// Runs the experiment.
pub fn explain_scenes(
    experiment: &ExplainScenes,
    encoder: Arc<dyn Encoder>,
    calibration: Option<&Path>,
    arguments: &Arguments,
) -> Result<(), CliError> {
    let base = experiment.output.join("base");
    let split: Split = experiment.split.parse()?;
    let scenes = Scene::draw_distinct(split, experiment.seed, experiment.scenes);
    if scenes.len() < experiment.scenes {
        return Err(CliError::Eval(EvalError::Setting {
            setting: "scenes",
            problem: format!(
                "{} were asked for, and the split {} has {} different ones; give at most so many",
                experiment.scenes,
                split.name(),
                scenes.len()
            ),
        }));
    }
    render(experiment, &experiment.artist, &scenes, &base)?;
    let reporting = Reporting::new(encoder, calibration, experiment.seed, &experiment.output)?;
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
        let set = PairSet::open(
            &base,
            &folder,
            Some(&manifest),
            &PairOptions::plain(BadFiles::Refuse),
        )?;
        let sides = Sides::named("base", &personalization.name);
        reporting.explain(&personalization.name, &set, &sides, arguments)?;
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
