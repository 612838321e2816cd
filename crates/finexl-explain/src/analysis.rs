//! The numbers behind an explanation: weights, intervals, significance, what stays unexplained.

use crate::bank::ConceptBank;
use crate::decompose::{Decomposition, Directions, Method, Ridge, Weights, contributions};
use crate::divergence::Divergences;
use crate::error::ExplainError;
use crate::heads::Head;
use crate::sampling_units::SamplingUnits;
use crate::statistics::{Interval, fewest_pairs, step_down_test};
use crate::weight_intervals::Sample;
use finexl_core::fingerprint::Fingerprint;
pub use finexl_core::names::IntervalName as IntervalKind;
use serde::{Deserialize, Serialize};

/// Version of this analysis: raised whenever the same input gives other intervals, p-values or shares.
pub const VERSION: u32 = 4;

/// Confidence of every interval.
pub const CONFIDENCE: f64 = 0.95;
/// Level of significance: how often, at most, anything at all is found where nothing changed (family-wise error rate).
pub const SIGNIFICANCE: f64 = 0.05;

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
    pub fn fingerprint(&self, head: Option<&Head>) -> Result<Fingerprint, ExplainError> {
        Ok(Fingerprint::of("settings")
            .number("version", u64::from(VERSION))
            .nested("method", &self.method.fingerprint(head)?)
            .text("interval", self.interval.name())
            .number("resamples", self.resamples as u64)
            .number("flips", self.flips as u64)
            .number("seed", self.seed)
            .finish())
    }
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
    /// Adjusted p of the sign-flip test over all concepts and views ([`step_down_test`]): that what the pairs contribute to
    /// a weight has no direction. Tested is the method's own fit of every pair where it is linear, else the joint ridge fit, on the side
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
    /// Pairs below which nothing can pass the test.
    pub pairs_needed: usize,
    /// What a reader has to know of what was resampled.
    pub notes: Vec<String>,
}

/// The 95% interval of a level that may be off by so much.
pub fn level_interval(level: f64, error: f64) -> [f64; 2] {
    [level - error, level + error].map(|end| end.clamp(0.0, 1.0))
}

/// An analysis before its test: weights of several views are tested together.
pub(crate) struct Untested {
    /// Without p.
    pub analysis: Analysis,
    /// What is tested: contributions of the sampling units, `[units, N]`.
    pub contributions: Vec<f64>,
    /// How many units.
    pub units: usize,
}

/// The analyses of some views of the same pairs with the adjusted p of all their weights, tested together.
///
/// # Errors
/// Settings outside their range.
pub(crate) fn tested<const VIEWS: usize>(
    views: [Untested; VIEWS],
    settings: &AnalysisSettings,
) -> Result<[Analysis; VIEWS], ExplainError> {
    let (units, concepts) = views.first().map_or((0, 0), |view| {
        (view.units, view.analysis.weights.weights.len())
    });
    let rows = (0..units).flat_map(|unit| {
        let row = unit * concepts..(unit + 1) * concepts;
        let of_views = views.iter();
        of_views.flat_map(move |view| &view.contributions[row.clone()])
    });
    let rows: Vec<f64> = rows.copied().collect();
    let weights = views.iter().flat_map(|view| &view.analysis.weights.weights);
    let weights: Vec<f64> = weights.copied().collect();
    let p = step_down_test(&rows, &weights, units, settings.flips, settings.seed)?;
    let mut p = p.chunks(concepts.max(1));
    Ok(views.map(|view| Analysis {
        p_adjusted: p.next().map(<[f64]>::to_vec).unwrap_or_default(),
        ..view.analysis
    }))
}

/// Analyses divergences with a bank by `method`, which is that of `settings`, built. Where the bank's probes are the prompts of the pairs, both are resampled
/// together; else the probes are a sample of their own, and resampled on their own. Pairs that belong together
/// ([`Divergences::grouped_by`]) are drawn together.
///
/// # Errors
/// Dimensions or pairs that do not fit, settings outside their range, a solver that fails.
pub fn analyse(
    divergences: &Divergences,
    bank: &ConceptBank,
    method: &dyn Decomposition,
    settings: &AnalysisSettings,
) -> Result<Analysis, ExplainError> {
    let [analysis] = tested([untested(divergences, bank, method, settings)?], settings)?;
    Ok(analysis)
}

/// As [`analyse`], without the test: every p is 1.
///
/// # Errors
/// As [`analyse`].
pub(crate) fn untested(
    divergences: &Divergences,
    bank: &ConceptBank,
    method: &dyn Decomposition,
    settings: &AnalysisSettings,
) -> Result<Untested, ExplainError> {
    check_fit(divergences, bank)?;
    let mean = divergences.mean();
    let directions = bank.mean();
    let directions = Directions::new(&directions, bank.concepts(), bank.dimension())?;
    let prepared = method.prepare(directions)?;
    let weights = prepared.fit(&mean, None)?;
    let pairs_needed = fewest_pairs(SIGNIFICANCE);
    let units = SamplingUnits::of(divergences, pairs_needed);
    let own = prepared.contributions(divergences.values())?;
    let linear = own.is_some();
    let rows = match own {
        Some(rows) => rows,
        None => contributions(directions, divergences.values(), &Ridge::default())?,
    };
    let summed = units.sums(&rows, bank.concepts());
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
    let intervals = sample.intervals(settings)?;
    Ok(Untested {
        contributions: summed,
        units: units.count(),
        analysis: Analysis {
            divergence: norm(&mean),
            intervals,
            p_adjusted: vec![1.0; bank.concepts()],
            unexplained: unexplained(divergences, &mean, &weights),
            pairs_needed,
            contributions: rows,
            notes: units.note.into_iter().collect(),
            weights,
        },
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
