//! How well a generator follows its prompts, and how near its images are to real ones.

use crate::EvalError;
use crate::frechet::frechet_distance;
use crate::measures::prompt_is_first;
use crate::report::{write_json, write_table};
use crate::settings::Progress;
use crate::summary::Measure;
use finexl_core::experiment::EvaluateGenerator;
use finexl_core::fingerprint::Fingerprint;
use finexl_data::art::{Artist, SpriteSet};
use finexl_data::encode::write_png;
use finexl_data::grid::tiled;
use finexl_data::image::Image;
use finexl_data::scenes::Scene;
use finexl_explain::statistics::{Interval, wilson};
use finexl_zoo::encoders::{Encoder, Features};
use finexl_zoo::generators::{
    ChosenSettings, GenerationRequest, GenerationSettings, SceneGenerator,
};
use serde::Serialize;
use std::path::Path;

/// Prompts of a set.
const SET: usize = 100;
/// Images of the grid and of a row of it; real ones stand below generated ones.
const GRID: usize = 24;
const COLUMNS: usize = 12;
/// Images that spread less than this share of what real ones do are said to have collapsed.
const COLLAPSED: f64 = 0.5;
/// Confidence of every interval.
const CONFIDENCE: f64 = 0.95;

/// Measures a generator of scenes with these subjects, writes the figures and a grid, and returns the
/// figures, with notes where its images are all alike.
///
/// # Errors
/// Settings out of range, images that cannot be generated or encoded, a grid that cannot be written.
pub fn generator_quality(
    config: &EvaluateGenerator,
    generator: &dyn SceneGenerator,
    subjects: &[usize],
    judge: &dyn Encoder,
    progress: Progress<'_>,
) -> Result<(Vec<Measure>, Vec<String>), EvalError> {
    let split = config.split;
    finexl_core::atomic::create_folder(&config.output)?;
    let scenes = Scene::draw_distinct_among(subjects, split, config.seed, config.sets * SET);
    check_sets(config, generator.name(), scenes.len())?;
    let size = generator.image_size();
    let sprites = SpriteSet::load(Artist::Twemoji, Path::new(""), size)?;
    let real: Vec<Image> = scenes
        .iter()
        .map(|s| s.render(&sprites, size, config.seed))
        .collect();
    let prompts: Vec<String> = scenes.iter().map(Scene::prompt).collect();
    let texts = judge.encode_texts(&prompts)?;
    let real_features = judge.encode_images(&real)?;
    let mut measures = vec![found("real images", &real_features, &texts)];
    let mut notes = Vec::new();
    for (index, guidance) in config.guidance.iter().enumerate() {
        let group = format!("guidance={guidance}");
        let settings = settings(config, generator, *guidance)?;
        let requests = GenerationRequest::of_prompts(&prompts, config.seed);
        progress("guidances", index, config.guidance.len());
        let images = generator.generate(&requests, &settings, &|_| ())?;
        let features = judge.encode_images(&images)?;
        measures.push(found(&group, &features, &texts));
        let distance = frechet_distance(&features, &real_features)?;
        let name = "generator/frechet-distance";
        measures.push(Measure::new(name, &group, point(distance), images.len()));
        let diversity = spread(&features) / spread(&real_features).max(f64::MIN_POSITIVE);
        let name = "generator/diversity";
        measures.push(Measure::new(name, &group, point(diversity), images.len()));
        if diversity < COLLAPSED {
            notes.push(format!(
                "{}, {group}: the images differ from each other {:.0}% as much as real ones do: the \
                 model has collapsed; train it further, or sample with less guidance",
                generator.name(),
                100.0 * diversity
            ));
        }
        if index == 0 {
            write_grid(config, &images, &real)?;
        }
    }
    progress("guidances", config.guidance.len(), config.guidance.len());
    write_table(&config.output.join("summary.csv"), &measures)?;
    let provenance = GeneratorProvenance {
        version: env!("CARGO_PKG_VERSION"),
        experiment: config,
        generator: generator.fingerprint(),
        judge: judge.fingerprint(),
    };
    write_json(&config.output.join("provenance.json"), &provenance)?;
    Ok((measures, notes))
}

/// Refuses fewer scenes than the sets take.
fn check_sets(config: &EvaluateGenerator, generator: &str, scenes: usize) -> Result<(), EvalError> {
    if scenes < SET || config.guidance.is_empty() {
        return Err(EvalError::setting(
            "sets",
            "at least one set of 100 scenes and one guidance are needed".to_string(),
        ));
    }
    if scenes < config.sets * SET {
        let problem = format!(
            "{} sets of {SET} scenes were asked for; the split {} has {scenes} scenes of what {generator} knows, \
             enough for {}",
            config.sets,
            config.split,
            scenes / SET
        );
        return Err(EvalError::setting("sets", problem));
    }
    Ok(())
}

/// The first images, generated above real ones.
fn write_grid(
    config: &EvaluateGenerator,
    images: &[Image],
    real: &[Image],
) -> Result<(), EvalError> {
    let rows = |images: &[Image]| images.iter().take(GRID).cloned().collect::<Vec<_>>();
    let all: Vec<Image> = rows(images)
        .chunks(COLUMNS)
        .zip(rows(real).chunks(COLUMNS))
        .flat_map(|(made, real)| [made, real].concat())
        .collect();
    Ok(write_png(
        config.output.join("grid.png"),
        &tiled(&all, COLUMNS),
    )?)
}

/// The settings that an experiment asks for, on top of the generator's own.
fn settings(
    config: &EvaluateGenerator,
    generator: &dyn SceneGenerator,
    guidance: f64,
) -> Result<GenerationSettings, EvalError> {
    Ok(generator.settings(&ChosenSettings {
        steps: config.steps,
        guidance: Some(guidance),
        temperature: config.temperature,
        top_k: config.top_k,
        ..ChosenSettings::default()
    })?)
}

/// A figure without an interval.
fn point(value: f64) -> (f64, Interval) {
    let interval = Interval {
        low: value,
        high: value,
    };
    (value, interval)
}

/// How far images are from each other: one minus the mean cosine of all pairs, an image with itself
/// included.
fn spread(images: &Features) -> f64 {
    let mut mean = vec![0.0f64; images.dimension];
    for row in (0..images.len()).map(|i| images.row(i)) {
        let length = row
            .iter()
            .map(|v| f64::from(*v).powi(2))
            .sum::<f64>()
            .sqrt();
        let length = length.max(f64::MIN_POSITIVE);
        for (mean, value) in mean.iter_mut().zip(row) {
            *mean += f64::from(*value) / length;
        }
    }
    let n = images.len().max(1) as f64;
    1.0 - mean.iter().map(|v| (v / n).powi(2)).sum::<f64>()
}

/// Everything that the figures depend on.
#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct GeneratorProvenance<'a> {
    version: &'static str,
    experiment: &'a EvaluateGenerator,
    generator: &'a Fingerprint,
    judge: &'a Fingerprint,
}

/// How often an image is nearest to its own prompt among a hundred.
fn found(group: &str, images: &Features, prompts: &Features) -> Measure {
    let n = images.len();
    let right = (0..n)
        .filter(|i| prompt_is_first(images, prompts, *i))
        .count();
    let interval = wilson(right, n, CONFIDENCE);
    let share = right as f64 / n.max(1) as f64;
    Measure::new("generator/prompt-first", group, (share, interval), n)
}

#[cfg(test)]
mod tests {
    use super::{Features, spread};

    #[test]
    fn equal_images_do_not_spread_and_different_ones_do() {
        let features = |values: Vec<f32>| Features {
            dimension: 2,
            values,
        };
        assert!(spread(&features(vec![3.0, 4.0, 3.0, 4.0, 6.0, 8.0])).abs() < 1e-9);
        let apart = spread(&features(vec![1.0, 0.0, 0.0, 2.0]));
        assert!((apart - 0.5).abs() < 1e-9, "{apart}");
    }
}
