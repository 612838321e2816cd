//! Scenes as images: background, layout, and drawing of sprites with area-averaged edges.

use super::{Place, Scene, SceneSize};
use crate::art::{Sprite, SpriteSet};
use crate::image::Image;
use finexl_core::seed::{self, ChaCha8Rng};
use rand::RngExt;

/// Largest shift of a subject from its place, as a share of the canvas.
const SHIFT: f32 = 0.02;
/// Largest relative change of a subject's size.
const STRETCH: f32 = 0.05;
/// Largest relative change of the background's brightness, and largest change of a channel.
const SHADE: (f32, f32) = (0.1, 0.03);
/// Largest change of the background from one side of the canvas to the other.
const GRADIENT: f32 = 0.04;
/// Space kept free at the border, as a share of the canvas.
const MARGIN: f32 = 0.02;

impl Scene {
    /// Draws the scene as `size` x `size` pixels (at least 1) with one artist's sprites.
    ///
    /// `seed` decides the background's shade and small shifts of position and size; the same
    /// arguments give the same image everywhere.
    pub fn render(&self, sprites: &SpriteSet, size: usize, seed: u64) -> Image {
        let size = size.max(1);
        let keys = [seed::key("render"), seed::key(&self.prompt())];
        let mut random = seed::generator(seed, &keys);
        let mut image = self.paint_background(size, &mut random);
        for (subject, spot) in self.subjects().zip(self.layout(&mut random)) {
            let spot = spot.scaled(size as f32);
            sprites.with_raster(subject, spot.side, |sprite| {
                draw_sprite(&mut image, sprite, spot);
            });
        }
        image
    }

    /// A shade of the background colour that changes slightly and evenly across the canvas.
    fn paint_background(&self, size: usize, random: &mut ChaCha8Rng) -> Image {
        let brightness = 1.0 + SHADE.0 * signed(random);
        let mut shade = self.background().colour.map(|v| v * brightness);
        for value in &mut shade {
            *value += SHADE.1 * signed(random);
        }
        let (sin, cos) = (std::f32::consts::TAU * random.random::<f32>()).sin_cos();
        let slope = GRADIENT * random.random::<f32>() / size as f32;
        let middle = (size as f32 - 1.0) / 2.0;
        let mut pixels = Vec::with_capacity(size * size * 3);
        for y in 0..size {
            for x in 0..size {
                let along = cos * (x as f32 - middle) + sin * (y as f32 - middle);
                pixels.extend(shade.map(|v| (v + slope * along).clamp(0.0, 1.0)));
            }
        }
        Image::new(size, size, pixels)
    }

    /// Where each subject stands on a canvas of side 1.
    ///
    /// Two subjects stand along the edge of their place, so that the place stays visible.
    fn layout(&self, random: &mut ChaCha8Rng) -> Vec<Spot> {
        let count = self.subjects().count();
        let side = share_of_canvas(self.size(), count);
        let edge = MARGIN + side / 2.0;
        let stretch = 1.0 + STRETCH * signed(random);
        (0..count)
            .map(|order| {
                let along = 0.5 + side * (order as f32 - (count as f32 - 1.0) / 2.0);
                let (x, y) = match self.place() {
                    Place::Left => (edge, along),
                    Place::Right => (1.0 - edge, along),
                    Place::Top => (along, edge),
                    Place::Bottom => (along, 1.0 - edge),
                };
                // A pair must not overlap, so it only ever shrinks.
                let stretch = if count > 1 { stretch.min(1.0) } else { stretch };
                Spot {
                    x: x + SHIFT * signed(random),
                    y: y + SHIFT * signed(random),
                    side: side * stretch,
                }
                .kept_inside()
            })
            .collect()
    }
}

/// The longer side of one subject as a share of the canvas.
fn share_of_canvas(size: SceneSize, count: usize) -> f32 {
    match (size, count) {
        (SceneSize::Small, 1) => 0.40,
        (SceneSize::Medium, 1) => 0.56,
        (SceneSize::Large, 1) => 0.76,
        (SceneSize::Small, _) => 0.33,
        (SceneSize::Medium, _) => 0.40,
        (SceneSize::Large, _) => 0.48,
    }
}

/// A number drawn evenly from -1 to 1.
fn signed(random: &mut ChaCha8Rng) -> f32 {
    2.0 * random.random::<f32>() - 1.0
}

/// A square that a subject is fitted into: centre and side.
#[derive(Clone, Copy)]
struct Spot {
    x: f32,
    y: f32,
    side: f32,
}

impl Spot {
    /// Moved so that nothing is cut off by a canvas of side 1.
    fn kept_inside(self) -> Self {
        let half = self.side / 2.0;
        Self {
            x: self.x.clamp(half, 1.0 - half),
            y: self.y.clamp(half, 1.0 - half),
            ..self
        }
    }

    fn scaled(self, factor: f32) -> Self {
        Self {
            x: self.x * factor,
            y: self.y * factor,
            side: self.side * factor,
        }
    }
}

/// Draws a premultiplied sprite into a spot given in pixels, each pixel averaging the sprite's
/// area that it covers.
fn draw_sprite(image: &mut Image, sprite: &Sprite, spot: Spot) {
    let scale = spot.side / sprite.width.max(sprite.height) as f32;
    let left = spot.x - scale * sprite.width as f32 / 2.0;
    let top = spot.y - scale * sprite.height as f32 / 2.0;
    let columns = Coverage::new(left, scale, sprite.width, image.width);
    let rows = Coverage::new(top, scale, sprite.height, image.height);
    let narrow = average_columns(sprite, &columns);
    let width = columns.spans.len();
    let mut sums = vec![[0.0f32; 4]; width];
    for (row, span) in rows.spans.iter().enumerate() {
        sums.fill([0.0; 4]);
        for (offset, weight) in rows.weights_of(span).iter().enumerate() {
            let start = (span.source + offset) * width;
            for (sum, value) in sums.iter_mut().zip(&narrow[start..start + width]) {
                for (s, v) in sum.iter_mut().zip(value) {
                    *s += weight * v;
                }
            }
        }
        for (column, sum) in sums.iter().enumerate() {
            let (x, y) = (columns.first + column, rows.first + row);
            let under = image.pixel(x, y);
            let clear = 1.0 - sum[3];
            let over = std::array::from_fn(|c| (sum[c] + clear * under[c]).clamp(0.0, 1.0));
            image.set(x, y, over);
        }
    }
}

/// The sprite with its columns averaged to those of the image, in [0, 1], `[sprite rows][columns]`.
fn average_columns(sprite: &Sprite, columns: &Coverage) -> Vec<[f32; 4]> {
    let mut narrow = Vec::with_capacity(sprite.height * columns.spans.len());
    for row in sprite.rgba.chunks_exact(sprite.width * 4) {
        for span in &columns.spans {
            let mut sum = [0.0f32; 4];
            let pixels = row[span.source * 4..].chunks_exact(4);
            for (weight, pixel) in columns.weights_of(span).iter().zip(pixels) {
                for (s, &v) in sum.iter_mut().zip(pixel) {
                    *s += weight * f32::from(v);
                }
            }
            narrow.push(sum.map(|v| v / 255.0));
        }
    }
    narrow
}

/// Which source pixels every target pixel covers along one axis, and by how much.
struct Coverage {
    /// The first target pixel that covers any.
    first: usize,
    spans: Vec<Span>,
    weights: Vec<f32>,
}

/// The source pixels of one target pixel: the first of them, and where their weights lie.
struct Span {
    source: usize,
    weights: std::ops::Range<usize>,
}

impl Coverage {
    /// For `source` pixels drawn from position `origin` on, `scale` target pixels each, on a canvas
    /// of `target` pixels.
    fn new(origin: f32, scale: f32, source: usize, target: usize) -> Self {
        let end = origin + scale * source as f32;
        let first = (origin.floor().max(0.0) as usize).min(target);
        let last = (end.ceil().max(0.0) as usize).min(target);
        let mut coverage = Self {
            first,
            spans: Vec::with_capacity(last.saturating_sub(first)),
            weights: Vec::new(),
        };
        for pixel in first..last {
            let from = ((pixel as f32 - origin) / scale).clamp(0.0, source as f32);
            let to = ((pixel as f32 + 1.0 - origin) / scale).clamp(0.0, source as f32);
            let start = coverage.weights.len();
            for covered in from as usize..(to.ceil() as usize).min(source) {
                let share = to.min(covered as f32 + 1.0) - from.max(covered as f32);
                coverage.weights.push(share * scale);
            }
            coverage.spans.push(Span {
                source: (from as usize).min(source),
                weights: start..coverage.weights.len(),
            });
        }
        coverage
    }

    fn weights_of(&self, span: &Span) -> &[f32] {
        &self.weights[span.weights.clone()]
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::art::Artist;
    use crate::scenes::Split;
    use std::path::Path;

    fn opaque(width: usize, height: usize) -> Sprite {
        Sprite {
            width,
            height,
            rgba: vec![255; width * height * 4],
        }
    }

    #[test]
    fn an_opaque_sprite_covers_exactly_its_area() {
        for (x, y, side) in [(8.0, 8.0, 4.0), (7.3, 9.6, 5.5), (8.0, 8.0, 15.9)] {
            let mut image = Image::filled(16, 16, [0.0; 3]);
            draw_sprite(&mut image, &opaque(32, 16), Spot { x, y, side });
            let covered: f32 = image.pixels.iter().sum::<f32>() / 3.0;
            assert!((covered - side * side / 2.0).abs() < 1e-2, "{covered}");
        }
    }

    #[test]
    fn a_sprite_partly_outside_is_cut_off() {
        let mut image = Image::filled(8, 8, [0.0; 3]);
        let spot = Spot {
            x: 0.0,
            y: 8.0,
            side: 4.0,
        };
        draw_sprite(&mut image, &opaque(16, 16), spot);
        let covered: f32 = image.pixels.iter().sum::<f32>() / 3.0;
        assert!((covered - 4.0).abs() < 1e-3, "{covered}");
    }

    #[test]
    fn images_are_repeatable_and_hold_their_subjects_at_any_size() {
        let sprites = SpriteSet::load(Artist::Twemoji, Path::new("unused"), 0).unwrap();
        for index in 0..20 {
            let scene = Scene::draw(Split::Train, 1, index);
            for size in [1, 16, 64, 300] {
                let image = scene.render(&sprites, size, 7);
                assert_eq!(image, scene.render(&sprites, size, 7));
                assert!(image.pixels.iter().all(|v| (0.0..=1.0).contains(v)));
                let keys = [seed::key("render"), seed::key(&scene.prompt())];
                let empty = scene.paint_background(size, &mut seed::generator(7, &keys));
                assert!(
                    image.mean_abs_difference(&empty) > 0.005,
                    "{}",
                    scene.prompt()
                );
            }
            assert_ne!(scene.render(&sprites, 64, 7), scene.render(&sprites, 64, 8));
        }
    }

    #[test]
    fn the_same_scene_looks_the_same_at_every_size() {
        let sprites = SpriteSet::load(Artist::Twemoji, Path::new("unused"), 0).unwrap();
        let scene = Scene::draw(Split::Train, 1, 3);
        let mean = |size| {
            let image = scene.render(&sprites, size, 7);
            image.pixels.iter().sum::<f32>() / image.pixels.len() as f32
        };
        assert!((mean(64) - mean(256)).abs() < 0.005);
    }
}
