//! How strong colours are: vivid, muted, pastel, inverted.
//!
//! Training operators choose among formulations in RGB, HSL and HSV by the style draw; held-out
//! operators work in OKLab.

use super::draw::Draw;
use super::filters::{amount, blend, smoothstep};
use super::spaces::{
    at_level, decode, encode, from_hsl, from_hsv, from_oklab, scale_chroma, to_hsl, to_hsv,
    to_oklab, toward,
};
use crate::image::{Image, luma};

/// Saturation raised toward its limit: a gain of 1 + `gain` near grey, never above 1.
fn lift(saturation: f32, gain: f32) -> f32 {
    1.0 - (1.0 - saturation.clamp(0.0, 1.0)).powf(1.0 + gain)
}

/// Stronger colours, by chroma scaling, HSV, HSL, vibrance or a gain of single channels.
pub fn vivid_training(image: &Image, level: f32, draw: &mut Draw) -> Image {
    let variant = draw.variant(5);
    let strength = draw.style_in(0.8, 1.3);
    let brightness = draw.style_in(0.0, 0.25);
    toward(image, level, |p| match variant {
        0 => scale_chroma(p, 1.0 + 2.2 * strength),
        1 => {
            let [h, s, v] = to_hsv(p);
            from_hsv([h, lift(s, 2.5 * strength), v.powf(1.0 - brightness)])
        }
        2 => {
            let [h, s, l] = to_hsl(p);
            from_hsl([h, lift(s, 3.0 * strength), l + 0.35 * s * (0.5 - l)])
        }
        3 => {
            let [_, s, _] = to_hsv(p);
            scale_chroma(p, 1.0 + 3.2 * strength * (1.0 - 0.6 * s))
        }
        _ => {
            // The smallest channel goes down and the largest up: a poster's pure inks.
            let [low, high] = range(p);
            let [_, s, _] = to_hsv(p);
            let drop = low * (1.0 - (1.0 - s).powf(1.5 * strength));
            let rise = (1.0 - high) * s * (0.3 + brightness);
            let chroma = (high - low).max(1e-5);
            p.map(|c| c - drop * (high - c) / chroma + rise * (c - low) / chroma)
        }
    })
}

/// Stronger colours, by the chroma of OKLab at the same lightness.
pub fn vivid_held_out(image: &Image, level: f32, draw: &mut Draw) -> Image {
    let gain = draw.style_in(0.7, 1.2);
    let floor = draw.style_in(0.0, 0.05);
    at_level(image, level, |p| {
        let [l, a, b] = to_oklab(p);
        let chroma = (a * a + b * b).sqrt();
        // Greys carry rounding noise instead of a hue: they keep it small.
        let extra = floor * smoothstep(0.01, 0.05, chroma) / chroma.max(1e-3);
        let scale = 1.0 + level * (gain + extra);
        from_oklab([l, a * scale, b * scale])
    })
}

/// Weaker colours that stay colours, by chroma scaling, HSV, HSL, a chroma cap or a grey veil.
///
/// A third of the chroma stays at level 1: what keeps less than a quarter is called monochrome.
pub fn muted_training(image: &Image, level: f32, draw: &mut Draw) -> Image {
    let variant = draw.variant(5);
    let rest = draw.style_in(0.34, 0.5);
    let veil = draw.style_in(0.04, 0.16);
    let dust = [
        draw.style_in(0.38, 0.52),
        draw.style_in(0.38, 0.5),
        draw.style_in(0.38, 0.5),
    ];
    toward(image, amount(level), |p| {
        let quiet = match variant {
            0 => scale_chroma(p, rest),
            1 => {
                let [h, s, v] = to_hsv(p);
                from_hsv([h, s * rest, v * (1.0 - 0.25 * s)])
            }
            2 => {
                let [h, s, l] = to_hsl(p);
                from_hsl([h, s * rest, l])
            }
            3 => {
                // Strong colours lose most, weak ones little: earth tones remain.
                let [low, high] = range(p);
                let chroma = high - low;
                scale_chroma(p, rest * 1.2 / (rest * 1.2 + chroma).max(1e-3))
            }
            _ => {
                let grey = luma(p);
                let mate = [1.0 - p[0], 1.0 - p[1], 1.0 - p[2]];
                let neutral = blend(p, mate, 0.5 - rest / 2.0);
                neutral.map(|v| v + grey - luma(neutral))
            }
        };
        blend(quiet, dust, veil)
    })
}

/// Weaker colours, by a soft cap on the chroma of OKLab.
pub fn muted_held_out(image: &Image, level: f32, draw: &mut Draw) -> Image {
    let rest = draw.style_in(0.3, 0.45);
    let cap = draw.style_in(0.09, 0.14);
    let flatten = draw.style_in(0.05, 0.15);
    at_level(image, level, |p| {
        let [l, a, b] = to_oklab(p);
        let chroma = (a * a + b * b).sqrt();
        let capped = 1.0 / (1.0 + amount(level) * (0.5 * chroma / cap));
        let scale = capped * (1.0 - amount(level) * (1.0 - rest) * 0.6);
        from_oklab([
            l + amount(level) * flatten * (0.55 - l),
            a * scale,
            b * scale,
        ])
    })
}

/// Light, soft colours: whitened after losing chroma, by blending, HSL, HSV, screening or a curve.
pub fn pastel_training(image: &Image, level: f32, draw: &mut Draw) -> Image {
    let variant = draw.variant(5);
    let softness = draw.style_in(0.5, 0.68);
    let rest = draw.style_in(0.55, 0.8);
    let hue = draw.style_in(0.0, 1.0);
    let milk = from_hsv([hue, draw.style_in(0.0, 0.06), 1.0]);
    toward(image, amount(level), |p| match variant {
        0 => blend(scale_chroma(p, rest), milk, softness),
        1 => {
            let [h, s, l] = to_hsl(p);
            from_hsl([h, s * rest, 1.0 - (1.0 - l) * (0.85 - softness)])
        }
        2 => {
            let [h, s, v] = to_hsv(p);
            from_hsv([h, s * (1.0 - softness) * 0.9, 1.0 - (1.0 - v) * 0.28])
        }
        3 => {
            let quiet = scale_chroma(p, rest);
            let light = softness + 0.05;
            std::array::from_fn(|c| 1.0 - (1.0 - quiet[c]) * (1.0 - light * milk[c]))
        }
        _ => {
            let quiet = scale_chroma(p, rest * 0.9).map(|v| v.clamp(0.0, 1.0));
            quiet.map(|v| 0.96 - (1.0 - v).powf(0.8) * (0.9 - softness))
        }
    })
}

/// Light, soft colours, by the lightness and a capped chroma of OKLab.
pub fn pastel_held_out(image: &Image, level: f32, draw: &mut Draw) -> Image {
    let floor = draw.style_in(0.76, 0.84);
    let cap = draw.style_in(0.07, 0.1);
    let strength = amount(level);
    at_level(image, level, |p| {
        let [l, a, b] = to_oklab(p);
        let chroma = (a * a + b * b).sqrt();
        let soft = cap * (1.0 - (-chroma / cap).exp());
        let scale = 1.0 + strength * (soft / chroma.max(1e-4) - 1.0);
        let light = floor + (0.97 - floor) * l;
        from_oklab([l + strength * (light - l), a * scale, b * scale])
    })
}

/// A negative that spreads from the bright parts to the whole picture.
///
/// Mixing with the negative would pass through plain grey at level 0.5, so a threshold falls
/// instead: over channels, over luma, over HSL lightness, or over the inverse of saturation.
pub fn inverted_training(image: &Image, level: f32, draw: &mut Draw) -> Image {
    let variant = draw.variant(4);
    let width = draw.style_in(0.05, 0.3);
    let weights = [
        draw.style_in(0.2, 1.0),
        draw.style_in(0.5, 1.0),
        draw.style_in(0.1, 0.6),
    ];
    let total: f32 = weights.iter().sum();
    let front = Front::at(image, level, width);
    at_level(image, level, |p| match variant {
        0 => p.map(|v| v + front.flip(v) * (1.0 - 2.0 * v)),
        1 => {
            let grey = (weights[0] * p[0] + weights[1] * p[1] + weights[2] * p[2]) / total;
            blend(p, p.map(|v| 1.0 - v), front.flip(grey))
        }
        2 => {
            let [_, _, l] = to_hsl(p);
            blend(p, p.map(|v| 1.0 - v), front.flip(l))
        }
        _ => {
            let [_, s, v] = to_hsv(p);
            blend(p, p.map(|c| 1.0 - c), front.flip(0.5 * (s + v)))
        }
    })
}

/// Opposite lightness and opposite hue in OKLab, from the bright parts on.
pub fn inverted_held_out(image: &Image, level: f32, draw: &mut Draw) -> Image {
    let width = draw.style_in(0.05, 0.25);
    let colour = draw.style_in(0.9, 1.1);
    let front = Front::at(image, level, width);
    at_level(image, level, |p| {
        let [l, a, b] = to_oklab(p);
        // Opposite as an encoded grey: the opposite lightness itself would sink middle tones.
        let [grey, ..] = encode([l.powi(3); 3]);
        let [opposite, ..] = decode([1.0 - grey; 3]);
        let flipped = from_oklab([opposite.cbrt(), -a * colour, -b * colour]);
        blend(p, flipped, front.flip(grey))
    })
}

/// The values that are inverted at a level: those above a soft threshold that falls from the
/// brightest value of the image at level 0 to below 0 at level 1.
struct Front {
    threshold: f32,
    width: f32,
}

impl Front {
    fn at(image: &Image, level: f32, width: f32) -> Self {
        let top = image.pixels.iter().fold(0.0f32, |top, v| top.max(*v));
        Self {
            threshold: top - level.clamp(0.0, 1.0) * (top + width),
            width,
        }
    }

    /// How far a value is inverted: 0 not at all, 1 wholly.
    fn flip(&self, value: f32) -> f32 {
        smoothstep(self.threshold, self.threshold + self.width, value)
    }
}

fn range(colour: [f32; 3]) -> [f32; 2] {
    let [r, g, b] = colour;
    [r.min(g).min(b), r.max(g).max(b)]
}
