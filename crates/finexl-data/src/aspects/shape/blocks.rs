//! Pixelated: axis-aligned square blocks.

use crate::aspects::draw::Draw;
use crate::aspects::filters::{blend, fraction, lerp, numbers, pick, region_means, render, unit};
use crate::image::Image;

/// A grid of square blocks.
#[derive(Clone, Copy)]
struct Grid {
    block: f32,
    phase: (f32, f32),
    columns: usize,
    rows: usize,
    brick: bool,
}

impl Grid {
    fn new(image: &Image, block: f32, phase: (f32, f32)) -> Self {
        Self {
            block,
            phase,
            columns: (image.width as f32 / block) as usize + 3,
            rows: (image.height as f32 / block) as usize + 2,
            brick: false,
        }
    }

    /// Position in blocks.
    #[inline]
    fn position(&self, x: usize, y: usize) -> (f32, f32) {
        let b = (y as f32 + 0.5) / self.block + self.phase.1;
        let shift = if self.brick && (b as usize) % 2 == 1 {
            0.5
        } else {
            0.0
        };
        ((x as f32 + 0.5) / self.block + self.phase.0 + shift, b)
    }

    #[inline]
    fn label(&self, x: usize, y: usize) -> u32 {
        let (a, b) = self.position(x, y);
        let column = (a as usize).min(self.columns - 1);
        ((b as usize).min(self.rows - 1) * self.columns + column) as u32
    }

    fn labels(&self, image: &Image) -> Vec<u32> {
        let mut labels = Vec::with_capacity(image.width * image.height);
        for y in 0..image.height {
            labels.extend((0..image.width).map(|x| self.label(x, y)));
        }
        labels
    }

    fn means(&self, image: &Image) -> Vec<[f32; 3]> {
        region_means(image, &self.labels(image), self.columns * self.rows)
    }

    /// The colour in the middle of every block.
    fn middles(&self, image: &Image) -> Vec<[f32; 3]> {
        let mut colours = Vec::with_capacity(self.columns * self.rows);
        for row in 0..self.rows {
            let y = (row as f32 + 0.5 - self.phase.1) * self.block;
            for column in 0..self.columns {
                let x = (column as f32 + 0.5 - self.phase.0) * self.block;
                colours.push(image.pixel_clamped(x as isize, y as isize));
            }
        }
        colours
    }
}

/// Block size in pixels: 1 at level 0, `largest` units at level 1.
fn block_size(image: &Image, level: f32, largest: f32) -> f32 {
    1.0 + level * (largest * unit(image) - 1.0).max(0.5)
}

/// Very small levels fade in, because a block between one and two pixels is already plain to see.
fn fade_in(level: f32) -> f32 {
    (level / 0.2).min(1.0)
}

/// Blocks of the mean, of the middle pixel or of both mixed, plain or with a thin darker grid.
pub fn pixelated_training(image: &Image, level: f32, draw: &mut Draw) -> Image {
    let s: [f32; 7] = numbers(&mut draw.style);
    if level <= 0.0 {
        return image.clone();
    }
    let whole = s[5] > 0.5;
    let size = block_size(image, level, lerp(7.5, 11.0, s[1]));
    let size = if whole { size.round().max(2.0) } else { size };
    let phase = if whole { (0.0, 0.0) } else { (s[2], s[3]) };
    let grid = Grid::new(image, size, phase);
    let colours = match pick(s[0], 3) {
        0 => grid.means(image),
        1 => grid.middles(image),
        _ => {
            let (means, middles) = (grid.means(image), grid.middles(image));
            let pairs = means.iter().zip(&middles);
            pairs.map(|(a, b)| blend(*a, *b, 0.5)).collect()
        }
    };
    let line = if s[6] > 0.75 { 0.3 * s[4] + 0.1 } else { 0.0 };
    let width = (unit(image) * 0.8 / grid.block).max(1.0 / grid.block);
    let mix = fade_in(level);
    render(image, |x, y, _| {
        let mut colour = colours[grid.label(x, y) as usize];
        if line > 0.0 && grid.block > 3.0 {
            let (a, b) = grid.position(x, y);
            if fraction(a) < width || fraction(b) < width {
                colour = colour.map(|v| v * (1.0 - line));
            }
        }
        blend(image.pixel(x, y), colour, mix)
    })
}

/// Blocks as old screens show them: means reduced to a few steps per channel, on a grid that fits
/// the image or with every other row moved by half a block.
pub fn pixelated_held_out(image: &Image, level: f32, draw: &mut Draw) -> Image {
    let s: [f32; 4] = numbers(&mut draw.style);
    if level <= 0.0 {
        return image.clone();
    }
    let size = block_size(image, level, lerp(7.0, 10.0, s[1]));
    let fitting = image.width as f32 / (image.width as f32 / size).round().max(1.0);
    let mut grid = Grid::new(image, fitting, (0.0, s[2]));
    grid.brick = s[0] > 0.7;
    let steps = 6.0 + (5.0 * s[3]).floor();
    let mut colours = grid.means(image);
    for colour in &mut colours {
        *colour = colour.map(|v| (v * steps).round() / steps);
    }
    let mix = fade_in(level);
    render(image, |x, y, _| {
        let block = colours[grid.label(x, y) as usize];
        blend(image.pixel(x, y), block, mix)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aspects::filters::probe::{check, picture};

    #[test]
    fn blocks_keep_their_promises() {
        check(pixelated_training);
        check(pixelated_held_out);
    }

    #[test]
    fn a_block_has_one_colour() {
        let image = picture(64, 64);
        let grid = Grid::new(&image, 8.0, (0.0, 0.0));
        let labels = grid.labels(&image);
        assert_eq!(labels[0], labels[7 * 64 + 7]);
        assert_ne!(labels[7], labels[8]);
        assert_eq!(grid.middles(&image)[0], image.pixel(4, 4));
    }
}
