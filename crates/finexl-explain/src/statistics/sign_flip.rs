//! Sign-flip test of means that would be symmetric about zero were there no effect.

use super::jackknife::parts_of;
use crate::decompose::check_finite;
use crate::error::ExplainError;
use faer::linalg::matmul::matmul;
use faer::{Accum, Mat, MatRef, Par};
use finexl_core::seed;
use rand::Rng;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// Flips that go into one matrix product.
const BLOCK: usize = 512;

/// Pairs up to which each has a sign of its own; more are flipped by as many random groups.
const GROUPS: usize = 512;

/// Sums that differ by less than this, relative to the sum of sizes, are equal: an identical flip
/// must count as at least as extreme whatever the order of additions.
pub(super) const ROUNDING: f64 = 1e-12;

/// Which means count as extreme.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Tail {
    /// Those far from zero.
    #[default]
    Both,
    /// Those far above zero.
    Greater,
}

/// p-values of the mean contribution of each concept, `[N]`.
///
/// `contributions` is row-major `[pairs, N]`. Every random flip gives each *pair* one sign for all
/// concepts, which keeps the dependence between them. `p = (1 + count) / (1 + flips)`; with
/// `2^pairs <= flips` all flips are enumerated instead and p is exact. Concepts without any
/// contribution have p = 1. The same seed gives the same p on every machine and thread count.
///
/// More than 512 pairs are flipped by 512 random groups: signs of groups are among the signs of
/// pairs, so the test is no less exact, and it takes no longer for any number of them.
///
/// # Errors
///
/// No pairs, no flips, a number of values that is no multiple of `pairs`, NaN or infinity.
pub fn sign_flip_test(
    contributions: &[f64],
    pairs: usize,
    tail: Tail,
    flips: usize,
    seed: u64,
) -> Result<Vec<f64>, ExplainError> {
    let sample = Sample::of(contributions, pairs, flips, seed)?;
    let test = Test::new(&sample, tail);
    let counts = sample.counts(|signs| test.count(signs));
    Ok(sample.shares(&counts))
}

/// What is flipped, and how often.
pub(super) struct Sample<'a> {
    /// `[pairs, N]`, of pairs or of groups of them.
    values: Cow<'a, [f64]>,
    pairs: usize,
    pub concepts: usize,
    draws: usize,
    /// Whether the draws are all flips that there are.
    exact: bool,
    seed: u64,
}

impl<'a> Sample<'a> {
    /// Checks contributions, `[pairs, N]`, and brings many pairs into groups.
    ///
    /// # Errors
    /// As [`sign_flip_test`].
    pub fn of(
        contributions: &'a [f64],
        pairs: usize,
        flips: usize,
        seed: u64,
    ) -> Result<Self, ExplainError> {
        const WHAT: &str = "the contributions of the pairs";
        if pairs == 0 || contributions.is_empty() {
            return Err(ExplainError::TooFew {
                what: WHAT,
                least: 1,
            });
        }
        if flips == 0 {
            return Err(ExplainError::Setting {
                setting: "flips",
                value: flips.to_string(),
                allowed: "at least 1, and 100000 for publication",
            });
        }
        let concepts = contributions.len() / pairs;
        if contributions.len() != concepts * pairs {
            return Err(ExplainError::Shape {
                what: WHAT,
                expected: concepts * pairs,
                found: contributions.len(),
            });
        }
        check_finite(WHAT, contributions, concepts)?;
        let (values, pairs) = match pairs > GROUPS {
            true => (Cow::Owned(by_groups(contributions, pairs, seed)), GROUPS),
            false => (Cow::Borrowed(contributions), pairs),
        };
        let all = u32::try_from(pairs)
            .ok()
            .and_then(|pairs| 1usize.checked_shl(pairs))
            .filter(|&all| all <= flips);
        Ok(Self {
            values,
            pairs,
            concepts,
            draws: all.unwrap_or(flips),
            exact: all.is_some(),
            seed,
        })
    }

    /// `[pairs, N]`
    pub fn values(&self) -> MatRef<'_, f64> {
        MatRef::from_row_major_slice(&self.values, self.pairs, self.concepts)
    }

    /// Adds up, per concept, what is counted in blocks of flips, whose signs are `[flips, pairs]`.
    pub fn counts(&self, of_block: impl Fn(&Mat<f64>) -> Vec<usize> + Sync) -> Vec<usize> {
        (0..self.draws.div_ceil(BLOCK))
            .into_par_iter()
            .map(|block| {
                let size = BLOCK.min(self.draws - block * BLOCK);
                let signs = match self.exact {
                    true => enumerated(block, size, self.pairs),
                    false => random(self.seed, block, size, self.pairs),
                };
                of_block(&signs)
            })
            .reduce(|| vec![0; self.concepts], add)
    }

    /// p-values: shares of the flips that count; the observed signs are one more of them where flips are random.
    pub fn shares(&self, counts: &[usize]) -> Vec<f64> {
        let extra = usize::from(!self.exact);
        let share = |count: &usize| (count + extra) as f64 / (self.draws + extra) as f64;
        counts.iter().map(share).collect()
    }
}

/// Sums of the contributions of random groups of pairs, `[GROUPS, N]`.
fn by_groups(contributions: &[f64], pairs: usize, seed: u64) -> Vec<f64> {
    let concepts = contributions.len() / pairs;
    let mut sums = vec![0.0; GROUPS * concepts];
    let part_of = parts_of(pairs, GROUPS, seed);
    for (row, part) in contributions.chunks_exact(concepts).zip(part_of) {
        let own = &mut sums[part * concepts..(part + 1) * concepts];
        own.iter_mut()
            .zip(row)
            .for_each(|(sum, value)| *sum += value);
    }
    sums
}

struct Test<'a> {
    /// `[pairs, N]`
    contributions: MatRef<'a, f64>,
    /// Smallest sum (or size of it) that counts, per concept.
    thresholds: Vec<f64>,
    tail: Tail,
}

impl<'a> Test<'a> {
    fn new(sample: &'a Sample<'_>, tail: Tail) -> Self {
        let contributions = sample.values();
        let thresholds = (0..sample.concepts)
            .map(|concept| {
                let column = contributions.col(concept);
                let sum: f64 = column.iter().sum();
                let sizes: f64 = column.iter().map(|value| value.abs()).sum();
                let observed = match tail {
                    Tail::Both => sum.abs(),
                    Tail::Greater => sum,
                };
                observed - ROUNDING * sizes
            })
            .collect();
        Self {
            contributions,
            thresholds,
            tail,
        }
    }

    /// How many flips are at least as extreme, per concept; `signs` is `[flips, pairs]`.
    fn count(&self, signs: &Mat<f64>) -> Vec<usize> {
        let extreme = |sum: f64| match self.tail {
            Tail::Both => sum.abs(),
            Tail::Greater => sum,
        };
        flipped_sums(signs, self.contributions)
            .col_iter()
            .zip(&self.thresholds)
            .map(|(column, &threshold)| {
                let values = column.iter();
                values.filter(|&&sum| extreme(sum) >= threshold).count()
            })
            .collect()
    }
}

/// Sums over the pairs with their signs flipped, `[flips, N]`, by signs, `[flips, pairs]`, and values, `[pairs, N]`.
pub(super) fn flipped_sums(signs: &Mat<f64>, values: MatRef<'_, f64>) -> Mat<f64> {
    let mut sums = Mat::zeros(signs.nrows(), values.ncols());
    matmul(&mut sums, Accum::Replace, signs, values, 1.0, Par::Seq);
    sums
}

fn add(mut a: Vec<usize>, b: Vec<usize>) -> Vec<usize> {
    a.iter_mut().zip(b).for_each(|(a, b)| *a += b);
    a
}

/// Signs of one block of random flips: bit `i` of the words of a pair is the sign of flip `i`.
fn random(seed: u64, block: usize, size: usize, pairs: usize) -> Mat<f64> {
    let mut generator = seed::generator(seed, &[seed::key("sign flips"), block as u64]);
    let mut signs = Mat::zeros(size, pairs);
    for column in signs.col_iter_mut() {
        let mut word = 0u64;
        for (flip, sign) in column.iter_mut().enumerate() {
            if flip % 64 == 0 {
                word = generator.next_u64();
            }
            *sign = sign_of(word >> (flip % 64));
        }
    }
    signs
}

/// Signs of one block of all flips: flip `i` has bit `j` of `i` as the sign of pair `j`.
fn enumerated(block: usize, size: usize, pairs: usize) -> Mat<f64> {
    Mat::from_fn(size, pairs, |flip, pair| {
        sign_of(((block * BLOCK + flip) >> pair) as u64)
    })
}

fn sign_of(bits: u64) -> f64 {
    1.0 - 2.0 * (bits & 1) as f64
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn few_pairs_are_enumerated_exactly() {
        // Sums of 1, 2, 3 with all signs: only +6 and -6 are as extreme as 6.
        let p = sign_flip_test(&[1.0, 2.0, 3.0], 3, Tail::Both, 1000, 1).unwrap();
        assert_eq!(p, [0.25]);
        let p = sign_flip_test(&[1.0, 2.0, 3.0], 3, Tail::Greater, 1000, 1).unwrap();
        assert_eq!(p, [0.125]);
        let p = sign_flip_test(&[-1.0, 0.0, 1.0, 0.0], 2, Tail::Both, 1000, 1).unwrap();
        assert_eq!(p, [1.0, 1.0]);
    }

    #[test]
    fn random_flips_come_near_the_exact_answer() {
        let values: Vec<f64> = (0..14 * 3)
            .map(|i| (f64::from(i) * 1.7).sin() + 0.3)
            .collect();
        let exact = sign_flip_test(&values, 14, Tail::Both, 1 << 14, 1).unwrap();
        let random = sign_flip_test(&values, 14, Tail::Both, 16_000, 1).unwrap();
        for (exact, random) in exact.iter().zip(&random) {
            let error = 5.0 * (exact * (1.0 - exact) / 16_000.0).sqrt() + 1e-4;
            assert!((exact - random).abs() < error, "{exact} {random}");
        }
        let again = sign_flip_test(&values, 14, Tail::Both, 16_000, 1).unwrap();
        assert_eq!(random, again);
    }

    #[test]
    fn many_pairs_are_flipped_by_groups() {
        let rows: Vec<f64> = (0..3_000)
            .flat_map(|i| {
                let noise = (f64::from(i) * 1.7).sin();
                [noise, noise + 0.2]
            })
            .collect();
        let p = sign_flip_test(&rows, 3_000, Tail::Both, 999, 3).unwrap();
        assert!(p[0] > 0.05 && p[1] == 0.001, "{p:?}");
        assert_eq!(sign_flip_test(&rows, 3_000, Tail::Both, 999, 3).unwrap(), p);
    }

    #[test]
    fn p_is_never_zero() {
        let p = sign_flip_test(&[1.0; 40], 40, Tail::Both, 999, 3).unwrap();
        assert_eq!(p, [0.001]);
    }

    #[test]
    fn bad_input_is_named() {
        assert!(sign_flip_test(&[], 0, Tail::Both, 10, 1).is_err());
        assert!(sign_flip_test(&[1.0, f64::NAN], 2, Tail::Both, 10, 1).is_err());
        assert!(sign_flip_test(&[1.0, 2.0, 3.0], 2, Tail::Both, 10, 1).is_err());
        assert!(sign_flip_test(&[1.0], 1, Tail::Both, 0, 1).is_err());
    }
}
