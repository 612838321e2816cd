//! What only all pictures together show: equal ones, and some that are far larger than the others.

use super::pair_set::{Pair, PairSet};
use crate::image::Image;
use crate::image_folder::examples;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// What tells a picture from others.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Look {
    /// Width and height.
    pub size: [usize; 2],
    /// A number of all pixels: other ones are other pictures.
    pub content: u64,
}

impl Look {
    /// The look of a picture.
    pub fn of(image: &Image) -> Self {
        // Multiply and rotate: no protection against anyone, and far quicker than a fingerprint.
        let mix = |sum: u64, value: u64| {
            (sum ^ value)
                .wrapping_mul(0x9e37_79b9_7f4a_7c15)
                .rotate_left(29)
        };
        let start = mix(mix(1, image.width as u64), image.height as u64);
        let values = image.pixels.iter().map(|value| u64::from(value.to_bits()));
        Self {
            size: [image.width, image.height],
            content: values.fold(start, mix),
        }
    }
}

/// Notes on pairs of two equal pictures, pictures that stand in several pairs, and such as may be sheets or previews of
/// others.
pub(super) fn look_notes(set: &PairSet, looks: &[(usize, [Look; 2])]) -> Vec<String> {
    let seen: Vec<(&Pair, &[Look; 2])> = (looks.iter())
        .filter_map(|(index, looks)| Some((set.pairs.get(*index)?, looks)))
        .collect();
    [
        unchanged(&seen),
        repeated(&seen, 0, "the base"),
        repeated(&seen, 1, "the personalized model"),
    ]
    .into_iter()
    .flatten()
    .chain(other_sizes(&seen))
    .collect()
}

fn unchanged(seen: &[(&Pair, &[Look; 2])]) -> Option<String> {
    let equal = seen.iter().filter(|(_, [base, other])| base == other);
    let names: Vec<&str> = equal.map(|(pair, _)| pair.name.as_str()).collect();
    (!names.is_empty()).then(|| {
        format!(
            "in {} of {} pairs both pictures are the same, pixel by pixel ({}); make sure that these were made with the \
             personalization",
            names.len(),
            seen.len(),
            examples(&names)
        )
    })
}

/// Files of one side with the same picture; one file in several pairs is no repetition, a manifest says so.
fn repeated(seen: &[(&Pair, &[Look; 2])], side: usize, whose: &str) -> Option<String> {
    let mut files: BTreeMap<u64, BTreeMap<&Path, &str>> = BTreeMap::new();
    for (pair, looks) in seen {
        let file = [&pair.base, &pair.personalized][side].as_path();
        let known = files.entry(looks[side].content).or_default();
        known.insert(file, pair.name.as_str());
    }
    let names: BTreeSet<&str> = (files.values())
        .filter(|files| files.len() > 1)
        .flat_map(|files| files.values().copied())
        .collect();
    (!names.is_empty()).then(|| {
        format!(
            "{} of {} pictures of {whose} look exactly like another one of theirs ({}): such pairs are no independent \
             draws",
            names.len(),
            seen.len(),
            examples(&names)
        )
    })
}

/// Pictures of the base that are about twice as wide and as high as most, or half as wide and as high.
fn other_sizes(seen: &[(&Pair, &[Look; 2])]) -> Vec<String> {
    let mut sizes: BTreeMap<[usize; 2], usize> = BTreeMap::new();
    for (_, [base, _]) in seen {
        *sizes.entry(base.size).or_default() += 1;
    }
    // Of two that are as frequent the larger one.
    let Some((usual, count)) = sizes
        .into_iter()
        .max_by_key(|(size, count)| (*count, *size))
    else {
        return Vec::new();
    };
    if count * 2 < seen.len() {
        return Vec::new();
    }
    let at_least =
        |one: [usize; 2], other: [usize; 2]| (0..2).all(|side| one[side] * 10 >= other[side] * 19);
    let larger = |size| at_least(size, usual);
    let smaller = |size| at_least(usual, size);
    [
        of_size(seen, usual, &larger, "larger", "sheets of several pictures"),
        of_size(seen, usual, &smaller, "smaller", "previews of the others"),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn of_size(
    seen: &[(&Pair, &[Look; 2])],
    usual: [usize; 2],
    is_meant: &dyn Fn([usize; 2]) -> bool,
    compared: &str,
    perhaps: &str,
) -> Option<String> {
    let meant: Vec<&(&Pair, &[Look; 2])> = (seen.iter())
        .filter(|(_, [base, _])| is_meant(base.size))
        .collect();
    let (_, [first, _]) = meant.first()?;
    let names = meant.iter().map(|(pair, _)| pair.name.as_str());
    Some(format!(
        "{} of {} pictures of the base are far {compared} than the others ({} x {} against {} x {}: {}); leave them out \
         with --exclude if they are {perhaps}",
        meant.len(),
        seen.len(),
        first.size[0],
        first.size[1],
        usual[0],
        usual[1],
        examples(names)
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(pairs: usize) -> PairSet {
        let pair = |at: usize| Pair {
            name: format!("{at}"),
            prompt: None,
            base: format!("base/{at}.png").into(),
            personalized: format!("lora/{at}.png").into(),
        };
        PairSet {
            pairs: (0..pairs).map(pair).collect(),
            ..PairSet::default()
        }
    }

    fn look(side: usize, content: u64) -> Look {
        Look {
            size: [side, side],
            content,
        }
    }

    #[test]
    fn equal_repeated_and_larger_pictures_are_named() {
        let looks: Vec<(usize, [Look; 2])> = (0..5)
            .map(|at| (at, [look(64, at as u64), look(64, 10 + at as u64)]))
            .collect();
        assert_eq!(look_notes(&set(5), &looks), Vec::<String>::new());
        let mut odd = looks.clone();
        odd[0].1[1] = odd[0].1[0];
        odd[1].1[1] = odd[2].1[1];
        odd[4].1[0] = look(128, 99);
        let notes = look_notes(&set(5), &odd);
        assert_eq!(notes.len(), 3, "{notes:?}");
        assert!(notes[0].contains("in 1 of 5 pairs both pictures are the same"));
        assert!(notes[1].contains("2 of 5 pictures of the personalized model"));
        assert!(notes[1].contains("(1, 2)"));
        assert!(notes[2].contains("far larger than the others (128 x 128 against 64 x 64: 4)"));
        odd[4].1[0] = look(24, 99);
        let notes = look_notes(&set(5), &odd);
        assert!(notes[2].contains("far smaller than the others (24 x 24 against 64 x 64: 4)"));
    }

    #[test]
    fn pixels_size_and_order_make_a_look() {
        let one = Image::filled(9, 8, [0.2, 0.4, 0.6]);
        assert_eq!(Look::of(&one), Look::of(&one.clone()));
        assert_ne!(
            Look::of(&one).content,
            Look::of(&Image::filled(8, 9, [0.2, 0.4, 0.6])).content
        );
        let mut other = one.clone();
        other.pixels.swap(0, 1);
        assert_ne!(Look::of(&one).content, Look::of(&other).content);
    }
}
