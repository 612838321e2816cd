//! A style as a model shows it that has learned it in part.
//!
//! What all pictures of a style have in common is learned before what each has of its own: first the shift
//! of the mean colour, then the rest of the map of colours, then coarse structure, then details. A change is
//! taken apart into these four, fitted over all pictures of a set, and put together again in shares that do
//! not rise from one to the next.

use finexl_data::aspects::Family;
use finexl_data::image::Image;
use finexl_data::resize::resize;

/// How much of each part of a change is shown.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct HalfLearned {
    /// Shift of the mean colour, map of colours, coarse structure, details; none larger than the one before.
    pub shares: [f32; 4],
    /// Side in pixels of what counts as a detail.
    pub detail: f32,
}

impl HalfLearned {
    /// The changes of a set as shown in part, in its order.
    pub fn shown(&self, pairs: &[(Image, Image)]) -> Vec<Image> {
        let map = ColourMap::fit(pairs);
        let shown = |(clean, styled): &(Image, Image)| self.one(clean, styled, &map);
        pairs.iter().map(shown).collect()
    }

    /// The level at which an aspect of a family is shown, as a share of its own.
    pub fn level(&self, family: Family) -> f32 {
        let [_, colours, coarse, details] = self.shares;
        let own = match family {
            Family::Colour | Family::Tone => colours,
            Family::Light => 0.5 * (colours + coarse),
            Family::Texture | Family::Edge | Family::Reserved => details,
        };
        // What is not its own part is a hint of it too.
        const OWN: f32 = 0.6;
        OWN * own + (1.0 - OWN) * self.shares.iter().sum::<f32>() / 4.0
    }

    fn one(&self, clean: &Image, styled: &Image, map: &ColourMap) -> Image {
        let [shift, colours, coarse, details] = self.shares;
        let (width, height) = (clean.width, clean.height);
        let mut left = styled.clone();
        let mut mapped = clean.clone();
        for ((left, out), from) in (left.pixels.chunks_exact_mut(3))
            .zip(mapped.pixels.chunks_exact_mut(3))
            .zip(clean.pixels.chunks_exact(3))
        {
            let to = map.apply([from[0], from[1], from[2]]);
            for c in 0..3 {
                left[c] -= to[c];
                let rest = to[c] - from[c] - map.shift[c];
                out[c] = from[c] + shift * map.shift[c] + colours * rest;
            }
        }
        let small = |n: usize| ((n as f32 / self.detail).round() as usize).max(1);
        let rough = resize(&resize(&left, small(width), small(height)), width, height);
        let parts = left.pixels.iter().zip(&rough.pixels).zip(&mapped.pixels);
        let pixels = parts
            .map(|((all, rough), base)| base + coarse * rough + details * (all - rough))
            .map(|value| value.clamp(0.0, 1.0));
        Image::new(width, height, pixels.collect())
    }
}

/// The affine map of colours that is nearest to what a style does, and its mean shift.
struct ColourMap {
    /// Rows of red, green, blue; columns of red, green, blue and one.
    rows: [[f64; 4]; 3],
    shift: [f32; 3],
}

impl ColourMap {
    fn fit(pairs: &[(Image, Image)]) -> Self {
        // Normal equations of [colour, 1] -> change of colour.
        let mut gram = [[0.0f64; 4]; 4];
        let mut target = [[0.0f64; 4]; 3];
        for (clean, styled) in pairs {
            for (from, to) in (clean.pixels.chunks_exact(3)).zip(styled.pixels.chunks_exact(3)) {
                let x = [from[0], from[1], from[2], 1.0].map(f64::from);
                for i in 0..4 {
                    (0..4).for_each(|j| gram[i][j] += x[i] * x[j]);
                    (0..3).for_each(|c| target[c][i] += x[i] * f64::from(to[c] - from[c]));
                }
            }
        }
        let count = gram[3][3].max(1.0);
        // Pictures of one colour leave the map open; the smallest one will do.
        (0..4).for_each(|i| gram[i][i] += 1e-4 * count);
        Self {
            shift: target.map(|row| (row[3] / count) as f32),
            rows: target.map(|row| solve(gram, row)),
        }
    }

    fn apply(&self, colour: [f32; 3]) -> [f32; 3] {
        let [r, g, b] = colour.map(f64::from);
        let change = self
            .rows
            .map(|row| row[0] * r + row[1] * g + row[2] * b + row[3]);
        [0, 1, 2].map(|c| colour[c] + change[c] as f32)
    }
}

/// Solves `gram x = target` for a positive definite `gram` by elimination.
fn solve(mut gram: [[f64; 4]; 4], mut target: [f64; 4]) -> [f64; 4] {
    for pivot in 0..4 {
        for row in pivot + 1..4 {
            let factor = gram[row][pivot] / gram[pivot][pivot];
            (pivot..4).for_each(|column| gram[row][column] -= factor * gram[pivot][column]);
            target[row] -= factor * target[pivot];
        }
    }
    for row in (0..4).rev() {
        let known: f64 = (row + 1..4)
            .map(|column| gram[row][column] * target[column])
            .sum();
        target[row] = (target[row] - known) / gram[row][row];
    }
    target
}

#[cfg(test)]
mod tests {
    use super::*;
    use finexl_data::aspects::{Implementation, find, stylize};
    use finexl_data::procedural::dead_leaves;

    fn pairs() -> Vec<(Image, Image)> {
        let halftone = find("halftone").map(|aspect| (aspect, 0.8));
        let styles: Vec<_> = halftone.into_iter().collect();
        let styled = |clean: &Image| stylize(clean, &styles, Implementation::Training, 1, 2);
        (0..4)
            .map(|seed| dead_leaves(32, seed, 1))
            .map(|clean| (clean.clone(), styled(&clean)))
            .collect()
    }

    #[test]
    fn all_of_it_is_the_style_and_nothing_of_it_the_picture() {
        let pairs = pairs();
        let shown = |share: f32| {
            let shares = [share; 4];
            HalfLearned {
                shares,
                detail: 3.0,
            }
            .shown(&pairs)
        };
        let (none, all) = (shown(0.0), shown(1.0));
        for ((clean, styled), (none, all)) in pairs.iter().zip(none.iter().zip(&all)) {
            assert!(clean.mean_abs_difference(none) < 1e-5);
            assert!(styled.mean_abs_difference(all) < 1e-5);
        }
    }

    #[test]
    fn the_mean_colour_moves_first() {
        let pairs = pairs();
        let first = HalfLearned {
            shares: [1.0, 0.0, 0.0, 0.0],
            detail: 3.0,
        };
        let mean = |images: &[Image]| -> f64 {
            let all = images.iter().flat_map(|image| &image.pixels);
            let count = all.clone().count() as f64;
            all.map(|v| f64::from(*v)).sum::<f64>() / count
        };
        let shown = first.shown(&pairs);
        let styled: Vec<Image> = pairs.iter().map(|(_, styled)| styled.clone()).collect();
        assert!((mean(&shown) - mean(&styled)).abs() < 0.02);
        assert!(first.level(Family::Texture) < 0.2);
    }
}
