//! Seeds that stand in the names of images.

use super::name_words::{NameWords, are_sparse};
use regex::Regex;
use std::collections::BTreeSet;
use std::sync::LazyLock;

/// Ways to write a seed into a name, each with an example. The name is a path's last part, without the extension of an
/// image, in lower case.
static WAYS: LazyLock<Vec<(&str, Option<Regex>)>> = LazyLock::new(|| {
    [
        ("seed_123", r"(?:^|[^a-z])seed[ _=-]?(\d+)"),
        // AUTOMATIC1111: [number]-[seed].
        ("00012-123", r"^\d{5,}-(\d+)(?:[-_ ].*)?$"),
        // InvokeAI until version 2: number.seed.
        ("000012.123", r"^\d{6}\.(\d+)(?:[-_. ].*)?$"),
        ("s123", r"(?:^|[-_ ])s(\d+)(?:$|[-_ .])"),
    ]
    .map(|(example, pattern)| (example, Regex::new(pattern).ok()))
    .into()
});

/// A way to write seeds, and what it reads in the names of both sides.
pub(super) struct SeedsInNames {
    /// An example of the way.
    pub example: &'static str,
    /// Seeds by position; none where a name holds none.
    pub seeds: [Vec<Option<u64>>; 2],
}

/// How far from either end of a name a number is looked for that no word announces.
const PLACES: usize = 3;
/// What such a name looks like.
const NUMBERED: &str = "cat_123456";

/// Every way that reads seeds in names of both sides: those that programs have, then the numbers at one place of the
/// names, where they lie too far apart to count the images.
pub(super) fn seeds_in_names(names: [&[&str]; 2]) -> Vec<SeedsInNames> {
    let read = |(example, pattern): &(&'static str, Option<Regex>)| {
        let pattern = pattern.as_ref()?;
        let seeds = names.map(|names| names.iter().map(|name| seed(pattern, name)).collect());
        let found = |side: &Vec<Option<u64>>| side.iter().any(Option::is_some);
        seeds
            .iter()
            .all(found)
            .then_some(SeedsInNames { example, seeds })
    };
    let known = WAYS.iter().filter_map(read);
    known.chain(numbers_at_places(names)).collect()
}

fn numbers_at_places(names: [&[&str]; 2]) -> Vec<SeedsInNames> {
    let words = names
        .map(|names| -> Vec<NameWords> { names.iter().map(|name| NameWords::of(name)).collect() });
    let at = |from_end: bool, place: usize| {
        let seeds = words.each_ref().map(|names| -> Vec<Option<u64>> {
            let number = |name: &NameWords| {
                let numbers = name.numbers();
                let place = match from_end {
                    true => numbers.len().checked_sub(place + 1)?,
                    false => place,
                };
                numbers.get(place)?.parse().ok()
            };
            names.iter().map(number).collect()
        });
        let sparse = seeds.iter().all(|side| {
            let told: Vec<String> = side.iter().flatten().map(u64::to_string).collect();
            are_sparse(told.iter().map(String::as_str))
        });
        sparse.then_some(SeedsInNames {
            example: NUMBERED,
            seeds,
        })
    };
    let from_end = (0..PLACES).filter_map(|place| at(true, place));
    from_end
        .chain((0..PLACES).filter_map(|place| at(false, place)))
        .collect()
}

fn seed(pattern: &Regex, name: &str) -> Option<u64> {
    let name = name.rsplit('/').next().unwrap_or(name).to_lowercase();
    let name = crate::image_folder::without_image_extension(&name);
    pattern.captures(name)?.get(1)?.as_str().parse().ok()
}

/// Whether no seed occurs twice.
pub(super) fn all_distinct(seeds: impl IntoIterator<Item = u64>) -> bool {
    let mut seen = BTreeSet::new();
    seeds.into_iter().all(|seed| seen.insert(seed))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seeds_are_read_as_programs_write_them() {
        let seeds = |name: &str| -> Vec<(&str, u64)> {
            (seeds_in_names([&[name], &[name]]).iter())
                .filter_map(|found| Some((found.example, found.seeds[0][0]?)))
                .collect()
        };
        assert_eq!(seeds("a/00012-100.png"), [("00012-123", 100)]);
        assert_eq!(seeds("00012-100-a cat, sitting.png"), [("00012-123", 100)]);
        assert_eq!(seeds("cat_Seed_77.webp"), [("seed_123", 77)]);
        assert_eq!(seeds("cat seed=77 b.png"), [("seed_123", 77)]);
        assert_eq!(seeds("000003.4242.png"), [("000012.123", 4242)]);
        assert_eq!(seeds("cat-s5.png"), [("s123", 5)]);
        let several = |names: &[&str]| -> Vec<Option<u64>> {
            let found = seeds_in_names([names, names]);
            found.into_iter().next().map_or(Vec::new(), |found| {
                let [first, _] = found.seeds;
                first
            })
        };
        assert_eq!(
            several(&["0001_cat_123456.png", "0002_dog_887.png"]),
            [Some(123_456), Some(887)]
        );
        assert_eq!(several(&["cat_0001.png", "cat_0002.png"]), []);
        for name in [
            "2024-05-01.png",
            "00012.png",
            "cats5.png",
            "linseed.png",
            "seed.png",
        ] {
            assert_eq!(seeds(name), [], "{name}");
        }
    }
}
