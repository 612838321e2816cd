//! Painterly: patches and strokes of a brush.

use std::f32::consts::{PI, TAU};

use crate::aspects::draw::Draw;
use crate::aspects::filters::{
    Lattice, Stroke, amount, blend, box_blur, gradient, lerp, numbers, pick, render, unit,
};
use crate::image::{Image, luma};

/// How a layer of brush strokes is laid; lengths in pixels.
#[derive(Clone, Copy)]
struct Brush {
    spacing: f32,
    half_length: f32,
    half_width: f32,
    sway: f32,
    uneven: f32,
    bristles: f32,
}

/// Covers the canvas with strokes of the colour under their middle; `flow` gives each its angle.
fn lay_strokes(
    image: &Image,
    brush: Brush,
    lattice: Lattice,
    flow: impl Fn(usize, f32) -> f32,
) -> Image {
    let (width, height) = (image.width, image.height);
    let soft = box_blur(&image.pixels, width, height, 3, brush.half_width * 0.5);
    let mut pixels = soft.clone();
    let columns = (width as f32 / brush.spacing) as i32 + 2;
    let rows = (height as f32 / brush.spacing) as i32 + 2;
    let total = columns * rows;
    // A prime stride that does not divide the count visits every cell once, in scattered order, so
    // that no side lies on top.
    let primes = [37, 41, 43, 47];
    let hop = primes.into_iter().find(|p| total % p != 0).unwrap_or(1);
    for n in 0..total {
        let cell = (n * hop) % total;
        let (i, j) = (cell % columns, cell / columns);
        let field = |k: i32| lattice.at(i + 977 * k, j);
        let x = (i as f32 + field(1) - 0.5) * brush.spacing;
        let y = (j as f32 + field(2) - 0.5) * brush.spacing;
        let column = (x.max(0.0) as usize).min(width - 1);
        let at = (y.max(0.0) as usize).min(height - 1) * width + column;
        let (sin, cos) = flow(at, brush.sway * (field(3) - 0.5)).sin_cos();
        let change = brush.uneven * (field(4) - 0.5);
        let hue = [field(5), field(6), field(7)].map(|v| brush.uneven * 0.5 * (v - 0.5));
        let colour: [f32; 3] = std::array::from_fn(|c| soft[at * 3 + c] + change + hue[c]);
        let stroke = Stroke {
            centre: (x, y),
            direction: (cos, sin),
            half_length: brush.half_length * lerp(0.7, 1.3, field(8)),
            half_width: brush.half_width,
        };
        stroke.cover(width, height, |index, coverage, across| {
            let ridge = brush.bristles * across * (1.5 - across.abs());
            let target = &mut pixels[index * 3..index * 3 + 3];
            for (value, c) in target.iter_mut().zip(colour) {
                *value += 0.92 * coverage * (c + ridge - *value);
            }
        });
    }
    pixels.iter_mut().for_each(|v| *v = v.clamp(0.0, 1.0));
    Image::new(width, height, pixels)
}

/// Kuwahara filter: of four windows around each pixel the most even one gives the colour.
fn kuwahara(image: &Image, radius: usize) -> Image {
    let (width, height) = (image.width, image.height);
    let half = radius as f32 / 2.0;
    let means = box_blur(&image.pixels, width, height, 3, half);
    let luma = image.luma();
    let squares: Vec<f32> = luma.iter().map(|v| v * v).collect();
    let mean_luma = box_blur(&luma, width, height, 1, half);
    let mean_square = box_blur(&squares, width, height, 1, half);
    let shift = radius.div_ceil(2);
    render(image, |x, y, _| {
        let columns = [x.saturating_sub(shift), (x + shift).min(width - 1)];
        let rows = [y.saturating_sub(shift), (y + shift).min(height - 1)];
        let mut best = (f32::INFINITY, 0);
        for row in rows {
            for column in columns {
                let at = row * width + column;
                let variance = mean_square[at] - mean_luma[at] * mean_luma[at];
                if variance < best.0 {
                    best = (variance, at);
                }
            }
        }
        let at = best.1 * 3;
        [means[at], means[at + 1], means[at + 2]]
    })
}

/// Oil filter: the mean colour of the commonest brightness among 25 taps around each pixel.
fn oil(image: &Image, spread: f32) -> Image {
    const BINS: usize = 8;
    let (width, height) = (image.width, image.height);
    let bins: Vec<u8> = image
        .luma()
        .iter()
        .map(|v| (v * (BINS as f32 - 0.01)) as u8)
        .collect();
    let step = |k: isize| (k as f32 * spread).round() as isize;
    let taps = [-2, -1, 0, 1, 2].map(step);
    render(image, |x, y, _| {
        let columns = taps.map(|t| (x as isize + t).clamp(0, width as isize - 1) as usize);
        let mut sums = [[0.0f32; 4]; BINS];
        for t in taps {
            let row = (y as isize + t).clamp(0, height as isize - 1) as usize * width;
            for column in columns {
                let at = row + column;
                let sum = &mut sums[(bins[at] as usize).min(BINS - 1)];
                sum[0] += image.pixels[at * 3];
                sum[1] += image.pixels[at * 3 + 1];
                sum[2] += image.pixels[at * 3 + 2];
                sum[3] += 1.0;
            }
        }
        let common = sums
            .iter()
            .fold(sums[0], |a, b| if b[3] > a[3] { *b } else { a });
        [common[0], common[1], common[2]].map(|v| v / common[3].max(1.0))
    })
}

/// Replaces each pixel by the one of median brightness among nine at a distance of `step`.
fn median(image: &Image, step: usize) -> Image {
    let (width, height) = (image.width, image.height);
    let luma = image.luma();
    render(image, |x, y, _| {
        let columns = [x.saturating_sub(step), x, (x + step).min(width - 1)];
        let rows = [y.saturating_sub(step), y, (y + step).min(height - 1)];
        // Brightness in the high bits and the tap in the low ones: one integer sort does both.
        let mut ranked: [u32; 9] = std::array::from_fn(|k| {
            let brightness = luma[rows[k / 3] * width + columns[k % 3]];
            ((brightness * 1e6) as u32) << 4 | k as u32
        });
        ranked.sort_unstable();
        let k = (ranked[4] & 15) as usize;
        image.pixel(columns[k % 3], rows[k / 3])
    })
}

/// Kuwahara patches, an oil filter, long strokes in one direction or short dabs in all; the first
/// two get strokes of slight unevenness on top.
pub fn painterly_training(image: &Image, level: f32, draw: &mut Draw) -> Image {
    let s: [f32; 7] = numbers(&mut draw.style);
    let lattice = Lattice::new(&mut draw.noise);
    if level <= 0.0 {
        return image.clone();
    }
    let u = unit(image).max(0.6) * lerp(0.85, 1.15, level);
    let mode = pick(s[0], 4);
    let ground = match mode {
        0 => kuwahara(image, (u * lerp(3.0, 5.0, s[1])).round().max(1.0) as usize),
        1 => oil(image, u * lerp(0.9, 1.4, s[1])),
        _ => image.clone(),
    };
    let short = mode == 3;
    let resting = PI * s[4];
    let brush = Brush {
        spacing: u * lerp(2.6, 3.4, s[1]),
        half_length: u * if short {
            lerp(0.6, 1.4, s[2])
        } else {
            lerp(2.8, 4.6, s[2])
        },
        half_width: u * if short {
            lerp(1.7, 2.4, s[3])
        } else {
            lerp(1.1, 1.8, s[3])
        },
        sway: if short { TAU } else { lerp(0.5, 1.6, s[5]) },
        uneven: lerp(0.16, 0.34, s[6]),
        bristles: lerp(0.04, 0.1, s[5]),
    };
    let scale = 1.0 / (u * 16.0);
    let field = lattice.fork(11);
    let width = image.width;
    let painted = lay_strokes(&ground, brush, lattice, |at, sway| {
        let (x, y) = ((at % width) as f32, (at / width) as f32);
        resting + 1.6 * field.value(x * scale, y * scale) + sway
    });
    image.mix(&painted, amount(level))
}

/// Strokes that follow the forms (across the gradient, the local direction smoothed over the
/// surroundings), or a median with the strokes' relief in raking light.
pub fn painterly_held_out(image: &Image, level: f32, draw: &mut Draw) -> Image {
    let s: [f32; 6] = numbers(&mut draw.style);
    let lattice = Lattice::new(&mut draw.noise);
    if level <= 0.0 {
        return image.clone();
    }
    let u = unit(image).max(0.6) * lerp(0.85, 1.15, level);
    let step = (u * lerp(0.8, 1.6, s[1])).round().max(1.0) as usize;
    let ground = median(image, step);
    let tensor = structure(&ground, u * 3.0, PI * s[2]);
    let brush = Brush {
        spacing: u * lerp(2.4, 3.2, s[3]),
        half_length: u * lerp(2.4, 4.2, s[4]),
        half_width: u * lerp(1.1, 1.7, s[3]),
        sway: 0.5,
        uneven: lerp(0.14, 0.3, s[5]),
        bristles: 0.04,
    };
    let mut painted = lay_strokes(&ground, brush, lattice, |at, sway| {
        tensor[at * 2 + 1].atan2(tensor[at * 2]) / 2.0 + sway
    });
    if s[0] > 0.5 {
        painted = raking_light(&painted, u, s[4] * TAU);
    }
    render(image, |x, y, _| {
        blend(image.pixel(x, y), painted.pixel(x, y), amount(level))
    })
}

/// Cosine and sine of twice the contour's direction at every pixel, interleaved, from the blurred
/// structure tensor (not normalised); where there is no structure the resting direction wins.
fn structure(image: &Image, radius: f32, resting: f32) -> Vec<f32> {
    let (width, height) = (image.width, image.height);
    let (gx, gy) = gradient(&image.luma(), width, height, 1);
    let (rest_sin, rest_cos) = (2.0 * resting).sin_cos();
    let mut doubled = Vec::with_capacity(gx.len() * 2);
    for (x, y) in gx.iter().zip(&gy) {
        // The doubled angle makes opposite gradients agree; the sign turns gradient into tangent.
        doubled.extend([
            y * y - x * x + 0.002 * rest_cos,
            -2.0 * x * y + 0.002 * rest_sin,
        ]);
    }
    box_blur(&doubled, width, height, 2, radius)
}

/// Lights the brightness of an image from one side as if it were thick paint.
fn raking_light(image: &Image, u: f32, light: f32) -> Image {
    let step = u.round().max(1.0) as usize;
    let (gx, gy) = gradient(&image.luma(), image.width, image.height, step);
    let (sin, cos) = light.sin_cos();
    render(image, |x, y, i| {
        let c = image.pixel(x, y);
        let shade = 0.5 * (gx[i] * cos + gy[i] * sin) * (0.4 + luma(c));
        c.map(|v| v + shade.clamp(-0.15, 0.15))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aspects::filters::probe::check;

    #[test]
    fn brushwork_keeps_its_promises() {
        check(painterly_training);
        check(painterly_held_out);
    }

    #[test]
    fn filters_keep_a_plain_image() {
        let plain = Image::filled(9, 12, [0.2, 0.6, 0.4]);
        for result in [kuwahara(&plain, 3), oil(&plain, 1.3), median(&plain, 2)] {
            assert!(result.mean_abs_difference(&plain) < 1e-5);
        }
    }
}
