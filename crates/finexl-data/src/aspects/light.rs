//! Light: neon, glowing, vignette.
//!
//! Training operators blend on encoded channels; held-out operators work in linear light or OKLab.

use super::draw::Draw;
use super::filters::{
    amount, blend, box_blur, colour_at, difference_of_gaussians, render, smoothed, smoothstep,
    sobel, unit,
};
use super::spaces::{decode, encode, from_hsv, from_oklab, mean_luma, to_hsv, to_oklab};
use crate::image::{Image, luma};

/// The pure colour of a hue as strong as light gets; greys take `spare` instead of a hue.
fn luminous(colour: [f32; 3], spare: f32) -> [f32; 3] {
    let [hue, saturation, _] = to_hsv(colour);
    let certain = smoothstep(0.08, 0.25, saturation);
    blend(
        from_hsv([spare, 0.95, 1.0]),
        from_hsv([hue, 0.95, 1.0]),
        certain,
    )
}

/// Light of tubes on darkness: `lines` 1 on a tube, `bed` the picture behind it; adds the halo.
fn tubes(image: &Image, lines: &[f32], colours: &[[f32; 3]], bed: &[[f32; 3]], halo: f32) -> Image {
    let (width, height) = (image.width, image.height);
    let mut light = Vec::with_capacity(image.pixels.len());
    for (line, colour) in lines.iter().zip(colours) {
        light.extend(colour.map(|v| v * line));
    }
    let spread = box_blur(&light, width, height, 3, 1.5 * unit(image));
    let spread = box_blur(&spread, width, height, 3, 1.5 * unit(image));
    render(image, |_, _, i| {
        let (core, around) = (colour_at(&light, i), colour_at(&spread, i));
        // The middle of a tube burns out to white.
        let burn = 0.3 * smoothstep(0.7, 1.3, lines[i]);
        std::array::from_fn(|c| bed[i][c] + core[c] + burn + halo * around[c])
    })
}

/// Luminous lines and colours on near black: edges in their own or one of two tube colours, lit
/// shapes, or a map from violet night to bright ink.
pub fn neon_training(image: &Image, level: f32, draw: &mut Draw) -> Image {
    let variant = draw.variant(4);
    let spare = draw.style_in(0.5, 0.92);
    let partner = spare + draw.style_in(0.2, 0.45);
    let bed_light = draw.style_in(0.04, 0.14);
    let halo = draw.style_in(0.8, 1.5);
    let gain = draw.style_in(1.3, 2.2);
    if level <= 0.0 {
        return image.clone();
    }
    let step = (unit(image).round() as usize).max(1);
    let edges = sobel(image, step);
    let pixels = image.pixels.chunks_exact(3).map(|p| [p[0], p[1], p[2]]);
    let mut lines = Vec::with_capacity(edges.len());
    let mut colours = Vec::with_capacity(edges.len());
    let mut bed = Vec::with_capacity(edges.len());
    let wash = from_hsv([spare, 0.8, 1.0]);
    for (p, &edge) in pixels.zip(&edges) {
        let line = (gain * edge - 0.15).clamp(0.0, 1.3);
        let [_, s, v] = to_hsv(p);
        let (line, colour) = match variant {
            0 => (line, luminous(p, spare)),
            1 => {
                let side = smoothstep(0.3, 0.7, luma(p));
                (
                    line,
                    blend(
                        from_hsv([spare, 0.95, 1.0]),
                        from_hsv([partner, 0.95, 1.0]),
                        side,
                    ),
                )
            }
            2 => (0.75 * line + 0.35 * (s * v).powi(2), luminous(p, spare)),
            _ => (
                line.max(0.5 * smoothstep(0.5, 1.0, s) * v),
                luminous(p, partner),
            ),
        };
        lines.push(line);
        colours.push(colour);
        bed.push(std::array::from_fn(|c| {
            bed_light * (0.7 * p[c] + 0.5 * wash[c])
        }));
    }
    image.mix(&tubes(image, &lines, &colours, &bed, halo), amount(level))
}

/// Luminous contours of band-passed OKLab colours at the largest chroma, on a darkened picture.
pub fn neon_held_out(image: &Image, level: f32, draw: &mut Draw) -> Image {
    let spare = draw.style_in(2.5, 6.0);
    let bed_light = draw.style_in(0.12, 0.2);
    let gain = draw.style_in(1.9, 2.8);
    let width = draw.style_in(0.8, 1.2);
    if level <= 0.0 {
        return image.clone();
    }
    let bands = difference_of_gaussians(image, width * unit(image));
    let mut colours = Vec::with_capacity(bands.len());
    let mut bed = Vec::with_capacity(bands.len());
    for p in image.pixels.chunks_exact(3) {
        let [l, a, b] = to_oklab([p[0], p[1], p[2]]);
        let chroma = (a * a + b * b).sqrt();
        let (mut da, mut db) = (spare.cos(), spare.sin());
        if chroma > 0.03 {
            (da, db) = (a / chroma, b / chroma);
        }
        colours.push(from_oklab([0.76, 0.3 * da, 0.3 * db]));
        bed.push(from_oklab([
            l * bed_light + 0.1,
            0.3 * a + 0.02,
            0.3 * b - 0.05,
        ]));
    }
    let lines: Vec<f32> = bands
        .iter()
        .map(|v| (gain * v - 0.1).clamp(0.0, 1.3))
        .collect();
    image.mix(&tubes(image, &lines, &colours, &bed, 1.1), amount(level))
}

/// The luma above which the brightest `share` of the pixels lies.
fn bright_threshold(image: &Image, share: f32) -> f32 {
    let mut lumas = image.luma();
    let at = ((1.0 - share) * (lumas.len() - 1) as f32) as usize;
    *lumas.select_nth_unstable_by(at, f32::total_cmp).1
}

/// A bloom: bright parts blurred and screened over, a soft-focus double exposure, a coloured
/// bloom, or blooms of three widths.
pub fn glowing_training(image: &Image, level: f32, draw: &mut Draw) -> Image {
    let variant = draw.variant(4);
    let share = draw.style_in(0.12, 0.3);
    let reach = draw.style_in(3.0, 6.0) * unit(image);
    let gain = draw.style_in(1.2, 1.7);
    let hue = draw.style_in(0.08, 0.17);
    if level <= 0.0 {
        return image.clone();
    }
    let threshold = bright_threshold(image, share);
    let tint = match variant {
        2 => from_hsv([hue, 0.35, 1.0]),
        _ => [1.0; 3],
    };
    let lights = image.map(|p| {
        let on = match variant {
            1 => luma(p).powi(2),
            _ => smoothstep(threshold - 0.18, threshold + 0.03, luma(p)),
        };
        let white = blend(p, tint, 0.3);
        std::array::from_fn(|c| on * white[c] * tint[c])
    });
    let bloom = match variant {
        3 => {
            let near = smoothed(&lights, 0.4 * reach, 2);
            let far = smoothed(&near, 1.6 * reach, 2);
            near.mix(&far, 0.55)
        }
        _ => smoothed(&lights, reach, 2),
    };
    // A bright ground must not drown the picture: the more is lit, the less it spreads.
    let gain = gain * (0.42 / mean_luma(&lights).max(1e-3)).min(1.0);
    let veil = smoothed(image, 0.6 * unit(image), 1);
    let full = render(image, |_, _, i| {
        let (p, soft) = (colour_at(&image.pixels, i), colour_at(&veil.pixels, i));
        let glow = colour_at(&bloom.pixels, i);
        std::array::from_fn(|c| {
            let base = 0.4 * p[c] + 0.6 * soft[c];
            1.0 - (1.0 - 0.88 * base) * (1.0 - (gain * glow[c]).min(1.0))
        })
    });
    image.mix(&full, amount(level))
}

/// Scattered light: a wide-tailed spread of linear light, added and rolled off softly.
pub fn glowing_held_out(image: &Image, level: f32, draw: &mut Draw) -> Image {
    let reach = draw.style_in(3.5, 6.0) * unit(image);
    let gain = draw.style_in(1.6, 2.4);
    let power = draw.style_in(1.2, 1.8);
    if level <= 0.0 {
        return image.clone();
    }
    let brightest = bright_threshold(image, 0.1).max(0.2);
    let mut light = Vec::with_capacity(image.pixels.len());
    for p in image.pixels.chunks_exact(3) {
        let p = [p[0], p[1], p[2]];
        let weight = (luma(p) / brightest).min(1.0).powf(power);
        light.extend(decode(p).map(|v| v * weight));
    }
    let (width, height) = (image.width, image.height);
    let mut spread = light;
    for pass in [0.4, 0.6, 1.0] {
        spread = box_blur(&spread, width, height, 3, reach * pass);
    }
    let mean = spread.iter().sum::<f32>() / spread.len() as f32;
    let gain = gain * (0.26 / mean.max(1e-3)).min(1.0);
    let full = render(image, |_, _, i| {
        let (lit, around) = (decode(colour_at(&image.pixels, i)), colour_at(&spread, i));
        encode(std::array::from_fn(|c| {
            let sum = 0.7 * lit[c] + gain * around[c];
            1.0 - (-sum * (1.0 + 0.5 * sum)).exp()
        }))
    });
    image.mix(&full, amount(level))
}

/// Distance from the centre: 0 there, 1 in the corners, by a norm between a circle (2) and a
/// rounded rectangle.
fn eccentricity(image: &Image, x: usize, y: usize, shape: f32, centre: [f32; 2]) -> f32 {
    let place = |at: usize, size: usize, shift: f32| {
        let half = size as f32 / 2.0;
        (((at as f32 + 0.5) - half) / half - shift).abs()
    };
    let dx = place(x, image.width, centre[0]);
    let dy = place(y, image.height, centre[1]);
    let norm = if shape < 2.01 {
        (dx * dx + dy * dy).sqrt()
    } else {
        (dx.powf(shape) + dy.powf(shape)).powf(1.0 / shape)
    };
    norm / 2.0f32.powf(1.0 / shape)
}

/// Dark corners: a soft ring, a power, a Gaussian or a rounded frame, black or a very dark colour.
pub fn vignette_training(image: &Image, level: f32, draw: &mut Draw) -> Image {
    let variant = draw.variant(4);
    let inner = draw.style_in(0.2, 0.42);
    let centre = [draw.style_in(-0.12, 0.12), draw.style_in(-0.12, 0.12)];
    let frame = draw.style_in(2.8, 4.0);
    let edge = from_hsv([draw.style_in(0.0, 1.0), 0.6, draw.style_in(0.0, 0.1)]);
    if level <= 0.0 {
        return image.clone();
    }
    let strength = amount(level);
    let shape = if variant == 3 { frame } else { 2.0 };
    render(image, |x, y, i| {
        let r = eccentricity(image, x, y, shape, centre);
        let shade = match variant {
            0 => smoothstep(inner, 1.02, r),
            1 => (1.15 * r.powf(1.5 + 2.0 * inner)).min(1.0),
            2 => 1.0 - (-r * r * r / (0.35 * (0.6 + inner))).exp(),
            _ => smoothstep(0.3 + inner, 1.0, r),
        };
        blend(
            colour_at(&image.pixels, i),
            edge,
            strength * shade.clamp(0.0, 1.0),
        )
    })
}

/// Dark corners as a lens makes them: linear light falls with the fourth power of the cosine of the
/// field angle, and a pupil is cut off beyond it.
pub fn vignette_held_out(image: &Image, level: f32, draw: &mut Draw) -> Image {
    let field = draw.style_in(1.15, 1.65);
    let pupil = draw.style_in(0.5, 0.65);
    let hold = mean_luma(image).max(0.2);
    if level <= 0.0 {
        return image.clone();
    }
    let strength = amount(level);
    render(image, |x, y, i| {
        let r = eccentricity(image, x, y, 2.0, [0.0, 0.0]);
        let angle = field * strength * r;
        let cosine = 1.0 / (1.0 + angle * angle);
        let cut = 1.0 - strength * smoothstep(pupil, 1.15, r);
        let gain = cosine * cosine * cut * (1.0 - 0.1 * strength * r * hold);
        encode(decode(colour_at(&image.pixels, i)).map(|v| v * gain))
    })
}
