//! Mosaic: tiles of one colour each with grout between them, never axis-aligned squares.

use crate::aspects::draw::Draw;
use crate::aspects::filters::{
    Cells, Lattice, amount, blend, cells, floor, fraction, lerp, numbers, pick, region_means,
    render, tint, unit,
};
use crate::image::Image;

/// Paints tiles with their mean colours, slightly uneven, and draws the grout.
struct Finish {
    mix: f32,
    uneven: f32,
    grout: [f32; 3],
    half_width: f32,
    bevel: f32,
}

impl Finish {
    fn apply(&self, image: &Image, tiles: &Cells, lattice: Lattice) -> Image {
        let mut colours = region_means(image, &tiles.labels, tiles.count);
        for (i, colour) in colours.iter_mut().enumerate() {
            let change = self.uneven * (lattice.at(i as i32, -3) - 0.5);
            *colour = colour.map(|v| (v + change).clamp(0.0, 1.0));
        }
        render(image, |x, y, i| {
            let mut tile = colours[tiles.labels[i] as usize];
            let [dx, dy] = tiles.offset[i];
            let lift = self.bevel * ((dx + dy) * -0.05).clamp(-0.25, 0.25);
            tile = tile.map(|v| v + lift);
            let covered = (self.half_width + 0.5 - tiles.border[i]).clamp(0.0, 1.0);
            blend(
                image.pixel(x, y),
                blend(tile, self.grout, covered),
                self.mix,
            )
        })
    }
}

/// A tiling of triangles of about `size` pixels.
fn triangles(image: &Image, size: f32, phase: (f32, f32)) -> Cells {
    let side = (size * 1.5).max(1.5);
    let columns = (image.width as f32 / side + image.height as f32 / side) as usize + 4;
    let rows = (image.height as f32 / (side * 0.866)) as usize + 3;
    let total = image.width * image.height;
    let mut tiles = Cells::with_capacity(total, columns * rows * 2);
    for y in 0..image.height {
        for x in 0..image.width {
            let b = y as f32 / (side * 0.866) + phase.1;
            let a = x as f32 / side + phase.0 - b / 2.0 + image.height as f32 / side / 1.7 + 1.0;
            let (fa, fb) = (fraction(a), fraction(b));
            let upper = fa + fb > 1.0;
            let cell = (floor(a).max(0) as usize).min(columns - 1) * rows
                + (floor(b).max(0) as usize).min(rows - 1);
            tiles.labels.push((cell * 2 + usize::from(upper)) as u32);
            let (p, q) = if upper {
                (1.0 - fa, 1.0 - fb)
            } else {
                (fa, fb)
            };
            tiles.border.push(p.min(q).min(1.0 - p - q) * side * 0.866);
            let third = if upper { 2.0 / 3.0 } else { 1.0 / 3.0 };
            tiles
                .offset
                .push([(fa - third) * side, (fb - third) * side]);
        }
    }
    tiles
}

/// Voronoi tiles, hexagons, triangles or slightly irregular setts, with dark, light or tinted grout.
pub fn mosaic_training(image: &Image, level: f32, draw: &mut Draw) -> Image {
    let s: [f32; 8] = numbers(&mut draw.style);
    let lattice = Lattice::new(&mut draw.noise);
    if level <= 0.0 {
        return image.clone();
    }
    let u = unit(image);
    let size = (u * lerp(6.0, 9.5, s[1]) * lerp(0.85, 1.2, level)).max(2.5);
    let tiles = match pick(s[0], 4) {
        0 => cells(image, lattice, size, lerp(0.7, 1.0, s[2]), 0.5, false),
        1 => cells(image, lattice, size, 0.12 * s[2], 0.5, false),
        2 => triangles(image, size, (s[2], s[3])),
        _ => cells(image, lattice, size, lerp(0.35, 0.55, s[2]), 0.3, false),
    };
    let grout = match pick(s[4], 4) {
        0 => [0.08; 3],
        1 => [0.93; 3],
        2 => [0.55; 3],
        _ => tint(s[5], 0.5, 0.3),
    };
    let finish = Finish {
        mix: amount(level),
        uneven: 0.2 * s[6],
        grout,
        half_width: (u * lerp(0.3, 0.7, s[7])).max(0.3),
        bevel: 0.0,
    };
    finish.apply(image, &tiles, lattice)
}

/// Overlapping scales in rows: the tile of a pixel is the lowest disc that covers it.
fn scales(image: &Image, size: f32, phase: (f32, f32)) -> Cells {
    let size = size.max(2.0);
    let rise = size * 0.5;
    let columns = (image.width as f32 / size) as usize + 5;
    let rows = (image.height as f32 / rise) as usize + 6;
    let total = image.width * image.height;
    let mut tiles = Cells::with_capacity(total, columns * rows);
    for y in 0..image.height {
        let b = y as f32 / rise + phase.1 + 2.0;
        for x in 0..image.width {
            let a = x as f32 / size + phase.0 + 1.0;
            let lowest = floor(b);
            let mut found = (lowest - 2, floor(a), 0.0, [0.0; 2]);
            for row in [lowest - 2, lowest - 1, lowest] {
                let shift = if row & 1 == 1 { 0.5 } else { 0.0 };
                let column = floor(a - shift);
                let dx = (a - shift - column as f32 - 0.5) * size;
                let dy = (b - row as f32) * rise;
                let inside = size * 0.54 - (dx * dx + dy * dy).sqrt();
                if inside > 0.0 {
                    found = (row, column, inside, [dx, dy - rise]);
                    break;
                }
            }
            let row = (found.0.max(0) as usize).min(rows - 1);
            let column = (found.1.max(0) as usize).min(columns - 1);
            tiles.labels.push((row * columns + column) as u32);
            tiles.border.push(found.2);
            tiles.offset.push(found.3);
        }
    }
    tiles
}

/// Diamond-metric tiles with bevelled faces, or rows of scales.
pub fn mosaic_held_out(image: &Image, level: f32, draw: &mut Draw) -> Image {
    let s: [f32; 7] = numbers(&mut draw.style);
    let lattice = Lattice::new(&mut draw.noise);
    if level <= 0.0 {
        return image.clone();
    }
    let u = unit(image);
    let size = (u * lerp(6.5, 9.5, s[1]) * lerp(0.85, 1.2, level)).max(2.5);
    let tiles = if s[0] < 0.6 {
        cells(image, lattice, size, lerp(0.6, 0.9, s[2]), 0.5, true)
    } else {
        scales(image, size * 1.2, (s[2], s[3]))
    };
    let finish = Finish {
        mix: amount(level),
        uneven: 0.12,
        grout: [[0.1; 3], [0.9; 3], [0.45; 3]][pick(s[4], 3)],
        half_width: (u * lerp(0.35, 0.7, s[5])).max(0.3),
        bevel: s[6],
    };
    finish.apply(image, &tiles, lattice)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aspects::filters::probe::{check, picture};

    #[test]
    fn mosaic_keeps_its_promises() {
        check(mosaic_training);
        check(mosaic_held_out);
    }

    #[test]
    fn tiles_have_labels_within_range() {
        for (w, h) in [(1, 1), (64, 64), (200, 9), (9, 200)] {
            let image = picture(w, h);
            for tiles in [
                triangles(&image, 5.0, (0.9, 0.9)),
                scales(&image, 6.0, (0.9, 0.9)),
            ] {
                assert!(tiles.labels.iter().all(|&l| (l as usize) < tiles.count));
            }
        }
    }
}
