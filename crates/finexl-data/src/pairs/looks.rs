//! What only all pictures together show: equal ones, and some that are far larger than the others.

use super::across::Across;
use super::pair_set::{Pair, PairSet};
use super::sketch::{Bars, bars, is_noise};
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
    /// Bars of one colour along the left, upper, right and lower edge, in pixels.
    pub bars: Bars,
    /// Whether it is nothing but noise.
    pub noise: bool,
}

/// The sides, as notes call them.
pub(super) const WHOSE: [&str; 2] = ["the base", "the personalized model"];

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
            bars: bars(image),
            noise: is_noise(image),
        }
    }
}

/// Notes on pairs of two equal pictures or hardly different ones, pictures that stand in several pairs, that are nothing
/// but noise, that have bars or something laid over them on one side only, and such as may be sheets or previews of others.
pub(super) fn look_notes(
    set: &PairSet,
    looks: &[(usize, [Look; 2])],
    across: &Across,
) -> Vec<String> {
    let seen: Vec<(&Pair, &[Look; 2])> = (looks.iter())
        .filter_map(|(index, looks)| Some((set.pairs.get(*index)?, looks)))
        .collect();
    let name = |index: usize| set.pairs.get(index).map_or("", |pair| pair.name.as_str());
    let both = |note: &dyn Fn(usize) -> Option<String>| [note(0), note(1)];
    (unchanged(&seen).into_iter())
        .chain(across.hardly_changed(&name))
        .chain(both(&|side| repeated(&seen, side)).into_iter().flatten())
        .chain(across.near_copies(&name))
        .chain(both(&|side| noise(&seen, side)).into_iter().flatten())
        .chain(both(&|side| barred(&seen, side)).into_iter().flatten())
        .chain(across.turned_round(&name))
        .chain(across.laid_over())
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
fn repeated(seen: &[(&Pair, &[Look; 2])], side: usize) -> Option<String> {
    let whose = WHOSE[side];
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

/// Pictures of one side that are nothing but noise.
fn noise(seen: &[(&Pair, &[Look; 2])], side: usize) -> Option<String> {
    let names: Vec<&str> = (seen.iter())
        .filter(|(_, looks)| looks[side].noise)
        .map(|(pair, _)| pair.name.as_str())
        .collect();
    (!names.is_empty()).then(|| {
        format!(
            "{} of {} pictures of {} {} nothing but noise ({}), as a generation that failed leaves them: they count like \
             any other; leave them out with --exclude, or make them again",
            names.len(),
            seen.len(),
            WHOSE[side],
            if names.len() == 1 { "is" } else { "are" },
            examples(&names)
        )
    })
}

/// Pictures of one side with bars at edges where their partners have none.
fn barred(seen: &[(&Pair, &[Look; 2])], side: usize) -> Option<String> {
    let only = |looks: &[Look; 2]| -> Bars {
        let (own, other) = (looks[side].bars, looks[1 - side].bars);
        std::array::from_fn(|edge| if other[edge] == 0 { own[edge] } else { 0 })
    };
    let found: Vec<(&str, Bars)> = (seen.iter())
        .map(|(pair, looks)| (pair.name.as_str(), only(looks)))
        .filter(|(_, bars)| bars.iter().any(|bar| *bar > 0))
        .collect();
    // Few of many are subjects with straight sides on a plain ground.
    let (_, first) = found.first().filter(|_| found.len() * 5 >= seen.len())?;
    let places = ["left", "top", "right", "bottom"];
    let widths = (places.iter().zip(first)).filter(|(_, bar)| **bar > 0);
    let widths: Vec<String> = widths
        .map(|(place, bar)| format!("{place} {bar}"))
        .collect();
    Some(format!(
        "{} of {} pictures of {} {} bars of one colour at the edges ({} pixels in the first: {}) and their partners have \
         not: these are part of what is measured; cut them off if they come from saving or padding",
        found.len(),
        seen.len(),
        WHOSE[side],
        if found.len() == 1 { "has" } else { "have" },
        widths.join(", "),
        examples(found.iter().map(|(name, _)| *name)),
    ))
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
        of_size(
            seen,
            usual,
            &larger,
            "larger",
            ["it is a sheet", "they are sheets"].map(|of| format!("{of} of several pictures")),
        ),
        of_size(
            seen,
            usual,
            &smaller,
            "smaller",
            ["it is a preview", "they are previews"].map(|of| format!("{of} of the others")),
        ),
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
    perhaps: [String; 2],
) -> Option<String> {
    let meant: Vec<&(&Pair, &[Look; 2])> = (seen.iter())
        .filter(|(_, [base, _])| is_meant(base.size))
        .collect();
    let (_, [first, _]) = meant.first()?;
    let names = meant.iter().map(|(pair, _)| pair.name.as_str());
    let [one, many] = perhaps;
    let (is, it, perhaps) = match meant.len() {
        1 => ("is", "it", one),
        _ => ("are", "them", many),
    };
    Some(format!(
        "{} of {} pictures of the base {is} far {compared} than the others ({} x {} against {} x {}: {}); leave {it} out \
         with --exclude if {perhaps}",
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
            ..Look::default()
        }
    }

    fn look_notes(set: &PairSet, looks: &[(usize, [Look; 2])]) -> Vec<String> {
        super::look_notes(set, looks, &Across::default())
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
    fn noise_and_bars_are_named() {
        let mut looks: Vec<(usize, [Look; 2])> = (0..5)
            .map(|at| (at, [look(64, at as u64), look(64, 10 + at as u64)]))
            .collect();
        looks[1].1[1].noise = true;
        looks[2].1[0].bars = [0, 8, 0, 8];
        looks[3].1 = [[0, 8, 0, 8], [5, 8, 5, 8]].map(|bars| Look {
            bars,
            ..look(64, u64::from(bars[0]) + 90)
        });
        let notes = look_notes(&set(5), &looks);
        assert_eq!(notes.len(), 3, "{notes:?}");
        assert!(
            notes[0]
                .starts_with("1 of 5 pictures of the personalized model is nothing but noise (1)")
        );
        assert!(notes[1].starts_with(
            "1 of 5 pictures of the base has bars of one colour at the edges (top 8, bottom 8 pixels in the first: 2)"
        ));
        assert!(
            notes[2].contains("the personalized model has bars")
                && notes[2].contains("left 5, right 5")
        );
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
