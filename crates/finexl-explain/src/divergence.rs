//! Per-prompt divergences `d_j = E_img(G_pers(t_j, z_j)) - E_img(G_base(t_j, z_j))`.

use crate::error::ExplainError;
use finexl_zoo::encoders::Features;
use std::collections::{BTreeMap, BTreeSet};

/// Paired differences of normalised image embeddings, `[n, d]` row-major.
#[derive(Clone, Debug, PartialEq)]
pub struct Divergences {
    pairs: usize,
    dimension: usize,
    values: Vec<f64>,
    /// A number per pair, the same for pairs of one prompt; none where every pair stands alone.
    groups: Option<Vec<usize>>,
}

impl Divergences {
    /// Subtracts the base's features from the personalized model's, pair by pair.
    ///
    /// # Errors
    /// No pair, different shapes, or a value that is not finite.
    pub fn between(base: &Features, personalized: &Features) -> Result<Self, ExplainError> {
        const WHAT: &str = "the personalized features";
        if base.is_empty() {
            return Err(ExplainError::TooFew {
                what: "image pairs",
                least: 1,
            });
        }
        if base.dimension != personalized.dimension
            || base.values.len() != personalized.values.len()
        {
            return Err(ExplainError::Shape {
                what: WHAT,
                expected: base.values.len(),
                found: personalized.values.len(),
            });
        }
        let values: Vec<f64> = personalized
            .values
            .iter()
            .zip(&base.values)
            .map(|(p, b)| f64::from(*p) - f64::from(*b))
            .collect();
        Self::from_values(values, base.dimension)
    }

    /// Differences that are already there, `[n, d]` row-major.
    ///
    /// # Errors
    /// No row or a value that is not finite.
    pub fn from_values(values: Vec<f64>, dimension: usize) -> Result<Self, ExplainError> {
        if values.is_empty() || dimension == 0 {
            return Err(ExplainError::TooFew {
                what: "image pairs",
                least: 1,
            });
        }
        if let Some(place) = values.iter().position(|v| !v.is_finite()) {
            return Err(ExplainError::NotFinite {
                what: "the divergences",
                row: place / dimension,
                column: place % dimension,
                value: values[place],
            });
        }
        Ok(Self {
            pairs: values.len() / dimension,
            dimension,
            values,
            groups: None,
        })
    }

    /// The same divergences, of pairs some of which belong together since they share a prompt or an image of the
    /// base: pairs of one key are no independent draws.
    ///
    /// # Errors
    /// As many keys as pairs are needed.
    pub fn grouped_by<K: Ord>(mut self, keys: &[K]) -> Result<Self, ExplainError> {
        if keys.len() != self.pairs {
            return Err(ExplainError::Shape {
                what: "the keys of the pairs",
                expected: self.pairs,
                found: keys.len(),
            });
        }
        let mut numbers: BTreeMap<&K, usize> = BTreeMap::new();
        let groups = keys.iter().map(|key| {
            let next = numbers.len();
            *numbers.entry(key).or_insert(next)
        });
        let groups: Vec<usize> = groups.collect();
        self.groups = (numbers.len() < self.pairs).then_some(groups);
        Ok(self)
    }

    /// A number per pair, the same for pairs that belong together; none where every pair stands alone.
    pub fn groups(&self) -> Option<&[usize]> {
        self.groups.as_deref()
    }

    /// The same pairs with other differences, `[n, d]`: what a map of the space makes of them.
    pub(crate) fn with_values(&self, values: Vec<f64>) -> Result<Self, ExplainError> {
        let mapped = Self::from_values(values, self.dimension)?;
        if mapped.pairs != self.pairs {
            return Err(ExplainError::Shape {
                what: "the divergences",
                expected: self.values.len(),
                found: mapped.values.len(),
            });
        }
        Ok(Self {
            groups: self.groups.clone(),
            ..mapped
        })
    }

    /// Number of pairs n.
    pub fn pairs(&self) -> usize {
        self.pairs
    }

    /// Dimension d.
    pub fn dimension(&self) -> usize {
        self.dimension
    }

    /// d_j, `[d]`.
    pub fn row(&self, pair: usize) -> &[f64] {
        &self.values[pair * self.dimension..(pair + 1) * self.dimension]
    }

    /// All rows, `[n, d]`.
    pub fn values(&self) -> &[f64] {
        &self.values
    }

    /// V_div, the mean over all pairs (Eq. 5 of the paper), `[d]`.
    pub fn mean(&self) -> Vec<f64> {
        let all: Vec<usize> = (0..self.pairs).collect();
        self.mean_over(&all)
    }

    /// The mean over chosen pairs (repeats count), `[d]`.
    pub fn mean_over(&self, pairs: &[usize]) -> Vec<f64> {
        let mut mean = vec![0.0; self.dimension];
        for pair in pairs {
            for (total, value) in mean.iter_mut().zip(self.row(*pair)) {
                *total += value;
            }
        }
        let scale = 1.0 / pairs.len().max(1) as f64;
        mean.iter_mut().for_each(|v| *v *= scale);
        mean
    }

    /// Some of the pairs, in order, as divergences of their own.
    pub fn subset(&self, pairs: &[usize]) -> Self {
        let values = pairs.iter().flat_map(|p| self.row(*p)).copied().collect();
        Self {
            pairs: pairs.len(),
            dimension: self.dimension,
            values,
            groups: None,
        }
        .grouped_as(self.groups.as_deref(), pairs)
    }

    fn grouped_as(mut self, groups: Option<&[usize]>, pairs: &[usize]) -> Self {
        let Some(groups) = groups else { return self };
        let chosen: Vec<usize> = pairs.iter().map(|pair| groups[*pair]).collect();
        let distinct: BTreeSet<&usize> = chosen.iter().collect();
        self.groups = (distinct.len() < chosen.len()).then_some(chosen);
        self
    }

    /// Squared norm of the mean's sampling error: trace of the covariance over n; 0 for one pair.
    pub fn noise_energy(&self) -> f64 {
        if self.pairs < 2 {
            return 0.0;
        }
        let mean = self.mean();
        let scatter: f64 = (0..self.pairs)
            .flat_map(|pair| self.row(pair).iter().zip(&mean))
            .map(|(v, m)| (v - m) * (v - m))
            .sum();
        scatter / ((self.pairs - 1) * self.pairs) as f64
    }
}
