//! Intervals of weights: how far they would move with other pairs and other probes.

use crate::analysis::{AnalysisSettings, CONFIDENCE, IntervalKind};
use crate::bank::ConceptBank;
use crate::decompose::{Prepared, Resample};
use crate::divergence::Divergences;
use crate::error::ExplainError;
use crate::sampling_units::SamplingUnits;
use crate::statistics::{
    Estimate, Interval, LeftOut, Replicates, Resampling, bca, bootstrap_blocks, jackknife_blocks,
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

/// One resample: which units, and which probes where those are drawn on their own.
struct Drawn<'a> {
    units: &'a [usize],
    probes: Option<&'a [usize]>,
}

impl<'a> Drawn<'a> {
    fn of(units: &'a [usize], probes: Option<&'a Vec<usize>>) -> Self {
        Self {
            units,
            probes: probes.map(Vec::as_slice),
        }
    }
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
        let without_units = |rests: &[Vec<usize>]| {
            let drawn = rests.iter().map(|rest| Drawn::of(rest, None));
            self.estimates(&drawn.collect::<Vec<_>>(), false)
        };
        let mut left_out = vec![jackknife_blocks(units, settings.seed, without_units)?];
        let replicates = if self.own_probes() {
            let without_probes = |rests: &[Vec<usize>]| {
                let drawn = rests.iter().map(|rest| Drawn::of(&all, Some(rest)));
                self.estimates(&drawn.collect::<Vec<_>>(), false)
            };
            left_out.push(jackknife_blocks(probes, settings.seed, without_probes)?);
            bootstrap_blocks([units, probes], &resampling, |samples| {
                let each = samples.iter();
                let drawn = each.map(|[units, probes]| Drawn::of(units, Some(probes)));
                self.estimates(&drawn.collect::<Vec<_>>(), scaled)
            })?
        } else {
            bootstrap_blocks([units], &resampling, |samples| {
                let drawn = samples.iter().map(|[units]| Drawn::of(units, None));
                self.estimates(&drawn.collect::<Vec<_>>(), scaled)
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

    /// Weights of some resamples; `scaled` with the standard errors of the linear contributions.
    fn estimates(&self, drawn: &[Drawn<'_>], scaled: bool) -> Result<Vec<Estimate>, ExplainError> {
        let pairs: Vec<Vec<usize>> = drawn.iter().map(|d| self.units.pairs(d.units)).collect();
        let resamples = drawn.iter().zip(&pairs).map(|(drawn, pairs)| Resample {
            divergence: self.divergences.mean_over(pairs),
            directions: self.directions(pairs, drawn.probes),
        });
        let resamples: Vec<Resample> = resamples.collect();
        let weights = self.prepared.resampled_weights(&resamples, self.weights)?;
        let estimates = weights.into_iter().zip(&pairs);
        Ok(estimates
            .map(|(values, pairs)| Estimate {
                values,
                scales: scaled.then(|| self.scales(pairs)),
            })
            .collect())
    }

    /// Mean directions over the probes of pairs, or over such probes; none where all stay as they are.
    fn directions(&self, pairs: &[usize], probes: Option<&[usize]>) -> Option<Vec<f64>> {
        let theirs = self.bank.probes_of_pairs();
        let theirs = theirs.map(|of| pairs.iter().map(|pair| of[*pair]).collect::<Vec<_>>());
        let probes = theirs.as_deref().or(probes)?;
        Some(self.bank.mean_over(probes))
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
