//! Heads as decompositions.

use super::Head;
use super::cues::CueBank;
use super::head::LEAST_SPREAD;
use crate::decompose::{Decomposition, Directions, Nnls, Prepared, Resample, Weights};
use crate::error::ExplainError;
use std::borrow::Cow;
use std::sync::Arc;

/// Version of the code below: raised whenever the same input gives other numbers, so that what was kept is made anew.
pub(crate) const VERSION: u32 = 2;

/// What of a head a method reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HeadReading {
    /// Ridge regression with the directions that aspects have on images, where their words are known.
    Calibrated,
    /// How strongly concepts are there by a ridge fit, as far as the head's network sees them there.
    Learned,
}

impl HeadReading {
    /// Name as in TOML and `--method`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Calibrated => "calibrated",
            Self::Learned => "learned",
        }
    }
}

/// A method with the head that it reads by.
#[derive(Clone, Debug)]
pub struct HeadDecomposition {
    head: Arc<Head>,
    reading: HeadReading,
}

impl HeadDecomposition {
    /// What of a head is read.
    pub fn new(head: Arc<Head>, reading: HeadReading) -> Self {
        Self { head, reading }
    }
}

/// Share of the largest weight from which on a concept counts as named.
const NAMED: f64 = 0.1;

impl Decomposition for HeadDecomposition {
    fn name(&self) -> &'static str {
        self.reading.name()
    }

    fn version(&self) -> u32 {
        VERSION
    }

    fn validate(&self) -> Result<(), ExplainError> {
        Ok(())
    }

    /// Directions have to be in the space of the head.
    fn prepare<'a>(
        &self,
        directions: Directions<'a>,
    ) -> Result<Box<dyn Prepared + 'a>, ExplainError> {
        let head = self.head.clone();
        Ok(Box::new(PreparedHead::new(head, self.reading, directions)?))
    }
}

#[derive(Debug)]
struct PreparedHead {
    head: Arc<Head>,
    reading: HeadReading,
    bank: CueBank,
}

impl PreparedHead {
    fn new(
        head: Arc<Head>,
        reading: HeadReading,
        directions: Directions<'_>,
    ) -> Result<Self, ExplainError> {
        let dimension = head.config().dimension;
        if directions.dimension() != dimension {
            return Err(ExplainError::Head {
                head: head.config().name.clone(),
                problem: format!(
                    "it reads features of dimension {dimension}, not of {}; use the encoder {}",
                    directions.dimension(),
                    head.config().encoder
                ),
            });
        }
        Ok(Self {
            bank: head.bank(directions.values().to_vec())?,
            head,
            reading,
        })
    }
}

/// What the best non-negative mixture of some concepts leaves of a divergence. Levels are on the operators' scale
/// and no fit: what they leave would say how linear levels are, not how much has no word.
fn residual(
    directions: Directions<'_>,
    divergence: &[f64],
    kept: &[usize],
) -> Result<f64, ExplainError> {
    if kept.is_empty() {
        let nothing = vec![0.0; directions.count()];
        return Ok(directions.residual(divergence, &nothing));
    }
    let rows: Vec<f64> = (kept.iter())
        .flat_map(|k| directions.row(*k))
        .copied()
        .collect();
    let named = Directions::new(&rows, kept.len(), directions.dimension())?;
    Ok(Nnls::default().decompose(named, divergence)?.residual)
}

/// The mean of rows, `[n, d]`.
fn mean(rows: &[f64], dimension: usize) -> Vec<f64> {
    let mut mean = vec![0.0; dimension];
    let rows = rows.chunks_exact(dimension);
    let share = 1.0 / rows.len().max(1) as f64;
    for row in rows {
        mean.iter_mut().zip(row).for_each(|(m, v)| *m += share * v);
    }
    mean
}

impl Prepared for PreparedHead {
    fn fit(&self, divergence: &[f64], _warm: Option<&[f64]>) -> Result<Weights, ExplainError> {
        let dimension = self.head.config().dimension;
        let directions = Directions::new(self.bank.blended(), self.bank.concepts(), dimension)?;
        directions.check("the divergence", divergence)?;
        let weights = match self.reading {
            // Nothing changed, so nothing is read into it.
            _ if divergence.iter().all(|v| *v == 0.0) => vec![0.0; self.bank.concepts()],
            HeadReading::Calibrated => self.bank.ridge(divergence),
            HeadReading::Learned => self.head.read(&self.bank, divergence)?.strength,
        };
        let highest = weights.iter().copied().fold(0.0, f64::max);
        let named = |k: &usize| weights[*k] > NAMED * highest;
        let kept: Vec<usize> = (0..weights.len()).filter(named).collect();
        let residual = residual(directions, divergence, &kept)?;
        Ok(Weights {
            kept,
            residual,
            residual_fitted: residual,
            weights,
        })
    }

    /// Without what is left of the divergence, and all by one pass of the network.
    fn resampled_weights(
        &self,
        resamples: &[Resample],
        _warm: &[f64],
    ) -> Result<Vec<Vec<f64>>, ExplainError> {
        let aspects = &self.head.config().aspects;
        let banks = resamples.iter().map(|resample| {
            let rows = resample.directions.as_ref();
            rows.map(|rows| self.bank.resampled(rows.clone(), aspects))
                .transpose()
        });
        let banks: Vec<Option<CueBank>> = banks.collect::<Result<_, _>>()?;
        let changed = |resample: &&(&CueBank, &[f64])| resample.1.iter().any(|v| *v != 0.0);
        let sets: Vec<(&CueBank, &[f64])> = (banks.iter().zip(resamples))
            .map(|(bank, resample)| {
                let bank = bank.as_ref().unwrap_or(&self.bank);
                (bank, resample.divergence.as_slice())
            })
            .collect();
        let read: Vec<(&CueBank, &[f64])> = sets.iter().filter(changed).copied().collect();
        let weights: Vec<Vec<f64>> = match self.reading {
            HeadReading::Calibrated => read.iter().map(|(bank, v)| bank.ridge(v)).collect(),
            HeadReading::Learned => {
                let levels = self.head.read_all(&read)?.into_iter();
                levels.map(|levels| levels.strength).collect()
            }
        };
        // Nothing changed, so nothing is read into it.
        let mut weights = weights.into_iter();
        let nothing = || vec![0.0; self.bank.concepts()];
        let all = sets.iter().map(|set| match changed(&set) {
            true => weights.next().unwrap_or_else(nothing),
            false => nothing(),
        });
        Ok(all.collect())
    }

    /// What the network sees of the whole scales what each divergence says of a concept.
    fn contributions(&self, divergences: &[f64]) -> Result<Option<Vec<f64>>, ExplainError> {
        let dimension = self.head.config().dimension;
        let rows = divergences.chunks_exact(dimension);
        let each: Vec<f64> = match self.reading {
            HeadReading::Calibrated => rows.flat_map(|row| self.bank.ridge(row)).collect(),
            HeadReading::Learned => {
                let presence = self
                    .head
                    .read(&self.bank, &mean(divergences, dimension))?
                    .presence;
                let scaled = |row| {
                    let strengths = self.bank.uncut_strengths(row).into_iter();
                    strengths
                        .zip(&presence)
                        .map(|(s, p)| s * p)
                        .collect::<Vec<_>>()
                };
                rows.flat_map(scaled).collect()
            }
        };
        Ok(Some(each))
    }

    fn non_negative(&self) -> bool {
        matches!(self.reading, HeadReading::Learned)
    }

    fn transformed(&self) -> Cow<'_, [f64]> {
        Cow::Borrowed(self.bank.blended())
    }

    fn resampled<'b>(
        &self,
        directions: Directions<'b>,
    ) -> Result<Box<dyn Prepared + 'b>, ExplainError> {
        let aspects = &self.head.config().aspects;
        Ok(Box::new(Self {
            bank: (self.bank).resampled(directions.values().to_vec(), aspects)?,
            head: self.head.clone(),
            reading: self.reading,
        }))
    }

    fn level_errors(&self, divergence: &[f64]) -> Result<Option<Vec<f64>>, ExplainError> {
        let HeadReading::Learned = self.reading else {
            return Ok(None);
        };
        let spread = self.head.read(&self.bank, divergence)?.spread;
        let factor = self.head.config().interval;
        let errors = spread.iter().map(|spread| factor * (spread + LEAST_SPREAD));
        Ok(Some(errors.collect()))
    }
}
