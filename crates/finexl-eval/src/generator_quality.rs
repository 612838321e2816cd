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
use finexl_data::scenes::{Scene, Split};
use finexl_explain::statistics::{Interval, wilson};
use finexl_zoo::encoders::{Encoder, Features};
use finexl_zoo::generators::{GenerationRequest, GenerationSettings, Generator};
use serde::Serialize;
use std::path::Path;

/// Prompts of a set.
const SET: usize = 100;
/// Images of the grid and of a row of it; real ones stand below generated ones.
const GRID: usize = 24;
const COLUMNS: usize = 12;
/// Confidence of every interval.
const CONFIDENCE: f64 = 0.95;

/// Measures a generator of scenes with these subjects, writes the figures and a grid, and returns the figures.
///
/// # Errors
/// Settings out of range, images that cannot be generated or encoded, a grid that cannot be written.
pub fn generator_quality(
    config: &EvaluateGenerator,
    generator: &dyn Generator,
    subjects: &[usize],
    judge: &dyn Encoder,
    progress: Progress<'_>,
) -> Result<Vec<Measure>, EvalError> {
    let split: Split = config.split.parse()?;
    finexl_core::atomic::create_folder(&config.output)?;
    let scenes = Scene::draw_distinct_among(subjects, split, config.seed, config.sets * SET);
    if scenes.len() < SET || config.guidance.is_empty() {
        return Err(EvalError::setting(
            "sets",
            "at least one set of 100 scenes and one guidance are needed".to_string(),
        ));
    }
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
    for (index, guidance) in config.guidance.iter().enumerate() {
        let group = format!("guidance={guidance}");
        let settings = GenerationSettings {
            steps: config.steps,
            guidance: *guidance,
            ..GenerationSettings::default()
        };
        let requests = GenerationRequest::of_prompts(&prompts, config.seed);
        progress("guidances", index, config.guidance.len());
        let images = generator.generate(&requests, &settings, &|_| ())?;
        let features = judge.encode_images(&images)?;
        measures.push(found(&group, &features, &texts));
        let distance = frechet_distance(&features, &real_features)?;
        let point = Interval {
            low: distance,
            high: distance,
        };
        let name = "generator/frechet-distance";
        measures.push(Measure::new(name, &group, (distance, point), images.len()));
        if index == 0 {
            let rows = |images: &[Image]| images.iter().take(GRID).cloned().collect::<Vec<_>>();
            let all: Vec<Image> = rows(&images)
                .chunks(COLUMNS)
                .zip(rows(&real).chunks(COLUMNS))
                .flat_map(|(made, real)| [made, real].concat())
                .collect();
            write_png(config.output.join("grid.png"), &tiled(&all, COLUMNS))?;
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
    Ok(measures)
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
