//! Pairs whose two pictures show other things, among pairs that are in order.
//!
//! Features of both sides are centred. A pair is such a one where its two pictures have little in common although those of
//! most pairs have much, and where many pictures of either side are more like its own than its partner is. That they fit no
//! other pair tells them from pairs that were mixed up ([`shuffled`](crate::shuffled)).

use crate::shuffled::{centred, varies};
use finexl_zoo::encoders::Features;

/// Fewer pairs are not judged; of more the first ones are.
const PAIRS: [usize; 2] = [8, 1000];
/// Most pairs have at least this cosine,
const USUAL: f64 = 0.6;
/// and those that are meant at most this one,
const OTHER: f64 = 0.3;
/// which this share of other pictures exceed, on either side.
const EXCEEDED: f64 = 0.3;
/// More pairs than this share are no exception.
const PART: f64 = 0.25;
/// How many pairs a note names.
const SHOWN: usize = 3;

/// A note on pairs whose pictures show other things. `names` are those of the pairs.
pub fn unlike_note(base: &Features, personalized: &Features, names: &[String]) -> Option<String> {
    let odd = unlike(base, personalized);
    if odd.is_empty() {
        return None;
    }
    let name = |pair: &usize| names.get(*pair).map_or("", String::as_str);
    let shown: Vec<&str> = odd.iter().take(SHOWN).map(name).collect();
    let more = match odd.len() - shown.len() {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    Some(format!(
        "in {} of {} pairs the two pictures have next to nothing in common, unlike those of the others ({}{more}): make sure \
         that they were made from one prompt and one seed; leave them out with --exclude if not",
        odd.len(),
        base.len(),
        shown.join(", ")
    ))
}

fn unlike(base: &Features, personalized: &Features) -> Vec<usize> {
    let pairs = base.len().min(PAIRS[1]);
    if pairs < PAIRS[0]
        || personalized.len() != base.len()
        || personalized.dimension != base.dimension
        || !varies(base)
        || !varies(personalized)
    {
        return Vec::new();
    }
    let d = base.dimension;
    let sides = [base, personalized].map(centred);
    let row = |side: usize, pair: usize| &sides[side][pair * d..(pair + 1) * d];
    let cosine = |one: usize, other: usize| -> f64 {
        let product = row(0, one).iter().zip(row(1, other)).map(|(a, b)| a * b);
        product.sum()
    };
    let own: Vec<f64> = (0..pairs).map(|pair| cosine(pair, pair)).collect();
    let mut sorted = own.clone();
    sorted.sort_by(f64::total_cmp);
    if sorted[pairs / 2] < USUAL {
        return Vec::new();
    }
    let least = EXCEEDED * (pairs - 1) as f64;
    let exceeded = |of: &dyn Fn(usize) -> f64, own: f64| {
        (0..pairs).filter(|other| of(*other) > own).count() as f64 >= least
    };
    let strange: Vec<usize> = (0..pairs).filter(|pair| own[*pair] <= OTHER).collect();
    if strange.len() as f64 > PART * pairs as f64 {
        return Vec::new();
    }
    let odd = strange.into_iter().filter(|pair| {
        exceeded(&|other| cosine(*pair, other), own[*pair])
            && exceeded(&|other| cosine(other, *pair), own[*pair])
    });
    odd.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const DIMENSION: usize = 24;

    fn noise(place: usize) -> f32 {
        let wave = (place as f32 * 12.9898 + 4.1).sin() * 43758.547;
        wave - wave.floor() - 0.5
    }

    /// Pictures, and the same changed a little; those of some pairs show something else.
    fn sides(pairs: usize, others: &[usize]) -> [Features; 2] {
        let values: Vec<f32> = (0..pairs * DIMENSION).map(noise).collect();
        let mut changed = values.clone();
        for (at, value) in changed.iter_mut().enumerate() {
            let (pair, column) = (at / DIMENSION, at % DIMENSION);
            *value += 0.2 * noise(at + 77_777) + 0.3 * noise(column);
            if others.contains(&pair) {
                *value = noise(at * 3 + 500_000);
            }
        }
        [values, changed].map(|values| Features {
            dimension: DIMENSION,
            values,
        })
    }

    #[test]
    fn pairs_of_other_things_are_named() {
        let [base, other] = sides(14, &[]);
        assert_eq!(unlike_note(&base, &other, &[]), None);
        let [base, other] = sides(14, &[3, 9]);
        assert_eq!(unlike(&base, &other), [3usize, 9]);
        let names: Vec<String> = (0..14).map(|pair| format!("p{pair}")).collect();
        let note = unlike_note(&base, &other, &names).unwrap_or_default();
        assert!(
            note.starts_with("in 2 of 14 pairs") && note.contains("(p3, p9)"),
            "{note}"
        );
        // Many are no exception, and few pairs are not judged.
        let [base, other] = sides(14, &[1, 3, 5, 7, 9]);
        assert!(unlike(&base, &other).is_empty());
        let [base, other] = sides(7, &[3]);
        assert!(unlike(&base, &other).is_empty());
        // One picture many times.
        let one = Features {
            dimension: 2,
            values: vec![0.5; 28],
        };
        assert!(unlike(&one, &one).is_empty());
    }
}
