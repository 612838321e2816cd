//! Sign-flip test of means that would be symmetric about zero were there no effect.

use crate::decompose::check_finite;
use crate::error::ExplainError;
use faer::linalg::matmul::matmul;
use faer::{Accum, Mat, MatRef, Par};
use finexl_core::seed;
use rand::Rng;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

/// Flips that go into one matrix product.
const BLOCK: usize = 512;

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
    let exact = u32::try_from(pairs)
        .ok()
        .and_then(|pairs| 1usize.checked_shl(pairs))
        .filter(|&all| all <= flips);
    let draws = exact.unwrap_or(flips);
    let test = Test::new(contributions, pairs, concepts, tail);
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
