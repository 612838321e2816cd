//! Wavy: the picture ripples, as if seen through moving water.

use std::f32::consts::{PI, TAU};

use crate::aspects::draw::Draw;
use crate::aspects::filters::{Lattice, fraction, lerp, numbers, pick, render, unit};
use crate::image::Image;

/// Sine ripples across one direction, along it (squeezing), in both axes, or in rings.
pub fn wavy_training(image: &Image, level: f32, draw: &mut Draw) -> Image {
    let s: [f32; 7] = numbers(&mut draw.style);
    let jitter: [f32; 1] = numbers(&mut draw.noise);
    if level <= 0.0 {
        return image.clone();
    }
    let u = unit(image);
    let wavelength = u * lerp(10.0, 20.0, s[1]);
    let reach = level * u * lerp(3.2, 4.6, s[2]) * (wavelength / (u * 14.0)).min(1.1);
    let (sin, cos) = (PI * s[3]).sin_cos();
    let phase = TAU * (s[4] + 0.15 * jitter[0]);
    let rate = TAU / wavelength;
    let middle = (
        image.width as f32 * lerp(0.3, 0.7, s[5]),
        image.height as f32 * lerp(0.3, 0.7, s[6]),
    );
    let mode = pick(s[0], 4);
    render(image, |x, y, _| {
        let (x, y) = (x as f32, y as f32);
        let (dx, dy) = match mode {
            0 => {
                let wave = (rate * (x * cos + y * sin) + phase).sin();
                (-sin * wave, cos * wave)
            }
            1 => {
                let wave = (rate * y + phase).sin();
                (wave, 0.25 * wave)
            }
            2 => ((rate * y + phase).sin(), (rate * x + phase).sin()),
            _ => {
                let (rx, ry) = (x - middle.0, y - middle.1);
                let distance = rx.hypot(ry).max(1e-3);
                let wave = 1.15 * (rate * distance + phase).sin();
                (wave * rx / distance, wave * ry / distance)
            }
        };
        image.sample(x + reach * dx, y + reach * dy)
    })
}

/// Ripples without sines: smooth noise along one axis, triangle waves, or a drifting noise field.
pub fn wavy_held_out(image: &Image, level: f32, draw: &mut Draw) -> Image {
    let s: [f32; 5] = numbers(&mut draw.style);
    let lattice = Lattice::new(&mut draw.noise);
    if level <= 0.0 {
        return image.clone();
    }
    let u = unit(image);
    let wavelength = u * lerp(10.0, 18.0, s[1]);
    let reach = level * u * lerp(3.4, 4.6, s[2]);
    let (sin, cos) = (PI * s[3]).sin_cos();
    let mode = pick(s[0], 3);
    let second = lattice.fork(1);
    render(image, |x, y, _| {
        let (x, y) = (x as f32, y as f32);
        let along = (x * cos + y * sin) / wavelength;
        let (dx, dy) = match mode {
            0 => {
                let wave = 4.4 * (lattice.value(along * 2.0, 0.5) - 0.5);
                (-sin * wave, cos * wave)
            }
            1 => {
                let wave = 4.0 * (fraction(along + s[4]) - 0.5).abs() - 1.0;
                (-sin * wave, cos * wave)
            }
            _ => {
                let rate = 1.7 / wavelength;
                let wave = lattice.value(x * rate, y * rate) - 0.5;
                let other = second.value(x * rate, y * rate) - 0.5;
                (4.2 * wave, 4.2 * other)
            }
        };
        image.sample(x + reach * dx, y + reach * dy)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aspects::filters::probe::check;

    #[test]
    fn waves_keep_their_promises() {
        check(wavy_training);
        check(wavy_held_out);
    }
}
