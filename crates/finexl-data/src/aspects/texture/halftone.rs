//! Halftone: a regular screen of dots whose size follows the tone.

use std::f32::consts::{FRAC_PI_2, PI, TAU};

use crate::aspects::draw::Draw;
use crate::aspects::filters::{
    amount, blend, box_blur, colour_at, floor, fraction, lerp, numbers, pick, render, tint, unit,
};
use crate::image::{Image, luma};

/// A rotated grid of dots.
#[derive(Clone, Copy)]
struct Screen {
    along: (f32, f32),
    phase: (f32, f32),
    soft: f32,
    staggered: bool,
}

impl Screen {
    fn new(pitch: f32, angle: f32, phase: (f32, f32)) -> Self {
        Self {
            along: (angle.cos() / pitch, angle.sin() / pitch),
            phase,
            soft: (0.9 / pitch).max(0.08),
            staggered: false,
        }
    }

    /// Position in dots along the two axes of the screen.
    #[inline]
    fn position(&self, x: usize, y: usize) -> (f32, f32) {
        let (x, y) = (x as f32 + 0.5, y as f32 + 0.5);
        let (c, s) = self.along;
        (x * c + y * s + self.phase.0, y * c - x * s + self.phase.1)
    }

    /// Position within the dot's cell, the dot's middle at (0, 0).
    #[inline]
    fn within(&self, x: usize, y: usize) -> (f32, f32) {
        let (mut a, b) = self.position(x, y);
        if self.staggered && floor(b) & 1 == 1 {
            a += 0.5;
        }
        (fraction(a) - 0.5, fraction(b) - 0.5)
    }

    /// Covered part of a pixel by round dots that cover `share` of the area.
    #[inline]
    fn round(&self, x: usize, y: usize, share: f32) -> f32 {
        let (a, b) = self.within(x, y);
        let radius = (share / PI).sqrt() * (1.0 + 0.25 * share * share);
        ((radius - (a * a + b * b).sqrt()) / self.soft + 0.5).clamp(0.0, 1.0)
    }

    /// The same by squares (`diamond` turns them by an eighth of a circle).
    #[inline]
    fn square(&self, x: usize, y: usize, share: f32, diamond: bool) -> f32 {
        let (a, b) = self.within(x, y);
        let (a, b) = (a.abs(), b.abs());
        let (distance, radius) = if diamond {
            (a + b, (share / 2.0).sqrt())
        } else {
            (a.max(b), share.sqrt() / 2.0)
        };
        ((radius - distance) / self.soft + 0.5).clamp(0.0, 1.0)
    }

    /// The same by a threshold on a smooth egg-box of cosines.
    #[inline]
    fn cosine(&self, x: usize, y: usize, share: f32) -> f32 {
        let (a, b) = self.position(x, y);
        let box_height = 0.5 + 0.25 * ((TAU * a).cos() + (TAU * b).cos());
        ((box_height - (1.0 - share)) / (self.soft * 1.5) + 0.5).clamp(0.0, 1.0)
    }
}

/// Keeps dots visible in the lightest and darkest areas.
#[inline]
fn share(darkness: f32) -> f32 {
    0.08 + 0.72 * darkness
}

/// Round dot screens: ink on paper, cyan-magenta-yellow, dots of the picture's own colours on
/// paper, dots on dark ground, and comic dots over the picture; any angle, pitch 3.4 to 6.5 units.
pub fn halftone_training(image: &Image, level: f32, draw: &mut Draw) -> Image {
    let s: [f32; 9] = numbers(&mut draw.style);
    if level <= 0.0 {
        return image.clone();
    }
    let pitch = (unit(image) * lerp(3.4, 6.5, s[1])).max(2.2);
    let mut screen = Screen::new(pitch, s[2] * FRAC_PI_2, (s[3], s[4]));
    screen.staggered = s[5] > 0.7;
    let turned = |by: f32| Screen::new(pitch, s[2] * FRAC_PI_2 + by, (s[4], s[3]));
    let plates = [screen, turned(0.52), turned(1.05)];
    let ink = tint(s[6], if s[7] > 0.5 { 0.9 } else { 0.0 }, 0.12);
    let paper = blend([1.0; 3], tint(s[8], 0.2, 0.92), s[7]);
    let soft = box_blur(&image.pixels, image.width, image.height, 3, pitch * 0.25);
    let mix = amount(level);
    let mode = pick(s[0], 5);
    render(image, |x, y, i| {
        let c = colour_at(&soft, i);
        let dark = 1.0 - luma(c);
        let effect = match mode {
            0 => blend(paper, ink, screen.round(x, y, share(dark))),
            1 => std::array::from_fn(|k| 1.0 - plates[k].round(x, y, share(1.0 - c[k]))),
            2 => {
                let own = c.map(|v| v * 0.85);
                blend(paper, own, screen.round(x, y, 0.3 + 0.5 * dark))
            }
            3 => {
                let ground = c.map(|v| v * 0.15);
                blend(ground, c, screen.round(x, y, 0.2 + 0.6 * (1.0 - dark)))
            }
            _ => {
                let light = c.map(|v| 0.25 + 0.75 * v);
                let dot = c.map(|v| v * 0.25);
                blend(light, dot, screen.round(x, y, 0.15 + 0.45 * dark))
            }
        };
        blend(image.pixel(x, y), effect, mix)
    })
}

/// Dots by thresholds instead of round spots: a cosine egg-box per luma or per colour channel,
/// square and diamond dots.
pub fn halftone_held_out(image: &Image, level: f32, draw: &mut Draw) -> Image {
    let s: [f32; 6] = numbers(&mut draw.style);
    if level <= 0.0 {
        return image.clone();
    }
    let pitch = (unit(image) * lerp(3.6, 6.0, s[1])).max(2.2);
    let angle = s[2] * FRAC_PI_2;
    let screen = Screen::new(pitch, angle, (s[3], s[4]));
    let plates = [0.0, 0.4, 0.9].map(|by| Screen::new(pitch, angle + by, (s[4], s[3])));
    let mix = amount(level);
    let mode = pick(s[0], 4);
    render(image, |x, y, _| {
        let c = image.pixel(x, y);
        let dark = 1.0 - luma(c);
        let effect = match mode {
            0 => [1.0 - 0.92 * screen.cosine(x, y, share(dark)); 3],
            1 => std::array::from_fn(|k| 1.0 - plates[k].cosine(x, y, share(1.0 - c[k]))),
            2 => {
                let covered = screen.square(x, y, 0.25 + 0.5 * dark, false);
                blend([0.97; 3], c.map(|v| v * 0.8), covered)
            }
            _ => {
                let covered = screen.square(x, y, share(dark), s[5] > 0.4);
                blend(c.map(|v| 0.4 + 0.6 * v), c.map(|v| v * 0.2), covered)
            }
        };
        blend(c, effect, mix)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aspects::filters::probe::check;

    #[test]
    fn halftone_keeps_its_promises() {
        check(halftone_training);
        check(halftone_held_out);
    }

    #[test]
    fn round_dots_cover_the_asked_share() {
        let screen = Screen::new(6.0, 0.3, (0.0, 0.0));
        for share in [0.1, 0.3, 0.6] {
            let points = (0..128 * 128).map(|i| screen.round(i % 128, i / 128, share));
            let mean = points.sum::<f32>() / (128.0 * 128.0);
            assert!((mean - share).abs() < 0.15, "{mean} for {share}");
        }
    }
}
