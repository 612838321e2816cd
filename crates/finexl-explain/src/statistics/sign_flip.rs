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
const ROUNDING: f64 = 1e-12;

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
    let (contributions, pairs) = match pairs > GROUPS {
        true => (Cow::Owned(by_groups(contributions, pairs, seed)), GROUPS),
        false => (Cow::Borrowed(contributions), pairs),
    };
    let exact = u32::try_from(pairs)
        .ok()
        .and_then(|pairs| 1usize.checked_shl(pairs))
        .filter(|&all| all <= flips);
    let draws = exact.unwrap_or(flips);
    let test = Test::new(&contributions, pairs, concepts, tail);
    let counts = (0..draws.div_ceil(BLOCK))
        .into_par_iter()
        .map(|block| {
            let size = BLOCK.min(draws - block * BLOCK);
            let signs = match exact {
                Some(_) => enumerated(block, size, pairs),
                None => random(seed, block, size, pairs),
            };
            test.count(&signs)
        })
        .reduce(|| vec![0; concepts], add);
    let extra = usize::from(exact.is_none());
    Ok(counts
        .into_iter()
        .map(|count| (count + extra) as f64 / (draws + extra) as f64)
        .collect())
}

/// p-values of weights of any sign, `[N]`, by contributions, `[pairs, N]`, whose mean each weight stands for: how often
/// flips give a mean as far out on the side of the weight, twice since either side could have been it.
///
/// So contributions that say the opposite of a weight speak against it, and a weight of 0, of which nothing is said, has
/// p = 1. Neither makes any p smaller than that of [`Tail::Both`]: what was chosen by looking at the same pairs (which
/// weights are not 0, and their signs) cannot raise false alarms.
///
/// # Errors
///
/// As [`sign_flip_test`], and another number of weights.
pub fn signed_flip_test(
    contributions: &[f64],
    weights: &[f64],
    pairs: usize,
    flips: usize,
    seed: u64,
) -> Result<Vec<f64>, ExplainError> {
    if contributions.len() != pairs * weights.len() {
        return Err(ExplainError::Shape {
            what: "the contributions of the pairs",
            expected: pairs * weights.len(),
            found: contributions.len(),
        });
    }
    let side = |weight: f64| match weight == 0.0 {
        true => 0.0,
        false => weight.signum(),
    };
    let sides: Vec<f64> = weights.iter().copied().map(side).collect();
    let towards: Vec<f64> = contributions
        .chunks_exact(weights.len().max(1))
        .flat_map(|row| row.iter().zip(&sides).map(|(value, side)| value * side))
        .collect();
    let p = sign_flip_test(&towards, pairs, Tail::Greater, flips, seed)?;
    Ok(p.into_iter().map(|p| (2.0 * p).min(1.0)).collect())
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
    fn new(values: &'a [f64], pairs: usize, concepts: usize, tail: Tail) -> Self {
        let contributions = MatRef::from_row_major_slice(values, pairs, concepts);
        let thresholds = (0..concepts)
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
        let mut sums = Mat::zeros(signs.nrows(), self.contributions.ncols());
        matmul(
            &mut sums,
            Accum::Replace,
            signs,
            self.contributions,
            1.0,
            Par::Seq,
        );
        let extreme = |sum: f64| match self.tail {
            Tail::Both => sum.abs(),
            Tail::Greater => sum,
        };
        sums.col_iter()
            .zip(&self.thresholds)
            .map(|(column, &threshold)| {
                let values = column.iter();
                values.filter(|&&sum| extreme(sum) >= threshold).count()
            })
            .collect()
    }
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

/// The smallest number of pairs with which a single true finding among `candidates` can pass the
/// two-sided test at a Benjamini-Hochberg adjusted `alpha`.
///
/// With `n` pairs the smallest p is `2 / 2^n`; alone below the others it is adjusted to
/// `candidates` times that. (Findings that come together need fewer pairs; a number of flips below
/// `candidates / alpha` can let nothing pass at all.)
pub fn smallest_pairs_that_can_pass(candidates: usize, alpha: f64) -> usize {
    let needed = candidates.max(1) as f64 / alpha;
    let mut pairs = 1;
    // Never ends for an alpha of 0, so the exponent is bounded by that of f64.
    while pairs < 1024 && 2f64.powi(pairs - 1) < needed {
        pairs += 1;
    }
    pairs as usize
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
    fn contributions_on_the_other_side_speak_against_a_weight() {
        let rows: Vec<f64> = (0..14)
            .flat_map(|i| [1.0 + 0.1 * f64::from(i), -1.0, 0.5, 1.0])
            .collect();
        let p = |weights: [f64; 4]| signed_flip_test(&rows, &weights, 14, 100_000, 1).unwrap();
        let least = 2.0 / f64::from(1 << 14);
        assert_eq!(p([2.7, -1.0, 0.0, 0.1]), [least, least, 1.0, least]);
        assert_eq!(p([-2.7, 1.0, -0.0, 0.1]), [1.0, 1.0, 1.0, least]);
        // Where both agree it is the test of both sides.
        let mixed: Vec<f64> = (0..14).map(|i| (f64::from(i) * 1.7).sin() + 0.3).collect();
        let both = sign_flip_test(&mixed, 14, Tail::Both, 1 << 14, 1).unwrap();
        let signed = signed_flip_test(&mixed, &[0.3], 14, 1 << 14, 1).unwrap();
        assert!((both[0] - signed[0]).abs() < 1e-12, "{both:?} {signed:?}");
        assert!(signed_flip_test(&mixed, &[0.3, 0.1], 14, 10, 1).is_err());
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
    fn pairs_needed() {
        assert_eq!(smallest_pairs_that_can_pass(1, 0.05), 6);
        assert_eq!(smallest_pairs_that_can_pass(70, 0.05), 12);
        assert_eq!(smallest_pairs_that_can_pass(180, 0.05), 13);
        // As the test itself sees it: one effect without noise among 70.
        for (pairs, passes) in [(11, false), (12, true)] {
            let p = sign_flip_test(&vec![1.0; pairs], pairs, Tail::Both, 100_000, 1).unwrap();
            assert_eq!(p[0] * 70.0 <= 0.05, passes);
        }
    }

    #[test]
    fn bad_input_is_named() {
        assert!(sign_flip_test(&[], 0, Tail::Both, 10, 1).is_err());
        assert!(sign_flip_test(&[1.0, f64::NAN], 2, Tail::Both, 10, 1).is_err());
        assert!(sign_flip_test(&[1.0, 2.0, 3.0], 2, Tail::Both, 10, 1).is_err());
        assert!(sign_flip_test(&[1.0], 1, Tail::Both, 0, 1).is_err());
    }
}
