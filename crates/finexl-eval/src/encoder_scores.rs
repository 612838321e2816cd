//! How well an encoder's text space suits directions: orthogonality and linearity.
//!
//! arXiv 2511.01932 compares encoders by a linearity and an orthogonality score. The exact formulas
//! used here are ours and stand at [`EncoderScores`].

use crate::EvalError;
use finexl_core::seed;
use finexl_data::captions::caption;
use finexl_explain::bank::ConceptBank;
use finexl_explain::decompose::cosine;
use finexl_explain::statistics::{Resampling, percentile};
use finexl_explain::vocabulary::Vocabulary;
use finexl_zoo::encoders::Encoder;
use rand::RngExt;
use std::collections::BTreeSet;

/// Confidence of the intervals.
const CONFIDENCE: f64 = 0.95;

/// A mean with its 95% bootstrap interval over what it is a mean of.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Score {
    /// The mean.
    pub value: f64,
    /// Lower end.
    pub low: f64,
    /// Upper end.
    pub high: f64,
}

/// Scores of an encoder. `f(C)` is the mean over probes of `E("t, C style") - E("t")`, and `f(A, B)`
/// that of `E("t, A and B style") - E("t")`.
#[derive(Clone, Debug, PartialEq)]
pub struct EncoderScores {
    /// Concepts.
    pub concepts: usize,
    /// Probes.
    pub probes: usize,
    /// Pairs of concepts behind the linearity.
    pub pairs: usize,
    /// Mean `|cos(f(A), f(B))|` over all pairs of concepts; 0 is best.
    pub orthogonality: Score,
    /// Mean `cos(f(A, B), f(A) + f(B))`; 1 is best.
    pub linearity: Score,
    /// Mean `|f(A, B) - f(A) - f(B)| / |f(A, B)|`; 0 is best.
    pub deviation: Score,
}

/// Measures an encoder on the names of a vocabulary's concepts; `pairs` pairs of them are drawn.
///
/// # Errors
/// Fewer than two concepts, no probe, texts that the encoder cannot read.
pub fn score_encoder(
    encoder: &dyn Encoder,
    vocabulary: &Vocabulary,
    probes: &[String],
    pairs: usize,
    seed: u64,
) -> Result<EncoderScores, EvalError> {
    let names: Vec<String> = vocabulary
        .concepts()
        .iter()
        .map(|concept| concept.name.clone())
        .collect();
    if names.len() < 2 || pairs == 0 {
        return Err(EvalError::setting(
            "vocabulary",
            "scores need at least two concepts and one pair",
        ));
    }
    let bank = ConceptBank::build(encoder, &Vocabulary::of_names(&names), probes)?;
    let (n, d) = (names.len(), bank.dimension());
    let mean = bank.mean();
    let row = |concept: usize| &mean[concept * d..(concept + 1) * d];

    let drawn = draw_pairs(n, pairs, seed);
    let both = pair_directions(encoder, &names, probes, &drawn)?;
    let mut linear = Vec::new();
    let mut deviations = Vec::new();
    for ((a, b), together) in drawn.iter().zip(both.chunks_exact(d)) {
        let sum: Vec<f64> = row(*a).iter().zip(row(*b)).map(|(x, y)| x + y).collect();
        linear.push(cosine(together, &sum));
        let off: f64 = together
            .iter()
            .zip(&sum)
            .map(|(x, y)| (x - y).powi(2))
            .sum();
        deviations.push(off.sqrt() / length(together).max(f64::MIN_POSITIVE));
    }
    let resampling = Resampling {
        seed,
        ..Resampling::default()
    };
    Ok(EncoderScores {
        concepts: n,
        probes: probes.len(),
        pairs: drawn.len(),
        orthogonality: orthogonality(n, row, &resampling),
        linearity: mean_score(&linear, &resampling),
        deviation: mean_score(&deviations, &resampling),
    })
}

/// Distinct pairs, first below second.
fn draw_pairs(concepts: usize, pairs: usize, seed: u64) -> Vec<(usize, usize)> {
    let all = concepts * (concepts - 1) / 2;
    let mut drawn = BTreeSet::new();
    let mut generator = seed::generator(seed, &[seed::key("encoder-scores")]);
    while drawn.len() < pairs.min(all) {
        let (a, b) = (
            generator.random_range(0..concepts),
            generator.random_range(0..concepts),
        );
        if a != b {
            drawn.insert((a.min(b), a.max(b)));
        }
    }
    drawn.into_iter().collect()
}

/// `f(A, B)` of every pair, `[pairs, d]`.
fn pair_directions(
    encoder: &dyn Encoder,
    names: &[String],
    probes: &[String],
    pairs: &[(usize, usize)],
) -> Result<Vec<f64>, EvalError> {
    let mut texts = Vec::new();
    for probe in probes {
        texts.push(caption(probe, &[]));
        for (a, b) in pairs {
            texts.push(caption(probe, &[&names[*a], &names[*b]]));
        }
    }
    let features = encoder.encode_texts(&texts)?;
    let (d, block) = (encoder.dimension(), pairs.len() + 1);
    let share = 1.0 / probes.len() as f64;
    let mut directions = vec![0.0; pairs.len() * d];
    for probe in 0..probes.len() {
        let plain = features.row(probe * block);
        for (index, sum) in directions.chunks_exact_mut(d).enumerate() {
            let styled = features.row(probe * block + 1 + index);
            for ((sum, s), p) in sum.iter_mut().zip(styled).zip(plain) {
                *sum += share * f64::from(s - p);
            }
        }
    }
    Ok(directions)
}

/// The interval resamples concepts, since pairs that share one are not independent.
fn orthogonality<'a>(
    count: usize,
    row: impl Fn(usize) -> &'a [f64],
    resampling: &Resampling,
) -> Score {
    let mut table = vec![0.0; count * count];
    for a in 0..count {
        for b in 0..a {
            let value = cosine(row(a), row(b)).abs();
            table[a * count + b] = value;
            table[b * count + a] = value;
        }
    }
    let over = |chosen: &[usize]| {
        let (mut sum, mut pairs) = (0.0, 0.0);
        for (i, a) in chosen.iter().enumerate() {
            for b in &chosen[..i] {
                // A concept drawn twice is no pair with itself.
                if a != b {
                    sum += table[a * count + b];
                    pairs += 1.0;
                }
            }
        }
        sum / f64::max(pairs, 1.0)
    };
    let all: Vec<usize> = (0..count).collect();
    let replicates: Vec<f64> = (0..resampling.resamples)
        .map(|b| over(&resampling.indices(b, count)))
        .collect();
    let interval = percentile(&replicates, CONFIDENCE);
    Score {
        value: over(&all),
        low: interval.low,
        high: interval.high,
    }
}

fn mean_score(values: &[f64], resampling: &Resampling) -> Score {
    let mean = |sum: f64| sum / values.len().max(1) as f64;
    let replicates: Vec<f64> = (0..resampling.resamples)
        .map(|b| {
            let drawn = resampling.indices(b, values.len());
            mean(drawn.iter().map(|i| values[*i]).sum())
        })
        .collect();
    let interval = percentile(&replicates, CONFIDENCE);
    Score {
        value: mean(values.iter().sum()),
        low: interval.low,
        high: interval.high,
    }
}

fn length(a: &[f64]) -> f64 {
    a.iter().map(|x| x * x).sum::<f64>().sqrt()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic)]
    use super::*;

    #[test]
    fn pairs_are_distinct_and_no_more_than_there_are() {
        let pairs = draw_pairs(5, 100, 1);
        assert_eq!(pairs.len(), 10);
        assert!(pairs.iter().all(|(a, b)| a < b));
        assert_eq!(draw_pairs(50, 20, 1), draw_pairs(50, 20, 1));
    }

    #[test]
    fn orthogonal_concepts_score_zero() {
        let rows = [[1.0, 0.0, 0.0], [0.0, 2.0, 0.0], [0.0, 0.0, -3.0]];
        let score = orthogonality(3, |i| &rows[i], &Resampling::default());
        assert_eq!((score.value, score.low, score.high), (0.0, 0.0, 0.0));
        let equal = [[1.0, 1.0], [2.0, 2.0]];
        let score = orthogonality(2, |i| &equal[i], &Resampling::default());
        assert!((score.value - 1.0).abs() < 1e-12);
    }

    #[test]
    fn the_embedded_encoder_is_scored() {
        let device = finexl_zoo::device::by_name("cpu").unwrap();
        let encoder = finexl_zoo::encoders::open("mini-clip", &device).unwrap();
        let names = ["pixelated", "warm", "blurry", "vivid"].map(str::to_string);
        let vocabulary = Vocabulary::of_names(&names);
        let probes = ["a red apple".to_string()];
        let scores = score_encoder(encoder.as_ref(), &vocabulary, &probes, 3, 0);
        let scores = match scores {
            Ok(scores) => scores,
            // The words of the embedded encoder may change with its training.
            Err(EvalError::Explain(_)) => return,
            Err(error) => panic!("{error}"),
        };
        assert_eq!(scores.pairs, 3);
        assert!((0.0..=1.0).contains(&scores.orthogonality.value));
        assert!((-1.0..=1.0).contains(&scores.linearity.value));
        assert!(scores.linearity.low <= scores.linearity.high);
    }
}
