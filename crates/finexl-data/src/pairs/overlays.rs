//! What is at the same place in the pictures of one side and not in the other's: a watermark, a logo, a line of text.
//!
//! At every cell of the sketches the steps of brightness to the next cells make a direction. Where something was laid over
//! all pictures of a side it is the same in nearly all of them; by chance a third are within 60 degrees of any one. Such
//! cells count where the other side does not show the same, and only if most of them lie together in a part of the
//! picture: a texture (halftone, hatching) covers it all.

use super::sketch::{SIDE, Sketch};
use serde::{Deserialize, Serialize};

/// Fewer pictures are not judged.
const LEAST: usize = 6;
/// More are not looked at.
const MOST: usize = 400;
/// A step of brightness, in grey levels, that is one at all, and one that tells.
const STEPS: [f64; 2] = [3.0, 6.0];
/// By so much fewer pictures of the other side show it.
const APART: f64 = 0.3;
/// Cells of an overlay that lie together, at least, and the share of all that do.
const TOGETHER: (usize, f64) = (15, 0.6);
/// An overlay takes at most so much of the picture.
const PART: f64 = 0.35;
/// Cells further apart do not lie together.
const REACH: usize = 2;

/// Something at the same place in the pictures of one side.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Overlay {
    /// Where it lies, in hundredths of width and height: left, top, right, bottom.
    pub place: [u8; 4],
    /// In how many pictures of a hundred it is seen.
    pub share: u8,
}

/// What is at one place in the pictures of a side and not in those of the other.
pub(super) fn overlay(side: &[&Sketch], other: &[&Sketch]) -> Option<Overlay> {
    let count = side.len().min(MOST);
    if count < LEAST || other.len() < count {
        return None;
    }
    let (shown, needed) = (steps(&side[..count]), needed(count));
    let beside = steps(&other[..count]);
    let mask: Vec<bool> = (shown.iter().zip(&beside))
        .map(|(shown, other)| {
            shown.share >= needed && shown.size >= STEPS[1] && other.share <= shown.share - APART
        })
        .collect();
    let cells = largest_cluster(&mask);
    let flagged = mask.iter().filter(|cell| **cell).count();
    if cells.len() < TOGETHER.0 || (cells.len() as f64) < TOGETHER.1 * flagged as f64 {
        return None;
    }
    let ends = |of: &dyn Fn(usize) -> usize| {
        let places = || cells.iter().map(|cell| of(*cell));
        Some((places().min()?, places().max()? + 1))
    };
    let ((left, right), (top, bottom)) = (ends(&|cell| cell % SIDE)?, ends(&|cell| cell / SIDE)?);
    let area = ((right - left) * (bottom - top)) as f64 / (SIDE * SIDE) as f64;
    let share = cells.iter().map(|cell| shown[*cell].share).sum::<f64>() / cells.len() as f64;
    (area <= PART).then(|| Overlay {
        place: [left, top, right, bottom].map(|at| (at * 100 / SIDE) as u8),
        share: (share * 100.0).round() as u8,
    })
}

/// The share of pictures that have to agree: what chance gives in 2 of 1,000 cells, and at least 0.62.
fn needed(count: usize) -> f64 {
    const CHANCE: f64 = 1.0 / 3.0;
    // The binomial distribution's upper tail, from the top.
    let mut tail = 0.0;
    let mut term = CHANCE.powi(count as i32);
    let mut least = count;
    for agreeing in (0..=count).rev() {
        tail += term;
        if tail >= 0.002 {
            break;
        }
        least = agreeing;
        term *= agreeing as f64 / (count - agreeing + 1) as f64 * (1.0 - CHANCE) / CHANCE;
    }
    (least as f64 / count as f64).max(0.62) - 1e-9
}

/// What the pictures have in common at a cell.
#[derive(Clone, Copy, Default)]
struct Step {
    /// The share of those whose step goes the common way.
    share: f64,
    /// How large it is in the middle one of them all.
    size: f64,
}

/// The common step at every cell.
fn steps(sketches: &[&Sketch]) -> Vec<Step> {
    let step = |sketch: &Sketch, at: usize| -> [f64; 2] {
        let value = |at: usize| f64::from(sketch.0[at]);
        [value(at + 1) - value(at), value(at + SIDE) - value(at)]
    };
    let mut found = vec![Step::default(); SIDE * SIDE];
    let mut along = Vec::with_capacity(sketches.len());
    for row in 0..SIDE - 1 {
        for column in 0..SIDE - 1 {
            let at = row * SIDE + column;
            let mut common = [0.0; 2];
            for sketch in sketches {
                let [x, y] = step(sketch, at);
                let size = x.hypot(y).max(1.0);
                common = [common[0] + x / size, common[1] + y / size];
            }
            let length = common[0].hypot(common[1]).max(1e-6);
            along.clear();
            let mut agreeing = 0;
            for sketch in sketches {
                let [x, y] = step(sketch, at);
                let size = x.hypot(y);
                let part = (x * common[0] + y * common[1]) / length;
                agreeing += usize::from(size >= STEPS[0] && part > 0.5 * size);
                along.push(part.max(0.0));
            }
            along.sort_by(f64::total_cmp);
            found[at] = Step {
                share: agreeing as f64 / sketches.len() as f64,
                size: along[along.len() / 2],
            };
        }
    }
    found
}

/// The most cells that hang together.
fn largest_cluster(mask: &[bool]) -> Vec<usize> {
    let mut seen = vec![false; mask.len()];
    let mut largest = Vec::new();
    for start in 0..mask.len() {
        if !mask[start] || seen[start] {
            continue;
        }
        let mut cluster = vec![start];
        seen[start] = true;
        let mut next = 0;
        while let Some(&cell) = cluster.get(next) {
            next += 1;
            let (row, column) = (cell / SIDE, cell % SIDE);
            for y in row.saturating_sub(REACH)..(row + REACH + 1).min(SIDE) {
                for x in column.saturating_sub(REACH)..(column + REACH + 1).min(SIDE) {
                    let near = y * SIDE + x;
                    if mask[near] && !seen[near] {
                        seen[near] = true;
                        cluster.push(near);
                    }
                }
            }
        }
        if cluster.len() > largest.len() {
            largest = cluster;
        }
    }
    largest
}

#[cfg(test)]
mod tests {
    use super::*;

    fn noise(place: usize) -> f32 {
        let wave = (place as f32 * 12.9898 + 4.1).sin() * 43758.547;
        wave - wave.floor()
    }

    /// Pictures of soft noise, with stripes of white in a corner of as many as are asked for.
    fn pictures(count: usize, marked: usize, whole: bool) -> Vec<Sketch> {
        (0..count)
            .map(|picture| {
                let value = |at: usize| {
                    let (row, column) = (at / SIDE, at % SIDE);
                    let inside = whole || ((70..90).contains(&column) && (80..90).contains(&row));
                    match inside && picture < marked && column % 4 < 2 {
                        true => 250,
                        false => (60.0 + 60.0 * noise(picture * 9973 + at)) as u8,
                    }
                };
                Sketch((0..SIDE * SIDE).map(value).collect())
            })
            .collect()
    }

    fn found(side: &[Sketch], other: &[Sketch]) -> Option<Overlay> {
        let side: Vec<&Sketch> = side.iter().collect();
        let other: Vec<&Sketch> = other.iter().collect();
        overlay(&side, &other)
    }

    #[test]
    fn what_lies_at_one_place_of_one_side_is_found() {
        for count in [6, 8, 14, 40] {
            let (plain, marked) = (pictures(count, 0, false), pictures(count, count, false));
            assert_eq!(found(&plain, &marked), None, "{count}");
            assert_eq!(found(&marked, &marked), None, "{count}");
            let overlay = found(&marked, &plain);
            let Some(Overlay { place, share }) = overlay else {
                unreachable!("{count}: {overlay:?}");
            };
            assert!(share > 90, "{share}");
            assert!(
                place[0].abs_diff(71) <= 3 && place[3].abs_diff(94) <= 3,
                "{place:?}"
            );
        }
        assert_eq!(found(&pictures(5, 5, false), &pictures(5, 0, false)), None);
    }

    #[test]
    fn a_texture_all_over_is_no_overlay() {
        assert_eq!(
            found(&pictures(14, 14, true), &pictures(14, 0, false)),
            None
        );
        // In a few pictures only.
        assert_eq!(
            found(&pictures(14, 4, false), &pictures(14, 0, false)),
            None
        );
    }

    #[test]
    fn few_pictures_have_to_agree_all() {
        assert!(needed(6) > 0.99 && needed(25) < 0.7 && needed(100) < 0.63);
    }
}
