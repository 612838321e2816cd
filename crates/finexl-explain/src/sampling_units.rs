//! Which pairs are drawn together where pairs are resampled.

use crate::divergence::Divergences;
use std::collections::BTreeMap;

/// What is resampled, left out and flipped as one: pairs that share a prompt or an image of the base, since they are no
/// independent draws; single pairs else.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct SamplingUnits {
    /// The pairs of each.
    members: Vec<Vec<usize>>,
    /// What a reader has to know of them.
    pub note: Option<String>,
}

impl SamplingUnits {
    /// Groups of pairs where there are enough of them for the test, `needed`; where there are fewer, single pairs, with
    /// a note: what is found then holds for other pairs of these groups and not for others.
    pub fn of(divergences: &Divergences, needed: usize) -> Self {
        let pairs = divergences.pairs();
        let alone = |note| Self {
            members: (0..pairs).map(|pair| vec![pair]).collect(),
            note,
        };
        let Some(groups) = divergences.groups() else {
            return alone(None);
        };
        let mut places: BTreeMap<usize, usize> = BTreeMap::new();
        let mut members: Vec<Vec<usize>> = Vec::new();
        for (pair, group) in groups.iter().enumerate() {
            let place = *places.entry(*group).or_insert(members.len());
            match members.get_mut(place) {
                Some(own) => own.push(pair),
                None => members.push(vec![pair]),
            }
        }
        if members.len() < needed {
            let count = members.len();
            let shared = if count == 1 {
                "one prompt or base image"
            } else {
                "prompts or base images"
            };
            let these = if count == 1 {
                "it, not of"
            } else {
                "these, not of"
            };
            let number = if count == 1 {
                String::new()
            } else {
                format!("{count} ")
            };
            return alone(Some(format!(
                "The {pairs} pairs share {number}{shared}: intervals and p say what other images of {these} others, \
                 would give."
            )));
        }
        Self {
            members,
            note: None,
        }
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.members.len()
    }

    /// The pairs of some of them (repeats count).
    pub fn pairs(&self, chosen: &[usize]) -> Vec<usize> {
        let members = chosen.iter().flat_map(|unit| &self.members[*unit]);
        members.copied().collect()
    }

    /// Sums of what pairs have, `[n, N]` row-major, over the pairs of each, `[units, N]`.
    pub fn sums(&self, rows: &[f64], width: usize) -> Vec<f64> {
        let mut sums = vec![0.0; self.count() * width];
        for (own, members) in sums.chunks_exact_mut(width.max(1)).zip(&self.members) {
            for pair in members {
                let row = &rows[pair * width..(pair + 1) * width];
                own.iter_mut()
                    .zip(row)
                    .for_each(|(sum, value)| *sum += value);
            }
        }
        sums
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn grouped(keys: &[&str]) -> Divergences {
        let values = (0..keys.len()).map(|i| i as f64).collect();
        let divergences = Divergences::from_values(values, 1).unwrap();
        divergences.grouped_by(keys).unwrap()
    }

    #[test]
    fn pairs_of_a_group_are_drawn_together() {
        let divergences = grouped(&["a", "b", "a", "c"]);
        let units = SamplingUnits::of(&divergences, 3);
        assert_eq!((units.count(), &units.note), (3, &None));
        assert_eq!(units.pairs(&[0, 2, 0]), [0, 2, 3, 0, 2]);
        assert_eq!(units.sums(divergences.values(), 1), [2.0, 1.0, 3.0]);
    }

    #[test]
    fn too_few_groups_are_told_of() {
        let units = SamplingUnits::of(&grouped(&["a", "b", "a", "b"]), 3);
        assert_eq!(units.count(), 4);
        let note = units.note.unwrap();
        assert_eq!(
            note,
            "The 4 pairs share 2 prompts or base images: intervals and p say what other images of these, not of \
             others, would give."
        );
        let one = SamplingUnits::of(&grouped(&["a", "a"]), 3).note.unwrap();
        assert!(one.contains("share one prompt or base image: "), "{one}");
        let none = SamplingUnits::of(&grouped(&["a", "b"]), 3);
        assert_eq!((none.count(), none.note), (2, None));
    }
}
