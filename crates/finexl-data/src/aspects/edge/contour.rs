//! Outlined (contours added to the picture) and line art (nothing but contours).

use crate::aspects::draw::Draw;
use crate::aspects::filters::{
    Lattice, amount, blend, box_blur, difference_of_gaussians, kmeans, label_edges, lerp,
    morphological, nearest_colour, numbers, pick, render, smoothed, smoothstep, sobel, tint, unit,
    zero_crossings,
};
use crate::image::Image;

/// Drawn lines (0 bare, 1 line) by Sobel or by a difference of Gaussians; `weight` in [0, 1) sets
/// the width of the lines and `threshold` how weak an edge is still drawn.
fn gradient_lines(image: &Image, kind: f32, weight: f32, threshold: f32) -> Vec<f32> {
    let u = unit(image);
    let mut lines = match pick(kind, 3) {
        0 => sobel(
            image,
            (u * lerp(0.6, 1.4, weight)).round().max(1.0) as usize,
        ),
        1 => {
            let soft = smoothed(image, u * lerp(0.3, 0.6, weight), 1);
            sobel(&soft, u.round().max(1.0) as usize)
                .iter()
                .map(|v| v * 1.2)
                .collect()
        }
        _ => difference_of_gaussians(image, u * lerp(0.5, 0.9, weight)),
    };
    let low = lerp(0.1, 0.2, threshold);
    let high = low + 0.16;
    lines
        .iter_mut()
        .for_each(|v| *v = smoothstep(low, high, *v));
    lines
}

/// Drawn lines by the range of a neighbourhood, by the borders between the areas of a reduced
/// palette, or by the zero crossings of a Laplacian.
fn other_lines(image: &Image, kind: f32, weight: f32, threshold: f32) -> Vec<f32> {
    let u = unit(image);
    let (width, height) = (image.width, image.height);
    let step = (u * lerp(0.6, 1.6, weight)).round().max(1.0) as usize;
    match pick(kind, 3) {
        0 => {
            let low = lerp(0.14, 0.24, threshold);
            let range = morphological(image, step);
            range
                .iter()
                .map(|v| smoothstep(low, low + 0.16, *v))
                .collect()
        }
        1 => {
            let soft = smoothed(image, u * 0.6, 2);
            let labels = nearest_colour(&soft, &kmeans(&soft, 6, threshold));
            let borders = label_edges(&labels, width, height, step);
            let spread = box_blur(&borders, width, height, 1, 0.35 * u);
            spread.iter().map(|v| smoothstep(0.1, 0.6, *v)).collect()
        }
        _ => {
            let strength = [0, 1, 2].map(|c| {
                let plane: Vec<f32> = image.pixels.iter().skip(c).step_by(3).copied().collect();
                zero_crossings(&plane, width, height, u * lerp(0.7, 1.1, weight))
            });
            let low = lerp(0.25, 0.42, threshold);
            (0..width * height)
                .map(|i| strength.iter().fold(0.0f32, |m, plane| m.max(plane[i])))
                .map(|v| smoothstep(low, low + 0.35, v))
                .collect()
        }
    }
}

/// Makes lines uneven, as drawn by hand: pressure changes along them.
fn by_hand(image: &Image, lines: &mut [f32], lattice: Lattice, unevenness: f32) {
    let rate = 1.0 / (unit(image) * 5.0);
    for (i, value) in lines.iter_mut().enumerate() {
        let (x, y) = ((i % image.width) as f32, (i / image.width) as f32);
        let pressure = 1.0 - unevenness * lattice.value(x * rate, y * rate);
        *value *= pressure;
    }
}

/// The colour of added contours: mostly black, else a dark hue, a strong hue or white.
fn contour_ink(choice: f32, hue: f32) -> [f32; 3] {
    match choice {
        c if c < 0.55 => [0.03; 3],
        c if c < 0.75 => tint(hue, 1.0, 0.15),
        c if c < 0.9 => tint(hue, 1.0, 0.45),
        _ => [0.98; 3],
    }
}

fn add_contours(image: &Image, lines: &[f32], ink: [f32; 3], level: f32, wide: bool) -> Image {
    let wider;
    let lines = if wide {
        let radius = 0.5 * unit(image);
        let spread = box_blur(lines, image.width, image.height, 1, radius);
        wider = spread
            .iter()
            .map(|v| (v * 1.8).min(1.0))
            .collect::<Vec<_>>();
        &wider
    } else {
        lines
    };
    let mix = (amount(level) * 1.15).min(1.0) * (0.9 + 0.1 * level);
    render(image, |x, y, i| {
        blend(image.pixel(x, y), ink, lines[i] * mix)
    })
}

/// Contours from gradients over the unchanged colours; black or coloured, of several weights.
pub fn outlined_training(image: &Image, level: f32, draw: &mut Draw) -> Image {
    let s: [f32; 7] = numbers(&mut draw.style);
    let lattice = Lattice::new(&mut draw.noise);
    if level <= 0.0 {
        return image.clone();
    }
    let mut lines = gradient_lines(image, s[0], s[1], s[2]);
    by_hand(image, &mut lines, lattice, 0.4 * s[3]);
    add_contours(image, &lines, contour_ink(s[4], s[5]), level, s[6] > 0.65)
}

/// Contours from neighbourhood ranges, area borders or zero crossings over the unchanged colours.
pub fn outlined_held_out(image: &Image, level: f32, draw: &mut Draw) -> Image {
    let s: [f32; 6] = numbers(&mut draw.style);
    if level <= 0.0 {
        return image.clone();
    }
    let lines = other_lines(image, s[0], s[1], s[2]);
    add_contours(image, &lines, contour_ink(s[3], s[4]), level, s[5] > 0.6)
}

/// Ground and pen of a line drawing: ink on white or tinted paper, chalk on a board, blueprint.
fn sheet(choice: f32, hue: f32) -> ([f32; 3], [f32; 3]) {
    match choice {
        c if c < 0.45 => ([0.98; 3], [0.05; 3]),
        c if c < 0.65 => (tint(hue, 0.1, 0.92), tint(hue + 0.5, 0.8, 0.15)),
        c if c < 0.8 => ([0.97; 3], tint(hue, 1.0, 0.35)),
        c if c < 0.9 => ([0.1, 0.12, 0.11], [0.94; 3]),
        _ => (tint(hue, 0.8, 0.28), [0.95; 3]),
    }
}

fn draw_on_sheet(
    image: &Image,
    lines: &[f32],
    (paper, pen): ([f32; 3], [f32; 3]),
    level: f32,
) -> Image {
    let mix = amount(level);
    render(image, |x, y, i| {
        let drawn = blend(paper, pen, lines[i]);
        blend(image.pixel(x, y), drawn, mix)
    })
}

/// Lines from gradients on plain paper, the fills gone; several pens, papers and weights.
pub fn line_art_training(image: &Image, level: f32, draw: &mut Draw) -> Image {
    let s: [f32; 6] = numbers(&mut draw.style);
    let lattice = Lattice::new(&mut draw.noise);
    if level <= 0.0 {
        return image.clone();
    }
    let mut lines = gradient_lines(image, s[0], s[1], s[2]);
    by_hand(image, &mut lines, lattice, 0.5 * s[3]);
    draw_on_sheet(image, &lines, sheet(s[4], s[5]), level)
}

/// Lines from neighbourhood ranges, area borders or zero crossings on plain paper.
pub fn line_art_held_out(image: &Image, level: f32, draw: &mut Draw) -> Image {
    let s: [f32; 5] = numbers(&mut draw.style);
    if level <= 0.0 {
        return image.clone();
    }
    let lines = other_lines(image, s[0], s[1], s[2]);
    draw_on_sheet(image, &lines, sheet(s[3], s[4]), level)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aspects::filters::probe::{check, picture};

    #[test]
    fn contours_keep_their_promises() {
        check(outlined_training);
        check(outlined_held_out);
        check(line_art_training);
        check(line_art_held_out);
    }

    #[test]
    fn every_kind_draws_lines_at_the_rim_only() {
        let image = picture(64, 64);
        for kind in [0.1, 0.5, 0.9] {
            for lines in [
                gradient_lines(&image, kind, 0.5, 0.5),
                other_lines(&image, kind, 0.5, 0.5),
            ] {
                let share = lines.iter().sum::<f32>() / lines.len() as f32;
                assert!((0.02..0.4).contains(&share), "kind {kind}: {share}");
                assert_eq!(lines[2 * 64 + 2], 0.0);
            }
        }
    }
}
