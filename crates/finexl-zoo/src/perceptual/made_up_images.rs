//! Images and numbers that the generators of fixtures make by the same formulas.

use finexl_data::image::Image;

/// Waves of other directions per image and channel.
pub fn image(index: usize, size: usize) -> Image {
    let mut pixels = Vec::with_capacity(3 * size * size);
    for y in 0..size {
        for x in 0..size {
            for channel in 0..3 {
                let waves = 0.11 * x as f64 + 0.07 * (channel + 1) as f64 * y as f64;
                let phase = (index + 1) as f64 * waves + channel as f64;
                pixels.push((0.5 + 0.5 * phase.sin()) as f32);
            }
        }
    }
    Image::new(size, size, pixels)
}

/// The part of a wild number behind its point: a number in [0, 1) for a place of a tensor.
pub fn share(place: usize, seed: usize) -> f64 {
    let wild = (place as f64 * 12.9898 + seed as f64 * 78.233).sin() * 43758.5453;
    wild - wild.floor()
}
