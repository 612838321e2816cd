//! Whether the two pictures of some pairs were exchanged.
//!
//! There the change runs the other way: along the direction that most changes have in common it has the opposite sign,
//! and both pictures stand where the other side's do. A change that pulls pictures from both ends to the middle has both
//! signs too, but leaves the personalized pictures in one place; one that turns everything into its opposite cannot be
//! told apart.

use finexl_zoo::encoders::Features;

/// Fewer pairs are not judged.
const LEAST: usize = 6;
/// So far along the common direction changes run on average, as a share of their length.
const COMMON: f64 = 0.65;
/// And all of those that are not exchanged.
const ALONG: f64 = 0.3;
/// And so far back all that are.
const BACK: f64 = 0.5;
/// By so much, in units of the change, the pictures of either side stand apart.
const APART: f64 = 0.5;
/// Steps of the power iteration for the common direction.
const STEPS: usize = 60;
/// How many pairs a note names.
const SHOWN: usize = 3;

/// A note on pairs whose change runs opposite to that of most. `names` are those of the pairs.
pub fn exchanged_note(
    base: &Features,
    personalized: &Features,
    names: &[String],
) -> Option<String> {
    let back = exchanged(base, personalized);
    if back.is_empty() {
        return None;
    }
    let name = |pair: &usize| names.get(*pair).map_or("", String::as_str);
    let shown: Vec<&str> = back.iter().take(SHOWN).map(name).collect();
    let more = match back.len() - shown.len() {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    Some(format!(
        "in {} of {} pairs the change runs the other way round ({}{more}): make sure that their two pictures were not \
         exchanged; what a change turns into its opposite, such as light into dark, looks like that too",
        back.len(),
        base.len(),
        shown.join(", "),
    ))
}

/// The pairs that seem to be exchanged.
fn exchanged(base: &Features, personalized: &Features) -> Vec<usize> {
    let pairs = base.len();
    if personalized.len() != pairs || personalized.dimension != base.dimension {
        return Vec::new();
    }
    let changes: Vec<(usize, Vec<f64>, f64)> = (0..pairs)
        .filter_map(|pair| {
            let row = base.row(pair).iter().zip(personalized.row(pair));
            let change: Vec<f64> = row.map(|(b, p)| f64::from(*p) - f64::from(*b)).collect();
            let length = dot(&change, &change).sqrt();
            let unit: Vec<f64> = change.iter().map(|value| value / length).collect();
            (length > 0.0).then_some((pair, unit, length))
        })
        .collect();
    if changes.len() < LEAST {
        return Vec::new();
    }
    let common = common_direction(&changes, base.dimension);
    let along: Vec<f64> = changes
        .iter()
        .map(|(_, unit, _)| dot(unit, &common))
        .collect();
    // Most run forwards.
    let negative = along.iter().filter(|value| **value < 0.0).count();
    let sign = if negative * 2 > along.len() {
        -1.0
    } else {
        1.0
    };
    let place = |features: &Features, pair: usize| -> f64 {
        let row = features.row(pair).iter().zip(&common);
        sign * row.map(|(value, c)| f64::from(*value) * c).sum::<f64>()
    };
    let is_back = |at: usize| along[at] * sign < 0.0;
    let (back, forth): (Vec<usize>, Vec<usize>) = (0..along.len()).partition(|at| is_back(*at));
    let mean = |of: &dyn Fn(usize) -> f64, chosen: &[usize]| {
        chosen.iter().map(|at| of(*at)).sum::<f64>() / chosen.len() as f64
    };
    let all: Vec<usize> = (0..along.len()).collect();
    let size = mean(&|at| along[at].abs() * changes[at].2, &all);
    let base_at = |at: usize| place(base, changes[at].0);
    let other_at = |at: usize| place(personalized, changes[at].0);
    let seems_so = !back.is_empty()
        && back.len() < forth.len()
        && mean(&|at| along[at].abs(), &all) >= COMMON
        && forth.iter().all(|at| along[*at].abs() >= ALONG)
        && back.iter().all(|at| along[*at].abs() >= BACK)
        && mean(&base_at, &back) - mean(&base_at, &forth) >= APART * size
        && mean(&other_at, &forth) - mean(&other_at, &back) >= APART * size;
    match seems_so {
        true => back.iter().map(|at| changes[*at].0).collect(),
        false => Vec::new(),
    }
}

/// The direction of length 1 that most of the changes' lengths lie along, either way: their first principal axis, not
/// centred.
fn common_direction(changes: &[(usize, Vec<f64>, f64)], dimension: usize) -> Vec<f64> {
    let mut direction = vec![0.0; dimension];
    // Begins with their sum, each turned to the side of the sum so far.
    for (_, unit, _) in changes {
        let side = if dot(unit, &direction) < 0.0 {
            -1.0
        } else {
            1.0
        };
        direction
            .iter_mut()
            .zip(unit)
            .for_each(|(d, u)| *d += side * u);
    }
    for _ in 0..STEPS {
        let mut next = vec![0.0; dimension];
        for (_, unit, _) in changes {
            let along = dot(unit, &direction);
            next.iter_mut().zip(unit).for_each(|(n, u)| *n += along * u);
        }
        let length = dot(&next, &next).sqrt().max(f64::MIN_POSITIVE);
        next.iter_mut().for_each(|value| *value /= length);
        direction = next;
    }
    direction
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    const DIMENSION: usize = 12;

    fn noise(place: usize) -> f32 {
        let wave = (place as f32 * 12.9898 + 4.1).sin() * 43758.547;
        wave - wave.floor() - 0.5
    }

    /// Pictures, and what `change` makes of the coordinate that it works on.
    fn sides(pairs: usize, change: impl Fn(usize, f32) -> f32) -> [Features; 2] {
        let values: Vec<f32> = (0..pairs * DIMENSION).map(noise).collect();
        let mut other = values.clone();
        for pair in 0..pairs {
            for column in 0..DIMENSION {
                let at = pair * DIMENSION + column;
                other[at] += 0.05 * noise(at + 9000);
            }
            other[pair * DIMENSION] = change(pair, values[pair * DIMENSION]);
        }
        [values, other].map(|values| Features {
            dimension: DIMENSION,
            values,
        })
    }

    #[test]
    fn exchanged_pairs_are_named() {
        let [mut base, mut other] = sides(14, |_, value| value + 1.5);
        assert!(exchanged(&base, &other).is_empty());
        for pair in [2, 7, 8, 13] {
            let row = pair * DIMENSION..(pair + 1) * DIMENSION;
            base.values[row.clone()].swap_with_slice(&mut other.values[row]);
        }
        assert_eq!(exchanged(&base, &other), [2usize, 7, 8, 13]);
        let names: Vec<String> = (0..14).map(|pair| format!("p{pair}")).collect();
        let note = exchanged_note(&base, &other, &names).unwrap_or_default();
        assert!(note.starts_with(
            "in 4 of 14 pairs the change runs the other way round (p2, p7, p8 and 1 more)"
        ));
        // Whichever side is called the base.
        assert_eq!(exchanged(&other, &base), [2usize, 7, 8, 13]);
        let first = |features: &Features| Features {
            dimension: DIMENSION,
            values: features.values[..5 * DIMENSION].to_vec(),
        };
        assert!(exchanged(&first(&base), &first(&other)).is_empty());
    }

    #[test]
    fn a_pull_to_the_middle_is_no_exchange() {
        let ends = |pair: usize| if pair.is_multiple_of(3) { 2.0 } else { -2.0 };
        let [mut base, other] = sides(14, |_, _| 0.0);
        for pair in 0..14 {
            base.values[pair * DIMENSION] = ends(pair);
        }
        assert!(exchanged(&base, &other).is_empty());
        // Nothing changes, and changes without a common direction.
        assert!(exchanged(&base, &base).is_empty());
        let [base, _] = sides(14, |_, value| value);
        let [_, other] = sides(15, |_, value| value);
        let shifted = Features {
            dimension: DIMENSION,
            values: other.values[DIMENSION..].to_vec(),
        };
        assert!(exchanged(&base, &shifted).is_empty());
    }
}
