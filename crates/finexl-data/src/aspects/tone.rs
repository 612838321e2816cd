//! How light is spread: dark, bright, high contrast, low contrast.
//!
//! Training operators are curves on encoded channels or exposure in linear light; held-out
//! operators move the lightness of OKLab.

use super::draw::Draw;
use super::filters::{amount, blend, smoothstep};
use super::spaces::{at_level, decode, encode, from_oklab, mean_luma, to_oklab, toward, with_luma};
use crate::image::{Image, luma};

/// Lowered exposure: a gain, stops, a gamma, a shadow curve or a subtraction.
pub fn dark_training(image: &Image, level: f32, draw: &mut Draw) -> Image {
    let variant = draw.variant(5);
    let rest = draw.style_in(0.16, 0.26);
    let stops = draw.style_in(3.6, 4.8);
    let gamma = draw.style_in(1.6, 2.6);
    let exposure = 2.0f32.powf(-stops);
    toward(image, level, |p| match variant {
        0 => p.map(|v| v * rest),
        1 => encode(decode(p).map(|v| v * exposure)),
        2 => p.map(|v| (1.8 * rest) * v.powf(gamma)),
        3 => p.map(|v| v * (0.6 * rest + 1.3 * rest * v * v)),
        _ => p.map(|v| (v - 0.8 + rest).max(0.0) + 0.1 * v),
    })
}

/// Lowered lightness in OKLab, chroma along with it.
pub fn dark_held_out(image: &Image, level: f32, draw: &mut Draw) -> Image {
    let rest = draw.style_in(0.32, 0.44);
    let colour = draw.style_in(0.9, 1.3);
    at_level(image, level, |p| {
        let [l, a, b] = to_oklab(p);
        let scale = 1.0 - level * (1.0 - rest);
        let chroma = (scale * (1.0 + level * (colour - 1.0))).min(1.0);
        from_oklab([l * scale, a * chroma, b * chroma])
    })
}

/// Raised exposure that keeps colours strong: a gain, stops, a gamma, an offset or a screen.
pub fn bright_training(image: &Image, level: f32, draw: &mut Draw) -> Image {
    let variant = draw.variant(5);
    let strength = draw.style_in(0.85, 1.2);
    let exposure = 2.0f32.powf(2.3 * strength);
    toward(image, level, |p| match variant {
        0 => p.map(|v| v * (1.0 + 1.1 * strength) + 0.08),
        1 => encode(decode(p).map(|v| v * exposure + 0.02)),
        2 => p.map(|v| (v + 0.04).min(1.0).powf(0.4 / strength)),
        3 => p.map(|v| 1.15 * v + 0.42 * strength),
        _ => p.map(|v| 1.0 - (1.0 - v).powf(1.0 + 1.9 * strength)),
    })
}

/// Raised lightness in OKLab with the chroma kept.
pub fn bright_held_out(image: &Image, level: f32, draw: &mut Draw) -> Image {
    let gain = draw.style_in(1.35, 1.5);
    let lift = draw.style_in(0.03, 0.09);
    at_level(image, level, |p| {
        let [l, a, b] = to_oklab(p);
        let light = l * (1.0 + level * (gain - 1.0)) + level * lift;
        from_oklab([light.min(1.0), a, b])
    })
}

/// Deep blacks and hard lights: steep lines or S-curves on channels or on luma.
pub fn high_contrast_training(image: &Image, level: f32, draw: &mut Draw) -> Image {
    let variant = draw.variant(5);
    let slope = draw.style_in(2.6, 4.0);
    let pivot = draw.style_in(0.44, 0.56);
    let mean = mean_luma(image).clamp(0.3, 0.7);
    toward(image, level, |p| match variant {
        0 => p.map(|v| pivot + slope * (v - pivot)),
        1 => p.map(|v| mean + slope * (v - mean)),
        2 => p.map(|v| 1.0 / (1.0 + (-3.2 * slope * (v - pivot)).exp())),
        3 => {
            let grey = luma(p);
            with_luma(p, pivot + slope * (grey - pivot))
        }
        _ => p.map(|v| smoothstep(0.0, 1.0, smoothstep(pivot - 0.36, pivot + 0.36, v))),
    })
}

/// A steep curve on the lightness of OKLab, chroma raised a little.
pub fn high_contrast_held_out(image: &Image, level: f32, draw: &mut Draw) -> Image {
    let slope = draw.style_in(9.0, 14.0);
    let pivot = draw.style_in(0.54, 0.65);
    let colour = draw.style_in(1.0, 1.3);
    toward(image, level, |p| {
        let [l, a, b] = to_oklab(p);
        let steep = 0.5 + 0.53 * (slope * (l - pivot) / 2.0).tanh();
        // Near black and white there is no room for chroma.
        let room = colour * (4.0 * steep * (1.0 - steep)).clamp(0.3, 1.0).sqrt();
        from_oklab([steep.clamp(0.0, 1.0), a * room, b * room])
    })
}

/// Everything squeezed toward middle grey: on channels, on luma, by lifted blacks or by a haze.
pub fn low_contrast_training(image: &Image, level: f32, draw: &mut Draw) -> Image {
    let variant = draw.variant(5);
    let rest = draw.style_in(0.14, 0.24);
    let centre = draw.style_in(0.46, 0.58);
    let mean = 0.5 * (mean_luma(image) + centre);
    toward(image, amount(level), |p| match variant {
        0 => p.map(|v| centre + rest * (v - centre)),
        1 => p.map(|v| mean + rest * (v - mean)),
        2 => {
            let grey = luma(p);
            let flat = with_luma(p, centre + rest * (grey - centre));
            blend(flat, [luma(flat); 3], 0.55)
        }
        3 => p.map(|v| centre - rest / 2.0 + rest * smoothstep(0.0, 1.0, v)),
        _ => {
            let haze = [centre, centre, centre + 0.02];
            blend(p.map(|v| v.sqrt()), haze, 1.0 - rest)
        }
    })
}

/// Lightness and chroma of OKLab squeezed toward a middle grey.
pub fn low_contrast_held_out(image: &Image, level: f32, draw: &mut Draw) -> Image {
    let rest = draw.style_in(0.15, 0.25);
    let centre = draw.style_in(0.56, 0.64);
    let scale = 1.0 - amount(level) * (1.0 - rest);
    at_level(image, level, |p| {
        let [l, a, b] = to_oklab(p);
        from_oklab([centre + (l - centre) * scale, a * scale, b * scale])
    })
}
