//! Hatched: parallel strokes that grow with the darkness.

use std::f32::consts::{FRAC_PI_2, PI};

use crate::aspects::draw::Draw;
use crate::aspects::filters::{
    Lattice, Stroke, amount, blend, box_blur, fraction, lerp, numbers, pick, render, tint, unit,
};
use crate::image::Image;

/// What strokes are drawn with and on.
#[derive(Clone, Copy)]
struct Medium {
    kind: usize,
    ink: [f32; 3],
    paper: [f32; 3],
}

impl Medium {
    fn new(kind: usize, hue: f32, strength: f32) -> Self {
        Self {
            kind,
            ink: tint(hue, strength, 0.12),
            paper: tint(hue + 0.4, strength * 0.06, 0.95),
        }
    }

    /// The colour of a pixel that strokes cover by `coverage`.
    #[inline]
    fn colour(&self, own: [f32; 3], coverage: f32) -> [f32; 3] {
        match self.kind {
            0 => blend(self.paper, self.ink, coverage),
            1 => blend(self.paper, own.map(|v| v * 0.7), coverage),
            2 => blend(own.map(|v| v * 0.9 + 0.1), self.ink, coverage * 0.85),
            _ => blend(
                own.map(|v| 0.35 + 0.65 * v),
                own.map(|v| v * 0.45),
                coverage,
            ),
        }
    }
}

/// One set of parallel lines.
#[derive(Clone, Copy)]
struct Lines {
    across: (f32, f32),
    starts_at: f32,
}

fn darkness(image: &Image, radius: f32) -> Vec<f32> {
    let luma = image.luma();
    let mut dark = box_blur(&luma, image.width, image.height, 1, radius);
    dark.iter_mut().for_each(|v| *v = 1.0 - *v);
    dark
}

/// Ruled strokes of swelling width in one to three directions: ink or coloured pencil on paper, or
/// over the picture; pitch 3 to 5.5 units, slightly uneven.
pub fn hatched_training(image: &Image, level: f32, draw: &mut Draw) -> Image {
    let s: [f32; 8] = numbers(&mut draw.style);
    let lattice = Lattice::new(&mut draw.noise);
    if level <= 0.0 {
        return image.clone();
    }
    let pitch = (unit(image) * lerp(3.0, 5.5, s[1])).max(2.0);
    let angle = s[2] * PI;
    let cross = lerp(0.9, FRAC_PI_2, s[3]);
    let layers = [0.0, cross, cross * 0.5].map(|turn| (angle + turn).sin_cos());
    let lines =
        [(layers[0], -0.25), (layers[1], 0.45), (layers[2], 0.75)].map(|(a, starts_at)| Lines {
            across: (a.0 / pitch, a.1 / pitch),
            starts_at,
        });
    let directions = 1 + pick(s[4], 3);
    let medium = Medium::new(pick(s[5], 4), s[6], if s[6] > 0.5 { 0.9 } else { 0.0 });
    let wobble = lerp(0.1, 0.7, s[7]);
    let soft = 1.0 / pitch;
    let dark = darkness(image, pitch * 0.3);
    let mix = amount(level);
    render(image, |x, y, i| {
        let (fx, fy) = (x as f32, y as f32);
        let bend = wobble * (lattice.value(fx / (pitch * 3.0), fy / (pitch * 3.0)) - 0.5);
        let mut bare = 1.0;
        for line in &lines[..directions] {
            let tone = (dark[i] - line.starts_at) / (1.0 - line.starts_at);
            if tone <= 0.0 {
                continue;
            }
            let position = fx * line.across.0 - fy * line.across.1 + bend;
            let distance = (fraction(position) - 0.5).abs();
            let half = 0.1 + 0.27 * tone;
            bare *= 1.0 - ((half - distance) / soft + 0.5).clamp(0.0, 1.0);
        }
        let own = image.pixel(x, y);
        blend(own, medium.colour(own, 1.0 - bare), mix)
    })
}

/// Hatching by separate short strokes thrown on a jittered grid, denser and longer in the dark.
pub fn hatched_held_out(image: &Image, level: f32, draw: &mut Draw) -> Image {
    let s: [f32; 6] = numbers(&mut draw.style);
    let lattice = Lattice::new(&mut draw.noise);
    if level <= 0.0 {
        return image.clone();
    }
    let u = unit(image);
    let pitch = (u * lerp(3.2, 4.6, s[1])).max(2.0);
    let angle = s[2] * PI;
    let medium = Medium::new(pick(s[3], 4), s[4], if s[4] > 0.5 { 0.9 } else { 0.0 });
    let dark = darkness(image, pitch * 0.3);
    let mut bare = vec![1.0f32; dark.len()];
    for layer in 0..2 {
        let turn = angle + layer as f32 * lerp(0.8, 1.5, s[5]);
        let starts_at = [-0.3, 0.5][layer];
        let field = lattice.fork(layer as u32);
        throw_strokes(image, field, (pitch, turn, starts_at), &dark, &mut bare);
    }
    let mix = amount(level);
    render(image, |x, y, i| {
        let own = image.pixel(x, y);
        blend(own, medium.colour(own, 1.0 - bare[i]), mix)
    })
}

/// Draws one layer of strokes (`pitch`, angle, darkness where they start) into `bare`, the part of
/// every pixel that is still paper.
fn throw_strokes(
    image: &Image,
    field: Lattice,
    (pitch, angle, starts_at): (f32, f32, f32),
    dark: &[f32],
    bare: &mut [f32],
) {
    let (width, height) = (image.width as f32, image.height as f32);
    let (sin, cos) = angle.sin_cos();
    let spacing = pitch * 2.2;
    let reach = (width.hypot(height) / 2.0 + spacing) as i32;
    let (rows, columns) = (
        (reach as f32 / pitch) as i32,
        (reach as f32 / spacing) as i32,
    );
    for row in -rows..=rows {
        for column in -columns..=columns {
            let jitter = [field.at(row, column), field.at(row + 5000, column)];
            let along = (column as f32 + jitter[0] * 0.9) * spacing;
            let across = (row as f32 + 0.25 * jitter[1]) * pitch;
            let x = width / 2.0 + along * cos - across * sin;
            let y = height / 2.0 + along * sin + across * cos;
            if x < 0.0 || y < 0.0 || x >= width || y >= height {
                continue;
            }
            let here = dark[y as usize * image.width + x as usize];
            let tone = (here - starts_at) / (1.0 - starts_at);
            if tone <= 0.0 {
                continue;
            }
            let (sway_sin, sway_cos) = (angle + 0.2 * (jitter[1] - 0.5)).sin_cos();
            let stroke = Stroke {
                centre: (x, y),
                direction: (sway_cos, sway_sin),
                half_length: spacing * lerp(0.4, 0.75, tone),
                half_width: pitch * lerp(0.1, 0.34, tone),
            };
            stroke.cover(image.width, image.height, |i, coverage, _| {
                bare[i] = bare[i].min(1.0 - coverage);
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aspects::filters::probe::check;

    #[test]
    fn hatching_keeps_its_promises() {
        check(hatched_training);
        check(hatched_held_out);
    }
}
