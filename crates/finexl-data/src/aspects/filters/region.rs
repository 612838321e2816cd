//! Regions: palettes, tilings and painting every region with its mean colour.

use super::{Lattice, colour_at, lerp};
use crate::image::Image;

/// Mean colour per label; a label without pixels gets grey.
pub fn region_means(image: &Image, labels: &[u32], count: usize) -> Vec<[f32; 3]> {
    let mut sums = vec![[0.0f32; 4]; count];
    for (p, &label) in image.pixels.chunks_exact(3).zip(labels) {
        let sum = &mut sums[label as usize];
        sum[0] += p[0];
        sum[1] += p[1];
        sum[2] += p[2];
        sum[3] += 1.0;
    }
    sums.iter()
        .map(|s| match s[3] {
            n if n > 0.0 => [s[0] / n, s[1] / n, s[2] / n],
            _ => [0.5; 3],
        })
        .collect()
}

/// An image of the same size where every pixel shows its label's colour.
pub fn paint_regions(image: &Image, labels: &[u32], colours: &[[f32; 3]]) -> Image {
    let mut pixels = Vec::with_capacity(image.pixels.len());
    for &label in labels {
        pixels.extend_from_slice(&colours[label as usize]);
    }
    Image::new(image.width, image.height, pixels)
}

#[inline]
fn squared_distance(a: [f32; 3], b: [f32; 3]) -> f32 {
    let d = [a[0] - b[0], a[1] - b[1], a[2] - b[2]];
    d[0] * d[0] + d[1] * d[1] + d[2] * d[2]
}

/// Index of the palette colour nearest to every pixel.
pub fn nearest_colour(image: &Image, palette: &[[f32; 3]]) -> Vec<u32> {
    let nearest = |p: &[f32]| closest([p[0], p[1], p[2]], palette) as u32;
    image.pixels.chunks_exact(3).map(nearest).collect()
}

#[inline]
fn closest(colour: [f32; 3], palette: &[[f32; 3]]) -> usize {
    let mut best = (f32::INFINITY, 0);
    for (index, &candidate) in palette.iter().enumerate() {
        let distance = squared_distance(colour, candidate);
        if distance < best.0 {
            best = (distance, index);
        }
    }
    best.1
}

/// About a thousand pixels spread over the image: one from each stretch of equal length, at varying
/// places, so that no regular step meets the same columns in every row.
fn samples(image: &Image) -> Vec<[f32; 3]> {
    let count = image.width * image.height;
    let stretch = (count / 1021).max(1);
    (0..count / stretch)
        .map(|k| colour_at(&image.pixels, k * stretch + (k * 7919) % stretch))
        .collect()
}

/// A palette of at most `count` colours by k-means, started from mutually distant pixels.
///
/// `first` (in [0, 1)) chooses the pixel that starts, so that styles differ in their palettes.
pub fn kmeans(image: &Image, count: usize, first: f32) -> Vec<[f32; 3]> {
    let points = samples(image);
    let start = ((first * points.len() as f32) as usize).min(points.len() - 1);
    let mut palette = vec![points[start]];
    let mut nearest = vec![f32::INFINITY; points.len()];
    while palette.len() < count {
        let newest = palette[palette.len() - 1];
        let mut farthest = (0.0, 0);
        for (index, (point, distance)) in points.iter().zip(&mut nearest).enumerate() {
            *distance = distance.min(squared_distance(*point, newest));
            if *distance > farthest.0 {
                farthest = (*distance, index);
            }
        }
        if farthest.0 < 1e-4 {
            break;
        }
        palette.push(points[farthest.1]);
    }
    for _ in 0..3 {
        let mut sums = vec![[0.0f32; 4]; palette.len()];
        for &point in &points {
            let sum = &mut sums[closest(point, &palette)];
            (0..3).for_each(|c| sum[c] += point[c]);
            sum[3] += 1.0;
        }
        for (colour, sum) in palette.iter_mut().zip(&sums) {
            if sum[3] > 0.0 {
                *colour = std::array::from_fn(|c| sum[c] / sum[3]);
            }
        }
    }
    palette
}

/// A palette of at most `count` colours by halving the widest box of colours at its median.
pub fn median_cut(image: &Image, count: usize) -> Vec<[f32; 3]> {
    let mut boxes = vec![samples(image)];
    while boxes.len() < count {
        let mut widest = (0.0, 0, 0);
        for (index, points) in boxes.iter().enumerate() {
            for c in 0..3 {
                let bounds = points
                    .iter()
                    .fold((1.0f32, 0.0f32), |b, p| (b.0.min(p[c]), b.1.max(p[c])));
                if bounds.1 - bounds.0 > widest.0 {
                    widest = (bounds.1 - bounds.0, index, c);
                }
            }
        }
        if widest.0 < 0.02 {
            break;
        }
        let (_, index, c) = widest;
        let middle = mean(&boxes[index])[c];
        let (low, high): (Vec<_>, Vec<_>) = boxes[index].iter().partition(|p| p[c] <= middle);
        boxes[index] = low;
        boxes.push(high);
    }
    boxes
        .iter()
        .filter(|b| !b.is_empty())
        .map(|b| mean(b))
        .collect()
}

fn mean(points: &[[f32; 3]]) -> [f32; 3] {
    let scale = 1.0 / points.len().max(1) as f32;
    std::array::from_fn(|c| points.iter().map(|p| p[c]).sum::<f32>() * scale)
}

/// A tiling by nearest sites.
#[derive(Clone, Debug)]
pub struct Cells {
    /// Index of the tile of every pixel.
    pub labels: Vec<u32>,
    /// Distance in pixels from every pixel to the border of its tile.
    pub border: Vec<f32>,
    /// Number of tiles, including tiles without pixels.
    pub count: usize,
    /// Vector in pixels from the tile's site to every pixel.
    pub offset: Vec<[f32; 2]>,
}

impl Cells {
    /// No pixels yet, room for `pixels` of them in `count` tiles.
    pub fn with_capacity(pixels: usize, count: usize) -> Self {
        Self {
            labels: Vec::with_capacity(pixels),
            border: Vec::with_capacity(pixels),
            count,
            offset: Vec::with_capacity(pixels),
        }
    }
}

/// Tiles of about `size` pixels around jittered lattice sites.
///
/// `jitter` 0 gives a regular tiling and 1 a fully irregular one; `shift` moves every other row by
/// that part of a tile (0.5 with little jitter makes hexagons); `diamond` measures |dx| + |dy|.
pub fn cells(
    image: &Image,
    lattice: Lattice,
    size: f32,
    jitter: f32,
    shift: f32,
    diamond: bool,
) -> Cells {
    let size = size.max(1.0);
    let rise = if shift > 0.0 { size * 0.866 } else { size };
    let columns = (image.width as f32 / size) as usize + 4;
    let rows = (image.height as f32 / rise) as usize + 4;
    let phase = [lattice.at(-7, 3), lattice.at(5, -11)];
    let mut sites = Vec::with_capacity(columns * rows);
    for row in 0..rows {
        for column in 0..columns {
            let [dx, dy] = site(lattice, (column as i32, row as i32), jitter, shift);
            let x = (column as f32 - 2.0 + dx + phase[0]) * size;
            sites.push([x, (row as f32 - 2.0 + dy + phase[1]) * rise]);
        }
    }
    let total = image.width * image.height;
    let mut result = Cells::with_capacity(total, sites.len());
    for y in 0..image.height {
        let fy = y as f32 + 0.5;
        let row = (fy / rise + 2.0 - phase[1]) as usize;
        for x in 0..image.width {
            let fx = x as f32 + 0.5;
            let column = (fx / size + 2.0 - phase[0]) as usize;
            let (mut first, mut second, mut owner) = (f32::INFINITY, f32::INFINITY, 0);
            for r in row.saturating_sub(1)..(row + 2).min(rows) {
                for c in column.saturating_sub(1)..(column + 2).min(columns) {
                    let index = r * columns + c;
                    let (dx, dy) = ((fx - sites[index][0]).abs(), (fy - sites[index][1]).abs());
                    let d = if diamond {
                        (dx + dy) * (dx + dy)
                    } else {
                        dx * dx + dy * dy
                    };
                    second = second.min(d.max(first));
                    if d < first {
                        first = d;
                        owner = index;
                    }
                }
            }
            result.labels.push(owner as u32);
            result.border.push((second.sqrt() - first.sqrt()) / 2.0);
            result
                .offset
                .push([fx - sites[owner][0], fy - sites[owner][1]]);
        }
    }
    result
}

/// Where in its lattice cell a site lies, in parts of the cell.
fn site(lattice: Lattice, (i, j): (i32, i32), jitter: f32, shift: f32) -> [f32; 2] {
    let dx = lerp(0.5, lattice.at(i, j), jitter);
    let dy = lerp(0.5, lattice.at(i + 1000, j), jitter);
    [if j % 2 == 1 { dx + shift } else { dx }, dy]
}

#[cfg(test)]
mod tests {
    use super::*;
    use finexl_core::seed::generator;

    #[test]
    fn palettes_find_the_colours_of_a_two_colour_image() {
        let mut image = Image::filled(8, 8, [1.0, 0.0, 0.0]);
        (0..8).for_each(|x| image.set(x, 3, [0.0, 0.0, 1.0]));
        for palette in [kmeans(&image, 5, 0.4), median_cut(&image, 5)] {
            assert_eq!(palette.len(), 2);
            let labels = nearest_colour(&image, &palette);
            assert!(paint_regions(&image, &labels, &palette).mean_abs_difference(&image) < 1e-5);
        }
    }

    #[test]
    fn cells_cover_any_image() {
        let lattice = Lattice::new(&mut generator(3, &[]));
        for (w, h) in [(1, 1), (64, 64), (5, 90)] {
            let image = Image::filled(w, h, [0.3; 3]);
            let tiles = cells(&image, lattice, 7.0, 0.9, 0.5, false);
            assert_eq!(tiles.labels.len(), w * h);
            assert!(tiles.labels.iter().all(|&l| (l as usize) < tiles.count));
            assert!(tiles.border.iter().all(|b| b.is_finite() && *b >= 0.0));
        }
    }
}
