//! Intervals of weights: how far they would move with other pairs and other probes.

use crate::analysis::{AnalysisSettings, CONFIDENCE, IntervalKind};
use crate::bank::ConceptBank;
use crate::decompose::{Directions, Prepared};
use crate::divergence::Divergences;
use crate::error::ExplainError;
use crate::sampling_units::SamplingUnits;
use crate::statistics::{
    Estimate, Interval, LeftOut, Replicates, Resampling, bca, bootstrap_samples, jackknife,
    percentile, studentized, widening,
};

/// Pairs below which nothing is believed about the skew of an estimate: both ends of an interval are as far away as the
/// farther one. With 4 pairs most of the truths that intervals missed lay beyond the nearer end.
const FEWEST_FOR_SKEW: usize = 10;

/// What a resample is drawn from: pairs, and where the probes are not theirs, probes on their own.
pub(crate) struct Sample<'a> {
    pub divergences: &'a Divergences,
    pub bank: &'a ConceptBank,
    pub prepared: &'a dyn Prepared,
    pub units: &'a SamplingUnits,
    /// Linear contributions, `[n, N]`.
    pub rows: &'a [f64],
    /// The weights, `[N]`.
    pub weights: &'a [f64],
}

/// What resampling gave.
struct Resampled {
    replicates: Replicates,
    /// Without each unit of pairs, and without each probe where probes are drawn on their own.
    left_out: Vec<LeftOut>,
    /// Standard errors of the linear contributions over all pairs, where they are needed.
    scales: Option<Vec<f64>>,
}

impl Sample<'_> {
    /// The interval of every weight, `[N]`. One pair says nothing about spread: everything.
    pub fn intervals(&self, settings: &AnalysisSettings) -> Result<Vec<Interval>, ExplainError> {
        let resampled = match self.units.count() {
            0 | 1 => None,
            _ => Some(self.resample(settings)?),
        };
        let non_negative = self.prepared.non_negative();
        let intervals = (0..self.bank.concepts()).map(|k| {
            let found = match &resampled {
                Some(resampled) => self.interval(k, settings.interval, resampled),
                None => Interval::UNBOUNDED,
            };
            let found = found.holding(self.weights[k]);
            let found = match self.units.count() < FEWEST_FOR_SKEW {
                true => found.symmetric(self.weights[k]),
                false => found,
            };
            match non_negative {
                true => Interval {
                    low: found.low.max(0.0),
                    ..found
                },
                false => found,
            }
        });
        Ok(intervals.collect())
    }

    /// Whether probes are a sample of their own. A single one has no spread to speak of.
    fn own_probes(&self) -> bool {
        self.bank.probes_of_pairs().is_none() && self.bank.probes() > 1
    }

    fn resample(&self, settings: &AnalysisSettings) -> Result<Resampled, ExplainError> {
        let (units, probes) = (self.units.count(), self.bank.probes());
        let resampling = Resampling {
            resamples: settings.resamples,
            seed: settings.seed,
        };
        let scaled = settings.interval == IntervalKind::Studentized;
        let all: Vec<usize> = (0..units).collect();
        let without_unit = |rest: &[usize]| self.estimate(rest, None, false);
        let mut left_out = vec![jackknife(units, settings.seed, without_unit)?];
        let replicates = if self.own_probes() {
            let without_probe = |rest: &[usize]| self.estimate(&all, Some(rest), false);
            left_out.push(jackknife(probes, settings.seed, without_probe)?);
            bootstrap_samples([units, probes], &resampling, |[units, probes]| {
                self.estimate(units, Some(probes), scaled)
            })?
        } else {
            bootstrap_samples([units], &resampling, |[units]| {
                self.estimate(units, None, scaled)
            })?
        };
        Ok(Resampled {
            replicates,
            left_out,
            scales: scaled.then(|| self.scales(&self.units.pairs(&all))),
        })
    }

    fn interval(&self, concept: usize, kind: IntervalKind, resampled: &Resampled) -> Interval {
        let weight = self.weights[concept];
        let values = resampled.replicates.values(concept);
        if let (Some(scales), Some(spread)) =
            (&resampled.scales, resampled.replicates.scales(concept))
            && weight != 0.0
        {
            // It makes up for few pairs itself.
            return studentized(weight, scales[concept], values, spread, CONFIDENCE);
        }
        let pulls: Vec<Vec<f64>> = resampled
            .left_out
            .iter()
            .map(|l| l.pulls(concept))
            .collect();
        let each: Vec<&[f64]> = pulls.iter().map(Vec::as_slice).collect();
        let found = match kind {
            // At the boundary an estimate has no spread to scale or to correct by.
            IntervalKind::Bca if weight != 0.0 => bca(weight, values, &pulls.concat(), CONFIDENCE),
            _ => percentile(values, CONFIDENCE),
        };
        found.widened(weight, widening(&each, CONFIDENCE))
    }

    /// Weights of some units with some probes, those of the pairs or all where none are named; `scaled` with the
    /// standard errors of the linear contributions.
    fn estimate(
        &self,
        units: &[usize],
        probes: Option<&[usize]>,
        scaled: bool,
    ) -> Result<Estimate, ExplainError> {
        let pairs = self.units.pairs(units);
        let divergence = self.divergences.mean_over(&pairs);
        let theirs = self.bank.probes_of_pairs();
        let theirs = theirs.map(|of| pairs.iter().map(|pair| of[*pair]).collect::<Vec<_>>());
        let fitted = match theirs.as_deref().or(probes) {
            Some(probes) => {
                let values = self.bank.mean_over(probes);
                let (concepts, dimension) = (self.bank.concepts(), self.bank.dimension());
                let directions = Directions::new(&values, concepts, dimension)?;
                let prepared = self.prepared.resampled(directions)?;
                prepared.fit(&divergence, Some(self.weights))?
            }
            None => self.prepared.fit(&divergence, Some(self.weights))?,
        };
        Ok(Estimate {
            values: fitted.weights,
            scales: scaled.then(|| self.scales(&pairs)),
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
