//! Aspects that no training ever sees, kept to measure what happens with the unknown: glitch,
//! kaleidoscope, rainbow. One implementation each.

use std::f32::consts::TAU;

use rand::RngExt;

use super::draw::Draw;
use super::filters::{amount, blend, colour_at, render, unit};
use super::spaces::{from_hsv, with_luma};
use crate::image::{Image, luma};

/// A broken transmission: bands of rows slide sideways, channels come apart, some bands turn wild.
pub fn glitch(image: &Image, level: f32, draw: &mut Draw) -> Image {
    let band = draw.style_in(2.5, 6.0) * unit(image);
    let split = draw.style_in(2.0, 4.5) * unit(image);
    let slide = draw.style_in(8.0, 18.0) * unit(image);
    let wild_share = draw.style_in(0.08, 0.2);
    let bands = (image.height as f32 / band).ceil() as usize + 1;
    let fates: Vec<[f32; 3]> = (0..bands)
        .map(|_| std::array::from_fn(|_| draw.noise.random::<f32>()))
        .collect();
    if level <= 0.0 {
        return image.clone();
    }
    let full = render(image, |x, y, _| {
        let [moves, way, wild] = fates[(y as f32 / band) as usize];
        let shift = if moves < 0.55 {
            slide * (2.0 * way - 1.0)
        } else {
            0.0
        };
        let from = |offset: f32| {
            let at = (x as f32 + shift + offset).round() as isize;
            image.pixel(at.rem_euclid(image.width as isize) as usize, y)
        };
        let torn = [from(-split)[0], from(0.0)[1], from(split)[2]];
        if wild < wild_share {
            [1.0 - torn[1], torn[2], (torn[0] + 0.4).min(1.0)]
        } else {
            torn
        }
    });
    image.mix(&full, amount(level))
}

/// Mirrors around the centre: one sector of the picture repeated in a star.
pub fn kaleidoscope(image: &Image, level: f32, draw: &mut Draw) -> Image {
    let sectors = [6, 8, 10, 12][draw.variant(4)];
    let start = draw.style_in(0.0, TAU);
    let zoom = draw.style_in(0.8, 1.1);
    if level <= 0.0 {
        return image.clone();
    }
    let wedge = TAU / sectors as f32;
    let middle = [
        (image.width as f32 - 1.0) / 2.0,
        (image.height as f32 - 1.0) / 2.0,
    ];
    let full = render(image, |x, y, _| {
        let (dx, dy) = (x as f32 - middle[0], y as f32 - middle[1]);
        let radius = (dx * dx + dy * dy).sqrt() * zoom;
        let angle = dy.atan2(dx).rem_euclid(2.0 * wedge);
        let folded = start
            + if angle > wedge {
                2.0 * wedge - angle
            } else {
                angle
            };
        image.sample(
            middle[0] + radius * folded.cos(),
            middle[1] + radius * folded.sin(),
        )
    });
    image.mix(&full, amount(level))
}

/// All hues in a row: bands of the spectrum across the picture, its light and dark kept.
pub fn rainbow(image: &Image, level: f32, draw: &mut Draw) -> Image {
    let angle = draw.style_in(0.0, TAU);
    let turns = draw.style_in(0.9, 2.0);
    let start = draw.style_in(0.0, 1.0);
    if level <= 0.0 {
        return image.clone();
    }
    let size = image.width.max(image.height) as f32;
    let full = render(image, |x, y, i| {
        let p = colour_at(&image.pixels, i);
        let along = (x as f32 * angle.cos() + y as f32 * angle.sin()) / size;
        let ink = from_hsv([(start + turns * along).rem_euclid(1.0), 0.9, 1.0]);
        let target = 0.25 + 0.5 * luma(p);
        blend(p, with_luma(ink, target), 0.85)
    });
    image.mix(&full, amount(level))
}
