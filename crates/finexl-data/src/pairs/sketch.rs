//! A picture in small, by which pictures of one side are compared, and what a picture shows by itself.

use crate::image::{Image, luma};
use std::ops::Range;

/// Cells in a row of a sketch.
pub(super) const SIDE: usize = 96;

/// Mean brightness (0 to 255) of 96 x 96 cells of a picture, whatever its shape, row by row.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sketch(pub(super) Vec<u8>);

impl Sketch {
    /// The sketch of a picture.
    pub(super) fn of(image: &Image) -> Self {
        let cells = cells(image, SIDE);
        Self(
            cells
                .into_iter()
                .map(|cell| (luma(cell) * 255.0 + 0.5) as u8)
                .collect(),
        )
    }

    /// Mean absolute difference of two sketches in grey levels.
    pub(super) fn difference(&self, other: &Self) -> f64 {
        let sum: u64 = (self.0.iter().zip(&other.0))
            .map(|(one, other)| u64::from(one.abs_diff(*other)))
            .sum();
        sum as f64 / self.0.len().max(1) as f64
    }

    /// Mean brightness.
    pub(super) fn mean(&self) -> f64 {
        let sum: u64 = self.0.iter().map(|value| u64::from(*value)).sum();
        sum as f64 / self.0.len().max(1) as f64
    }
}

/// Mean colours of `side` x `side` cells; of a picture with fewer pixels some are repeated.
fn cells(image: &Image, side: usize) -> Vec<[f32; 3]> {
    let span = |at: usize, length: usize| {
        let begin = at * length / side;
        begin..((at + 1) * length / side).max(begin + 1)
    };
    let mut cells = Vec::with_capacity(side * side);
    for row in 0..side {
        let rows = span(row, image.height);
        for column in 0..side {
            let columns = span(column, image.width);
            let mut sum = [0.0; 3];
            for y in rows.clone() {
                let line =
                    (y * image.width + columns.start) * 3..(y * image.width + columns.end) * 3;
                for pixel in image.pixels[line].chunks_exact(3) {
                    sum.iter_mut().zip(pixel).for_each(|(sum, v)| *sum += v);
                }
            }
            let count = (rows.len() * columns.len()) as f32;
            cells.push(sum.map(|sum| sum / count));
        }
    }
    cells
}

/// Whether a picture is nothing but noise: neighbouring cells have nothing to do with each other, at any of three
/// sizes. Heavy grain on a photograph keeps a correlation of 0.20, whatever else is done to pictures more (all aspects at
/// levels 0.5 and 1 on 65 pictures); noise from the size of a picture to an eighth of it has at most 0.10.
pub(super) fn is_noise(image: &Image) -> bool {
    const SIZES: [usize; 3] = [32, 20, 12];
    const ALIKE: f64 = 0.14;
    image.width.min(image.height) >= SIZES[0]
        && !image.is_of_one_colour()
        && SIZES.iter().all(|side| {
            let [across, down] = neighbours_correlate(&cells(image, *side), *side);
            across.abs() <= ALIKE && down.abs() <= ALIKE
        })
}

/// The correlation of neighbouring cells in a row, and in a column.
fn neighbours_correlate(cells: &[[f32; 3]], side: usize) -> [f64; 2] {
    let count = cells.len() as f64;
    let mean: [f64; 3] =
        std::array::from_fn(|c| cells.iter().map(|cell| f64::from(cell[c])).sum::<f64>() / count);
    let product = |one: usize, other: usize| -> f64 {
        let of = |at: usize, c: usize| f64::from(cells[at][c]) - mean[c];
        (0..3).map(|c| of(one, c) * of(other, c)).sum()
    };
    let spread = (0..cells.len()).map(|at| product(at, at)).sum::<f64>() / count;
    let steps = (side * (side - 1)) as f64;
    let mut sums = [0.0; 2];
    for row in 0..side {
        for column in 0..side {
            let at = row * side + column;
            if column + 1 < side {
                sums[0] += product(at, at + 1);
            }
            if row + 1 < side {
                sums[1] += product(at, at + side);
            }
        }
    }
    sums.map(|sum| sum / steps / spread.max(1e-9))
}

/// Bars of one colour along opposite edges, in pixels: left, top, right, bottom.
pub(super) type Bars = [u32; 4];

/// Bars at the edges of a picture as padding makes them: of one colour, as wide as the one opposite, and ending all along
/// in something else. A picture on a plain ground has none, since its ground does not end anywhere all along.
pub(super) fn bars(image: &Image) -> Bars {
    let (width, height) = (image.width, image.height);
    let above = |deep: usize, along: usize| image.pixel(along, deep);
    let below = |deep: usize, along: usize| image.pixel(along, height - 1 - deep);
    let (top, bottom) = (
        plain(height, 0..width, &above),
        plain(height, 0..width, &below),
    );
    // Seen between the bars above and below, which reach the corners.
    let between = top..height.saturating_sub(bottom).max(top);
    let before = |deep: usize, along: usize| image.pixel(deep, along);
    let behind = |deep: usize, along: usize| image.pixel(width - 1 - deep, along);
    let left = plain(width, between.clone(), &before);
    let right = plain(width, between.clone(), &behind);
    // A frame ends along what is inside; bars along two edges end along the whole picture.
    let inside = left..width.saturating_sub(right).max(left);
    let frame = [top, right, bottom, left].iter().all(|deep| *deep > 0)
        && ends(top, height, inside.clone(), &above)
        && ends(bottom, height, inside, &below)
        && ends(left, width, between.clone(), &before)
        && ends(right, width, between.clone(), &behind);
    let lies = |deep: usize, pixel: Pixel<'_>| match frame || ends(deep, height, 0..width, pixel) {
        true => deep,
        false => 0,
    };
    let (top, bottom) = (lies(top, &above), lies(bottom, &below));
    let between = top..height.saturating_sub(bottom).max(top);
    let stands = |pixel: Pixel<'_>| {
        let deep = plain(width, between.clone(), pixel);
        match frame || ends(deep, width, between.clone(), pixel) {
            true => deep,
            false => 0,
        }
    };
    let (left, right) = (stands(&before), stands(&behind));
    let same = far(image.pixel(0, 0), image.pixel(width - 1, height - 1)) <= SAME;
    let pair = |one: usize, other: usize, length: usize| {
        let least = (length / 50).max(2);
        let about = one.abs_diff(other) <= (length / 100).max(2);
        let inside = one + other < length * 9 / 10;
        match same && about && one.min(other) >= least && inside {
            true => [one as u32, other as u32],
            false => [0, 0],
        }
    };
    let ([top, bottom], [left, right]) = (pair(top, bottom, height), pair(left, right, width));
    [left, top, right, bottom]
}

/// Colours that differ less are one, JPEG's traces included.
const SAME: f32 = 10.0 / 255.0;
/// Where a bar ends so many pixels along it have another colour within [`SOON`] lines; a subject with straight sides on a plain
/// ground reaches 0.85.
const ENDS: f64 = 0.9;
const SOON: usize = 3;

fn far(one: [f32; 3], other: [f32; 3]) -> f32 {
    (0..3)
        .map(|c| (one[c] - other[c]).abs())
        .fold(0.0, f32::max)
}

/// The colour at a depth behind an edge, and a place along it.
type Pixel<'a> = &'a dyn Fn(usize, usize) -> [f32; 3];

/// Lines of one colour from an edge on, of so many, seen along a part of the edge. Traces of JPEG do not count.
fn plain(lines: usize, part: Range<usize>, pixel: Pixel<'_>) -> usize {
    if lines == 0 || part.is_empty() {
        return 0;
    }
    let colour = pixel(0, part.start);
    let others = |depth: usize| {
        let other = part
            .clone()
            .filter(|along| far(pixel(depth, *along), colour) > SAME);
        other.count() as f64 / part.len() as f64
    };
    (0..lines)
        .find(|depth| others(*depth) > 0.02)
        .unwrap_or(lines)
}

/// Whether such lines end along the whole part at once.
fn ends(deep: usize, lines: usize, part: Range<usize>, pixel: Pixel<'_>) -> bool {
    if deep == 0 || part.is_empty() {
        return false;
    }
    let colour = pixel(0, part.start);
    let end = deep..lines.min(deep + SOON);
    let ending = (part.clone())
        .filter(|along| {
            end.clone()
                .any(|depth| far(pixel(depth, *along), colour) > SAME)
        })
        .count();
    ending as f64 >= ENDS * part.len() as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Numbers that look random, the same for the same place.
    fn noise(place: usize) -> f32 {
        let wave = (place as f32 * 12.9898 + 4.1).sin() * 43758.547;
        wave - wave.floor()
    }

    fn noisy(width: usize, height: usize) -> Image {
        Image::new(width, height, (0..width * height * 3).map(noise).collect())
    }

    fn padded(inner: &Image, across: usize, down: usize) -> Image {
        let mut image = Image::filled(inner.width + 2 * across, inner.height + 2 * down, [0.0; 3]);
        for y in 0..inner.height {
            for x in 0..inner.width {
                image.set(x + across, y + down, inner.pixel(x, y));
            }
        }
        image
    }

    #[test]
    fn bars_are_measured() {
        let inner = noisy(60, 40).map(|c| c.map(|v| 0.3 + 0.6 * v));
        assert_eq!(bars(&inner), [0; 4]);
        assert_eq!(bars(&padded(&inner, 0, 8)), [0, 8, 0, 8]);
        assert_eq!(bars(&padded(&inner, 9, 0)), [9, 0, 9, 0]);
        assert_eq!(bars(&padded(&inner, 5, 4)), [5, 4, 5, 4]);
        assert_eq!(bars(&Image::filled(40, 40, [1.0; 3])), [0; 4]);
        // A disc on a plain ground.
        let mut disc = Image::filled(60, 60, [1.0; 3]);
        for y in 0..60usize {
            for x in 0..60usize {
                if x.abs_diff(30).pow(2) + y.abs_diff(30).pow(2) < 300 {
                    disc.set(x, y, [0.4, 0.1, 0.1]);
                }
            }
        }
        assert_eq!(bars(&disc), [0; 4]);
    }

    #[test]
    fn noise_is_no_picture() {
        assert!(is_noise(&noisy(96, 80)));
        // Smooth noise is noise of larger spots.
        let ramp: Vec<f32> = (0..96 * 96)
            .flat_map(|at| [(at % 96) as f32 / 96.0 * 0.6 + 0.4 * noise(at); 3])
            .collect();
        assert!(!is_noise(&Image::new(96, 96, ramp)));
        assert!(!is_noise(&Image::filled(64, 64, [0.5; 3])));
    }

    #[test]
    fn a_sketch_is_the_picture_in_small() {
        let grey = Image::filled(7, 300, [0.5; 3]);
        let sketch = Sketch::of(&grey);
        assert_eq!(sketch.0, vec![128; SIDE * SIDE]);
        let other = Sketch::of(&Image::filled(200, 20, [0.25; 3]));
        assert_eq!(sketch.difference(&other), 64.0);
        assert_eq!(other.mean(), 64.0);
    }
}
