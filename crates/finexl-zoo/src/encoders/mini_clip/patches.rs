//! Image -> patch features: the fixed first layer of mini-clip.
//!
//! A patch is described by its pixels and by the log-magnitudes of its luma spectrum. The latter do
//! not change when a texture is shifted, which a linear patch embedding cannot express.

use finexl_data::image::Image;

/// Features per pixel of a patch: three colours and one spectral magnitude.
pub const PATCH_FEATURES_PER_PIXEL: usize = 4;

/// Pixels are centred and scaled to about unit variance.
const PIXEL_SCALE: f32 = 2.0;
/// Spectral magnitudes are mapped by `ln(1 + SPECTRUM_GAIN * |c|)`.
const SPECTRUM_GAIN: f32 = 20.0;

/// The features of all patches of a square image, `[tokens, patch * patch * 4]`, row-major.
///
/// The caller guarantees that the image's side is a multiple of `patch`.
pub fn patch_features(image: &Image, patch: usize, out: &mut Vec<f32>) {
    let cosines = cosine_table(patch);
    let mut luma = vec![0.0f32; patch * patch];
    let mut rows = vec![0.0f32; patch * patch];
    for top in (0..image.height).step_by(patch) {
        for left in (0..image.width).step_by(patch) {
            for y in 0..patch {
                for x in 0..patch {
                    let colour = image.pixel(left + x, top + y);
                    out.extend(colour.map(|v| (v - 0.5) * PIXEL_SCALE));
                    luma[y * patch + x] = finexl_data::image::luma(colour);
                }
            }
            spectrum(&luma, &cosines, patch, &mut rows, out);
        }
    }
}

/// Orthonormal DCT-II basis, `[frequency, position]`.
fn cosine_table(patch: usize) -> Vec<f32> {
    let n = patch as f32;
    let mut table = Vec::with_capacity(patch * patch);
    for k in 0..patch {
        let norm = if k == 0 {
            (1.0 / n).sqrt()
        } else {
            (2.0 / n).sqrt()
        };
        for x in 0..patch {
            let angle = std::f32::consts::PI * (x as f32 + 0.5) * k as f32 / n;
            table.push(norm * angle.cos());
        }
    }
    table
}

/// Appends the log-magnitudes of the two-dimensional DCT of one patch.
fn spectrum(luma: &[f32], cosines: &[f32], patch: usize, rows: &mut [f32], out: &mut Vec<f32>) {
    for y in 0..patch {
        for k in 0..patch {
            rows[y * patch + k] = dot(
                &luma[y * patch..(y + 1) * patch],
                &cosines[k * patch..(k + 1) * patch],
            );
        }
    }
    for l in 0..patch {
        for k in 0..patch {
            let sum: f32 = (0..patch)
                .map(|y| rows[y * patch + k] * cosines[l * patch + y])
                .sum();
            out.push((1.0 + SPECTRUM_GAIN * sum.abs()).ln() * 0.5);
        }
    }
}

fn dot(a: &[f32], b: &[f32]) -> f32 {
    a.iter().zip(b).map(|(x, y)| x * y).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flat_patch_has_no_spectrum_beyond_its_mean() {
        let mut out = Vec::new();
        patch_features(&Image::filled(16, 16, [0.5; 3]), 8, &mut out);
        assert_eq!(out.len(), 4 * 64 * PATCH_FEATURES_PER_PIXEL);
        let spectrum = &out[192..256];
        assert!(spectrum[0] > 1.0);
        assert!(spectrum[1..].iter().all(|v| v.abs() < 1e-4));
    }
}
