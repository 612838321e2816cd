//! Tests of [`crate::analysis`].

#![allow(clippy::unwrap_used)]

use crate::analysis::{self, Analysis, AnalysisSettings};
use crate::bank::ConceptBank;
use crate::decompose::Method;
use crate::divergence::Divergences;
use crate::error::ExplainError;
use crate::statistics::Interval;
use proptest::prelude::*;

fn settings(method: &str) -> AnalysisSettings {
    AnalysisSettings {
        method: Method::parse(method).unwrap(),
        resamples: 60,
        flips: 500,
        ..AnalysisSettings::default()
    }
}

fn analyse(
    divergences: &Divergences,
    bank: &ConceptBank,
    settings: &AnalysisSettings,
) -> Result<Analysis, ExplainError> {
    let method = settings.method.build()?;
    analysis::analyse(divergences, bank, method.as_ref(), settings)
}

/// A concept whose direction is `along` on each probe, and pairs that move along it by as much.
fn moved(along: &[f32], pairs: &[f64]) -> (Divergences, ConceptBank) {
    let rows = pairs.iter().flat_map(|v| [*v, 0.0]).collect();
    let directions = along.iter().flat_map(|v| [*v, 0.0]).collect();
    let bank = ConceptBank::from_values(directions, along.len(), 1, 2).unwrap();
    (Divergences::from_values(rows, 2).unwrap(), bank)
}

#[test]
fn probes_are_resampled_with_the_pairs_only_where_they_are_theirs() {
    let along = [1.0, 2.0, 3.0, 4.0];
    let (divergences, bank) = moved(&along, &[0.5, 1.0, 1.5, 2.0]);
    let interval = |bank: &ConceptBank| {
        let found = analyse(&divergences, bank, &settings("nnls")).unwrap();
        assert!((found.weights.weights[0] - 0.5).abs() < 1e-9);
        found.intervals[0]
    };
    // Every pair moved by half of what its own probe says.
    let theirs = bank.clone().of_pairs((0..4).collect()).unwrap();
    let found = interval(&theirs);
    assert!(found.high - found.low < 1e-9, "{found:?}");
    // As many probes as pairs are not yet the probes of the pairs.
    let found = interval(&bank);
    assert!(found.low < 0.3 && found.high > 0.7, "{found:?}");
    assert!(
        analyse(
            &divergences,
            &bank.of_pairs(vec![0, 1]).unwrap(),
            &settings("nnls")
        )
        .is_err()
    );
}

#[test]
fn few_pairs_leave_no_probe_out() {
    // Pairs without noise: what probes differ by is all that an interval can be of.
    let along: Vec<f32> = (0..25).map(|probe| 1.0 + 0.02 * probe as f32).collect();
    let (divergences, bank) = moved(&along, &[0.62; 4]);
    let found = analyse(&divergences, &bank, &settings("nnls")).unwrap();
    let (weight, interval) = (found.weights.weights[0], found.intervals[0]);
    assert!((weight - 0.5).abs() < 1e-6);
    let below = weight - interval.low;
    let above = interval.high - weight;
    assert!(
        below > 0.01 && above < 0.06 && above < 2.0 * below,
        "{interval:?}"
    );
}

#[test]
fn one_pair_bounds_nothing() {
    let (divergences, bank) = moved(&[1.0], &[50.5]);
    let of = |method| analyse(&divergences, &bank, &settings(method)).unwrap();
    let found = of("nnls");
    assert!((found.weights.weights[0] - 50.5).abs() < 1e-6);
    assert_eq!(
        (found.intervals[0].low, found.intervals[0].high),
        (0.0, f64::INFINITY)
    );
    assert_eq!(of("lsq").intervals[0], Interval::UNBOUNDED);
}

#[test]
fn pairs_of_one_prompt_are_one_draw() {
    // Twelve prompts with three images each, which differ by their prompts alone.
    let along = [1.0; 12];
    let level = |prompt: usize| 1.0 + 0.1 * (prompt as f64 * 1.3).sin();
    let pairs: Vec<f64> = (0..36).map(|pair| level(pair / 3)).collect();
    let (divergences, bank) = moved(&along, &pairs);
    let (once, _) = moved(&along, &(0..12).map(level).collect::<Vec<_>>());
    let keys: Vec<usize> = (0..36).map(|pair| pair / 3).collect();
    let grouped = divergences.clone().grouped_by(&keys).unwrap();
    let of = |divergences: &Divergences| analyse(divergences, &bank, &settings("nnls")).unwrap();
    let width = |found: &Analysis| found.intervals[0].high - found.intervals[0].low;
    let (grouped, once, alone) = (of(&grouped), of(&once), of(&divergences));
    assert!((width(&grouped) / width(&once) - 1.0).abs() < 1e-9);
    assert!(width(&alone) < 0.7 * width(&once));
    assert_eq!(grouped.p_adjusted, once.p_adjusted);
    assert!(grouped.notes.is_empty());
}

/// Methods, pairs, own probes or the pairs', divergences and directions of five concepts in four dimensions.
fn problem() -> impl Strategy<Value = (usize, usize, bool, Vec<f64>, Vec<f32>, i32)> {
    (0usize..7, 1usize..7, any::<bool>()).prop_flat_map(|(method, pairs, matched)| {
        let probes = if matched { pairs } else { 3 };
        (
            Just(method),
            Just(pairs),
            Just(matched),
            prop::collection::vec(-1.0..1.0f64, pairs * 4),
            prop::collection::vec(-1.0..1.0f32, probes * 20),
            -60i32..60,
        )
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn intervals_hold_weights_and_p_has_their_sign(
        (method, pairs, matched, rows, directions, exponent) in problem()
    ) {
        let rows = rows.iter().map(|v| v * 2f64.powi(exponent)).collect();
        let divergences = Divergences::from_values(rows, 4).unwrap();
        let probes = directions.len() / 20;
        let bank = ConceptBank::from_values(directions, probes, 5, 4).unwrap();
        let bank = match matched {
            true => bank.of_pairs((0..pairs).collect()).unwrap(),
            false => bank,
        };
        let method = Method::all()[method].clone();
        let settings = AnalysisSettings { method, ..settings("nnls") };
        let found = analyse(&divergences, &bank, &settings).unwrap();
        for (k, weight) in found.weights.weights.iter().enumerate() {
            let Interval { low, high } = found.intervals[k];
            prop_assert!(low <= *weight && *weight <= high, "{low} {weight} {high}");
            prop_assert!(*weight != 0.0 || found.p_adjusted[k] == 1.0);
        }
    }
}
