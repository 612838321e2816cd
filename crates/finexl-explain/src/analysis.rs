//! The numbers behind an explanation: weights, intervals, significance, what stays unexplained.

use crate::bank::ConceptBank;
use crate::decompose::{Directions, Method, Prepared, Ridge, Weights, contributions};
use crate::divergence::Divergences;
use crate::error::ExplainError;
use crate::statistics::{
    Estimate, Interval, Resampling, Tail, bca, benjamini_hochberg, bootstrap, expanded, jackknife,
    percentile, sign_flip_test, smallest_pairs_that_can_pass, studentized,
};
use finexl_core::fingerprint::Fingerprint;
use finexl_zoo::encoders::Encoder;
use serde::{Deserialize, Serialize};

/// Version of this analysis: raised whenever the same input gives other intervals, p-values or shares.
pub const VERSION: u32 = 1;

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

/// Kinds of bootstrap interval.
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
    /// Benjamini-Hochberg adjusted p of the sign-flip test.
    pub p_adjusted: Vec<f64>,
    /// What every pair contributes to every weight, `[n, N]` row-major: the linear fit of its own
    /// divergence with the concepts that the method kept (their mean is the weight, where the method
    /// is linear in between), and of the joint ridge fit for all others.
    pub contributions: Vec<f64>,
    /// Share of the change that the fitted concepts do not span, noise taken off, in [0, 1].
    pub unexplained: f64,
    /// Pairs below which a lone finding cannot pass the test.
    pub pairs_needed: usize,
}

/// Analyses divergences with a bank. Where the bank has one probe per pair, both are resampled
/// together; else the probes are resampled on their own.
///
/// # Errors
/// Dimensions that do not fit, settings outside their range, a solver that fails.
pub fn analyse(
    divergences: &Divergences,
    bank: &ConceptBank,
    settings: &AnalysisSettings,
) -> Result<Analysis, ExplainError> {
    if bank.dimension() != divergences.dimension() {
        return Err(ExplainError::Shape {
            what: "the features' dimension",
            expected: bank.dimension(),
            found: divergences.dimension(),
        });
    }
    let method = settings.method.build()?;
    let mean = divergences.mean();
    let directions = bank.mean();
    let directions = Directions::new(&directions, bank.concepts(), bank.dimension())?;
    let prepared = method.prepare(directions)?;
    let weights = prepared.fit(&mean, None)?;
    let joint = contributions(directions, divergences.values(), &Ridge::default())?;
    let p = sign_flip_test(
        &joint,
        divergences.pairs(),
        Tail::Both,
        settings.flips,
        settings.seed,
    )?;
    let rows = of_kept(divergences, directions, &weights, joint)?;
    let sample = Sample {
        divergences,
        bank,
        prepared: prepared.as_ref(),
        rows: &rows,
        warm: &weights.weights,
    };
    Ok(Analysis {
        divergence: norm(&mean),
        intervals: sample.intervals(settings)?,
        p_adjusted: benjamini_hochberg(&p)?,
        unexplained: unexplained(divergences, &mean, &weights),
        pairs_needed: smallest_pairs_that_can_pass(bank.concepts(), FALSE_DISCOVERIES),
        contributions: rows,
        weights,
    })
}

/// What a resample is drawn from.
struct Sample<'a> {
    divergences: &'a Divergences,
    bank: &'a ConceptBank,
    prepared: &'a dyn Prepared,
    /// Linear contributions, `[n, N]`.
    rows: &'a [f64],
    warm: &'a [f64],
}

impl Sample<'_> {
    fn intervals(&self, settings: &AnalysisSettings) -> Result<Vec<Interval>, ExplainError> {
        let pairs = self.divergences.pairs();
        let concepts = self.bank.concepts();
        if pairs < 2 {
            // One pair says nothing about spread.
            let all = Interval {
                low: f64::NEG_INFINITY,
                high: f64::INFINITY,
            };
            return Ok(vec![all; concepts]);
        }
        let resampling = Resampling {
            resamples: settings.resamples,
            seed: settings.seed,
        };
        let replicates = bootstrap(pairs, &resampling, |chosen| self.estimate(chosen))?;
        let left_out = match settings.interval {
            IntervalKind::Bca => Some(jackknife(pairs, |chosen| self.estimate(chosen))?),
            _ => None,
        };
        let all: Vec<usize> = (0..pairs).collect();
        let scales = self.scales(&all);
        // Bootstrap-t makes up for few pairs itself.
        let level = expanded(CONFIDENCE, pairs);
        Ok((0..concepts)
            .map(|k| {
                let values = replicates.values(k);
                if self.warm[k] == 0.0 {
                    // At the boundary an estimate has no spread to scale or to correct by.
                    return percentile(values, level);
                }
                match (settings.interval, &left_out, replicates.scales(k)) {
                    (IntervalKind::Bca, Some(left_out), _) => {
                        bca(self.warm[k], values, left_out.values(k), level)
                    }
                    (IntervalKind::Studentized, _, Some(spread)) => {
                        studentized(self.warm[k], scales[k], values, spread, CONFIDENCE)
                    }
                    _ => percentile(values, level),
                }
            })
            .collect())
    }

    /// Weights of one resample, with the standard errors of its linear contributions.
    fn estimate(&self, chosen: &[usize]) -> Result<Estimate, ExplainError> {
        let probes: Vec<usize> = if self.bank.probes() == self.divergences.pairs() {
            chosen.to_vec()
        } else {
            // A bank of its own probes: the same draw, folded onto them.
            let count = self.bank.probes();
            (0..count)
                .map(|i| (chosen[i % chosen.len()] + i / chosen.len()) % count)
                .collect()
        };
        let values = self.bank.mean_over(&probes);
        let directions = Directions::new(&values, self.bank.concepts(), self.bank.dimension())?;
        let divergence = self.divergences.mean_over(chosen);
        let fitted = self
            .prepared
            .resampled(directions)?
            .fit(&divergence, Some(self.warm))?;
        Ok(Estimate {
            values: fitted.weights,
            scales: Some(self.scales(chosen)),
        })
    }

    /// Standard error of the mean contribution over chosen pairs, per concept.
    fn scales(&self, chosen: &[usize]) -> Vec<f64> {
        let n = chosen.len() as f64;
        let concepts = self.bank.concepts();
        let mut sums = vec![0.0; concepts];
        let mut squares = vec![0.0; concepts];
        for pair in chosen {
            let row = &self.rows[pair * concepts..(pair + 1) * concepts];
            for ((sum, square), value) in sums.iter_mut().zip(&mut squares).zip(row) {
                *sum += value;
                *square += value * value;
            }
        }
        sums.iter()
            .zip(squares)
            .map(|(sum, square)| {
                let variance = (square - sum * sum / n).max(0.0) / (n - 1.0).max(1.0);
                (variance / n).sqrt()
            })
            .collect()
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
