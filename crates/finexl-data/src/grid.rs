//! Many images in one.

use crate::image::Image;

/// White pixels between images.
const GAP: usize = 2;

/// Images of the first one's size in rows of `columns` (at least 1), on white.
pub fn tiled(images: &[Image], columns: usize) -> Image {
    let columns = columns.clamp(1, images.len().max(1));
    let (width, height) = images.first().map_or((1, 1), |i| (i.width, i.height));
    let rows = images.len().div_ceil(columns).max(1);
    let side = |count: usize, size: usize| count * (size + GAP) + GAP;
    let mut grid = Image::filled(side(columns, width), side(rows, height), [1.0; 3]);
    for (index, image) in images.iter().enumerate() {
        let left = GAP + (index % columns) * (width + GAP);
        let top = GAP + (index / columns) * (height + GAP);
        for y in 0..image.height.min(height) {
            for x in 0..image.width.min(width) {
                grid.set(left + x, top + y, image.pixel(x, y));
            }
        }
    }
    grid
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn images_stand_in_rows() {
        let colours = [0.1, 0.2, 0.3].map(|v| Image::filled(4, 3, [v; 3]));
        let grid = tiled(&colours, 2);
        assert_eq!([grid.width, grid.height], [14, 12]);
        assert_eq!(grid.pixel(2, 2), [0.1; 3]);
        assert_eq!(grid.pixel(8, 2), [0.2; 3]);
        assert_eq!(grid.pixel(2, 7), [0.3; 3]);
        assert_eq!(grid.pixel(8, 7), [1.0; 3]);
    }
}
