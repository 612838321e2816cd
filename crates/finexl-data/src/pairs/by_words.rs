//! Pairs by names that are not equal and mean the same, and by prompts without seeds: guesses, which are said.

use super::by_generation::{Found, Free};
use super::contradictions::{Contradiction, key_of_prompt};
use super::name_words::{NameWords, are_sparse, matched, without_common};
use super::side::{Candidate, Side};
use finexl_core::counting::counted_were;
use std::collections::BTreeSet;

/// Images of the sides that are still free, in order.
type Members<'a> = [Vec<(usize, &'a Candidate)>; 2];

/// Pairs the images whose names differ only in signs, zeros before numbers and the like; else those whose names are
/// the same but for what all names of a side begin or end with. `whole` says that all images are free: what the names
/// of a few have in common says nothing.
pub(super) fn by_words(sides: &[Side; 2], free: &Free, whole: bool) -> Found {
    let members = members(sides, free);
    let words = [0, 1].map(|side| -> Vec<NameWords> {
        let names = members[side].iter();
        names
            .map(|(_, image)| NameWords::of(&image.inside))
            .collect()
    });
    let found = accepted(&members, matched_words(&words), |pairs| {
        format!(
            "{} found by names that differ in spaces, signs, zeros before numbers or forms of letters ({}); \
             --pair chooses another rule",
            counted_were(pairs.len(), "pair"),
            example(&members, pairs)
        )
    });
    if !found.pairs.is_empty() || !whole {
        return found;
    }
    match by_rests(&members, &words) {
        found if found.pairs.is_empty() => by_folder(&members),
        found => found,
    }
}

/// By what is left of the names without what all of a side have in common.
fn by_rests(members: &Members<'_>, words: &[Vec<NameWords>; 2]) -> Found {
    if words.iter().any(|names| names.len() < 2) {
        return Found::default();
    }
    let [(first, of_first), (second, of_second)] =
        words.each_ref().map(|names| without_common(names));
    let rests = [first, second];
    let pairs = matched_words(&rests);
    if rests.iter().flatten().all(NameWords::is_numbers) && !is_same_counter(&rests, &pairs) {
        return Found::default();
    }
    accepted(members, pairs, |pairs| {
        format!(
            "{} found by their names without what all of a side have in common ({} and {}): {}; --pair \
             chooses another rule",
            counted_were(pairs.len(), "pair"),
            taken(&of_first),
            taken(&of_second),
            example(members, pairs)
        )
    })
}

/// By the folder, where each holds one image on both sides.
fn by_folder(members: &Members<'_>) -> Found {
    let folders = members.each_ref().map(|images| -> Vec<Option<NameWords>> {
        let folder = |image: &Candidate| {
            let (folder, _) = image.inside.rsplit_once('/')?;
            Some(NameWords::of(folder))
        };
        images.iter().map(|(_, image)| folder(image)).collect()
    });
    accepted(members, matched([&folders[0], &folders[1]]), |pairs| {
        format!(
            "{} found by their folders, each of which holds one image on both sides ({}); --pair chooses \
             another rule",
            counted_were(pairs.len(), "pair"),
            example(members, pairs)
        )
    })
}

/// Pairs the images of one prompt, where every prompt stands for one image of a side, and where the seeds are known do
/// not differ.
pub(super) fn by_prompt(sides: &[Side; 2], free: &Free) -> Found {
    let members = members(sides, free);
    let prompts = [0, 1].map(|side| -> Vec<Option<String>> {
        let said = |image: &Candidate| image.prompt.as_ref().or(image.caption.as_ref()).cloned();
        let images = members[side].iter();
        images
            .map(|(_, image)| said(image).map(|prompt| key_of_prompt(&prompt)))
            .collect()
    });
    accepted(&members, matched([&prompts[0], &prompts[1]]), |pairs| {
        format!(
            "{} found by their prompts alone, since neither names nor seeds say what belongs together ({}): \
             with other seeds the pictures differ by these too; --pair chooses another rule",
            counted_were(pairs.len(), "pair"),
            example(&members, pairs)
        )
    })
}

fn members<'a>(sides: &'a [Side; 2], free: &Free) -> Members<'a> {
    [0, 1].map(|side| {
        let images = free[side].iter();
        images.map(|at| (*at, &sides[side].images[*at])).collect()
    })
}

fn matched_words(words: &[Vec<NameWords>; 2]) -> Vec<(usize, usize)> {
    let keys = words.each_ref().map(|names| -> Vec<Option<&NameWords>> {
        let key = |name| Some(name).filter(|name: &&NameWords| !name.0.is_empty());
        names.iter().map(key).collect()
    });
    matched([&keys[0], &keys[1]])
}

/// Whether rests that are nothing but numbers may be trusted: counters that were moved have numbers in common too, so
/// both sides must have the same ones, or such as nobody counts by.
fn is_same_counter(rests: &[Vec<NameWords>; 2], pairs: &[(usize, usize)]) -> bool {
    let all = rests.iter().all(|names| names.len() == pairs.len());
    let numbers = (rests[0].iter()).filter_map(|name| name.0.last().map(String::as_str));
    all || are_sparse(numbers)
}

/// The pairs with the note on them, where they are at least half of the smaller side and no files contradict each
/// other.
fn accepted(
    members: &Members<'_>,
    pairs: Vec<(usize, usize)>,
    note: impl Fn(&[(usize, usize)]) -> String,
) -> Found {
    let least = (members.iter().map(Vec::len).min().unwrap_or(0)).div_ceil(2);
    let agree = |(a, b): &(usize, usize)| {
        Contradiction::between(members[0][*a].1, members[1][*b].1).is_none()
    };
    if pairs.is_empty() || pairs.len() < least || !pairs.iter().all(agree) {
        return Found::default();
    }
    Found {
        notes: vec![note(&pairs)],
        pairs: (pairs.iter())
            .map(|(a, b)| (members[0][*a].0, members[1][*b].0))
            .collect(),
        uneven: Vec::new(),
    }
}

/// "a.png with b.png" of the first pair.
fn example(members: &Members<'_>, pairs: &[(usize, usize)]) -> String {
    let first = pairs.first().map(|(a, b)| {
        format!(
            "{} with {}",
            members[0][*a].1.inside, members[1][*b].1.inside
        )
    });
    first.unwrap_or_default()
}

/// What was taken off the names of a side, in words.
fn taken(parts: &[NameWords; 2]) -> String {
    let parts: BTreeSet<String> = (parts.iter())
        .filter(|words| !words.0.is_empty())
        .map(|words| format!("\"{}\"", words.text()))
        .collect();
    match parts.is_empty() {
        true => "nothing".to_string(),
        false => parts.into_iter().collect::<Vec<_>>().join(" and "),
    }
}
