//! Photographs instead of scenes: far from what the embedded encoder was trained on.

use super::one_aspect::outcomes;
use crate::EvalError;
use crate::bench::{Bench, Findings};
use crate::outcome::{Outcome, Setting};
use crate::pool::Scenario;
use crate::summary::{Kind, Target};
use finexl_core::seed;
use finexl_data::aspects::{all, stylize};
use finexl_data::decode::decode_file;
use finexl_data::image::Image;
use finexl_data::image_folder::{BadFiles, ImageFolder};
use finexl_data::resize::resize;
use finexl_explain::bank::ConceptBank;
use finexl_explain::divergence::Divergences;
use finexl_zoo::encoders::Features;
use rand::RngExt;
use rayon::prelude::*;
use std::path::Path;

const FIRST: &str = "photographs/first";
const OUTSIDE: &str = "photographs/significant-outside-family";
const UNEXPLAINED: &str = "photographs/unexplained";
/// Smallest side of a crop, as a share of the photograph's shorter side.
const SMALLEST_CROP: f32 = 0.5;

/// One aspect at the run's level on crops of photographs, once per aspect and implementation.
///
/// Photographs come without prompts; those of the run's scenes serve as probes.
///
/// # Errors
/// A photograph that cannot be read, or an encoder or explainer that fails.
pub(crate) fn photographs(
    bench: &mut Bench<'_>,
    folder: &Path,
    crops: usize,
    side: usize,
) -> Result<Findings, EvalError> {
    if !folder.is_dir() {
        bench.notes.push(format!(
            "there is no folder {}; photographs were left out",
            folder.display()
        ));
        return Ok(Findings::default());
    }
    let images = draw_crops(bench.config.seed, folder, crops, side)?;
    bench.pool.require(bench.config.pairs, bench.progress)?;
    let probes: Vec<usize> = (0..bench.config.pairs).collect();
    let bank = bench.pool.unmatched_bank(&probes)?;
    let base = encode(bench, &images)?;
    let implementations = bench.pool.implementations().to_vec();
    let total = all().len() * implementations.len();
    let mut found = Vec::new();
    for aspect in all() {
        for implementation in &implementations {
            (bench.progress)("photographs", found.len(), total);
            let aspects = vec![(aspect, bench.config.level)];
            let scenario =
                bench.scenario("photographs", found.len(), aspects, (*implementation, 0))?;
            found.push(one(bench, &scenario, &images, (&base, &bank), found.len())?);
        }
    }
    Ok(Findings {
        outcomes: found.into_iter().flatten().collect(),
        quantities: vec![
            (FIRST, Kind::Share, Target::None),
            (OUTSIDE, Kind::Mean, Target::None),
            (UNEXPLAINED, Kind::Mean, Target::None),
        ],
        measures: Vec::new(),
    })
}

fn one(
    bench: &Bench<'_>,
    scenario: &Scenario,
    images: &[Image],
    (base, bank): (&Features, &ConceptBank),
    trial: usize,
) -> Result<Vec<Outcome>, EvalError> {
    let styled: Vec<Image> = images
        .par_iter()
        .enumerate()
        .map(|(number, image)| {
            stylize(
                image,
                &scenario.aspects,
                scenario.implementation,
                scenario.style_seed,
                number as u64,
            )
        })
        .collect();
    let divergences = Divergences::between(base, &encode(bench, &styled)?)?;
    let record = bench.explainer.explain_divergences(&divergences, bank)?;
    let setting = Setting {
        aspects: scenario.aspects[0].0.name.to_owned(),
        implementation: scenario.implementation.name(),
        artist: "",
        trial,
    };
    let all = outcomes(scenario, &setting, &record).into_iter();
    Ok(all
        .map(|outcome| Outcome {
            quantity: outcome.quantity.replace("one-aspect/", "photographs/"),
            ..outcome
        })
        .collect())
}

fn encode(bench: &Bench<'_>, images: &[Image]) -> Result<Features, EvalError> {
    let encoder = bench.pool.encoder();
    let prepared: Vec<Image> = images
        .par_iter()
        .map(|image| encoder.prepare(image))
        .collect();
    Ok(encoder.encode_images(&prepared)?)
}

/// Random square crops of all photographs in turn.
fn draw_crops(
    seed_value: u64,
    folder: &Path,
    crops: usize,
    side: usize,
) -> Result<Vec<Image>, EvalError> {
    let files = ImageFolder::list(folder, BadFiles::Refuse)?.images;
    let photographs: Vec<Image> = files
        .values()
        .map(|file| Ok(decode_file(file)?.image))
        .collect::<Result<_, EvalError>>()?;
    Ok((0..crops)
        .map(|crop| {
            let photograph = &photographs[crop % photographs.len()];
            let keys = [seed::key("crop"), crop as u64];
            let mut random = seed::generator(seed_value, &keys);
            let shorter = photograph.width.min(photograph.height);
            let share: f32 = random.random_range(SMALLEST_CROP..=1.0);
            let length = ((shorter as f32 * share) as usize).clamp(1, shorter);
            let x = random.random_range(0..=photograph.width - length);
            let y = random.random_range(0..=photograph.height - length);
            resize(&cut(photograph, x, y, length), side.max(1), side.max(1))
        })
        .collect())
}

fn cut(image: &Image, left: usize, top: usize, side: usize) -> Image {
    let mut pixels = Vec::with_capacity(side * side * 3);
    for y in top..top + side {
        let start = (y * image.width + left) * 3;
        pixels.extend_from_slice(&image.pixels[start..start + side * 3]);
    }
    Image::new(side, side, pixels)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_crop_is_what_stood_there() {
        let mut image = Image::filled(5, 4, [0.0; 3]);
        image.set(3, 2, [1.0, 0.5, 0.25]);
        let crop = cut(&image, 2, 1, 3);
        assert_eq!((crop.width, crop.height), (3, 3));
        assert_eq!(crop.pixel(1, 1), [1.0, 0.5, 0.25]);
        assert_eq!(crop.pixel(0, 0), [0.0; 3]);
    }
}
