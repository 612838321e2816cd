//! The one resize of the project: antialiased bicubic, bit for bit that of Pillow on 8-bit RGB.
//!
//! Features depend on the resize nearly as much as on the encoder, so there is one, it works on 8-bit
//! values as the reference pipelines do, and it belongs to every fingerprint of features.
//! Reference: Pillow 13 `Image.resize(size, Image.BICUBIC)`: Keys' cubic with a = -0.5, its support
//! widened by the scale when shrinking, weights in fixed point with 22 fractional bits, and rounding to
//! 8 bits between the two passes. Columns come before rows, unless the height loses more than twice the
//! pixels that the width loses. Pillow up to version 12 always takes columns first. Where overshoot is
//! clipped between the passes, at hard edges, the order changes values by up to 27/255; it can matter
//! for pictures more than about twice as high as wide, and for none that are square.

use crate::image::Image;

/// Name of the resize, for fingerprints of features.
pub const RESIZE: &str = "bicubic-antialiased-8bit";

/// Kernel of a resize.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Filter {
    /// Keys' cubic, `Image.BICUBIC` of Pillow.
    Bicubic,
    /// The triangle, `Image.BILINEAR` of Pillow.
    Bilinear,
}

impl Filter {
    /// Half width of the kernel, in source pixels at scale 1.
    fn support(self) -> f64 {
        match self {
            Self::Bicubic => SUPPORT,
            Self::Bilinear => 1.0,
        }
    }

    fn weight(self, x: f64) -> f64 {
        match self {
            Self::Bicubic => cubic(x),
            Self::Bilinear => (1.0 - x.abs()).max(0.0),
        }
    }
}

/// Where a centre crop begins when an odd number of pixels has to go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CropRounding {
    /// Halves to even, as torchvision's `CenterCrop` does.
    HalfEven,
    /// Down, as transformers does.
    Down,
}

/// Half width of the cubic kernel, in source pixels at scale 1.
const SUPPORT: f64 = 2.0;
/// Fractional bits of the weights: 32 less 8 for the value and 2 for overshoot.
const PRECISION: u32 = 22;

/// Resizes to `width` x `height` pixels, whatever the aspect ratio becomes.
///
/// The image is rounded to 8 bits first, and the result holds multiples of 1/255. A size of 0 counts
/// as 1. The same size returns the image as rounded to 8 bits.
pub fn resize(image: &Image, width: usize, height: usize) -> Image {
    resize_with(image, width, height, Filter::Bicubic)
}

/// [`resize`] with another kernel.
pub fn resize_with(image: &Image, width: usize, height: usize, filter: Filter) -> Image {
    let (width, height) = (width.max(1), height.max(1));
    let mut bytes = image.to_rgb8();
    let rows_first = rows_come_first((image.width, image.height), (width, height));
    if rows_first {
        bytes = resize_rows(&bytes, image.width, image.height, height, filter);
    }
    if width != image.width {
        bytes = resize_columns(&bytes, image.width, width, filter);
    }
    if height != image.height && !rows_first {
        bytes = resize_rows(&bytes, width, image.height, height, filter);
    }
    Image::from_rgb8(width, height, &bytes)
}

/// Whether Pillow 13 resizes rows before columns, for sizes of width and height: told from its results
/// on some thousand random sizes, which this rule explains without exception.
fn rows_come_first(from: (usize, usize), to: (usize, usize)) -> bool {
    to.1 < from.1 && from.1 - to.1 > 2 * from.0.saturating_sub(to.0)
}

/// Resizes the shorter side to `side` pixels and cuts the centre square out, as CLIP preprocesses.
///
/// The longer side is rounded down and the cut-out is placed half an even number of pixels in, both
/// as in torchvision's `Resize` and `CenterCrop`. An image of `side` x `side` pixels is only rounded
/// to 8 bits.
pub fn fit_square(image: &Image, side: usize) -> Image {
    let resized = resize_shorter(image, side, Filter::Bicubic);
    crop_centre(&resized, side.max(1), CropRounding::HalfEven)
}

/// Resizes the shorter side to `side` pixels; the longer one is rounded down.
pub fn resize_shorter(image: &Image, side: usize, filter: Filter) -> Image {
    let side = side.max(1);
    let shorter = image.width.min(image.height).max(1);
    let scaled = |length: usize| {
        if length == shorter {
            side
        } else {
            side * length / shorter
        }
    };
    resize_with(image, scaled(image.width), scaled(image.height), filter)
}

/// Cuts out the centre square of `side` pixels, or of the shorter side where that is less.
pub fn crop_centre(image: &Image, side: usize, rounding: CropRounding) -> Image {
    let side = side.min(image.width).min(image.height);
    let offset = |length: usize| match rounding {
        CropRounding::HalfEven => centre_offset(length - side),
        CropRounding::Down => (length - side) / 2,
    };
    if side == image.width && side == image.height {
        return image.clone();
    }
    crop(image, offset(image.width), offset(image.height), side)
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
fn taps(from: usize, to: usize, filter: Filter) -> Vec<Taps> {
    let scale = from as f64 / to as f64;
    let stretch = scale.max(1.0);
    let reach = filter.support() * stretch;
    // Every operation as in the reference, since a weight that is rounded the other way shows.
    let unit = 1.0 / stretch;
    (0..to)
        .map(|position| {
            let centre = (position as f64 + 0.5) * scale;
            let first = (centre - reach + 0.5).max(0.0) as usize;
            let end = ((centre + reach + 0.5) as usize).min(from);
            let weights: Vec<f64> = (first..end)
                .map(|at| filter.weight((at as f64 - centre + 0.5) * unit))
                .collect();
            let total: f64 = weights.iter().sum();
            Taps {
                first,
                weights: weights.iter().map(|w| fixed_point(w / total)).collect(),
            }
        })
        .collect()
}

/// A weight in fixed point, halves rounded away from zero.
fn fixed_point(weight: f64) -> i32 {
    let scaled = weight * f64::from(1u32 << PRECISION);
    (scaled + 0.5f64.copysign(scaled)) as i32
}

/// Rounds a fixed-point sum (that began with a half) to 8 bits, clipping overshoot.
fn to_byte(sum: i32) -> u8 {
    (sum >> PRECISION).clamp(0, 255) as u8
}

const HALF: i32 = 1 << (PRECISION - 1);

/// Changes the number of columns from `from` to `to`.
fn resize_columns(bytes: &[u8], from: usize, to: usize, filter: Filter) -> Vec<u8> {
    let taps = taps(from, to, filter);
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
fn resize_rows(bytes: &[u8], width: usize, from: usize, to: usize, filter: Filter) -> Vec<u8> {
    let stride = width * 3;
    let mut output = Vec::with_capacity(stride * to);
    let mut sums = vec![HALF; stride];
    for tap in taps(from, to, filter) {
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
