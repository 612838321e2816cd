//! Jackknife over the members of a sample, or over groups of them.

use super::bootstrap::{AT_ONCE, Estimate, Replicates, check_size};
use crate::error::ExplainError;
use finexl_core::seed;
use rand::seq::SliceRandom;
use rayon::prelude::*;

/// Groups that a large sample is left out by.
const GROUPS: usize = 200;
/// Members of a sample up to which each is left out alone.
const ALONE: usize = 2 * GROUPS;

/// What a statistic is without each part of a sample in turn.
#[derive(Clone, Debug, PartialEq)]
pub struct LeftOut {
    /// The estimates; replicate `j` is that without part `j`.
    pub estimates: Replicates,
    /// The share of the sample that is left without part `j`.
    pub rest: Vec<f64>,
}

impl LeftOut {
    /// How far the parts pull the estimate of one concept, `I_j = (n - m_j) / n (mean - without j)` for parts of `m_j` of
    /// `n` members: for a mean of single ones `(x_j - mean) / n`. The sum of squares is the variance that resampling
    /// gives the estimate, to first order.
    ///
    /// # Panics
    ///
    /// If there is no such concept.
    pub fn pulls(&self, concept: usize) -> Vec<f64> {
        let values = self.estimates.values(concept);
        let mean = values.iter().sum::<f64>() / values.len() as f64;
        let pulls = values.iter().zip(&self.rest);
        // Values that differ by rounding only differ in nothing.
        let rounding = 1e-13 * mean.abs();
        pulls
            .map(|(value, rest)| rest * (mean - value))
            .map(|pull| if pull.abs() > rounding { pull } else { 0.0 })
            .collect()
    }
}

/// Evaluates `statistic` without each member of a sample in turn; of more than 400 members without each of 200 random
/// groups, which costs as much for any number and says the same of spread and skewness (a group pulls by the sum of
/// what its members do). `seed` decides who is in a group with whom.
///
/// # Errors
///
/// Fewer than two members, the first error of the statistic, or numbers of concepts that differ.
pub fn jackknife<S>(size: usize, seed: u64, statistic: S) -> Result<LeftOut, ExplainError>
where
    S: Fn(&[usize]) -> Result<Estimate, ExplainError> + Sync,
{
    jackknife_blocks(size, seed, |rests| {
        rests.iter().map(|rest| statistic(rest)).collect()
    })
}

/// [`jackknife`] for a statistic that takes many of what is left at once, some dozens, and gives an estimate of each.
///
/// # Errors
///
/// As there.
pub fn jackknife_blocks<S>(size: usize, seed: u64, statistic: S) -> Result<LeftOut, ExplainError>
where
    S: Fn(&[Vec<usize>]) -> Result<Vec<Estimate>, ExplainError> + Sync,
{
    check_size(size.saturating_sub(1))?;
    let parts = if size <= ALONE { size } else { GROUPS };
    let part_of = parts_of(size, parts, seed);
    let rest = |part: usize| -> Vec<usize> {
        (0..size)
            .filter(|&member| part_of[member] != part)
            .collect()
    };
    let estimates: Result<Vec<_>, _> = (0..parts.div_ceil(AT_ONCE))
        .into_par_iter()
        .map(|block| {
            let last = parts.min((block + 1) * AT_ONCE);
            statistic(&(block * AT_ONCE..last).map(rest).collect::<Vec<_>>())
        })
        .collect();
    let mut shares = vec![1.0; parts];
    part_of
        .iter()
        .for_each(|part| shares[*part] -= 1.0 / size as f64);
    Ok(LeftOut {
        estimates: Replicates::collect(estimates?.concat())?,
        rest: shares,
    })
}

/// The part of every member: parts as large as each other, up to one, their members drawn at random where there are
/// fewer parts than members.
pub(super) fn parts_of(size: usize, parts: usize, seed: u64) -> Vec<usize> {
    let mut part_of: Vec<usize> = (0..size).map(|member| member % parts).collect();
    if parts < size {
        let mut random = seed::generator(seed, &[seed::key("groups"), size as u64]);
        part_of.shuffle(&mut random);
    }
    part_of
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn mean(data: &[f64]) -> impl Fn(&[usize]) -> Result<Estimate, ExplainError> + Sync {
        |indices: &[usize]| {
            let sum: f64 = indices.iter().map(|&i| data[i]).sum();
            Ok(vec![sum / indices.len() as f64].into())
        }
    }

    #[test]
    fn jackknife_leaves_one_out() {
        let left = jackknife(3, 0, mean(&[3.0, 6.0, 9.0])).unwrap();
        assert_eq!(left.estimates.values(0), [7.5, 6.0, 4.5]);
        assert_eq!(left.pulls(0), [-1.0, 0.0, 1.0]);
        assert!(jackknife(1, 0, mean(&[3.0])).is_err());
    }

    #[test]
    fn groups_say_what_single_members_do() {
        // Skewed, and no multiple of the number of groups.
        let data: Vec<f64> = (0..4_321)
            .map(|i| (f64::from(i) * 0.7).sin().exp())
            .collect();
        let size = data.len();
        let centre = data.iter().sum::<f64>() / size as f64;
        let left = jackknife(size, 1, mean(&data)).unwrap();
        assert_eq!(left.estimates.count(), GROUPS);
        let pulls = left.pulls(0);
        let squares = |values: &[f64]| values.iter().map(|v| v * v).sum::<f64>();
        let single: Vec<f64> = data.iter().map(|x| (x - centre) / size as f64).collect();
        let ratio = squares(&pulls) / squares(&single);
        assert!((ratio - 1.0).abs() < 0.25, "{ratio}");
        assert_eq!(jackknife(size, 1, mean(&data)).unwrap(), left);
    }
}
