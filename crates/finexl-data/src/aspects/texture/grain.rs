//! Grainy: fine random noise over the whole picture.

use crate::aspects::draw::Draw;
use crate::aspects::filters::{Lattice, lerp, numbers, pick, render, unit};
use crate::image::{Image, luma};

/// How a grain field is made from a lattice.
#[derive(Clone, Copy)]
enum Field {
    /// Bell-shaped and independent per grain.
    Bell,
    /// Uniform and independent per grain.
    Flat,
    /// Soft lumps joined smoothly.
    Soft,
    /// A fine and a coarse field together.
    TwoScales,
}

impl Field {
    /// Value at a position in grains, mean 0 and deviation about 1.
    #[inline]
    fn at(self, lattice: Lattice, x: f32, y: f32) -> f32 {
        let (ix, iy) = (x as i32, y as i32);
        match self {
            Self::Bell => lattice.normal(ix, iy),
            Self::Flat => (lattice.at(ix, iy) - 0.5) * 3.46,
            Self::Soft => (lattice.value(x, y) - 0.5) * 4.6,
            Self::TwoScales => {
                let coarse = lattice.fork(9).value(x * 0.4, y * 0.4) - 0.5;
                lattice.normal(ix, iy) * 0.8 + coarse * 2.6
            }
        }
    }
}

/// Grain by additive noise: bell-shaped, uniform, soft or of two scales; grey or coloured; even or
/// stronger in shadows or middle tones; grains of 1 to 2 units.
pub fn grainy_training(image: &Image, level: f32, draw: &mut Draw) -> Image {
    let s: [f32; 6] = numbers(&mut draw.style);
    let lattice = Lattice::new(&mut draw.noise);
    if level <= 0.0 {
        return image.clone();
    }
    let field = [Field::Bell, Field::Flat, Field::Soft, Field::TwoScales][pick(s[0], 4)];
    let size = (unit(image) * lerp(1.0, 2.0, s[1])).max(1.0);
    let colour = [0.0, 0.0, 0.5, 1.0][pick(s[2], 4)];
    let tone = pick(s[3], 3);
    let deviation = level * lerp(0.24, 0.36, s[4]);
    let channels = [lattice.fork(1), lattice.fork(2), lattice.fork(3)];
    render(image, |x, y, _| {
        let c = image.pixel(x, y);
        let bright = luma(c);
        let weight = match tone {
            0 => 1.0,
            1 => 1.25 - 0.6 * bright,
            _ => 0.6 + 2.0 * bright * (1.0 - bright),
        };
        let (gx, gy) = (x as f32 / size, y as f32 / size);
        let grey = field.at(lattice, gx, gy);
        let strength = deviation * weight;
        std::array::from_fn(|k| {
            let own = if colour > 0.0 {
                field.at(channels[k], gx, gy)
            } else {
                0.0
            };
            c[k] + strength * lerp(grey, own, colour)
        })
    })
}

/// Grain as film and sensors make it: each grain is black or white with the pixel's own brightness
/// as its probability, or sparse salt-and-pepper specks in clumps.
pub fn grainy_held_out(image: &Image, level: f32, draw: &mut Draw) -> Image {
    let s: [f32; 4] = numbers(&mut draw.style);
    let lattice = Lattice::new(&mut draw.noise);
    if level <= 0.0 {
        return image.clone();
    }
    let size = (unit(image) * lerp(1.0, 1.8, s[1])).max(1.0);
    let coloured = s[2] > 0.5;
    let strength = level * lerp(0.5, 0.7, s[3]);
    let specks = pick(s[0], 3) == 2;
    let channels = [lattice.fork(1), lattice.fork(2), lattice.fork(3)];
    let clumps = lattice.fork(4);
    render(image, |x, y, _| {
        let c = image.pixel(x, y);
        let (gx, gy) = (x as f32 / size, y as f32 / size);
        let (ix, iy) = (gx as i32, gy as i32);
        if specks {
            let density = level * 0.55 * (0.5 + clumps.value(gx * 0.35, gy * 0.35));
            let roll = lattice.at(ix, iy);
            let target = if roll < density * 0.5 { 0.04 } else { 0.96 };
            let hit = if roll < density { 0.8 } else { 0.0 };
            return c.map(|v| lerp(v, target, hit));
        }
        let bright = luma(c).clamp(0.12, 0.88);
        std::array::from_fn(|k| {
            let (field, chance) = if coloured {
                (channels[k], c[k].clamp(0.12, 0.88))
            } else {
                (lattice, bright)
            };
            let grain = f32::from(u8::from(field.at(ix, iy) < chance));
            c[k] + strength * (grain - chance)
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aspects::filters::probe::check;

    #[test]
    fn grain_keeps_its_promises() {
        check(grainy_training);
        check(grainy_held_out);
    }
}
