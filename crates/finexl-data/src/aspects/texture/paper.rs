//! Paper: the picture lies on fibrous, woven or crumpled paper.

use std::f32::consts::{PI, TAU};

use crate::aspects::draw::Draw;
use crate::aspects::filters::{
    Lattice, Stroke, amount, cells, floor, fraction, gradient, lerp, numbers, pick, render, tint,
    unit,
};
use crate::image::Image;

/// Lays a relief of paper (one value per pixel, about -1 to 1) over a picture and lets the colours
/// fade a little towards the paper's own.
fn lay(image: &Image, relief: &[f32], level: f32, depth: f32, sheet: [f32; 3]) -> Image {
    let mix = amount(level);
    let fade = 0.28 * mix;
    let depth = depth * mix;
    render(image, |x, y, i| {
        let c = image.pixel(x, y);
        let shade = depth * relief[i];
        std::array::from_fn(|k| {
            let faded = lerp(c[k], sheet[k], fade);
            faded + shade * (0.45 + 0.55 * faded)
        })
    })
}

/// Long thin fibres: noise stretched along two directions.
fn fibres(image: &Image, lattice: Lattice, scale: f32, angle: f32) -> Vec<f32> {
    let fine = 1.0 / (scale * 1.3);
    let long = fine / 7.0;
    let turns = [angle, angle + 1.9].map(f32::sin_cos);
    let fields = [lattice, lattice.fork(1)];
    each(image, |x, y| {
        let mut sum = 0.0;
        for ((sin, cos), field) in turns.iter().zip(fields) {
            let along = (x * cos + y * sin) * long;
            let across = (y * cos - x * sin) * fine;
            sum += field.value(along, across) - 0.5;
        }
        sum * 2.2
    })
}

/// Threads over and under each other.
fn canvas(image: &Image, lattice: Lattice, scale: f32, angle: f32) -> Vec<f32> {
    let pitch = scale * 2.6;
    let (sin, cos) = ((angle - 0.5) * 0.3).sin_cos();
    each(image, |x, y| {
        let (a, b) = ((x * cos + y * sin) / pitch, (y * cos - x * sin) / pitch);
        let over = (floor(a) + floor(b)) & 1 == 0;
        let (thread, along) = if over { (b, a) } else { (a, b) };
        let bulge = (PI * fraction(thread)).sin() * (PI * fraction(along)).sin();
        let uneven = lattice.at(floor(a), floor(b)) - 0.5;
        1.8 * (bulge - 0.45) * if over { 1.0 } else { 0.6 } + 0.5 * uneven
    })
}

/// Facets that face the light differently, with lit creases between them.
fn crumpled(image: &Image, lattice: Lattice, scale: f32, light: f32) -> Vec<f32> {
    let size = scale * 15.0;
    let tiles = cells(image, lattice, size, 1.0, 0.5, false);
    let (sin, cos) = (light * TAU).sin_cos();
    let tone = lattice.fork(3);
    let facets: Vec<[f32; 3]> = (0..tiles.count as i32)
        .map(|i| [0, 1, 2].map(|k| tone.at(i, k) - 0.5))
        .collect();
    let crease = 1.0 / (scale * 1.6);
    (0..tiles.labels.len())
        .map(|i| {
            let [flat, slope_x, slope_y] = facets[tiles.labels[i] as usize];
            let [dx, dy] = tiles.offset[i];
            let tilt = (dx * slope_x + dy * slope_y) / size * 2.4;
            let towards = (dx * cos + dy * sin) / size;
            let edge = (1.0 - tiles.border[i] * crease).max(0.0);
            1.3 * flat + tilt + edge * (1.8 * towards).clamp(-0.6, 0.6)
        })
        .collect()
}

/// Rough bumps of handmade paper, lit from one side.
fn bumps(image: &Image, lattice: Lattice, scale: f32, light: f32) -> Vec<f32> {
    let (sin, cos) = (light * TAU).sin_cos();
    let rate = 1.0 / (scale * 2.3);
    let second = lattice.fork(5);
    each(image, |x, y| {
        let (x, y) = (x * rate, y * rate);
        let lit = lattice.value(x + 0.35 * cos, y + 0.35 * sin)
            - lattice.value(x - 0.35 * cos, y - 0.35 * sin);
        2.0 * lit + 1.2 * (second.value(x * 0.3, y * 0.3) - 0.5)
    })
}

fn each(image: &Image, mut f: impl FnMut(f32, f32) -> f32) -> Vec<f32> {
    let mut relief = Vec::with_capacity(image.width * image.height);
    for y in 0..image.height {
        for x in 0..image.width {
            relief.push(f(x as f32, y as f32));
        }
    }
    relief
}

/// Fibrous, woven, crumpled or rough paper of several scales, depths and light directions.
pub fn paper_training(image: &Image, level: f32, draw: &mut Draw) -> Image {
    let s: [f32; 6] = numbers(&mut draw.style);
    let lattice = Lattice::new(&mut draw.noise);
    if level <= 0.0 {
        return image.clone();
    }
    let scale = unit(image) * lerp(0.95, 1.5, s[1]);
    let relief = match pick(s[0], 4) {
        0 => fibres(image, lattice, scale, s[2] * PI),
        1 => canvas(image, lattice, scale, s[2]),
        2 => crumpled(image, lattice, scale, s[2]),
        _ => bumps(image, lattice, scale, s[2]),
    };
    let sheet = tint(s[3] * 0.17, 0.08 * s[4], 0.93);
    lay(image, &relief, level, lerp(0.26, 0.4, s[5]), sheet)
}

/// Sharp folds across the sheet, threads of even strength along rows and columns, or many single
/// fibres lit from the side.
pub fn paper_held_out(image: &Image, level: f32, draw: &mut Draw) -> Image {
    let s: [f32; 5] = numbers(&mut draw.style);
    let lattice = Lattice::new(&mut draw.noise);
    if level <= 0.0 {
        return image.clone();
    }
    let u = unit(image);
    let relief = match pick(s[0], 3) {
        0 => folds(image, lattice, u),
        1 => linen(image, lattice, u * lerp(1.3, 2.0, s[1])),
        _ => single_fibres(image, lattice, u, s[1] * TAU),
    };
    let sheet = tint(0.1, 0.06 * s[2], 0.94);
    lay(image, &relief, level, lerp(0.3, 0.4, s[3]), sheet)
}

/// Creases along random straight lines, one side lit and the other dark, fading with distance.
fn folds(image: &Image, lattice: Lattice, u: f32) -> Vec<f32> {
    let (width, height) = (image.width as f32, image.height as f32);
    let creases: Vec<[f32; 4]> = (0..11)
        .map(|i| {
            let (sin, cos) = (TAU * lattice.at(i, 0)).sin_cos();
            let (px, py) = (width * lattice.at(i, 1), height * lattice.at(i, 2));
            [cos, sin, px * cos + py * sin, 0.6 + 0.6 * lattice.at(i, 3)]
        })
        .collect();
    let rate = 1.0 / (u * 5.0);
    each(image, |x, y| {
        let mut shade = 0.0;
        for [cos, sin, offset, depth] in &creases {
            let d = (x * cos + y * sin - offset) * rate;
            let near = (1.0 - d.abs()).max(0.0);
            shade += depth * near * near * if d > 0.0 { 1.0 } else { -1.0 };
        }
        shade
    })
}

/// Threads of uneven brightness along rows and columns.
fn linen(image: &Image, lattice: Lattice, pitch: f32) -> Vec<f32> {
    let rows = lattice.fork(1);
    each(image, |x, y| {
        let (a, b) = (x / pitch, y / pitch);
        let warp = lattice.value(a * 2.0, b * 0.12) - 0.5;
        let weft = rows.value(a * 0.12, b * 2.0) - 0.5;
        2.3 * (warp + weft)
    })
}

/// Some hundred separate fibres pressed into the sheet, lit from one side.
fn single_fibres(image: &Image, lattice: Lattice, u: f32, light: f32) -> Vec<f32> {
    let (width, height) = (image.width, image.height);
    let mut pulp = vec![0.0f32; width * height];
    let area = (width * height) as f32 / (u * u);
    let count = ((area / 14.0) as i32).clamp(1, 4000);
    for i in 0..count {
        let (sin, cos) = (PI * lattice.at(i, 0)).sin_cos();
        let stroke = Stroke {
            centre: (
                width as f32 * lattice.at(i, 1),
                height as f32 * lattice.at(i, 2),
            ),
            direction: (cos, sin),
            half_length: u * (2.0 + 4.0 * lattice.at(i, 3)),
            half_width: u * 0.45,
        };
        stroke.cover(width, height, |i, coverage, _| pulp[i] += 0.7 * coverage);
    }
    let (gx, gy) = gradient(&pulp, width, height, (u * 0.8).round().max(1.0) as usize);
    let (sin, cos) = light.sin_cos();
    gx.iter()
        .zip(&gy)
        .map(|(a, b)| (0.9 * (a * cos + b * sin)).clamp(-1.2, 1.2))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aspects::filters::probe::check;

    #[test]
    fn paper_keeps_its_promises() {
        check(paper_training);
        check(paper_held_out);
    }
}
