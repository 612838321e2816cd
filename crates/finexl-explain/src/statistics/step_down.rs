//! Sign-flip test of many weights at once.

use super::sign_flip::{ROUNDING, Sample, flipped_sums};
use crate::error::ExplainError;
use faer::{Mat, MatRef};

/// Adjusted p-values of weights of any sign, `[N]`, by contributions, `[pairs, N]` row-major, whose mean each weight stands
/// for. That any weight without an effect has a value of at most `a` happens with a probability of at most `a`, however
/// many there are and however they depend on each other (the family-wise error rate).
///
/// A weight's statistic is the sum of its contributions over the root of the sum of their squares, on the side of the
/// weight. Flips give each *pair* one sign for all weights; counted are those in which the largest statistic, on either side,
/// of this weight and all with a smaller one is at least as large (step-down maxima). Weights that say the same thing so
/// cost each other little, and a lone one among many can pass with as few pairs as it could alone.
///
/// Contributions that say the opposite of a weight speak against it, and a weight of 0, of which nothing is said, has p = 1.
/// Neither makes any p smaller: what was chosen by looking at the same pairs (which weights are not 0, and their signs)
/// cannot raise false alarms.
///
/// Source: Westfall and Young 1993, algorithm 4.1 (maxT), with sign flips as resamples. Flips are drawn, enumerated and
/// grouped as for [`super::sign_flip_test`].
///
/// # Errors
/// As [`super::sign_flip_test`], and another number of weights.
pub fn step_down_test(
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
    let sample = Sample::of(contributions, pairs, flips, seed)?;
    let scaled = scaled(sample.values());
    let statistics: Vec<f64> = weights
        .iter()
        .zip(scaled.col_iter())
        .map(|(weight, column)| column.iter().sum::<f64>() * side(*weight))
        .collect();
    let mut order: Vec<usize> = (0..weights.len()).collect();
    order.sort_by(|a, b| statistics[*b].total_cmp(&statistics[*a]));
    let counts = sample.counts(|signs| counts(&scaled, signs, &order, &statistics));
    let mut adjusted = sample.shares(&counts);
    // A weight is no more sure than one with a larger statistic.
    let mut largest: f64 = 0.0;
    for place in order {
        largest = largest.max(adjusted[place]);
        adjusted[place] = largest;
    }
    Ok(adjusted)
}

/// The smallest number of pairs that can pass at `alpha`: with `n` pairs the smallest p is `2 / 2^n`.
pub fn fewest_pairs(alpha: f64) -> usize {
    let mut pairs = 1;
    // Never ends for an alpha of 0, so the exponent is bounded by that of f64.
    while pairs < 1024 && 2f64.powi(1 - pairs) > alpha {
        pairs += 1;
    }
    pairs as usize
}

fn side(weight: f64) -> f64 {
    match weight == 0.0 {
        true => 0.0,
        false => weight.signum(),
    }
}

/// Columns over the roots of the sums of their squares, which no flip changes; those of zeros alone stay.
fn scaled(values: MatRef<'_, f64>) -> Mat<f64> {
    let size = |column: usize| {
        // Divided by the largest first: squares of very small or large numbers are not finite or 0.
        let values = || values.col(column).iter();
        let largest = values().fold(0.0f64, |most, v| most.max(v.abs()));
        let squares = values().map(|v| (v / largest).powi(2)).sum::<f64>();
        if largest > 0.0 {
            largest * squares.sqrt()
        } else {
            1.0
        }
    };
    let sizes: Vec<f64> = (0..values.ncols()).map(size).collect();
    Mat::from_fn(values.nrows(), values.ncols(), |row, column| {
        values[(row, column)] / sizes[column]
    })
}

/// In how many flips of a block the largest statistic of a weight and all behind it in `order` reaches its own, `[N]`.
fn counts(scaled: &Mat<f64>, signs: &Mat<f64>, order: &[usize], statistics: &[f64]) -> Vec<usize> {
    let sums = flipped_sums(signs, scaled.as_ref());
    let rounding = ROUNDING * (scaled.nrows() as f64).sqrt();
    let mut largest = vec![0.0f64; signs.nrows()];
    let mut counts = vec![0; order.len()];
    for &place in order.iter().rev() {
        let least = statistics[place] - rounding;
        for (largest, sum) in largest.iter_mut().zip(sums.col(place).iter()) {
            *largest = largest.max(sum.abs());
        }
        counts[place] = largest.iter().filter(|largest| **largest >= least).count();
    }
    counts
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::statistics::{Tail, sign_flip_test};
    use finexl_core::seed;
    use finexl_core::seed::ChaCha8Rng;
    use rand::Rng;

    /// Between -0.5 and 0.5.
    fn uniform(generator: &mut ChaCha8Rng) -> f64 {
        (generator.next_u64() >> 11) as f64 / 2f64.powi(53) - 0.5
    }

    #[test]
    fn one_weight_is_tested_as_ever() {
        let rows: Vec<f64> = (0..14).map(|i| (f64::from(i) * 1.7).sin() + 0.3).collect();
        let both = sign_flip_test(&rows, 14, Tail::Both, 1 << 14, 1).unwrap();
        let found = step_down_test(&rows, &[0.3], 14, 1 << 14, 1).unwrap();
        assert!((both[0] - found[0]).abs() < 1e-12, "{both:?} {found:?}");
        assert!(step_down_test(&rows, &[0.3, 0.1], 14, 10, 1).is_err());
    }

    #[test]
    fn contributions_on_the_other_side_speak_against_a_weight() {
        let rows: Vec<f64> = (0..14)
            .flat_map(|i| [1.0 + 0.1 * f64::from(i), -1.0, 0.5, 1.0])
            .collect();
        let p = |weights: [f64; 4]| step_down_test(&rows, &weights, 14, 100_000, 1).unwrap();
        let least = 2.0 / f64::from(1 << 14);
        assert_eq!(p([2.7, -1.0, 0.0, 0.1]), [least, least, 1.0, least]);
        assert_eq!(p([-2.7, 1.0, -0.0, 0.1]), [1.0, 1.0, 1.0, least]);
    }

    #[test]
    fn a_lone_weight_among_many_needs_six_pairs() {
        assert_eq!(fewest_pairs(0.05), 6);
        assert_eq!(fewest_pairs(0.5), 2);
        let mut generator = seed::generator(3, &[1]);
        let mut noise = || uniform(&mut generator);
        for (pairs, passes) in [(5, false), (6, true)] {
            let rows: Vec<f64> = (0..pairs)
                .flat_map(|_| {
                    let mut row: Vec<f64> = (0..144).map(|_| noise()).collect();
                    row[7] = 1.0;
                    row
                })
                .collect();
            let weights: Vec<f64> = (0..144).map(|k| if k == 7 { 1.0 } else { 0.01 }).collect();
            let p = step_down_test(&rows, &weights, pairs, 100_000, 1).unwrap();
            // Noise has the same sign in all pairs too now and then, and then no statistic of its own.
            assert_eq!(p[7] <= 0.05, passes, "{}", p[7]);
        }
    }

    #[test]
    fn false_alarms_are_no_more_frequent_than_said() {
        let trials = 400;
        let alarms = (0..trials).filter(|trial| {
            let mut generator = seed::generator(*trial, &[2]);
            let rows: Vec<f64> = (0..8)
                .flat_map(|_| {
                    let shared = uniform(&mut generator);
                    let own = (0..30).map(|_| shared + uniform(&mut generator));
                    own.collect::<Vec<f64>>()
                })
                .collect();
            let mean = |k: usize| rows.iter().skip(k).step_by(30).sum::<f64>();
            let weights: Vec<f64> = (0..30).map(mean).collect();
            let p = step_down_test(&rows, &weights, 8, 1000, 1).unwrap();
            p.iter().any(|p| *p <= 0.05)
        });
        // 5% of 400 are 20; with 34 or more of them the test would be too free at odds of 1 to 1000.
        let alarms = alarms.count();
        assert!((4..34).contains(&alarms), "{alarms}");
    }

    #[test]
    fn sizes_of_numbers_do_not_matter() {
        let rows: Vec<f64> = (0..9)
            .flat_map(|i| [1.0 + 0.1 * f64::from(i), (f64::from(i) * 1.7).sin(), 0.0])
            .collect();
        let of = |scale: f64| {
            let rows: Vec<f64> = rows.iter().map(|v| v * scale).collect();
            step_down_test(&rows, &[1.0, 1.0, 0.0], 9, 1000, 1).unwrap()
        };
        assert_eq!(of(1.0), of(1e-200));
        assert_eq!(of(1.0), of(1e200));
    }
}
