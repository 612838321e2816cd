//! Whether the prompts are those of their pictures, as far as an encoder of texts and pictures shows it.
//!
//! Prompts and pictures of the base are centred, each for itself, and compared all with all; the best one-to-one
//! assignment is compared with the one that the pairs are. Where words and pictures say nothing to each other, as those
//! that an encoder was not made for, no assignment is good, and nothing is said.

use crate::assignment::best_assignment;
use crate::cache::Cache;
use crate::error::ExplainError;
use crate::phrase_features::PhraseFeatures;
use crate::probes::Probes;
use crate::shuffled::{centred, cycles};
use finexl_zoo::encoders::{Encoder, Features};
use std::collections::BTreeSet;

/// Fewer different prompts are not judged.
const LEAST: usize = 6;
/// Pairs that are looked at: the assignment takes the third power of them.
const MOST: usize = 500;
/// So well prompts and pictures fit in the best assignment, as mean cosine of centred features, where they say
/// anything to each other; chance reaches 0.43.
const FITS: f64 = 0.45;
/// Pairs below this share of the best assignment's total have wrong prompts.
const SHARE: f64 = 0.8;
/// Some among right ones are wrong where others fit so well,
const SOME_FIT: f64 = 0.5;
/// and better by so much.
const GAIN: f64 = 0.5;

/// A note where prompts fit the pictures of other pairs better. `prompts` are those of the pairs, `names` their names.
///
/// # Errors
/// Prompts that the encoder cannot read.
pub(crate) fn misplaced_note(
    encoder: &dyn Encoder,
    probes: &Probes,
    base: &Features,
    names: &[String],
    cache: &Cache,
) -> Result<Option<String>, ExplainError> {
    let Some(of_pairs) = &probes.of_pairs else {
        return Ok(None);
    };
    let count = base.len().min(MOST);
    let of_pairs = of_pairs.get(..count).unwrap_or_default();
    if of_pairs.iter().collect::<BTreeSet<_>>().len() < LEAST {
        return Ok(None);
    }
    let texts = texts_of(encoder, &probes.prompts, cache)?;
    let mut values = Vec::with_capacity(count * texts.dimension);
    for probe in of_pairs {
        values.extend_from_slice(texts.row(*probe));
    }
    let of_prompts = Features {
        dimension: texts.dimension,
        values,
    };
    let moved = misplaced(&base.first(count), &of_prompts, of_pairs);
    Ok(moved.first().map(|(picture, prompt)| {
        let name = |pair: &usize| names.get(*pair).map_or("", String::as_str);
        format!(
            "{} of {count} prompts fit the picture of another pair better (that of {} the picture of {}): they seem to be in \
             another order; check them, and give a table that names the images with --prompts",
            moved.len(),
            name(prompt),
            name(picture)
        )
    }))
}

/// The prompts alone, from the cache where directions have been measured on them.
fn texts_of(
    encoder: &dyn Encoder,
    prompts: &[String],
    cache: &Cache,
) -> Result<Features, ExplainError> {
    let kept = cache.phrases(&PhraseFeatures::fingerprint(encoder, prompts));
    match kept.filter(|phrases| phrases.probes() == prompts.len()) {
        Some(phrases) => Ok(phrases.plain()),
        None => Ok(encoder.encode_texts(prompts)?),
    }
}

/// Pairs whose picture fits another prompt better, each with the pair that has that prompt.
fn misplaced(pictures: &Features, prompts: &Features, of_pairs: &[usize]) -> Vec<(usize, usize)> {
    let n = pictures.len();
    let sides = [centred(pictures), centred(prompts)];
    let d = pictures.dimension;
    let row = |side: usize, at: usize| &sides[side][at * d..(at + 1) * d];
    let mut similarity = Vec::with_capacity(n * n);
    for picture in 0..n {
        for prompt in 0..n {
            let product = row(0, picture).iter().zip(row(1, prompt));
            similarity.push(product.map(|(a, b)| a * b).sum::<f64>());
        }
    }
    let best = best_assignment(&similarity, n);
    let mean = |of: &dyn Fn(usize) -> usize, chosen: &[usize]| {
        let total: f64 = chosen.iter().map(|at| similarity[at * n + of(*at)]).sum();
        total / chosen.len() as f64
    };
    let all: Vec<usize> = (0..n).collect();
    let (is, fits) = (|at: usize| at, |at: usize| best[at]);
    if mean(&fits, &all) < FITS {
        return Vec::new();
    }
    let moved: Vec<usize> = match mean(&is, &all) < SHARE * mean(&fits, &all) {
        true => all,
        false => (cycles(&best).into_iter())
            .filter(|cycle| {
                let fit = mean(&fits, cycle);
                fit >= SOME_FIT && fit - mean(&is, cycle) >= GAIN
            })
            .flatten()
            .collect(),
    };
    (moved.into_iter())
        .filter(|at| of_pairs[*at] != of_pairs[best[*at]])
        .map(|at| (at, best[at]))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const DIMENSION: usize = 24;

    fn noise(place: usize) -> f32 {
        let wave = (place as f32 * 12.9898 + 4.1).sin() * 43758.547;
        wave - wave.floor() - 0.5
    }

    /// Pictures, and prompts that say what is in them, in another order.
    fn moved(pairs: usize, order: impl Fn(usize) -> usize, own: f32) -> usize {
        let rows = |of: &dyn Fn(usize, usize) -> f32| Features {
            dimension: DIMENSION,
            values: (0..pairs * DIMENSION)
                .map(|at| of(at / DIMENSION, at % DIMENSION))
                .collect(),
        };
        let pictures = rows(&|pair, column| noise(pair * DIMENSION + column));
        let prompts = rows(&|pair, column| {
            3.0 + noise(order(pair) * DIMENSION + column)
                + own * noise((pair * DIMENSION + column) * 7 + 500_000)
        });
        let all: Vec<usize> = (0..pairs).collect();
        misplaced(&pictures, &prompts, &all).len()
    }

    #[test]
    fn prompts_in_another_order_are_seen_and_right_ones_pass() {
        for own in [0.0, 0.5, 1.0] {
            assert_eq!(moved(14, |at| at, own), 0, "{own}");
        }
        assert_eq!(moved(14, |at| (at + 1) % 14, 0.5), 14);
        let two = |at: usize| [1, 0].get(at).copied().unwrap_or(at);
        assert_eq!(moved(14, two, 0.3), 2);
        // Where words say nothing of pictures, nothing is said.
        assert_eq!(moved(14, |at| at + 1000, 0.0), 0);
    }
}
