//! Whether the images of a pair belong together, as far as their features show it.
//!
//! Both sides are centred, which takes out what the personalization does to all images alike; then every image of the
//! base is compared with every one of the personalized model, and the best one-to-one assignment is compared with the
//! one that the pairs are. Right pairs keep at least two thirds of the best total, whatever the change (measured on
//! all aspects and on real models, see docs/pairs.md), shuffled ones next to nothing.

use crate::assignment::best_assignment;
use finexl_zoo::encoders::Features;

/// Fewer pairs are not judged: in so few some other assignment fits as well.
const LEAST: usize = 6;
/// Pairs that are compared at a time, neighbours together: the assignment takes the third power of them.
const BLOCK: usize = 500;
/// Pairs whose total is below this share of the best assignment's are no pairs.
const SHARE: f64 = 0.5;
/// So alike are images of one picture, as mean cosine of centred features: other pictures reach 0.6.
const ALIKE: f64 = 0.65;
/// A few pairs among right ones are wrong where others fit better by at least this mean cosine,
const GAIN: f64 = 0.7;
/// and with them reach this one.
const MOVED_ALIKE: f64 = 0.7;

/// What speaks against the pairs.
#[derive(Clone, Debug, Default, PartialEq)]
struct Doubt {
    /// Pairs that fit others better: the base's image, and the pair with whose personalized image it fits.
    moved: Vec<(usize, usize)>,
    /// Whether those fit so well that they are the same pictures.
    alike: bool,
}

/// A note where the images of many pairs look more like those of other pairs. `names` are those of the pairs.
pub fn shuffled_note(base: &Features, personalized: &Features, names: &[String]) -> Option<String> {
    let pairs = base.len();
    if pairs < LEAST || personalized.len() != pairs || !varies(base) || !varies(personalized) {
        return None;
    }
    let sides = [base, personalized].map(centred);
    let blocks: Vec<Vec<usize>> = (0..pairs.div_ceil(BLOCK))
        .map(|block| (block * BLOCK..((block + 1) * BLOCK).min(pairs)).collect())
        .collect();
    let found: Vec<Doubt> = (blocks.iter())
        .filter(|block| block.len() >= LEAST)
        .map(|block| doubt(&sides, block, base.dimension))
        .collect();
    let moved: Vec<&(usize, usize)> = found.iter().flat_map(|doubt| &doubt.moved).collect();
    let (first, other) = moved.first()?;
    let name = |pair: &usize| names.get(*pair).map_or("", String::as_str);
    let count = moved.len();
    Some(
        match found
            .iter()
            .filter(|doubt| !doubt.moved.is_empty())
            .all(|doubt| doubt.alike)
        {
            true => format!(
                "{count} of {pairs} pictures look more like another pair's (the base's {} like the personalized {}): the \
             sides seem to be in another order; check the pairs, and choose another way with --pair or a manifest",
                name(first),
                name(other)
            ),
            false => format!(
                "the two pictures of a pair look no more alike than those of different pairs ({count} of {pairs} fit \
             another one better): either the change is very strong, or the pairs are wrong; check them, and choose \
             another way with --pair or a manifest"
            ),
        },
    )
}

/// Whether the rows differ by more than what saving leaves: of one picture many times nothing can be said.
pub(crate) fn varies(features: &Features) -> bool {
    /// What of the squared lengths is rounding, or traces of saving.
    const ROUNDING: f64 = 1e-3;
    let (n, d) = (features.len(), features.dimension);
    let square = |values: &[f64]| values.iter().map(|v| v * v).sum::<f64>();
    let mut mean = vec![0.0; d];
    let mut squares = 0.0;
    for row in 0..n {
        let row: Vec<f64> = features.row(row).iter().map(|v| f64::from(*v)).collect();
        squares += square(&row) / n as f64;
        mean.iter_mut()
            .zip(&row)
            .for_each(|(total, value)| *total += value / n as f64);
    }
    squares - square(&mean) > ROUNDING * squares
}

/// Rows without their mean, of length 1, `[n, d]`.
pub(crate) fn centred(features: &Features) -> Vec<f64> {
    let (n, d) = (features.len(), features.dimension);
    let mut mean = vec![0.0; d];
    for row in 0..n {
        for (total, value) in mean.iter_mut().zip(features.row(row)) {
            *total += f64::from(*value) / n as f64;
        }
    }
    let mut values = Vec::with_capacity(n * d);
    for row in 0..n {
        let centred = features
            .row(row)
            .iter()
            .zip(&mean)
            .map(|(v, m)| f64::from(*v) - m);
        let row: Vec<f64> = centred.collect();
        let norm = row
            .iter()
            .map(|v| v * v)
            .sum::<f64>()
            .sqrt()
            .max(f64::MIN_POSITIVE);
        values.extend(row.iter().map(|v| v / norm));
    }
    values
}

/// What speaks against some of the pairs, compared with each other.
fn doubt(sides: &[Vec<f64>; 2], block: &[usize], dimension: usize) -> Doubt {
    let n = block.len();
    let row = |side: usize, pair: usize| &sides[side][pair * dimension..(pair + 1) * dimension];
    let mut similarity = Vec::with_capacity(n * n);
    for first in block {
        for second in block {
            let product = row(0, *first)
                .iter()
                .zip(row(1, *second))
                .map(|(a, b)| a * b);
            similarity.push(product.sum::<f64>());
        }
    }
    let best = best_assignment(&similarity, n);
    let own = |at: usize| similarity[at * n + at];
    let assigned = |at: usize| similarity[at * n + best[at]];
    let all: Vec<usize> = (0..n).collect();
    let mean = |of: &dyn Fn(usize) -> f64, chosen: &[usize]| {
        chosen.iter().map(|at| of(*at)).sum::<f64>() / chosen.len() as f64
    };
    let (total, least) = (mean(&own, &all), SHARE * mean(&assigned, &all));
    if total < least {
        let moved = all.iter().filter(|at| best[**at] != **at);
        return Doubt {
            moved: moved.map(|at| (block[*at], block[best[*at]])).collect(),
            alike: mean(&assigned, &all) >= ALIKE,
        };
    }
    let wrong = |cycle: &Vec<usize>| {
        let (fits, is) = (mean(&assigned, cycle), mean(&own, cycle));
        fits >= MOVED_ALIKE && fits - is >= GAIN
    };
    let wrong = cycles(&best).into_iter().filter(wrong).flatten();
    Doubt {
        moved: wrong.map(|at| (block[at], block[best[at]])).collect(),
        alike: true,
    }
}

/// The cycles of a permutation that are longer than one.
pub(crate) fn cycles(permutation: &[usize]) -> Vec<Vec<usize>> {
    let mut seen = vec![false; permutation.len()];
    let mut cycles = Vec::new();
    for start in 0..permutation.len() {
        let mut cycle = Vec::new();
        let mut at = start;
        while !seen[at] {
            seen[at] = true;
            cycle.push(at);
            at = permutation[at];
        }
        if cycle.len() > 1 {
            cycles.push(cycle);
        }
    }
    cycles
}

#[cfg(test)]
mod tests {
    use super::*;

    const DIMENSION: usize = 24;

    /// Numbers that look random, the same for the same place.
    fn noise(place: usize) -> f32 {
        let wave = (place as f32 * 12.9898 + 4.1).sin() * 43758.547;
        wave - wave.floor() - 0.5
    }

    fn base(pairs: usize) -> Features {
        Features {
            dimension: DIMENSION,
            values: (0..pairs * DIMENSION).map(noise).collect(),
        }
    }

    /// The base's pictures in another order, all changed alike and each a little by itself.
    fn changed(base: &Features, order: impl Fn(usize) -> usize, own: f32) -> Features {
        let rows = (0..base.len()).flat_map(|at| {
            let row = base.row(order(at)).iter().enumerate();
            let value = move |(column, v): (usize, &f32)| {
                v + 2.0 * noise(column + 77_777)
                    + own * noise((at * DIMENSION + column) * 7 + 500_000)
            };
            row.map(value).collect::<Vec<f32>>()
        });
        Features {
            dimension: DIMENSION,
            values: rows.collect(),
        }
    }

    fn note(pairs: usize, order: impl Fn(usize) -> usize, own: f32) -> Option<String> {
        let base = base(pairs);
        let names: Vec<String> = (0..pairs).map(|pair| format!("p{pair}")).collect();
        shuffled_note(&base, &changed(&base, order, own), &names)
    }

    #[test]
    fn right_pairs_pass_whatever_the_change() {
        for own in [0.0, 0.5, 1.0] {
            assert_eq!(note(14, |at| at, own), None, "{own}");
        }
        assert_eq!(note(1200, |at| at, 0.5), None);
        let one = Features {
            dimension: 3,
            values: [0.1, 0.2, 0.3].repeat(14),
        };
        assert_eq!(shuffled_note(&one, &one, &[]), None);
        // So few are not judged.
        assert_eq!(note(5, |at| (at + 1) % 5, 0.1), None);
    }

    #[test]
    fn shuffled_sides_are_seen() {
        let text = note(14, |at| (at * 5 + 3) % 14, 0.5).unwrap_or_default();
        assert!(
            text.starts_with("14 of 14 pictures look more like another pair's"),
            "{text}"
        );
        let text = note(14, |at| (at + 13) % 14, 0.5).unwrap_or_default();
        assert!(
            text.contains("the base's p0 like the personalized p1"),
            "{text}"
        );
        let swapped = |at: usize| [1, 0].get(at).copied().unwrap_or(at);
        let text = note(14, swapped, 0.2).unwrap_or_default();
        assert!(text.starts_with("2 of 14"), "{text}");
        let text = note(1200, |at| (at * 7 + 1) % 1200, 0.2).unwrap_or_default();
        assert!(text.contains("of 1200"), "{text}");
    }

    #[test]
    fn pictures_without_any_likeness_are_told_as_such() {
        let base = base(14);
        let other = Features {
            dimension: DIMENSION,
            values: (0..14 * DIMENSION).map(|at| noise(at + 99_999)).collect(),
        };
        let text = shuffled_note(&base, &other, &[]).unwrap_or_default();
        assert!(
            text.starts_with("the two pictures of a pair look no more alike"),
            "{text}"
        );
    }
}
