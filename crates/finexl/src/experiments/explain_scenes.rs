//! `[explain-scenes]`: rendered scenes, personalized in known ways and explained.

use super::figures::{Figures, Known};
use super::readers::readers;
use super::reporting::{Listener, report};
use crate::{Cache, CalibrationChoice, Encoder, Error};
use finexl_core::experiment::{ExplainScenes, Personalization};
use finexl_data::art::{Artist, SpriteSet};
use finexl_data::aspects::{Implementation, find};
use finexl_data::image_folder::BadFiles;
use finexl_data::pairs::{PairOptions, PairSet};
use finexl_data::scenes::{Scene, render_scenes};
use finexl_data::stylize_folder::{Style, stylize_folder};
use finexl_eval::EvalError;
use finexl_explain::explainer::Sides;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

/// Renders scenes, personalizes them in known ways, explains each by every method and writes reports and a table of
/// figures into the experiment's folder.
///
/// # Errors
/// Names that are unknown, art that is damaged, fewer scenes than asked for, files that cannot be written.
pub fn explain_scenes(
    experiment: &ExplainScenes,
    encoder: &Arc<dyn Encoder>,
    calibration: &CalibrationChoice,
    listener: &dyn Listener,
) -> Result<(), Error> {
    let readers = readers(&experiment.read_by(), encoder, (calibration, Cache::none()))?;
    let mut figures = Figures::default();
    let base = experiment.output.join("base");
    let split = experiment.split;
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
    render(experiment, experiment.artist.into(), &scenes, &base)?;
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
        let known = Known {
            aspects: personalization.aspects.clone(),
            exact: true,
            level: mean_level(&personalization.aspects),
            ..Known::named(&personalization.name)
        };
        for reader in &readers {
            let name = reader.name(&personalization.name);
            let place = (experiment.output.as_path(), name.as_str());
            let explained = report(&reader.explainer, place, &set, &sides, listener)?;
            figures.add(&known, &explained.explanation);
        }
    }
    figures.write(&experiment.output)
}

fn render(
    experiment: &ExplainScenes,
    artist: Artist,
    scenes: &[Scene],
    folder: &Path,
) -> Result<(), Error> {
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
    if let Some(name) = personalization.artist {
        let artist = Artist::from(name);
        if !Artist::available(&experiment.art_folder).contains(&artist) {
            listener.remark(&format!(
                "{} is left out: the art of {name} is not in {}; scripts/fetch_art.py fetches it",
                personalization.name,
                experiment.art_folder.display()
            ));
            return Ok(false);
        }
        render(experiment, artist, scenes, folder)?;
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
        if !(0.0..=1.0).contains(level) {
            let problem = format!("the level of \"{name}\" is {level}; it has to lie in [0, 1]");
            return Err(wrong(personalization, &problem));
        }
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

/// The mean level of aspects as it is written, which no other number of digits is; nothing where there are none.
fn mean_level(aspects: &BTreeMap<String, f32>) -> Option<f64> {
    let mean = aspects.values().sum::<f32>() / aspects.len() as f32;
    mean.is_finite()
        .then(|| mean.to_string().parse().ok())
        .flatten()
}

fn wrong(personalization: &Personalization, problem: &str) -> Error {
    Error::Eval(EvalError::Setting {
        setting: "personalizations",
        problem: format!("{}: {problem}", personalization.name),
    })
}
