//! Filters that several aspect operators share: blur, gradients, lattice noise, regions, strokes.
//!
//! Everything is written for speed at 64x64 (a training feeds on it) and works from 1x1 upwards.

mod blur;
mod contour;
mod noise;
#[cfg(test)]
pub(super) mod probe;
mod region;
mod stroke;

pub use blur::{box_blur, disc_blur, gaussian_blur, laplacian, smoothed};
pub use contour::{
    difference_of_gaussians, directional, gradient, label_edges, morphological, sobel,
    zero_crossings,
};
pub use noise::{Lattice, numbers, pick};
pub use region::{Cells, cells, kmeans, median_cut, nearest_colour, paint_regions, region_means};
pub use stroke::Stroke;

use crate::image::Image;

/// The unit of length in pixels: 1/64 of the shorter side, so that effects look alike at any size.
///
/// Never below half a pixel: on thumbnails of a few pixels the effects would vanish otherwise.
pub fn unit(image: &Image) -> f32 {
    (image.width.min(image.height) as f32 / 64.0).max(0.5)
}

/// Linear interpolation, `a` at 0 and `b` at 1.
#[inline]
pub fn lerp(a: f32, b: f32, t: f32) -> f32 {
    a + (b - a) * t
}

/// Mixes two colours, `a` at 0 and `b` at 1.
#[inline]
pub fn blend(a: [f32; 3], b: [f32; 3], t: f32) -> [f32; 3] {
    std::array::from_fn(|c| lerp(a[c], b[c], t))
}

/// Cubic step from 0 (at `low`) to 1 (at `high`).
#[inline]
pub fn smoothstep(low: f32, high: f32, value: f32) -> f32 {
    let t = ((value - low) / (high - low)).clamp(0.0, 1.0);
    t * t * (3.0 - 2.0 * t)
}

/// The largest integer not above `value`; cheaper than `f32::floor` without special instructions.
#[inline]
pub fn floor(value: f32) -> i32 {
    let t = value as i32;
    t - i32::from(value < t as f32)
}

/// Distance from `value` to the nearest lower integer, in [0, 1).
#[inline]
pub fn fraction(value: f32) -> f32 {
    value - floor(value) as f32
}

/// How much of an effect shows at a level: 0 at 0, 1 at 1, rising faster at first (0.69 at 0.5).
#[inline]
pub fn amount(level: f32) -> f32 {
    let rest = 1.0 - level.clamp(0.0, 1.0);
    1.0 - rest * rest.powf(0.7)
}

/// A saturated colour of a hue in [0, 1), scaled to the given brightness; `strength` 0 is grey.
pub fn tint(hue: f32, strength: f32, brightness: f32) -> [f32; 3] {
    std::array::from_fn(|c| {
        let angle = std::f32::consts::TAU * (hue - c as f32 / 3.0);
        (brightness * (1.0 + strength * angle.cos())).clamp(0.0, 1.0)
    })
}

/// Builds an image of the same size from a function of column, row and index, clamped to [0, 1].
#[inline]
pub fn render(image: &Image, mut f: impl FnMut(usize, usize, usize) -> [f32; 3]) -> Image {
    let mut pixels = Vec::with_capacity(image.pixels.len());
    let mut index = 0;
    for y in 0..image.height {
        for x in 0..image.width {
            pixels.extend(f(x, y, index).map(|v| v.clamp(0.0, 1.0)));
            index += 1;
        }
    }
    Image::new(image.width, image.height, pixels)
}

/// The colour of the pixel with a row-major index.
#[inline]
pub fn colour_at(pixels: &[f32], index: usize) -> [f32; 3] {
    let at = index * 3;
    [pixels[at], pixels[at + 1], pixels[at + 2]]
}
