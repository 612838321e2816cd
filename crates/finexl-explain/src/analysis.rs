//! The numbers behind an explanation: weights, intervals, significance, what stays unexplained.

use crate::bank::ConceptBank;
use crate::decompose::{Directions, Method, Ridge, Weights, contributions};
use crate::divergence::Divergences;
use crate::error::ExplainError;
use crate::sampling_units::SamplingUnits;
use crate::statistics::{
    Interval, benjamini_hochberg, signed_flip_test, smallest_pairs_that_can_pass,
};
use crate::weight_intervals::Sample;
use finexl_core::fingerprint::Fingerprint;
use finexl_zoo::encoders::Encoder;
use serde::{Deserialize, Serialize};

/// Version of this analysis: raised whenever the same input gives other intervals, p-values or shares.
pub const VERSION: u32 = 2;

/// Confidence of every interval.
pub const CONFIDENCE: f64 = 0.95;
/// False discovery rate of significance.
pub const FALSE_DISCOVERIES: f64 = 0.05;

/// How to analyse.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct AnalysisSettings {
    /// Decomposition.
    pub method: Method,
    /// Kind of interval.
    pub interval: IntervalKind,
    /// Bootstrap resamples.
    pub resamples: usize,
    /// Random sign flips of the significance test.
    pub flips: usize,
    /// Seed of resampling and flips.
    pub seed: u64,
}

impl Default for AnalysisSettings {
    fn default() -> Self {
        Self {
            method: Method::default(),
            interval: IntervalKind::default(),
            resamples: 1000,
            flips: 100_000,
            seed: 0,
        }
    }
}

impl AnalysisSettings {
    /// Fingerprint of everything that an analysis depends on beside its input: the method with what it reads by,
    /// resampling, and the version of this code.
    ///
    /// # Errors
    /// As [`Method::fingerprint`].
    pub fn fingerprint(&self) -> Result<Fingerprint, ExplainError> {
        let interval = match self.interval {
            IntervalKind::Percentile => "percentile",
            IntervalKind::Bca => "bca",
            IntervalKind::Studentized => "studentized",
        };
        Ok(Fingerprint::of("settings")
            .number("version", u64::from(VERSION))
            .nested("method", &self.method.fingerprint()?)
            .text("interval", interval)
            .number("resamples", self.resamples as u64)
            .number("flips", self.flips as u64)
            .number("seed", self.seed)
            .finish())
    }

    /// The settings where nothing is chosen: the method is the one that was best on validation pools of those
    /// that there are for the encoder.
    ///
    /// # Errors
    /// Where the head inside the program is damaged.
    pub fn default_for(encoder: &dyn Encoder) -> Result<Self, ExplainError> {
        Ok(Self {
            method: Method::default_for(encoder)?,
            ..Self::default()
        })
    }
}

/// Kinds of bootstrap interval. All but the last are widened for few pairs ([`crate::statistics::widening`]).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum IntervalKind {
    /// Quantiles of the replicates.
    Percentile,
    /// Bias-corrected and accelerated (Efron 1987).
    #[default]
    Bca,
    /// Bootstrap-t, scaled by the spread of the pairs' linear contributions.
    Studentized,
}

/// The result of an analysis; all vectors are over concepts in bank order.
#[derive(Clone, Debug, PartialEq)]
pub struct Analysis {
    /// `|V|`
    pub divergence: f64,
    /// Weights and residuals of the chosen method.
    pub weights: Weights,
    /// 95% interval of every weight.
    pub intervals: Vec<Interval>,
    /// Benjamini-Hochberg adjusted p of the sign-flip test: that what the pairs contribute to a weight has no
    /// direction. Tested is the method's own fit of every pair where it is linear, else the joint ridge fit, on the side
    /// of the weight: a weight to which the pairs contribute the opposite cannot have a small p, and one of 0 has 1.
    ///
    /// Which weights a method keeps is decided by the same pairs that are tested. The contributions that are tested
    /// know nothing of that: they are a map of each divergence that was fixed before.
    pub p_adjusted: Vec<f64>,
    /// What every pair contributes to every weight, `[n, N]` row-major: the method's own fit of its divergence where
    /// that is linear; else the linear fit with the concepts that the method kept (their mean is the weight, where the
    /// method is linear in between), and the joint ridge fit for all others.
    pub contributions: Vec<f64>,
    /// Share of the change that the fitted concepts do not span, noise taken off, in [0, 1].
    pub unexplained: f64,
    /// Pairs below which a lone finding cannot pass the test.
    pub pairs_needed: usize,
    /// What a reader has to know of what was resampled.
    pub notes: Vec<String>,
}

/// Analyses divergences with a bank. Where the bank's probes are the prompts of the pairs, both are resampled
/// together; else the probes are a sample of their own, and resampled on their own. Pairs that belong together
/// ([`Divergences::grouped_by`]) are drawn together.
///
/// # Errors
/// Dimensions or pairs that do not fit, settings outside their range, a solver that fails.
pub fn analyse(
    divergences: &Divergences,
    bank: &ConceptBank,
    settings: &AnalysisSettings,
) -> Result<Analysis, ExplainError> {
    check_fit(divergences, bank)?;
    let method = settings.method.build()?;
    let mean = divergences.mean();
    let directions = bank.mean();
    let directions = Directions::new(&directions, bank.concepts(), bank.dimension())?;
    let prepared = method.prepare(directions)?;
    let weights = prepared.fit(&mean, None)?;
    let pairs_needed = smallest_pairs_that_can_pass(bank.concepts(), FALSE_DISCOVERIES);
    let units = SamplingUnits::of(divergences, pairs_needed);
    let own = prepared.contributions(divergences.values())?;
    let linear = own.is_some();
    let rows = match own {
        Some(rows) => rows,
        None => contributions(directions, divergences.values(), &Ridge::default())?,
    };
    let p = signed_flip_test(
        &units.sums(&rows, bank.concepts()),
        &weights.weights,
        units.count(),
        settings.flips,
        settings.seed,
    )?;
    let rows = match linear {
        true => rows,
        false => of_kept(divergences, directions, &weights, rows)?,
    };
    let sample = Sample {
        divergences,
        bank,
        prepared: prepared.as_ref(),
        units: &units,
        rows: &rows,
        weights: &weights.weights,
    };
    Ok(Analysis {
        divergence: norm(&mean),
        intervals: sample.intervals(settings)?,
        p_adjusted: benjamini_hochberg(&p)?,
        unexplained: unexplained(divergences, &mean, &weights),
        pairs_needed,
        contributions: rows,
        notes: units.note.into_iter().collect(),
        weights,
    })
}

fn check_fit(divergences: &Divergences, bank: &ConceptBank) -> Result<(), ExplainError> {
    let fault = |what, expected, found| {
        Err(ExplainError::Shape {
            what,
            expected,
            found,
        })
    };
    if bank.dimension() != divergences.dimension() {
        let found = divergences.dimension();
        return fault("the features' dimension", bank.dimension(), found);
    }
    match bank.probes_of_pairs() {
        Some(of_pairs) if of_pairs.len() != divergences.pairs() => {
            let found = divergences.pairs();
            fault("the pairs of a concept bank", of_pairs.len(), found)
        }
        _ => Ok(()),
    }
}

/// Replaces the contributions to kept concepts by those of the fit with kept concepts alone.
fn of_kept(
    divergences: &Divergences,
    directions: Directions<'_>,
    weights: &Weights,
    mut rows: Vec<f64>,
) -> Result<Vec<f64>, ExplainError> {
    /// Only there to keep equal directions apart; too small to shrink anything.
    const PENALTY: f64 = 1e-8;
    let concepts = directions.count();
    let kept: Vec<usize> = (0..concepts)
        .filter(|k| weights.weights[*k] != 0.0)
        .collect();
    if kept.is_empty() || kept.len() == concepts {
        return Ok(rows);
    }
    let values: Vec<f64> = kept
        .iter()
        .flat_map(|k| directions.row(*k))
        .copied()
        .collect();
    let bank = Directions::new(&values, kept.len(), directions.dimension())?;
    let own = contributions(bank, divergences.values(), &Ridge { lambda: PENALTY })?;
    for (row, own) in rows
        .chunks_exact_mut(concepts)
        .zip(own.chunks_exact(kept.len()))
    {
        for (k, value) in kept.iter().zip(own) {
            row[*k] = *value;
        }
    }
    Ok(rows)
}

/// Energy of the residual over that of V, with the energy of sampling noise taken off both.
///
/// The mean of n noisy divergences has a noise energy of tr(Cov) / n that no vocabulary explains;
/// the residual keeps the share of it in the dimensions that the kept concepts do not span. Methods
/// that fit in a space of their own are judged there.
fn unexplained(divergences: &Divergences, mean: &[f64], weights: &Weights) -> f64 {
    let total: f64 = mean.iter().map(|v| v * v).sum();
    if total == 0.0 {
        return 0.0;
    }
    let share = weights.residual_fitted * weights.residual_fitted;
    if weights.residual_fitted != weights.residual {
        return share.clamp(0.0, 1.0);
    }
    let noise = divergences.noise_energy();
    let d = mean.len() as f64;
    let active = weights.weights.iter().filter(|w| **w != 0.0).count() as f64;
    let free = (d - active).max(0.0) / d;
    let signal = total - noise;
    if signal <= 0.0 {
        // Nothing beyond noise: nothing was explained either.
        return 1.0;
    }
    ((share * total - noise * free) / signal).clamp(0.0, 1.0)
}

fn norm(v: &[f64]) -> f64 {
    v.iter().map(|x| x * x).sum::<f64>().sqrt()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use proptest::prelude::*;

    fn settings(method: &str) -> AnalysisSettings {
        AnalysisSettings {
            method: Method::parse(method).unwrap(),
            resamples: 60,
            flips: 500,
            ..AnalysisSettings::default()
        }
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
        let of =
            |divergences: &Divergences| analyse(divergences, &bank, &settings("nnls")).unwrap();
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
}
