//! The one resize of the project: antialiased bicubic, bit for bit that of Pillow on 8-bit RGB.
//!
//! Features depend on the resize nearly as much as on the encoder, so there is one, it works on 8-bit
//! values as the reference pipelines do, and it belongs to every fingerprint of features.
//! Reference: Pillow `Image.resize(size, Image.BICUBIC)`: Keys' cubic with a = -0.5, its support
//! widened by the scale when shrinking, weights in fixed point with 22 fractional bits, columns
//! before rows, and rounding to 8 bits between the two passes. That is Pillow up to version 12, with
//! which the published encoders were trained. Version 13 takes rows first for some shapes, as the
//! crate `fast_image_resize` always does: at hard edges, where overshoot is clipped between the
//! passes, that changes values by up to 27/255.

use crate::image::Image;

/// Name of the resize, for fingerprints of features.
pub const RESIZE: &str = "bicubic-antialiased-8bit";

/// Half width of the cubic kernel, in source pixels at scale 1.
const SUPPORT: f64 = 2.0;
/// Fractional bits of the weights: 32 less 8 for the value and 2 for overshoot.
const PRECISION: u32 = 22;

/// Resizes to `width` x `height` pixels, whatever the aspect ratio becomes.
///
/// The image is rounded to 8 bits first, and the result holds multiples of 1/255. A size of 0 counts
/// as 1. The same size returns the image as rounded to 8 bits.
pub fn resize(image: &Image, width: usize, height: usize) -> Image {
    let (width, height) = (width.max(1), height.max(1));
    let mut bytes = image.to_rgb8();
    if width != image.width {
        bytes = resize_columns(&bytes, image.width, width);
    }
    if height != image.height {
        bytes = resize_rows(&bytes, width, image.height, height);
    }
    Image::from_rgb8(width, height, &bytes)
}

/// Resizes the shorter side to `side` pixels and cuts the centre square out, as CLIP preprocesses.
///
/// The longer side is rounded down and the cut-out is placed half an even number of pixels in, both
/// as in torchvision's `Resize` and `CenterCrop`. An image of `side` x `side` pixels is only rounded
/// to 8 bits.
pub fn fit_square(image: &Image, side: usize) -> Image {
    let side = side.max(1);
    let shorter = image.width.min(image.height).max(1);
    let scaled = |length: usize| {
        if length == shorter {
            side
        } else {
            side * length / shorter
        }
    };
    let resized = resize(image, scaled(image.width), scaled(image.height));
    let left = centre_offset(resized.width - side);
    let top = centre_offset(resized.height - side);
    crop(&resized, left, top, side)
}

/// Half of the pixels to cut off, halves rounded to even.
fn centre_offset(excess: usize) -> usize {
    match excess % 4 {
        3 => excess / 2 + 1,
        _ => excess / 2,
    }
}

/// The `side` x `side` pixels from column `left` and row `top` on; the caller keeps them inside.
fn crop(image: &Image, left: usize, top: usize, side: usize) -> Image {
    let mut pixels = Vec::with_capacity(side * side * 3);
    for y in top..top + side {
        let start = (y * image.width + left) * 3;
        pixels.extend_from_slice(&image.pixels[start..start + side * 3]);
    }
    Image::new(side, side, pixels)
}

/// Weights of the source positions from `first` on that make one output position.
struct Taps {
    first: usize,
    weights: Vec<i32>,
}

/// Keys' cubic convolution kernel with a = -0.5 at distance `x`.
fn cubic(x: f64) -> f64 {
    const A: f64 = -0.5;
    let x = x.abs();
    if x < 1.0 {
        ((A + 2.0) * x - (A + 3.0)) * x * x + 1.0
    } else if x < SUPPORT {
        (((x - 5.0) * x + 8.0) * x - 4.0) * A
    } else {
        0.0
    }
}

/// The taps of every output position along one axis.
fn taps(from: usize, to: usize) -> Vec<Taps> {
    let scale = from as f64 / to as f64;
    let stretch = scale.max(1.0);
    let reach = SUPPORT * stretch;
    (0..to)
        .map(|position| {
            let centre = (position as f64 + 0.5) * scale;
            let first = (centre - reach + 0.5).max(0.0) as usize;
            let end = ((centre + reach + 0.5) as usize).min(from);
            let weights: Vec<f64> = (first..end)
                .map(|at| cubic((at as f64 - centre + 0.5) / stretch))
                .collect();
            let total: f64 = weights.iter().sum();
            let unit = f64::from(1u32 << PRECISION) / total;
            Taps {
                first,
                weights: weights.iter().map(|w| (w * unit).round() as i32).collect(),
            }
        })
        .collect()
}

/// Rounds a fixed-point sum (that began with a half) to 8 bits, clipping overshoot.
fn to_byte(sum: i32) -> u8 {
    (sum >> PRECISION).clamp(0, 255) as u8
}

const HALF: i32 = 1 << (PRECISION - 1);

/// Changes the number of columns from `from` to `to`.
fn resize_columns(bytes: &[u8], from: usize, to: usize) -> Vec<u8> {
    let taps = taps(from, to);
    let mut output = Vec::with_capacity(bytes.len() / from * to);
    for row in bytes.chunks_exact(from * 3) {
        for tap in &taps {
            let mut sums = [HALF; 3];
            let window = &row[tap.first * 3..];
            for (pixel, &weight) in window.chunks_exact(3).zip(&tap.weights) {
                for (sum, &value) in sums.iter_mut().zip(pixel) {
                    *sum += i32::from(value) * weight;
                }
            }
            output.extend(sums.map(to_byte));
        }
    }
    output
}

/// Changes the number of rows from `from` to `to`.
fn resize_rows(bytes: &[u8], width: usize, from: usize, to: usize) -> Vec<u8> {
    let stride = width * 3;
    let mut output = Vec::with_capacity(stride * to);
    let mut sums = vec![HALF; stride];
    for tap in taps(from, to) {
        sums.fill(HALF);
        let window = &bytes[tap.first * stride..];
        for (row, &weight) in window.chunks_exact(stride).zip(&tap.weights) {
            for (sum, &value) in sums.iter_mut().zip(row) {
                *sum += i32::from(value) * weight;
            }
        }
        output.extend(sums.iter().map(|&sum| to_byte(sum)));
    }
    output
}
