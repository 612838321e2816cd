//! Aspects and prompts recognised in single images.

use crate::EvalError;
use crate::bench::{Bench, Cell, Findings};
use crate::outcome::{Outcome, Setting};
use crate::pool::Scenario;
use crate::summary::{Kind, Target};
use finexl_core::seed;
use finexl_data::aspects::all;
use finexl_zoo::encoders::Features;
use rand::{Rng, RngExt};

const ASPECT: &str = "single-images/aspect-first";
const BY_DIVERGENCE: &str = "single-images/aspect-first-by-divergence";
const PROMPT: &str = "single-images/prompt-first";
/// Prompts among which the right one has to be found.
const PROMPTS: usize = 100;
/// Weakest level of an aspect in a single image.
const LOWEST_LEVEL: f32 = 0.5;

/// Single images, one aspect at a random level of at least 0.5: which aspect's caption is nearest,
/// and which direction is nearest to the difference from the clean image; and for clean images which
/// of 100 prompts is nearest.
///
/// # Errors
/// Where the encoder fails.
pub(crate) fn single_images(
    bench: &mut Bench<'_>,
    images: usize,
    prompt_sets: usize,
) -> Result<Findings, EvalError> {
    bench.pool.require(bench.config.probes, bench.progress)?;
    let cells = bench.cells();
    let mut outcomes = Vec::new();
    for (number, cell) in cells.iter().enumerate() {
        (bench.progress)("single images", number, cells.len());
        outcomes.extend(aspect_cell(bench, cell, number, images)?);
    }
    for artist in 0..bench.artists().len() {
        outcomes.extend(prompt_retrieval(bench, artist, prompt_sets)?);
    }
    Ok(Findings {
        outcomes,
        quantities: vec![
            (ASPECT, Kind::Share, Target::AtLeast(0.85)),
            (BY_DIVERGENCE, Kind::Share, Target::None),
            (PROMPT, Kind::Share, Target::AtLeast(0.8)),
        ],
        measures: Vec::new(),
    })
}

fn aspect_cell(
    bench: &mut Bench<'_>,
    cell: &Cell,
    number: usize,
    images: usize,
) -> Result<Vec<Outcome>, EvalError> {
    let scenarios: Vec<Scenario> = (0..images)
        .map(|image| {
            let keys = [seed::key("single-images"), number as u64, image as u64];
            let mut random = seed::generator(bench.config.seed, &keys);
            Scenario {
                aspects: vec![(cell.aspect, random.random_range(LOWEST_LEVEL..=1.0))],
                implementation: cell.implementation,
                artist: cell.artist,
                style_seed: random.next_u64(),
                nuisance: None,
                probes: vec![random.random_range(0..bench.config.probes)],
            }
        })
        .collect();
    let probes: Vec<usize> = scenarios.iter().map(|s| s.probes[0]).collect();
    let styled = bench.pool.stylized(&scenarios)?;
    let clean = bench.pool.base(cell.artist, &probes)?;
    let prompts = bench.pool.prompts(bench.config.probes)?.clone();
    let concepts: Vec<usize> = all()
        .iter()
        .filter_map(|aspect| bench.explainer.vocabulary().position(aspect.name))
        .collect();
    let artists = bench.artists();
    let d = bench.pool.dimension();
    let mut outcomes = Vec::with_capacity(2 * images);
    for (image, scenario) in scenarios.iter().enumerate() {
        let directions = bench.pool.directions(probes[image]);
        let rows = || concepts.iter().map(|c| &directions[c * d..(c + 1) * d]);
        let plain = prompts.row(probes[image]);
        let captions = rows().map(|row| row.iter().zip(plain).map(|(f, p)| f + p).collect());
        let by_caption = nearest(styled.row(image), captions);
        let difference: Vec<f32> = styled
            .row(image)
            .iter()
            .zip(clean.row(image))
            .map(|(s, c)| s - c)
            .collect();
        let by_divergence = nearest(&difference, rows().map(<[f32]>::to_vec));
        let setting = Setting::of(scenario, &artists, number * images + image);
        for (quantity, found) in [(ASPECT, by_caption), (BY_DIVERGENCE, by_divergence)] {
            let name = found.and_then(|k| all().get(k)).map_or("", |a| a.name);
            let right = f64::from(u8::from(name == cell.aspect.name));
            outcomes.push(setting.outcome(quantity, right, name));
        }
    }
    Ok(outcomes)
}

fn prompt_retrieval(
    bench: &mut Bench<'_>,
    artist: usize,
    sets: usize,
) -> Result<Vec<Outcome>, EvalError> {
    let count = sets * PROMPTS;
    let prompts = bench.pool.prompts(count)?.clone();
    let all: Vec<usize> = (0..count).collect();
    let images = bench.pool.base(artist, &all)?;
    let name = bench.artists().get(artist).map_or("", |a| a.name());
    Ok((0..count)
        .map(|probe| {
            let right = prompt_is_first(&images, &prompts, probe);
            let setting = Setting {
                aspects: String::new(),
                implementation: "",
                artist: name,
                trial: probe,
            };
            setting.outcome(PROMPT, f64::from(u8::from(right)), "")
        })
        .collect())
}

/// Whether an image is nearest to its own prompt among those of its set.
pub(crate) fn prompt_is_first(images: &Features, prompts: &Features, probe: usize) -> bool {
    let start = probe / PROMPTS * PROMPTS;
    let set = (start..(start + PROMPTS).min(prompts.len())).map(|i| prompts.row(i).to_vec());
    nearest(images.row(probe), set) == Some(probe - start)
}

/// The candidate of largest cosine; none where there is none or the vector is zero.
fn nearest(vector: &[f32], candidates: impl Iterator<Item = Vec<f32>>) -> Option<usize> {
    let norm = |v: &[f32]| v.iter().map(|x| x * x).sum::<f32>().sqrt();
    if norm(vector) == 0.0 {
        return None;
    }
    let cosines = candidates.map(|candidate| {
        let dot: f32 = vector.iter().zip(&candidate).map(|(a, b)| a * b).sum();
        dot / norm(&candidate).max(f32::MIN_POSITIVE)
    });
    cosines
        .enumerate()
        .max_by(|a, b| a.1.total_cmp(&b.1))
        .map(|(index, _)| index)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_is_told_by_angle_and_not_by_length() {
        let candidates = || [vec![5.0, 5.0], vec![0.1, 0.0], vec![0.0, 3.0]].into_iter();
        assert_eq!(nearest(&[1.0, 0.1], candidates()), Some(1));
        assert_eq!(nearest(&[1.0, 1.0], candidates()), Some(0));
        assert_eq!(nearest(&[0.0, 0.0], candidates()), None);
    }

    #[test]
    fn prompts_are_found_within_their_set_of_a_hundred() {
        let circle = |i: usize| {
            let angle = (i % 100) as f32 * 0.06;
            [angle.cos(), angle.sin()]
        };
        let prompts = Features {
            dimension: 2,
            values: (0..200).flat_map(circle).collect(),
        };
        let mut images = prompts.clone();
        assert!((0..200).all(|i| prompt_is_first(&images, &prompts, i)));
        // Number 150 points to the left; now it points to the right.
        images.values[300] = 1.0;
        assert!(!prompt_is_first(&images, &prompts, 150));
    }
}
