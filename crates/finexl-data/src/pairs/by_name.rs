//! Names of two sides that mean the same.

use crate::image_folder::{unicode_form, without_image_extension};
use std::collections::BTreeMap;

/// What goes together by name; positions in the two lists.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NameMatches {
    /// Of the first side and of the second, by the first.
    pub pairs: Vec<(usize, usize)>,
    /// Those among them whose names differ in case.
    pub by_case: Vec<(usize, usize)>,
    /// Groups that a name alone does not tell apart.
    pub ambiguous: Vec<[Vec<usize>; 2]>,
}

/// How a name is looked at, the strictest way first; each sees what those before it left.
const WAYS: [fn(&str) -> String; 3] = [
    unicode_form,
    |name| without_image_extension(&unicode_form(name)).to_string(),
    |name| without_image_extension(&unicode_form(name)).to_lowercase(),
];

/// Matches the names of two sides: equal in one Unicode form (NFC), else but for the extension of an image, else but
/// for case. A name that could mean several is matched with none.
pub fn match_names<S: AsRef<str>>(first: &[S], second: &[S]) -> NameMatches {
    let mut matches = NameMatches::default();
    let mut free = [vec![true; first.len()], vec![true; second.len()]];
    for (strictness, way) in WAYS.into_iter().enumerate() {
        let mut groups: BTreeMap<String, [Vec<usize>; 2]> = BTreeMap::new();
        for (side, names) in [first, second].into_iter().enumerate() {
            for (at, name) in names.iter().enumerate().filter(|(at, _)| free[side][*at]) {
                groups.entry(way(name.as_ref())).or_default()[side].push(at);
            }
        }
        for group in groups
            .into_values()
            .filter(|g| g.iter().all(|s| !s.is_empty()))
        {
            for (side, members) in group.iter().enumerate() {
                members.iter().for_each(|at| free[side][*at] = false);
            }
            match (group[0].as_slice(), group[1].as_slice()) {
                ([a], [b]) => {
                    matches.pairs.push((*a, *b));
                    if strictness == WAYS.len() - 1 {
                        matches.by_case.push((*a, *b));
                    }
                }
                _ => matches.ambiguous.push(group),
            }
        }
    }
    matches.pairs.sort_unstable();
    matches.by_case.sort_unstable();
    matches
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_strictest_way_that_finds_one_counts() {
        let first = [
            "a.png",
            "b.png",
            "caf\u{e9}.png",
            "D.png",
            "e.png",
            "run0.5",
        ];
        let second = [
            "b.webp",
            "a.png",
            "cafe\u{301}.png",
            "d.png",
            "f.png",
            "run0.png",
        ];
        let found = match_names(&first, &second);
        assert_eq!(found.pairs, [(0, 1), (1, 0), (2, 2), (3, 3)]);
        assert_eq!(found.by_case, [(3, 3)]);
        assert!(found.ambiguous.is_empty());
    }

    #[test]
    fn a_name_of_several_is_matched_by_its_extension_or_not_at_all() {
        let found = match_names(&["a.png", "a.jpg"], &["a.jpg"]);
        assert_eq!(
            (found.pairs.as_slice(), found.ambiguous.len()),
            (&[(1, 0)][..], 0)
        );
        let found = match_names(&["a.png", "a.jpg"], &["a.webp"]);
        assert_eq!(
            (found.pairs.len(), found.ambiguous),
            (0, vec![[vec![0, 1], vec![0]]])
        );
        let found = match_names(&["A.png", "a.png"], &["a.png"]);
        assert_eq!(found.pairs, [(1, 0)]);
    }

    proptest! {
        #[test]
        fn every_name_is_used_once_at_most(
            first in proptest::collection::vec("[abAB]{1,2}(\\.(png|jpg))?", 0..8),
            second in proptest::collection::vec("[abAB]{1,2}(\\.(png|jpg))?", 0..8),
        ) {
            let found = match_names(&first, &second);
            for side in 0..2 {
                let mut used: Vec<usize> = (found.pairs.iter())
                    .map(|(a, b)| [*a, *b][side])
                    .chain(found.ambiguous.iter().flat_map(|group| group[side].clone()))
                    .collect();
                used.sort_unstable();
                let distinct = used.windows(2).all(|w| w[0] != w[1]);
                prop_assert!(distinct);
            }
            let mirrored = match_names(&second, &first);
            let mut turned: Vec<(usize, usize)> =
                mirrored.pairs.iter().map(|(a, b)| (*b, *a)).collect();
            turned.sort_unstable();
            prop_assert_eq!(found.pairs, turned);
        }
    }
}
