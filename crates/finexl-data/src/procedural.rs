//! Procedural pictures: overlapping shapes with the statistics of photographs.
//!
//! The dead-leaves model (Lee, Mumford and Huang 2001): shapes of power-law sizes cover each other.
//! With soft shading and fine texture on top it stands in for photographs where none may be used.

use crate::image::Image;
use finexl_core::seed::generator;
use rand::{Rng, RngExt};

/// Smallest and largest radius of a shape, as shares of the picture's side.
const RADII: (f32, f32) = (0.03, 0.6);

/// Draws picture `index` of a seed as a square of `side` pixels.
pub fn dead_leaves(side: usize, seed: u64, index: u64) -> Image {
    let mut rng = generator(seed, &[0x1ea7e5, index]);
    let palette: Vec<[f32; 3]> = (0..rng.random_range(3..9))
        .map(|_| natural_colour(&mut rng))
        .collect();
    let mut image = Image::filled(side, side, palette[0]);
    let shapes = rng.random_range(20..120);
    for _ in 0..shapes {
        let base = palette[rng.random_range(0..palette.len())];
        draw_shape(&mut image, base, &mut rng);
    }
    shade(&mut image, &mut rng);
    image
}

/// Colours of photographs are mostly unsaturated; a few are not.
fn natural_colour(rng: &mut impl Rng) -> [f32; 3] {
    let grey: f32 = rng.random_range(0.05..0.95);
    let spread = if rng.random_bool(0.3) { 0.5 } else { 0.18 };
    std::array::from_fn(|_| (grey + rng.random_range(-spread..spread)).clamp(0.0, 1.0))
}

/// A rotated ellipse or rectangle with a gradient and a stripe or speckle texture.
fn draw_shape(image: &mut Image, base: [f32; 3], rng: &mut impl Rng) {
    let side = image.width as f32;
    let u: f32 = rng.random();
    // Radii fall off like 1 / r^3, which gives natural images' 1 / f^2 spectrum.
    let (a, b) = (RADII.0.powi(-2), RADII.1.powi(-2));
    let radius = side * (a + u * (b - a)).powf(-0.5);
    let (cx, cy) = (
        rng.random_range(0.0..1.0) * side,
        rng.random_range(0.0..1.0) * side,
    );
    let aspect: f32 = rng.random_range(0.4..1.0);
    let (sin, cos) = rng.random_range(0.0f32..std::f32::consts::PI).sin_cos();
    let round = rng.random_bool(0.6);
    let jitter: [f32; 3] = std::array::from_fn(|_| rng.random_range(-0.08..0.08));
    let slope: f32 = rng.random_range(-0.25..0.25);
    let stripe = if rng.random_bool(0.3) {
        rng.random_range(0.03..0.12)
    } else {
        0.0
    };
    let pitch = rng.random_range(0.3..1.5) * side / 20.0;
    let rows = clip(cy - radius, cy + radius, image.height);
    let columns = clip(cx - radius, cx + radius, image.width);
    for y in rows {
        for x in columns.clone() {
            let (dx, dy) = (x as f32 - cx, y as f32 - cy);
            let (p, q) = (
                (dx * cos + dy * sin) / radius,
                (dy * cos - dx * sin) / (radius * aspect),
            );
            let inside = if round {
                p * p + q * q <= 1.0
            } else {
                p.abs() <= 0.8 && q.abs() <= 0.8
            };
            if inside {
                let tone = slope * p + stripe * (dx * cos * 6.0 / pitch).sin();
                let colour = std::array::from_fn(|c| (base[c] + jitter[c] + tone).clamp(0.0, 1.0));
                image.set(x, y, colour);
            }
        }
    }
}

fn clip(from: f32, to: f32, length: usize) -> std::ops::Range<usize> {
    from.max(0.0) as usize..(to.max(0.0).ceil() as usize).min(length)
}

/// A slow change of light across the picture.
fn shade(image: &mut Image, rng: &mut impl Rng) {
    let (gx, gy): (f32, f32) = (rng.random_range(-0.15..0.15), rng.random_range(-0.15..0.15));
    let (w, h) = (image.width, image.height);
    for y in 0..h {
        for x in 0..w {
            let light = gx * (x as f32 / w as f32 - 0.5) + gy * (y as f32 / h as f32 - 0.5);
            let colour = image.pixel(x, y).map(|v| (v + light).clamp(0.0, 1.0));
            image.set(x, y, colour);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pictures_are_repeatable_varied_and_in_range() {
        let image = dead_leaves(48, 1, 2);
        assert_eq!(image, dead_leaves(48, 1, 2));
        assert!(image.mean_abs_difference(&dead_leaves(48, 1, 3)) > 0.02);
        assert!(image.pixels.iter().all(|v| (0.0..=1.0).contains(v)));
    }
}
