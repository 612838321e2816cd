//! Embossed: a grey relief lit from one side.

use std::f32::consts::TAU;

use crate::aspects::draw::Draw;
use crate::aspects::filters::{
    amount, blend, directional, gaussian_blur, gradient, lerp, numbers, pick, render, tint, unit,
};
use crate::image::{Image, luma};

/// Grey (or faintly tinted, or faintly coloured) ground with a relief of one value per pixel.
fn cast(image: &Image, relief: &[f32], style: [f32; 3], level: f32) -> Image {
    let [kind, hue, keep] = style;
    let plate = match pick(kind, 3) {
        0 => [0.5; 3],
        1 => tint(hue, 0.16, 0.52),
        _ => [lerp(0.42, 0.62, hue); 3],
    };
    let keep = 0.2 * keep;
    let mix = amount(level);
    render(image, |x, y, i| {
        let c = image.pixel(x, y);
        let bright = luma(c);
        let raised = std::array::from_fn(|k| plate[k] + relief[i] + keep * (c[k] - bright));
        blend(c, raised, mix)
    })
}

/// Relief by differences along the light: of brightness or of the strongest channel, of several
/// depths, distances and angles.
pub fn embossed_training(image: &Image, level: f32, draw: &mut Draw) -> Image {
    let s: [f32; 8] = numbers(&mut draw.style);
    if level <= 0.0 {
        return image.clone();
    }
    let (width, height) = (image.width, image.height);
    let u = unit(image);
    let weights = match pick(s[0], 3) {
        0 => [0.3, 0.4, 0.3],
        1 => [0.2126, 0.7152, 0.0722],
        _ => [0.6, 0.3, 0.1],
    };
    let mut plane: Vec<f32> = image
        .pixels
        .chunks_exact(3)
        .map(|p| p[0] * weights[0] + p[1] * weights[1] + p[2] * weights[2])
        .collect();
    if s[1] > 0.4 {
        plane = gaussian_blur(&plane, width, height, 1, u * lerp(0.4, 0.9, s[1]));
    }
    let reach = (u * lerp(0.8, 1.6, s[2])).max(1.0);
    let (sin, cos) = (TAU * s[3]).sin_cos();
    let mut relief = directional(&plane, width, height, (cos * reach, sin * reach));
    let depth = lerp(0.9, 1.5, s[4]);
    relief
        .iter_mut()
        .for_each(|v| *v = (*v * depth).clamp(-0.5, 0.5));
    cast(image, &relief, [s[5], s[6], s[7]], level)
}

/// Relief as a lit surface: the picture is a height field with normals, a lamp and a highlight.
pub fn embossed_held_out(image: &Image, level: f32, draw: &mut Draw) -> Image {
    let s: [f32; 6] = numbers(&mut draw.style);
    if level <= 0.0 {
        return image.clone();
    }
    let (width, height) = (image.width, image.height);
    let u = unit(image);
    let heights: Vec<f32> = image
        .pixels
        .chunks_exact(3)
        .map(|p| (p[0] + p[1] + p[2]) / 3.0)
        .collect();
    let heights = gaussian_blur(&heights, width, height, 1, u * lerp(0.5, 1.0, s[0]));
    let step = (u * 0.9).round().max(1.0) as usize;
    let (gx, gy) = gradient(&heights, width, height, step);
    let (sin, cos) = (TAU * s[1]).sin_cos();
    let steepness = lerp(3.0, 5.0, s[2]);
    let lamp = [cos * 0.71, sin * 0.71, 0.71];
    let relief: Vec<f32> = gx
        .iter()
        .zip(&gy)
        .map(|(x, y)| {
            let normal = [-x * steepness, -y * steepness, 1.0];
            let length = normal.iter().map(|v| v * v).sum::<f32>().sqrt();
            let lit = (0..3).map(|k| normal[k] * lamp[k]).sum::<f32>() / length;
            let highlight = (lit - 0.9).max(0.0) * 2.0;
            (lit.max(-0.1) - 0.71) * 0.75 + highlight
        })
        .collect();
    cast(image, &relief, [s[3], s[4], s[5]], level)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aspects::filters::probe::check;

    #[test]
    fn relief_keeps_its_promises() {
        check(embossed_training);
        check(embossed_held_out);
    }
}
