//! Blurs of any (fractional) radius with clamped edges, in time independent of the radius.

use crate::image::Image;

/// Mean over a window of `2 * radius + 1` values in both directions, fractional ends weighted.
///
/// `values` holds `channels` interleaved values per pixel, row-major.
pub fn box_blur(
    values: &[f32],
    width: usize,
    height: usize,
    channels: usize,
    radius: f32,
) -> Vec<f32> {
    if radius <= 0.0 {
        return values.to_vec();
    }
    let rows = box_rows(values, width, channels, radius);
    box_columns(&rows, width * channels, height, radius)
}

fn box_rows(values: &[f32], width: usize, channels: usize, radius: f32) -> Vec<f32> {
    let whole = radius as usize;
    let part = radius - whole as f32;
    let scale = 1.0 / (2.0 * radius + 1.0);
    let last = width - 1;
    let mut out = vec![0.0; values.len()];
    let lines = values.chunks_exact(width * channels);
    for (line, target) in lines.zip(out.chunks_exact_mut(width * channels)) {
        for c in 0..channels {
            let at = |x: usize| line[x.min(last) * channels + c];
            let mut sum = at(0) * whole as f32;
            for x in 0..=whole {
                sum += at(x);
            }
            for x in 0..width {
                let before = at(x.saturating_sub(whole + 1));
                let after = at(x + whole + 1);
                target[x * channels + c] = (sum + part * (before + after)) * scale;
                sum += after - at(x.saturating_sub(whole));
            }
        }
    }
    out
}

fn box_columns(values: &[f32], stride: usize, height: usize, radius: f32) -> Vec<f32> {
    let whole = radius as usize;
    let part = radius - whole as f32;
    let scale = 1.0 / (2.0 * radius + 1.0);
    let row = |y: usize| {
        let y = y.min(height - 1);
        &values[y * stride..(y + 1) * stride]
    };
    let mut sums: Vec<f32> = row(0).iter().map(|v| v * whole as f32).collect();
    for y in 0..=whole {
        for (sum, v) in sums.iter_mut().zip(row(y)) {
            *sum += v;
        }
    }
    let mut out = vec![0.0; values.len()];
    for (y, target) in out.chunks_exact_mut(stride).enumerate() {
        let before = row(y.saturating_sub(whole + 1));
        let after = row(y + whole + 1);
        let leaving = row(y.saturating_sub(whole));
        for i in 0..stride {
            target[i] = (sums[i] + part * (before[i] + after[i])) * scale;
            sums[i] += after[i] - leaving[i];
        }
    }
    out
}

/// Gaussian blur by three box passes of the same total variance.
pub fn gaussian_blur(
    values: &[f32],
    width: usize,
    height: usize,
    channels: usize,
    sigma: f32,
) -> Vec<f32> {
    let radius = ((4.0 * sigma * sigma + 1.0).sqrt() - 1.0) / 2.0;
    let once = box_blur(values, width, height, channels, radius);
    let twice = box_blur(&once, width, height, channels, radius);
    box_blur(&twice, width, height, channels, radius)
}

/// The image after `passes` box passes (1 box, 2 tent, 3 nearly Gaussian) of total deviation `sigma`.
pub fn smoothed(image: &Image, sigma: f32, passes: usize) -> Image {
    let passes = passes.max(1);
    let square = 12.0 * sigma * sigma / passes as f32 + 1.0;
    let radius = (square.sqrt() - 1.0) / 2.0;
    let mut pixels = box_blur(&image.pixels, image.width, image.height, 3, radius);
    for _ in 1..passes {
        pixels = box_blur(&pixels, image.width, image.height, 3, radius);
    }
    Image::new(image.width, image.height, pixels)
}

/// Mean over a disc, as an out-of-focus lens shows points; running sums per row make it linear in
/// the radius.
pub fn disc_blur(image: &Image, radius: f32) -> Image {
    let (width, height) = (image.width, image.height);
    let reach = radius as isize;
    let half_widths: Vec<isize> = (-reach..=reach)
        .map(|dy| (radius * radius - (dy * dy) as f32).max(0.0).sqrt() as isize)
        .collect();
    let count: isize = half_widths.iter().map(|w| 2 * w + 1).sum();
    let pad = reach as usize + 1;
    let sums = prefix_rows(image, pad);
    let stride = (width + 2 * pad + 1) * 3;
    let mut pixels = vec![0.0f32; image.pixels.len()];
    for (y, target) in pixels.chunks_exact_mut(width * 3).enumerate() {
        for (dy, &half) in (-reach..=reach).zip(&half_widths) {
            let row = (y as isize + dy).clamp(0, height as isize - 1) as usize;
            let line = &sums[row * stride..(row + 1) * stride];
            let start = (pad as isize - half) as usize * 3;
            let end = (pad as isize + half + 1) as usize * 3;
            let ends = &line[end..end + width * 3];
            let starts = &line[start..start + width * 3];
            for ((value, e), s) in target.iter_mut().zip(ends).zip(starts) {
                *value += e - s;
            }
        }
    }
    let scale = 1.0 / count as f32;
    pixels
        .iter_mut()
        .for_each(|v| *v = (*v * scale).clamp(0.0, 1.0));
    Image::new(width, height, pixels)
}

/// Running sums along every row, the row extended by `pad` edge pixels on both sides.
fn prefix_rows(image: &Image, pad: usize) -> Vec<f32> {
    let padded = image.width + 2 * pad;
    let mut sums = Vec::with_capacity((padded + 1) * 3 * image.height);
    for y in 0..image.height {
        let mut total = [0.0f32; 3];
        sums.extend_from_slice(&total);
        for x in 0..padded {
            let colour = image.pixel(x.saturating_sub(pad).min(image.width - 1), y);
            for c in 0..3 {
                total[c] += colour[c];
            }
            sums.extend_from_slice(&total);
        }
    }
    sums
}

/// Difference to the mean of the eight neighbours at a distance of `step` pixels, interleaved RGB.
pub fn laplacian(image: &Image, step: usize) -> Vec<f32> {
    let (width, height) = (image.width, image.height);
    let mut out = Vec::with_capacity(image.pixels.len());
    for y in 0..height {
        let rows = [y.saturating_sub(step), y, (y + step).min(height - 1)];
        for x in 0..width {
            let columns = [x.saturating_sub(step), x, (x + step).min(width - 1)];
            let mut sum = [0.0f32; 3];
            for row in rows {
                for column in columns {
                    let colour = image.pixel(column, row);
                    for c in 0..3 {
                        sum[c] += colour[c];
                    }
                }
            }
            let centre = image.pixel(x, y);
            out.extend((0..3).map(|c| (9.0 * centre[c] - sum[c]) / 8.0));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blurs_keep_a_plain_image_and_the_mean_of_a_point() {
        let plain = Image::filled(7, 5, [0.2, 0.5, 0.9]);
        for blurred in [
            smoothed(&plain, 2.3, 3),
            disc_blur(&plain, 3.4),
            disc_blur(&plain, 0.0),
        ] {
            assert!(blurred.mean_abs_difference(&plain) < 1e-5);
        }
        let mut point = vec![0.0; 21 * 21];
        point[10 * 21 + 10] = 1.0;
        let spread = gaussian_blur(&point, 21, 21, 1, 1.5);
        assert!((spread.iter().sum::<f32>() - 1.0).abs() < 1e-4);
        let variance: f32 = (0..441)
            .map(|i| spread[i] * ((i % 21) as f32 - 10.0).powi(2))
            .sum();
        assert!((variance.sqrt() - 1.5).abs() < 0.2, "{variance}");
    }

    #[test]
    fn a_radius_beyond_the_image_is_fine() {
        let tiny = Image::new(2, 1, vec![0.0, 0.0, 0.0, 1.0, 1.0, 1.0]);
        let blurred = smoothed(&tiny, 40.0, 2);
        assert!(blurred.pixels.iter().all(|v| (0.0..=1.0).contains(v)));
        assert!((disc_blur(&tiny, 50.0).pixels[0] - 0.5).abs() < 0.02);
    }
}
