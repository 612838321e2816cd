//! What only all pictures of the pairs together show, found from them in small.

use super::looks::{Look, WHOSE};
use super::overlays::{Overlay, overlay};
use super::sketch::Sketch;
use super::turn::Turn;
use crate::image_folder::examples;
use serde::{Deserialize, Serialize};

/// Pairs whose pictures are kept in small; of more the first ones tell.
const MOST: usize = 2000;
/// Mean difference in grey levels below which two pictures hardly differ,
const HARDLY: f64 = 0.5;
/// and below which they do beside pairs that differ by that many times as much.
const BESIDE: (f64, f64) = (3.0, 8.0);
/// Two pictures of a side are copies of each other where they differ by less than this share of what a picture varies by.
const COPY: f64 = 0.03;

/// What all pictures together show, by the positions of the pairs: facts, without names.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Across {
    /// Pairs that were compared.
    pub pairs: usize,
    /// Pairs whose pictures differ by next to nothing, though not by nothing, and their difference in thousandths of a
    /// grey level.
    pub hardly: Vec<(usize, u32)>,
    /// Pictures of either side that look nearly like another one of it.
    pub copies: [Vec<usize>; 2],
    /// What lies over the pictures of one side alone.
    pub overlays: [Option<Overlay>; 2],
    /// Pairs whose personalized picture fits the base's turned in the same way, and what way.
    pub turned: Option<(Turn, Vec<usize>)>,
}

/// Pictures in small, until all are there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Sketches {
    pairs: Vec<Seen>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Seen {
    index: usize,
    looks: [Look; 2],
    sketches: [Sketch; 2],
    difference: Option<u32>,
}

impl Sketches {
    pub(super) fn add(
        &mut self,
        index: usize,
        looks: [Look; 2],
        sketches: &[Sketch; 2],
        difference: Option<u32>,
    ) {
        if self.pairs.len() < MOST {
            self.pairs.push(Seen {
                index,
                looks,
                sketches: sketches.clone(),
                difference,
            });
        }
    }

    /// Adds those of pairs that begin at a position.
    pub(super) fn extend(&mut self, others: Self, begin: usize) {
        let room = MOST.saturating_sub(self.pairs.len());
        let moved = others.pairs.into_iter().take(room).map(|mut seen| {
            seen.index += begin;
            seen
        });
        self.pairs.extend(moved);
    }

    /// What they show.
    pub(super) fn compared(self) -> Across {
        let overlays = [0, 1].map(|side| {
            // Bars have a note of their own.
            let barred = self
                .pairs
                .iter()
                .filter(|seen| seen.looks[side].bars != [0; 4]);
            if barred.count() * 4 >= self.pairs.len() {
                return None;
            }
            let of = |side: usize| -> Vec<&Sketch> {
                self.pairs.iter().map(|seen| &seen.sketches[side]).collect()
            };
            overlay(&of(side), &of(1 - side))
        });
        Across {
            pairs: self.pairs.len(),
            hardly: self.hardly(),
            copies: [0, 1].map(|side| self.copies(side)),
            overlays,
            turned: self.turned(),
        }
    }

    /// Pairs that fit each other turned, where they are many.
    fn turned(&self) -> Option<(Turn, Vec<usize>)> {
        const LEAST: usize = 3;
        let seen = |seen: &Seen| Some((seen.index, Turn::of(&seen.sketches)?));
        let all: Vec<(usize, Turn)> = self.pairs.iter().filter_map(seen).collect();
        let of = |turn: Turn| -> Vec<usize> {
            let same = all.iter().filter(|(_, other)| *other == turn);
            same.map(|(index, _)| *index).collect()
        };
        (Turn::ALL.into_iter().map(|turn| (turn, of(turn))))
            .max_by_key(|(_, pairs)| pairs.len())
            .filter(|(_, pairs)| pairs.len() >= LEAST && pairs.len() * 4 >= self.pairs.len())
    }

    fn hardly(&self) -> Vec<(usize, u32)> {
        let mut all: Vec<u32> = self
            .pairs
            .iter()
            .filter_map(|seen| seen.difference)
            .collect();
        all.sort_unstable();
        let middle = all
            .get(all.len() / 2)
            .map_or(0.0, |value| f64::from(*value) / 1000.0);
        (self.pairs.iter())
            .filter(|seen| seen.looks[0] != seen.looks[1])
            .filter_map(|seen| Some((seen.index, seen.difference?)))
            .filter(|(_, difference)| {
                let difference = f64::from(*difference) / 1000.0;
                difference <= HARDLY || (difference <= BESIDE.0 && difference * BESIDE.1 <= middle)
            })
            .collect()
    }

    /// Pictures of a side with another one that is nearly, but not exactly, the same.
    fn copies(&self, side: usize) -> Vec<usize> {
        // Copies are as bright as each other: of those in the order of brightness only neighbours are compared.
        let mut order: Vec<(f64, f64, &Seen)> = (self.pairs.iter())
            .map(|seen| {
                let sketch = &seen.sketches[side];
                let mean = sketch.mean();
                let square = |value: &u8| (f64::from(*value) - mean).powi(2);
                let varies =
                    sketch.0.iter().map(square).sum::<f64>() / sketch.0.len().max(1) as f64;
                (mean, varies.sqrt(), seen)
            })
            .collect();
        order.sort_by(|one, other| one.0.total_cmp(&other.0));
        let mut copies = Vec::new();
        for (at, (mean, varies, seen)) in order.iter().enumerate() {
            let limit = COPY * varies;
            for (other_mean, _, other) in &order[at + 1..] {
                if other_mean - mean > limit {
                    break;
                }
                let differs = seen.looks[side].content != other.looks[side].content;
                let difference = seen.sketches[side].difference(&other.sketches[side]);
                if differs && difference < limit {
                    copies.extend([seen.index, other.index]);
                }
            }
        }
        copies.sort_unstable();
        copies.dedup();
        copies
    }
}

impl Across {
    /// A note on pairs whose pictures hardly differ; `name` is that of a pair.
    pub(super) fn hardly_changed<'a>(&self, name: &dyn Fn(usize) -> &'a str) -> Option<String> {
        let most = self
            .hardly
            .iter()
            .map(|(_, difference)| *difference)
            .max()?;
        let names = self.hardly.iter().map(|(index, _)| name(*index));
        Some(format!(
            "in {} of {} pairs the two pictures hardly differ, by at most {:.1} of 255 grey levels on average ({}), as if one \
             had been saved again; make sure that these were made with the personalization",
            self.hardly.len(),
            self.pairs,
            f64::from(most.max(100)) / 1000.0,
            examples(names)
        ))
    }

    /// Notes on pictures that are nearly others of their side.
    pub(super) fn near_copies<'a>(&self, name: &dyn Fn(usize) -> &'a str) -> Vec<String> {
        let note = |(copies, whose): (&Vec<usize>, &str)| {
            (!copies.is_empty()).then(|| {
                format!(
                    "{} of {} pictures of {whose} look almost like another one of theirs ({}): such pairs are no independent \
                     draws",
                    copies.len(),
                    self.pairs,
                    examples(copies.iter().map(|index| name(*index)))
                )
            })
        };
        self.copies.iter().zip(WHOSE).filter_map(note).collect()
    }

    /// A note on pairs whose pictures are turned against each other; `name` is that of a pair.
    pub(super) fn turned_round<'a>(&self, name: &dyn Fn(usize) -> &'a str) -> Option<String> {
        let (turn, pairs) = self.turned.as_ref()?;
        Some(format!(
            "in {} of {} pairs the personalized picture fits the base's far better {turn} ({}): if it was turned by a program, \
             turn it back; what turns pictures is part of what is measured, and hardly any aspect says it",
            pairs.len(),
            self.pairs,
            examples(pairs.iter().map(|index| name(*index)))
        ))
    }

    /// Notes on what lies over the pictures of one side.
    pub(super) fn laid_over(&self) -> Vec<String> {
        let note = |(overlay, whose): (&Option<Overlay>, &str)| {
            let Overlay { place, share } = overlay.as_ref()?;
            let [left, top, right, bottom] = place;
            Some(format!(
                "about {share} of 100 pictures of {whose} have the same thing at the same place, {left} to {right}% from the left \
                 and {top} to {bottom}% from the top, and those of the other side have not: a watermark, a logo or a line of \
                 text is part of what is measured; cut it off if it comes from elsewhere"
            ))
        };
        self.overlays.iter().zip(WHOSE).filter_map(note).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pairs::sketch::SIDE;

    fn sketches(pictures: &[(u8, u32)]) -> Sketches {
        let mut all = Sketches::default();
        for (index, (shade, difference)) in pictures.iter().enumerate() {
            let value =
                |at: usize| ((at * 7 + usize::from(*shade) * (at % 13)) % 200) as u8 + shade % 3;
            let sketch = Sketch((0..SIDE * SIDE).map(value).collect());
            let look = |content| Look {
                content,
                ..Look::default()
            };
            let looks = [look(index as u64), look(index as u64 + 100)];
            all.add(index, looks, &[sketch.clone(), sketch], Some(*difference));
        }
        all
    }

    #[test]
    fn hardly_changed_pairs_and_copies_are_counted() {
        let plain = sketches(&[(10, 20_000), (30, 18_000), (60, 9_000), (90, 5_000)]).compared();
        assert_eq!((plain.hardly.len(), plain.copies[0].len()), (0, 0));
        let odd = sketches(&[
            (10, 20_000),
            (30, 28_000),
            (60, 2_000),
            (60, 400),
            (90, 9_000),
        ])
        .compared();
        assert_eq!(odd.hardly, [(3, 400)]);
        assert_eq!(odd.copies, [vec![2usize, 3], vec![2, 3]]);
        let name = |_: usize| "x";
        assert!(
            odd.hardly_changed(&name)
                .is_some_and(|note| note.starts_with("in 1 of 5 pairs"))
        );
        assert_eq!(odd.near_copies(&name).len(), 2);
        let beside = sketches(&[(10, 30_000), (30, 28_000), (60, 2_000)]).compared();
        assert_eq!(beside.hardly, [(2, 2_000)]);
    }
}
