//! Edge maps: where a contour runs and how strong it is, one value per pixel.

use super::gaussian_blur;
use crate::image::Image;

/// Sobel derivatives along x and y of a plane, neighbours `step` pixels away, a unit step giving 1.
pub fn gradient(plane: &[f32], width: usize, height: usize, step: usize) -> (Vec<f32>, Vec<f32>) {
    let mut gx = Vec::with_capacity(plane.len());
    let mut gy = Vec::with_capacity(plane.len());
    let row = |y: usize| &plane[y * width..(y + 1) * width];
    for y in 0..height {
        let above = row(y.saturating_sub(step));
        let here = row(y);
        let below = row((y + step).min(height - 1));
        for x in 0..width {
            let l = x.saturating_sub(step);
            let r = (x + step).min(width - 1);
            let right = above[r] + 2.0 * here[r] + below[r];
            let left = above[l] + 2.0 * here[l] + below[l];
            gx.push((right - left) / 4.0);
            let low = below[l] + 2.0 * below[x] + below[r];
            let high = above[l] + 2.0 * above[x] + above[r];
            gy.push((low - high) / 4.0);
        }
    }
    (gx, gy)
}

/// Sobel magnitude, the strongest of the three channels; a full step gives about 1.
pub fn sobel(image: &Image, step: usize) -> Vec<f32> {
    let (width, height) = (image.width, image.height);
    let mut out = Vec::with_capacity(width * height);
    for y in 0..height {
        let rows = [y.saturating_sub(step), y, (y + step).min(height - 1)].map(|r| r * width * 3);
        for x in 0..width {
            let (l, m) = (x.saturating_sub(step) * 3, x * 3);
            let r = (x + step).min(width - 1) * 3;
            let mut strongest = 0.0f32;
            for c in 0..3 {
                let at = |row: usize, column: usize| image.pixels[rows[row] + column + c];
                let corners = (at(0, r) - at(2, l), at(2, r) - at(0, l));
                let gx = corners.0 + corners.1 + 2.0 * (at(1, r) - at(1, l));
                let gy = corners.1 - corners.0 + 2.0 * (at(2, m) - at(0, m));
                strongest = strongest.max(gx * gx + gy * gy);
            }
            out.push(strongest.sqrt() / 4.0);
        }
    }
    out
}

/// Absolute difference of two Gaussian blurs (`sigma` and 1.6 `sigma`), strongest channel, scaled
/// so that a full step gives about 1.
pub fn difference_of_gaussians(image: &Image, sigma: f32) -> Vec<f32> {
    let (width, height) = (image.width, image.height);
    let fine = gaussian_blur(&image.pixels, width, height, 3, sigma);
    let coarse = gaussian_blur(&image.pixels, width, height, 3, 1.6 * sigma);
    fine.chunks_exact(3)
        .zip(coarse.chunks_exact(3))
        .map(|(a, b)| (0..3).fold(0.0f32, |m, c| m.max((a[c] - b[c]).abs())) * 7.0)
        .collect()
}

/// Maximum minus minimum over the disc-like neighbourhood of `step` pixels, strongest channel.
pub fn morphological(image: &Image, step: usize) -> Vec<f32> {
    let (width, height) = (image.width as isize, image.height as isize);
    let far = step as isize;
    let near = (far * 7 / 10).max(1).min(far);
    let offsets = [
        (0, 0),
        (far, 0),
        (-far, 0),
        (0, far),
        (0, -far),
        (near, near),
        (-near, near),
        (near, -near),
        (-near, -near),
    ];
    let mut out = Vec::with_capacity(image.width * image.height);
    for y in 0..height {
        for x in 0..width {
            let (mut low, mut high) = ([1.0f32; 3], [0.0f32; 3]);
            for (dx, dy) in offsets {
                let px = (x + dx).clamp(0, width - 1) as usize;
                let py = (y + dy).clamp(0, height - 1) as usize;
                let colour = image.pixel(px, py);
                for c in 0..3 {
                    low[c] = low[c].min(colour[c]);
                    high[c] = high[c].max(colour[c]);
                }
            }
            out.push((0..3).fold(0.0f32, |m, c| m.max(high[c] - low[c])));
        }
    }
    out
}

/// 1 where a neighbour `step` pixels to the right, below or across has another label, else 0.
pub fn label_edges(labels: &[u32], width: usize, height: usize, step: usize) -> Vec<f32> {
    let mut out = Vec::with_capacity(labels.len());
    for y in 0..height {
        let below = (y + step).min(height - 1) * width;
        for x in 0..width {
            let right = (x + step).min(width - 1);
            let here = labels[y * width + x];
            let differs = labels[y * width + right] != here
                || labels[below + x] != here
                || labels[below + right] != here;
            out.push(f32::from(u8::from(differs)));
        }
    }
    out
}

/// Strength of the sign changes of a plane's Laplacian (a blur of `sigma` minus a wider one): the
/// jump across the change, zero elsewhere, scaled so that a full step gives about 1.
pub fn zero_crossings(plane: &[f32], width: usize, height: usize, sigma: f32) -> Vec<f32> {
    let fine = gaussian_blur(plane, width, height, 1, sigma);
    let coarse = gaussian_blur(plane, width, height, 1, 1.6 * sigma);
    let band: Vec<f32> = fine.iter().zip(&coarse).map(|(a, b)| a - b).collect();
    let step = (sigma * 0.7).round().max(1.0) as usize;
    let mut out = Vec::with_capacity(plane.len());
    for y in 0..height {
        let (up, down) = (y.saturating_sub(step), (y + step).min(height - 1));
        for x in 0..width {
            let (left, right) = (x.saturating_sub(step), (x + step).min(width - 1));
            let across = (band[y * width + left], band[y * width + right]);
            let along = (band[up * width + x], band[down * width + x]);
            let jump = [across, along]
                .iter()
                .filter(|(a, b)| a * b < 0.0)
                .fold(0.0f32, |m, (a, b)| m.max((a - b).abs()));
            out.push(jump * 16.0);
        }
    }
    out
}

/// Difference of a plane across each pixel along a direction: `reach` pixels ahead minus behind.
pub fn directional(plane: &[f32], width: usize, height: usize, shift: (f32, f32)) -> Vec<f32> {
    let at = |x: f32, y: f32| {
        let x = (x + 0.5).clamp(0.0, width as f32 - 1.0) as usize;
        let y = (y + 0.5).clamp(0.0, height as f32 - 1.0) as usize;
        plane[y * width + x]
    };
    let mut out = Vec::with_capacity(plane.len());
    for y in 0..height {
        for x in 0..width {
            let (x, y) = (x as f32, y as f32);
            out.push(at(x + shift.0, y + shift.1) - at(x - shift.0, y - shift.1));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn step_edge() -> Image {
        let mut image = Image::filled(16, 16, [0.0; 3]);
        for y in 0..16 {
            for x in 8..16 {
                image.set(x, y, [1.0; 3]);
            }
        }
        image
    }

    #[test]
    fn a_step_is_found_where_it_is() {
        let image = step_edge();
        let luma = image.luma();
        let maps = [
            sobel(&image, 1),
            difference_of_gaussians(&image, 1.0),
            morphological(&image, 1),
            zero_crossings(&luma, 16, 16, 1.0),
        ];
        for map in maps {
            let around = &map[8 * 16 + 6..8 * 16 + 10];
            let at_edge = around.iter().fold(0.0f32, |m, v| m.max(*v));
            assert!((0.5..2.0).contains(&at_edge), "{at_edge}");
            assert!(map[8 * 16 + 1] < 0.05, "{}", map[8 * 16 + 1]);
        }
        let (gx, gy) = gradient(&luma, 16, 16, 1);
        assert!(gx[8 * 16 + 8] > 0.9 && gy[8 * 16 + 8].abs() < 1e-6);
    }
}
