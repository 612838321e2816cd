//! What every operator of these files promises, checked in their unit tests.

use finexl_core::seed::generator;

use crate::aspects::draw::{Draw, Operator};
use crate::image::Image;

/// A disc and a square of two colours on a third, with a slight gradient.
pub fn picture(width: usize, height: usize) -> Image {
    let mut image = Image::filled(width, height, [0.25, 0.55, 0.6]);
    let (w, h) = (width as f32, height as f32);
    for y in 0..height {
        for x in 0..width {
            let (px, py) = ((x as f32 + 0.5) / w, (y as f32 + 0.5) / h);
            if (px - 0.4).hypot(py - 0.45) < 0.25 {
                image.set(x, y, [0.9, 0.2 + 0.3 * py, 0.15]);
            } else if (px - 0.75).abs() < 0.12 && (py - 0.75).abs() < 0.15 {
                image.set(x, y, [0.95, 0.9, 0.4]);
            }
        }
    }
    image
}

fn draw(seed: u64) -> Draw {
    Draw {
        style: generator(seed, &[1]),
        noise: generator(seed, &[2]),
    }
}

/// Largest share by which the distance may fall from one level to the next on the one probe picture.
const GRID_LUCK: f32 = 0.07;

/// Checks identity at 0, growing distance, range, tiny and oblong sizes, and repeatability.
pub fn check(operator: Operator) {
    let image = picture(48, 48);
    let mut before = 0.0;
    for level in [0.0, 0.25, 0.5, 0.75, 1.0] {
        let distance: f32 = (0..24)
            .map(|seed| operator(&image, level, &mut draw(seed)).mean_abs_difference(&image))
            .sum();
        // On one picture blocks of some size can meet its own grid, and fit better than smaller ones.
        let least = before * (1.0 - GRID_LUCK);
        assert!(distance >= least, "level {level}: {distance} < {before}");
        before = distance;
    }
    assert!(
        before / 24.0 > 0.02,
        "too weak at level 1: {}",
        before / 24.0
    );
    for (width, height) in [(1, 1), (1, 9), (2, 2), (3, 70), (8, 8), (130, 20)] {
        let image = picture(width, height);
        for seed in 0..12 {
            assert_eq!(operator(&image, 0.0, &mut draw(seed)), image);
            let result = operator(&image, 0.9, &mut draw(seed));
            assert_eq!((result.width, result.height), (width, height));
            assert!(result.pixels.iter().all(|v| (0.0..=1.0).contains(v)));
            assert_eq!(result, operator(&image, 0.9, &mut draw(seed)));
        }
    }
}
