//! The change as a whole, before anything is named.

use crate::decompose::check_finite;
use crate::divergence::Divergences;
use crate::error::ExplainError;
use crate::statistics::{Interval, widening};
use finexl_core::change::{Change, ChangeKind, Measured};
use finexl_core::seed;
use finexl_zoo::encoders::Features;
use rand::RngExt;

/// Version of the code below: raised whenever the same input gives other numbers.
pub(crate) const VERSION: u32 = 1;

/// Random sign flips; fewer where all can be tried.
const FLIPS: usize = 2000;
/// p from which on a change is no chance. Stricter than for a finding: it stands in the headline.
const PROVEN: f64 = 0.01;
/// Flips by the pairs of one group are independent draws; more pairs are flipped by so many groups.
const GROUPS: usize = 256;
/// So many times what saving again as JPEG makes is still hardly a change.
const HARDLY: f64 = 1.5;
/// Share of the change without words from which on aspects name only a part of it. On images that mini-clip was not made
/// for, what stands first is mostly right below it and mostly wrong above (`docs/results.md`, photographs and the filters
/// of others).
pub(crate) const MOSTLY_UNEXPLAINED: f64 = 0.6;
/// Fewest pairs for an interval.
const LEAST_PAIRS: usize = 3;

/// What is known of the two sides beside their differences.
pub(crate) struct Appearance<'a> {
    /// Features of the base's images, `[n, d]`.
    pub base: &'a Features,
    /// Features of the personalized images, `[n, d]`.
    pub personalized: &'a Features,
    /// Root mean square of how far the base's images move when saved again as JPEG, where that was tried.
    pub resaved: Option<f64>,
}

/// What was found, to decide what a change comes to.
pub(crate) struct Findings {
    /// Whether an aspect is significant.
    pub named: bool,
    /// Share of the change without words.
    pub unexplained: f64,
}

/// Measures a change. `rows` are sums of divergences over what is drawn together, `[units, d]`.
///
/// # Errors
/// Values that are not finite.
pub(crate) fn measure(
    divergences: &Divergences,
    units: &[f64],
    appearance: Option<&Appearance<'_>>,
    seed: u64,
) -> Result<Change, ExplainError> {
    let d = divergences.dimension();
    check_finite("the divergences", units, d)?;
    let pairs = divergences.pairs();
    let squares = divergences.values().iter().map(|v| v * v).sum::<f64>() / pairs as f64;
    let mut change = Change {
        p: sign_flips(units, d, seed),
        steadiness: steadiness(divergences.values(), d),
        ..Change::default()
    };
    if let Some(seen) = appearance {
        let spread = spread(seen.base);
        let relative = |square: f64| (spread > 0.0).then(|| (square / spread).sqrt());
        change.size = relative(squares);
        change.resaved = seen.resaved.and_then(|moved| relative(moved * moved));
        change.diversity = diversity(seen);
    }
    Ok(change)
}

/// What a measured change comes to.
pub(crate) fn kind(change: &Change, same: bool, units: usize, found: &Findings) -> ChangeKind {
    let hardly = matches!(
        (change.size, change.resaved),
        (Some(size), Some(resaved)) if size <= HARDLY * resaved
    );
    // The least p that flips of so many pairs can give.
    let least = 2.0 / 2f64.powi(units.min(1000) as i32);
    match (found.named, change.p <= PROVEN) {
        _ if same => ChangeKind::None,
        (true, _) if found.unexplained >= MOSTLY_UNEXPLAINED => ChangeKind::PartlyNamed,
        (true, _) => ChangeKind::Named,
        _ if hardly => ChangeKind::Hardly,
        (false, true) => ChangeKind::Unnamed,
        (false, false) if least > PROVEN => ChangeKind::Untestable,
        (false, false) => ChangeKind::Unproven,
    }
}

/// How often flipped signs of the units, `[units, d]`, give a sum as long as theirs.
fn sign_flips(units: &[f64], d: usize, seed: u64) -> f64 {
    let grouped;
    let rows = match units.len() / d > GROUPS {
        true => {
            grouped = by_groups(units, d);
            &grouped
        }
        false => units,
    };
    let n = rows.len() / d;
    let row = |i: usize| &rows[i * d..(i + 1) * d];
    let mut products = vec![0.0; n * n];
    for i in 0..n {
        for j in 0..=i {
            let product: f64 = row(i).iter().zip(row(j)).map(|(a, b)| a * b).sum();
            (products[i * n + j], products[j * n + i]) = (product, product);
        }
    }
    let length = |signs: &[f64]| -> f64 {
        let of_row = |i: usize| -> f64 {
            let products = products[i * n..(i + 1) * n].iter().zip(signs);
            products.map(|(p, s)| p * s).sum()
        };
        (0..n).map(|i| signs[i] * of_row(i)).sum()
    };
    let own = length(&vec![1.0; n]);
    if own <= 0.0 {
        return 1.0;
    }
    let enough = own * (1.0 - 1e-9);
    let all = u32::try_from(n).ok().and_then(|n| 1usize.checked_shl(n));
    if let Some(all) = all.filter(|all| *all <= FLIPS) {
        let signs = |flip: usize| -> Vec<f64> {
            let sign = |i: usize| if (flip >> i) & 1 == 1 { -1.0 } else { 1.0 };
            (0..n).map(sign).collect()
        };
        let count = (0..all).filter(|flip| length(&signs(*flip)) >= enough);
        return count.count() as f64 / all as f64;
    }
    let mut random = seed::generator(seed, &[seed::key("flips of a change")]);
    let mut count = 0;
    for _ in 0..FLIPS {
        let signs: Vec<f64> = (0..n)
            .map(|_| if random.random_bool(0.5) { 1.0 } else { -1.0 })
            .collect();
        count += usize::from(length(&signs) >= enough);
    }
    (1 + count) as f64 / (1 + FLIPS) as f64
}

/// Neighbours together.
fn by_groups(units: &[f64], d: usize) -> Vec<f64> {
    let mut sums = vec![0.0; GROUPS * d];
    let count = units.len() / d;
    for (index, row) in units.chunks_exact(d).enumerate() {
        let own = &mut sums[index * GROUPS / count * d..][..d];
        own.iter_mut().zip(row).for_each(|(sum, v)| *sum += v);
    }
    sums
}

/// Sums over rows, `[n, d]`: of the rows, `[d]`, and of their squared lengths.
struct Sums {
    rows: Vec<f64>,
    squares: f64,
    count: usize,
}

impl Sums {
    fn of<'a>(rows: impl Iterator<Item = Vec<f64>> + 'a, d: usize) -> Self {
        let mut sums = Self {
            rows: vec![0.0; d],
            squares: 0.0,
            count: 0,
        };
        for row in rows {
            sums.rows.iter_mut().zip(&row).for_each(|(s, v)| *s += v);
            sums.squares += square(&row);
            sums.count += 1;
        }
        sums
    }

    /// Squared length of the sum and sum of squares, without one row.
    fn without(&self, row: &[f64]) -> [f64; 2] {
        let rest = self.rows.iter().zip(row);
        let length: f64 = rest.map(|(sum, v)| (sum - v) * (sum - v)).sum();
        [length, self.squares - square(row)]
    }
}

fn square(row: &[f64]) -> f64 {
    row.iter().map(|v| v * v).sum()
}

/// The mean product of two different rows, relative to the mean square of one.
fn steadiness(values: &[f64], d: usize) -> Option<Measured> {
    let rows = || values.chunks_exact(d).map(<[f64]>::to_vec);
    let sums = Sums::of(rows(), d);
    let share = |[length, squares]: [f64; 2], n: f64| (length - squares) / (n - 1.0) / squares;
    let n = sums.count as f64;
    if sums.count < 2 || sums.squares <= 0.0 {
        return None;
    }
    let value = share([square(&sums.rows), sums.squares], n);
    let left_out: Vec<f64> = rows()
        .map(|row| share(sums.without(&row), n - 1.0))
        .collect();
    let interval = jackknife(value, &left_out);
    let bounded = |v: f64| v.clamp(0.0, 1.0);
    Some(Measured {
        value: bounded(value),
        interval: interval.map(|ends| ends.map(bounded)),
    })
}

/// Mean squared distance of two different rows.
fn mean_distance([length, squares]: [f64; 2], n: f64) -> f64 {
    2.0 * (squares - length / n) / (n - 1.0)
}

fn doubles(features: &Features) -> impl Iterator<Item = Vec<f64>> + '_ {
    (0..features.len()).map(|row| features.row(row).iter().map(|v| f64::from(*v)).collect())
}

/// Mean squared distance of two different rows; 0 for one.
fn spread(features: &Features) -> f64 {
    let sums = Sums::of(doubles(features), features.dimension);
    match sums.count < 2 {
        true => 0.0,
        false => beyond_rounding(mean_distance(
            [square(&sums.rows), sums.squares],
            sums.count as f64,
        )),
    }
}

/// Distances of single precision that are nothing but rounding are none.
fn beyond_rounding(distance: f64) -> f64 {
    if distance < 1e-9 { 0.0 } else { distance }
}

/// The spread of the personalized side over that of the base, as lengths.
fn diversity(seen: &Appearance<'_>) -> Option<Measured> {
    let d = seen.base.dimension;
    let sides = [seen.base, seen.personalized];
    let sums = sides.map(|side| Sums::of(doubles(side), d));
    let n = sums[0].count;
    if n < LEAST_PAIRS || sums[1].count != n {
        return None;
    }
    let spreads = sides.map(spread);
    if spreads.iter().any(|spread| *spread <= 0.0) {
        return None;
    }
    let value = (spreads[1] / spreads[0]).sqrt();
    // On a logarithmic scale, on which neither side is special.
    let left_out: Vec<f64> = (doubles(sides[0]).zip(doubles(sides[1])))
        .map(|(base, personalized)| {
            let rest = (n - 1) as f64;
            let of = |side: usize, row: &[f64]| mean_distance(sums[side].without(row), rest);
            (of(1, &personalized) / of(0, &base)).sqrt().ln()
        })
        .collect();
    let interval = left_out
        .iter()
        .all(|v| v.is_finite())
        .then(|| jackknife(value.ln(), &left_out))
        .flatten();
    Some(Measured {
        value,
        interval: interval.map(|ends| ends.map(f64::exp)),
    })
}

/// The 95% interval of an estimate by what it is without each of its n members, as wide as Student's t with n - 1
/// degrees of freedom.
fn jackknife(estimate: f64, left_out: &[f64]) -> Option<[f64; 2]> {
    let n = left_out.len() as f64;
    if left_out.len() < LEAST_PAIRS {
        return None;
    }
    let mean = left_out.iter().sum::<f64>() / n;
    let pulls: Vec<f64> = (left_out.iter())
        .map(|without| (n - 1.0) / n * (mean - without))
        .collect();
    let deviation = pulls.iter().map(|pull| pull * pull).sum::<f64>().sqrt();
    let reach = 1.959_964 * deviation;
    let interval = Interval {
        low: estimate - reach,
        high: estimate + reach,
    };
    let interval = interval.widened(estimate, widening(&[&pulls], 0.95));
    let ends = [interval.low, interval.high];
    ends.iter().all(|end| end.is_finite()).then_some(ends)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    /// `count` rows about `centre` with a spread in every one of 8 dimensions.
    fn rows(count: usize, centre: f64, spread: f64, seed: u64) -> Vec<f64> {
        let mut random = seed::generator(seed, &[]);
        (0..count * 8)
            .map(|at| {
                let about = if at % 8 == 0 { centre } else { 0.0 };
                about + spread * (random.random::<f64>() - 0.5)
            })
            .collect()
    }

    fn features(values: &[f64]) -> Features {
        Features {
            dimension: 8,
            values: values.iter().map(|v| *v as f32).collect(),
        }
    }

    fn measured(base: &[f64], personalized: &[f64]) -> Change {
        let (base, personalized) = (features(base), features(personalized));
        let divergences = Divergences::between(&base, &personalized).unwrap();
        let seen = Appearance {
            base: &base,
            personalized: &personalized,
            resaved: Some(0.01),
        };
        measure(&divergences, divergences.values(), Some(&seen), 1).unwrap()
    }

    #[test]
    fn a_common_change_is_steady_and_proven() {
        let base = rows(12, 0.0, 1.0, 1);
        let moved: Vec<f64> = (base.chunks_exact(8))
            .flat_map(|row| std::iter::once(row[0] + 0.5).chain(row[1..].iter().copied()))
            .collect();
        let change = measured(&base, &moved);
        assert!(change.p < 0.001, "{change:?}");
        assert!((change.steadiness.unwrap().value - 1.0).abs() < 1e-6);
        let diversity = change.diversity.unwrap();
        assert!((diversity.value - 1.0).abs() < 1e-4, "{change:?}");
        // Two rows are sqrt(2 * 8 / 12) apart.
        let size = change.size.unwrap();
        assert!((size - 0.5 / 1.155).abs() < 0.1, "{size}");
        assert!(change.resaved.unwrap() < 0.01);
    }

    #[test]
    fn other_pictures_are_large_and_share_nothing() {
        let change = measured(&rows(12, 0.0, 1.0, 1), &rows(12, 0.0, 0.5, 2));
        assert!(change.p > 0.05 && change.size.unwrap() > 0.6, "{change:?}");
        assert!(change.steadiness.unwrap().value < 0.2);
        let diversity = change.diversity.unwrap();
        let [low, high] = diversity.interval.unwrap();
        assert!(low < diversity.value && diversity.value < high && high < 0.8);
    }

    #[test]
    fn many_pairs_are_flipped_by_groups_and_few_by_all_flips() {
        let many = rows(3 * GROUPS, 0.2, 1.0, 3);
        assert!(sign_flips(&many, 8, 1) < 0.01);
        let three = rows(3, 2.0, 0.1, 3);
        assert_eq!(sign_flips(&three, 8, 1), 0.25);
        assert_eq!(sign_flips(&[0.0; 24], 8, 1), 1.0);
    }

    #[test]
    fn every_kind_has_its_reason() {
        let change = |size, p| Change {
            size: Some(size),
            resaved: Some(0.04),
            p,
            ..Change::default()
        };
        let found = |named, unexplained| Findings { named, unexplained };
        let none = found(false, 0.9);
        assert_eq!(kind(&change(0.0, 1.0), true, 25, &none), ChangeKind::None);
        assert_eq!(
            kind(&change(0.05, 0.001), false, 25, &none),
            ChangeKind::Hardly
        );
        assert_eq!(
            kind(&change(0.5, 0.001), false, 25, &none),
            ChangeKind::Unnamed
        );
        assert_eq!(
            kind(&change(0.5, 0.2), false, 25, &none),
            ChangeKind::Unproven
        );
        assert_eq!(
            kind(&change(0.5, 0.06), false, 5, &none),
            ChangeKind::Untestable
        );
        let named = |unexplained| kind(&change(0.5, 0.2), false, 25, &found(true, unexplained));
        assert_eq!(named(0.2), ChangeKind::Named);
        assert_eq!(named(0.7), ChangeKind::PartlyNamed);
    }
}
