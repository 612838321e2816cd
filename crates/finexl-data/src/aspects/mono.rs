//! Pictures of one hue: monochrome (grey, rarely another single hue) and sepia (brown).

use super::draw::Draw;
use super::filters::{amount, blend, smoothstep};
use super::spaces::{
    at_level, decode, encode, from_hsl, from_hsv, from_oklab, to_oklab, toward, with_luma,
};
use crate::image::{Image, luma};

/// How far the colour is gone at a level. Most of it goes early: a picture that keeps a third of its
/// chroma is called muted, not monochrome.
fn drained(level: f32) -> f32 {
    amount(amount(level))
}

/// Black-and-white film: a channel mixer, the mean, the extremes or one channel, with a tone curve;
/// one style in ten prints it in a single hue that is not brown.
pub fn monochrome_training(image: &Image, level: f32, draw: &mut Draw) -> Image {
    let variant = draw.variant(5);
    let mixer = [
        draw.style_in(0.1, 1.0),
        draw.style_in(0.3, 1.0),
        draw.style_in(0.05, 0.7),
    ];
    let total: f32 = mixer.iter().sum();
    let contrast = draw.style_in(-0.2, 0.6);
    let tinted = draw.style_in(0.0, 1.0) < 0.1;
    // From green through blue and violet to crimson: browns and ambers belong to sepia.
    let hue = draw.style_in(0.3, 0.97);
    let ink = draw.style_in(0.15, 0.4);
    toward(image, drained(level), |p| {
        let grey = match variant {
            0 => luma(p),
            1 => (mixer[0] * p[0] + mixer[1] * p[1] + mixer[2] * p[2]) / total,
            2 => (p[0] + p[1] + p[2]) / 3.0,
            3 => (p[0].max(p[1]).max(p[2]) + p[0].min(p[1]).min(p[2])) / 2.0,
            _ => 0.85 * p[0] + 0.15 * p[1],
        };
        let grey = grey + contrast * (smoothstep(0.0, 1.0, grey) - grey);
        if tinted {
            with_luma(from_hsl([hue, ink, grey]), grey)
        } else {
            [grey; 3]
        }
    })
}

/// Greys by measured lightness: luminance in linear light, or the lightness of OKLab.
pub fn monochrome_held_out(image: &Image, level: f32, draw: &mut Draw) -> Image {
    let linear = draw.variant(2) == 0;
    let exposure = draw.style_in(0.85, 1.2);
    let contrast = draw.style_in(0.0, 0.4);
    let strength = drained(level);
    at_level(image, level, |p| {
        if linear {
            let [r, g, b] = decode(p);
            let light = exposure * (0.2126 * r + 0.7152 * g + 0.0722 * b);
            blend(p, encode([light; 3]), strength)
        } else {
            let [l, a, b] = to_oklab(p);
            let toned = l + strength * contrast * (smoothstep(0.2, 0.95, l) - l);
            from_oklab([toned, a * (1.0 - strength), b * (1.0 - strength)])
        }
    })
}

/// Brown prints: a tinted grey, a gradient map, a duotone, a faded print or a soft brown light.
pub fn sepia_training(image: &Image, level: f32, draw: &mut Draw) -> Image {
    let variant = draw.variant(5);
    let hue = draw.style_in(0.07, 0.115);
    let strength = draw.style_in(0.35, 0.6);
    let fade = draw.style_in(0.05, 0.2);
    let gamma = draw.style_in(0.8, 1.25);
    let dark = from_hsv([hue - 0.015, 0.75, 0.16]);
    let middle = from_hsv([hue, strength + 0.1, 0.62]);
    let cream = from_hsv([hue + 0.015, 0.22, 0.97]);
    toward(image, amount(level), |p| {
        let grey = luma(p);
        match variant {
            0 => {
                let brown = from_hsv([hue, strength, 1.0]);
                brown.map(|v| grey * v * (1.0 + 0.2 * strength))
            }
            1 => {
                let at = grey.powf(gamma);
                if at < 0.5 {
                    blend(dark, middle, at * 2.0)
                } else {
                    blend(middle, cream, at * 2.0 - 1.0)
                }
            }
            2 => from_hsl([hue, strength, grey * 0.92]),
            3 => {
                let flat = fade + grey.powf(gamma) * (0.92 - fade);
                let brown = from_hsv([hue, strength * 0.9, 1.0]);
                blend([flat; 3], brown.map(|v| flat * v), 0.95)
            }
            _ => {
                // A parabola that is zero in black and white and strongest in the middle tones.
                let weight = 4.0 * grey * (1.0 - grey);
                let paper = blend([grey; 3], cream.map(|v| v * grey), 0.9);
                let shift = [0.14, 0.01, -0.17].map(|v| v * weight * (0.5 + strength));
                std::array::from_fn(|c| paper[c] + shift[c])
            }
        }
    })
}

/// Brown prints in OKLab: the lightness stays, one brown hue replaces all others.
pub fn sepia_held_out(image: &Image, level: f32, draw: &mut Draw) -> Image {
    let angle = draw.style_in(1.05, 1.3);
    let reach = draw.style_in(0.065, 0.095);
    let flatten = draw.style_in(0.05, 0.2);
    let strength = amount(level);
    at_level(image, level, |p| {
        let [l, a, b] = to_oklab(p);
        let tone = l + flatten * (0.62 - l);
        let chroma = reach * (0.35 + 0.65 * (std::f32::consts::PI * tone).sin().max(0.0));
        let target = [tone, chroma * angle.cos(), chroma * angle.sin()];
        from_oklab(blend([l, a, b], target, strength))
    })
}
