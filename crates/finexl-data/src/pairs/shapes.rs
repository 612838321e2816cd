//! Images of other shapes: one is brought to the shape of the other.

use super::options::Fit;
use crate::decode::{MOST_PIXELS, SMALLEST_SIDE};
use crate::image::Image;

/// Largest relative difference of the aspect ratios (width over height) of a pair.
const ASPECT_TOLERANCE: f64 = 0.01;

/// Largest relative difference of the aspect ratios that is put right without being asked: what rounding to whole
/// blocks of pixels makes, and no other cut.
const NEAR: f64 = 0.05;

/// Whether two images have the same shape, whatever their sizes.
pub fn same_shape(a: &Image, b: &Image) -> bool {
    difference(a, b) <= ASPECT_TOLERANCE
}

/// The relative difference of the aspect ratios of two images.
fn difference(a: &Image, b: &Image) -> f64 {
    let [a, b] = [a, b].map(|image| image.width as f64 / image.height as f64);
    (a - b).abs() / a.min(b)
}

/// An image cut about its centre to the shape of another one, where the shapes are nearly the same (their aspect ratios
/// differ by at most 5%); nothing where they are not.
pub fn cut_to_near_shape(image: &Image, like: &Image) -> Option<Image> {
    (difference(image, like) <= NEAR).then_some(())?;
    fitted(image, like, Fit::Crop)
}

/// An image in the shape of another one, in its own resolution; nothing where that is not to be, or would leave less or
/// make more pixels than an image may have.
pub(super) fn fitted(image: &Image, like: &Image, fit: Fit) -> Option<Image> {
    let wanted = like.width as f64 / like.height as f64;
    let by_height = (image.height as f64 * wanted).round().max(1.0) as usize;
    let by_width = (image.width as f64 / wanted).round().max(1.0) as usize;
    let too_wide = by_height < image.width;
    let (width, height) = match (fit, too_wide) {
        (Fit::Refuse, _) => return None,
        // Rounding must not cut what is to grow, nor the other way round.
        (Fit::Crop, true) => (by_height, image.height),
        (Fit::Crop, false) => (image.width, by_width.min(image.height)),
        (Fit::Pad, true) => (image.width, by_width.max(image.height)),
        (Fit::Pad, false) => (by_height.max(image.width), image.height),
    };
    let pixels = (width as u64).checked_mul(height as u64)?;
    let usable = pixels <= MOST_PIXELS && width.min(height) >= SMALLEST_SIDE as usize;
    usable.then(|| about_centre(image, width, height))
}

/// A window of the given size about the centre; where it is larger than the image, edges are continued.
fn about_centre(image: &Image, width: usize, height: usize) -> Image {
    // How far the window's corner lies inside the image; negative where it lies outside.
    let corner = |whole: usize, part: usize| (whole as i64 - part as i64).div_euclid(2);
    let (left, top) = (corner(image.width, width), corner(image.height, height));
    let inside = |at: usize, corner: i64, whole: usize| {
        (at as i64 + corner).clamp(0, whole as i64 - 1) as usize
    };
    let mut pixels = Vec::with_capacity(width * height * 3);
    for y in 0..height {
        let row = inside(y, top, image.height);
        for x in 0..width {
            let column = inside(x, left, image.width);
            let at = (row * image.width + column) * 3;
            pixels.extend_from_slice(&image.pixels[at..at + 3]);
        }
    }
    Image::new(width, height, pixels)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use proptest::prelude::*;

    /// Every pixel says where it is.
    fn marked(width: usize, height: usize) -> Image {
        let pixels =
            (0..width * height).flat_map(|at| [(at % width) as f32, (at / width) as f32, 0.0]);
        Image::new(width, height, pixels.collect())
    }

    #[test]
    fn cropping_takes_the_centre_and_padding_continues_the_edges() {
        let (wide, square) = (marked(40, 20), marked(30, 30));
        let cropped = fitted(&wide, &square, Fit::Crop).unwrap();
        assert_eq!((cropped.width, cropped.height), (20, 20));
        assert_eq!(cropped.pixels[..2], [10.0, 0.0]);
        let padded = fitted(&wide, &square, Fit::Pad).unwrap();
        assert_eq!((padded.width, padded.height), (40, 40));
        assert_eq!(padded.pixels[..2], [0.0, 0.0]);
        assert_eq!(padded.pixels[padded.pixels.len() - 3..][..2], [39.0, 19.0]);
        // The tenth row is the image's first.
        assert_eq!(padded.pixels[11 * 40 * 3..][..2], [0.0, 1.0]);
        assert!(fitted(&wide, &square, Fit::Refuse).is_none());
        // A strip cannot be cut to a square of eight pixels, nor continued to one that fits into memory.
        let strip = Image::filled(200_000, 2, [0.5; 3]);
        assert!(fitted(&strip, &square, Fit::Crop).is_none());
        assert!(fitted(&strip, &square, Fit::Pad).is_none());
    }

    #[test]
    fn nearly_the_same_shape_is_put_right() {
        let square = marked(90, 90);
        let cut = cut_to_near_shape(&marked(91, 90), &square).unwrap();
        assert_eq!((cut.width, cut.height), (90, 90));
        assert!(cut_to_near_shape(&marked(96, 90), &square).is_none());
    }

    proptest! {
        #[test]
        fn what_was_fitted_has_the_shape(
            (w, h, a, b) in (40usize..200, 40usize..200, 40usize..200, 40usize..200),
        ) {
            let (image, like) = (marked(w, h), marked(a, b));
            for fit in [Fit::Crop, Fit::Pad] {
                let made = fitted(&image, &like, fit).unwrap();
                let off = (made.width as f64 * b as f64) / (made.height as f64 * a as f64);
                // Sides are whole pixels.
                let whole = 1.0 / made.width.min(made.height) as f64;
                prop_assert!((off - 1.0).abs() < whole.max(0.01), "{off}");
                let larger = made.width >= image.width && made.height >= image.height;
                let smaller = made.width <= image.width && made.height <= image.height;
                let grown_or_cut = if fit == Fit::Pad { larger } else { smaller };
                prop_assert!(grown_or_cut);
            }
        }
    }
}
