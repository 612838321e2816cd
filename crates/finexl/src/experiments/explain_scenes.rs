//! `[explain-scenes]`: rendered scenes, personalized in known ways and explained.

use super::reporting::{Listener, report};
use crate::{Error, Explainer};
use finexl_core::experiment::{ExplainScenes, Personalization};
use finexl_data::art::{Artist, SpriteSet};
use finexl_data::aspects::{Implementation, find};
use finexl_data::image_folder::BadFiles;
use finexl_data::pairs::{PairOptions, PairSet};
use finexl_data::scenes::{Scene, Split, render_scenes};
use finexl_data::stylize_folder::{Style, stylize_folder};
use finexl_eval::EvalError;
use finexl_explain::explainer::Sides;
use std::path::Path;

/// Renders scenes, personalizes them in known ways, explains each and writes reports into the experiment's folder.
///
/// # Errors
/// Names that are unknown, art that is damaged, fewer scenes than asked for, files that cannot be written.
pub fn explain_scenes(
    experiment: &ExplainScenes,
    explainer: &Explainer,
    listener: &dyn Listener,
) -> Result<(), Error> {
    let base = experiment.output.join("base");
    let split: Split = experiment.split.parse()?;
    let scenes = Scene::draw_distinct(split, experiment.seed, experiment.scenes);
    if scenes.len() < experiment.scenes {
        return Err(Error::Eval(EvalError::Setting {
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
    for personalization in &experiment.personalizations {
        let folder = experiment.output.join(&personalization.name);
        if !personalize_scenes(
            experiment,
            personalization,
            &scenes,
            &base,
            &folder,
            listener,
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
        let place = (experiment.output.as_path(), personalization.name.as_str());
        report(explainer, place, &set, &sides, listener)?;
    }
    Ok(())
}

fn render(
    experiment: &ExplainScenes,
    artist: &str,
    scenes: &[Scene],
    folder: &Path,
) -> Result<(), Error> {
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
    listener: &dyn Listener,
) -> Result<bool, Error> {
    let mut source = base.to_path_buf();
    if let Some(name) = &personalization.artist {
        let artist: Artist = name.parse()?;
        if !Artist::available(&experiment.art_folder).contains(&artist) {
            listener.remark(&format!(
                "{} is left out: the art of {name} is not in {}; scripts/fetch_art.py fetches it",
                personalization.name,
                experiment.art_folder.display()
            ));
            return Ok(false);
        }
        render(experiment, name, scenes, folder)?;
        source = folder.to_path_buf();
    }
    if personalization.aspects.is_empty() {
        return Ok(true);
    }
    if source == folder {
        return Err(wrong(personalization, "give either an artist or aspects"));
    }
    let mut aspects = Vec::new();
    for (name, level) in &personalization.aspects {
        let aspect = find(name).ok_or_else(|| {
            let problem = format!("there is no aspect \"{name}\"; see datasets/aspects.toml");
            wrong(personalization, &problem)
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

fn wrong(personalization: &Personalization, problem: &str) -> Error {
    Error::Eval(EvalError::Setting {
        setting: "personalizations",
        problem: format!("{}: {problem}", personalization.name),
    })
}
