//! Flat colour: few colours in plain areas, small detail merged away.

use crate::aspects::draw::Draw;
use crate::aspects::filters::{
    amount, blend, kmeans, lerp, median_cut, nearest_colour, numbers, paint_regions, pick, render,
    smoothed, smoothstep, unit,
};
use crate::image::{Image, luma};

/// Fewer colours at higher levels, from 7 down to `fewest`.
fn palette_size(level: f32, fewest: f32) -> usize {
    lerp(7.0, fewest, level).round() as usize
}

/// Gives every pixel the label that holds most of its neighbourhood, so that specks vanish.
fn merge_specks(labels: &[u32], width: usize, height: usize, step: usize) -> Vec<u32> {
    let mut merged = Vec::with_capacity(labels.len());
    for y in 0..height {
        let rows = [y.saturating_sub(step), y, (y + step).min(height - 1)].map(|r| r * width);
        for x in 0..width {
            let columns = [x.saturating_sub(step), x, (x + step).min(width - 1)];
            let mut votes = [0u8; 16];
            for row in rows {
                for column in columns {
                    votes[(labels[row + column] & 15) as usize] += 1;
                }
            }
            let own = labels[rows[1] + x];
            votes[(own & 15) as usize] += 1;
            let mut best = own;
            for (label, &count) in votes.iter().enumerate() {
                if count > votes[(best & 15) as usize] {
                    best = label as u32;
                }
            }
            merged.push(best);
        }
    }
    merged
}

/// Channel or brightness values in a few even steps.
#[inline]
fn stepped(value: f32, steps: f32) -> f32 {
    // The short ramp between steps keeps rounding in a plain area from tearing it apart.
    let scaled = value.clamp(0.0, 1.0) * (steps + 1.0);
    let step = scaled.floor();
    ((step - 1.0 + smoothstep(-0.03, 0.03, scaled - step) + smoothstep(0.97, 1.03, scaled - step))
        / steps)
        .clamp(0.0, 1.0)
}

/// Poster colours by a k-means palette, by a few steps per channel, or by steps of brightness with
/// strong hues, over a picture whose small details are smoothed away first.
pub fn flat_colour_training(image: &Image, level: f32, draw: &mut Draw) -> Image {
    let s: [f32; 6] = numbers(&mut draw.style);
    if level <= 0.0 {
        return image.clone();
    }
    let u = unit(image);
    let soft = smoothed(image, u * lerp(0.5, 1.6, s[1]) * lerp(0.7, 1.3, level), 2);
    let step = (u * lerp(1.0, 2.0, s[5])).round().max(1.0) as usize;
    let flat = match pick(s[0], 3) {
        0 => {
            let palette = kmeans(&soft, palette_size(level, lerp(2.6, 4.0, s[2])), s[3]);
            let labels = nearest_colour(&soft, &palette);
            let labels = merge_specks(&labels, image.width, image.height, step);
            let vivid: Vec<_> = palette.iter().map(|c| deepened(*c, 0.5 * s[4])).collect();
            paint_regions(image, &labels, &vivid)
        }
        1 => {
            let steps = [1.0, 2.0, 2.0][pick(s[2], 3)];
            soft.map(|c| c.map(|v| stepped(v, steps) * 0.9 + 0.05))
        }
        _ => {
            let steps = 2.0 + pick(s[2], 2) as f32;
            soft.map(|c| {
                let bright = luma(c);
                let target = stepped(bright, steps).max(0.08);
                deepened(c.map(|v| v * target / bright.max(0.08)), 0.4 + 0.5 * s[4])
            })
        }
    };
    image.mix(&flat, amount(level))
}

/// Moves a colour away from its own grey.
fn deepened(colour: [f32; 3], by: f32) -> [f32; 3] {
    let bright = luma(colour);
    colour.map(|v| (v + by * (v - bright)).clamp(0.0, 1.0))
}

/// Flat areas by a median-cut palette without specks, or by hue sectors painted in full strength.
pub fn flat_colour_held_out(image: &Image, level: f32, draw: &mut Draw) -> Image {
    let s: [f32; 4] = numbers(&mut draw.style);
    if level <= 0.0 {
        return image.clone();
    }
    let u = unit(image);
    let step = (u * lerp(1.0, 2.0, s[1])).round().max(1.0) as usize;
    let soft = smoothed(image, u * lerp(0.6, 1.3, s[2]), 3);
    let flat = if s[0] < 0.5 {
        let palette = median_cut(&soft, palette_size(level, lerp(2.6, 4.0, s[3])));
        let labels = nearest_colour(&soft, &palette);
        let labels = merge_specks(&labels, image.width, image.height, step);
        let labels = merge_specks(&labels, image.width, image.height, step);
        let strong: Vec<_> = palette.iter().map(|c| deepened(*c, 0.4)).collect();
        paint_regions(image, &labels, &strong)
    } else {
        render(&soft, |x, y, _| sector(soft.pixel(x, y), s[3]))
    };
    render(image, |x, y, _| {
        blend(image.pixel(x, y), flat.pixel(x, y), amount(level))
    })
}

/// The plain colour of a hue sector: every channel is low, middle or high against the colour's own
/// range, at one of three brightnesses.
fn sector(colour: [f32; 3], contrast: f32) -> [f32; 3] {
    let low = colour.iter().fold(1.0f32, |m, v| m.min(*v));
    let high = colour.iter().fold(0.0f32, |m, v| m.max(*v));
    let range = high - low;
    let top = ((high * 3.0).round() / 3.0).max(0.2);
    if range < 0.12 {
        let middle = (low + high) / 2.0;
        let step = ((middle * 4.0).round() / 4.0).max(0.1);
        return colour.map(|v| v * step / middle.max(0.05));
    }
    let floor = top * lerp(0.35, 0.1, contrast) * (1.0 - smoothstep(0.5, 0.9, range));
    colour.map(|v| lerp(floor, top, ((v - low) / range * 2.0).round() / 2.0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aspects::filters::probe::check;

    #[test]
    fn flat_colour_keeps_its_promises() {
        check(flat_colour_training);
        check(flat_colour_held_out);
    }

    #[test]
    fn a_speck_takes_the_label_around_it() {
        let mut labels = vec![2; 25];
        labels[12] = 1;
        assert_eq!(merge_specks(&labels, 5, 5, 1), vec![2; 25]);
    }
}
