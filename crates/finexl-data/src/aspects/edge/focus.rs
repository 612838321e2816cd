//! Blurry and sharp: less and more fine detail.

use crate::aspects::draw::Draw;
use crate::aspects::filters::{
    disc_blur, gaussian_blur, laplacian, lerp, numbers, pick, render, smoothed, unit,
};
use crate::image::{Image, luma};

/// Deviation of the blur in pixels at a level; `strength` in [0, 1) is part of the style.
fn blur_sigma(image: &Image, level: f32, strength: f32) -> f32 {
    unit(image) * level * lerp(3.4, 5.0, strength)
}

/// Box, tent or nearly Gaussian blur, the last also under a glow of the sharp picture (a mixture of
/// a narrow and a wide blur).
pub fn blurry_training(image: &Image, level: f32, draw: &mut Draw) -> Image {
    let s: [f32; 3] = numbers(&mut draw.style);
    if level <= 0.0 {
        return image.clone();
    }
    let sigma = blur_sigma(image, level, s[1]);
    match pick(s[0], 4) {
        3 => {
            let narrow = smoothed(image, sigma * 0.7, 2);
            let wide = smoothed(&narrow, sigma * 1.4, 1);
            narrow.mix(&wide, lerp(0.3, 0.6, s[2]))
        }
        passes => clamped(smoothed(image, sigma, passes + 1)),
    }
}

/// Blur of a round lens opening, or shrinking and enlarging again with bilinear interpolation.
pub fn blurry_held_out(image: &Image, level: f32, draw: &mut Draw) -> Image {
    let s: [f32; 4] = numbers(&mut draw.style);
    if level <= 0.0 {
        return image.clone();
    }
    let sigma = blur_sigma(image, level, s[1]);
    if s[0] < 0.6 {
        disc_blur(image, 2.0 * sigma)
    } else {
        let once = shrink_and_enlarge(image, 1.0 + 1.5 * sigma, (s[2], s[3]));
        shrink_and_enlarge(&once, 1.0 + 1.1 * sigma, (s[3], s[2]))
    }
}

fn clamped(mut image: Image) -> Image {
    image.pixels.iter_mut().for_each(|v| *v = v.clamp(0.0, 1.0));
    image
}

/// Means of square blocks of `block` pixels, read back with bilinear interpolation; `phase` (in
/// blocks) moves the grid.
fn shrink_and_enlarge(image: &Image, block: f32, phase: (f32, f32)) -> Image {
    // A phase short of one block keeps the first block from being empty.
    let phase = (phase.0 * (1.0 - 1.0 / block), phase.1 * (1.0 - 1.0 / block));
    let column_of = |x: usize| ((x as f32 + 0.5) / block + phase.0) as usize;
    let row_of = |y: usize| ((y as f32 + 0.5) / block + phase.1) as usize;
    let columns = column_of(image.width - 1) + 1;
    let rows = row_of(image.height - 1) + 1;
    let mut sums = vec![[0.0f32; 4]; columns * rows];
    for y in 0..image.height {
        let row = row_of(y);
        for x in 0..image.width {
            let sum = &mut sums[row * columns + column_of(x)];
            let colour = image.pixel(x, y);
            (0..3).for_each(|c| sum[c] += colour[c]);
            sum[3] += 1.0;
        }
    }
    let mut small = Vec::with_capacity(columns * rows * 3);
    for sum in &sums {
        small.extend((0..3).map(|c| sum[c] / sum[3].max(1.0)));
    }
    let small = Image::new(columns, rows, small);
    render(image, |x, y, _| {
        let x = (x as f32 + 0.5) / block + phase.0 - 0.5;
        let y = (y as f32 + 0.5) / block + phase.1 - 0.5;
        small.sample(x, y)
    })
}

/// Unsharp masks with strong halos: on all channels or on brightness alone, of one or two radii.
pub fn sharp_training(image: &Image, level: f32, draw: &mut Draw) -> Image {
    let s: [f32; 4] = numbers(&mut draw.style);
    if level <= 0.0 {
        return image.clone();
    }
    let radius = unit(image) * lerp(0.9, 2.2, s[1]);
    let gain = level * lerp(2.6, 4.2, s[2]);
    let passes = 1 + pick(s[3], 2);
    let soft = match pick(s[0], 3) {
        2 => smoothed(image, radius * 0.7, 2).mix(&smoothed(image, radius * 1.8, 1), 0.5),
        _ => smoothed(image, radius, passes),
    };
    let brightness_only = pick(s[0], 3) == 1;
    render(image, |x, y, _| {
        let (c, b) = (image.pixel(x, y), soft.pixel(x, y));
        let bright = luma(c) - luma(b);
        std::array::from_fn(|k| {
            let detail = if brightness_only {
                bright * 1.3
            } else {
                c[k] - b[k]
            };
            c[k] + gain * detail
        })
    })
}

/// Sharpening by a Laplacian of the eight neighbours, applied at one or two distances, or by
/// pushing every pixel away from the middle of its neighbourhood's range.
pub fn sharp_held_out(image: &Image, level: f32, draw: &mut Draw) -> Image {
    let s: [f32; 3] = numbers(&mut draw.style);
    if level <= 0.0 {
        return image.clone();
    }
    let u = unit(image);
    let near = (u * lerp(0.6, 1.8, s[1])).round().max(1.0) as usize;
    let gain = level * lerp(2.2, 3.4, s[2]);
    let detail = if s[0] < 0.5 {
        let mut detail = laplacian(image, near);
        let far = laplacian(image, near * 2);
        detail.iter_mut().zip(&far).for_each(|(a, b)| *a += 0.6 * b);
        detail
    } else {
        range_push(image, near)
    };
    let mut sharpened = image.clone();
    for (value, d) in sharpened.pixels.iter_mut().zip(&detail) {
        *value = (*value + gain * d).clamp(0.0, 1.0);
    }
    sharpened
}

/// How far every value lies from the middle of the range of its surroundings, the surroundings
/// slightly blurred so that the push forms halos.
fn range_push(image: &Image, step: usize) -> Vec<f32> {
    let (width, height) = (image.width, image.height);
    let mut middle = Vec::with_capacity(image.pixels.len());
    for y in 0..height {
        let (up, down) = (y.saturating_sub(step), (y + step).min(height - 1));
        for x in 0..width {
            let (left, right) = (x.saturating_sub(step), (x + step).min(width - 1));
            let around = [
                image.pixel(x, y),
                image.pixel(left, y),
                image.pixel(right, y),
                image.pixel(x, up),
                image.pixel(x, down),
            ];
            middle.extend((0..3).map(|c| {
                let values = around.map(|p| p[c]);
                let low = values.iter().fold(1.0f32, |m, v| m.min(*v));
                let high = values.iter().fold(0.0f32, |m, v| m.max(*v));
                (low + high) / 2.0
            }));
        }
    }
    let middle = gaussian_blur(&middle, width, height, 3, step as f32 * 0.6);
    let pairs = image.pixels.iter().zip(&middle);
    pairs.map(|(v, m)| v - m).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aspects::filters::probe::check;

    #[test]
    fn focus_keeps_its_promises() {
        check(blurry_training);
        check(blurry_held_out);
        check(sharp_training);
        check(sharp_held_out);
    }

    #[test]
    fn shrinking_keeps_a_plain_image() {
        let plain = Image::filled(20, 13, [0.3, 0.6, 0.9]);
        for phase in [(0.2, 0.7), (0.95, 0.0)] {
            let back = shrink_and_enlarge(&plain, 6.3, phase);
            assert!(back.mean_abs_difference(&plain) < 1e-5);
        }
    }
}
