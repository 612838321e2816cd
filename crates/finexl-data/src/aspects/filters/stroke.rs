//! Straight strokes with round ends, the primitive of hatching, fibres and brush work.

/// A stroke in pixel coordinates.
#[derive(Clone, Copy, Debug)]
pub struct Stroke {
    /// Middle of the stroke.
    pub centre: (f32, f32),
    /// Unit vector along the stroke.
    pub direction: (f32, f32),
    /// Half of the length in pixels.
    pub half_length: f32,
    /// Half of the width in pixels.
    pub half_width: f32,
}

impl Stroke {
    /// Calls `paint(index, coverage, across)` for every pixel the stroke touches: the row-major
    /// index, the covered part in (0, 1] and the signed position across the stroke in [-1, 1].
    #[inline]
    pub fn cover(&self, width: usize, height: usize, mut paint: impl FnMut(usize, f32, f32)) {
        let (cx, cy) = self.centre;
        let (dx, dy) = self.direction;
        let edge = self.half_width + 0.5;
        let solid = (edge - 1.0).max(0.0).powi(2);
        let reach_x = self.half_length * dx.abs() + edge;
        let reach_y = self.half_length * dy.abs() + edge;
        let x_end = ((cx + reach_x) as isize + 1).clamp(0, width as isize) as usize;
        let y_end = ((cy + reach_y) as isize + 1).clamp(0, height as isize) as usize;
        let x_start = (cx - reach_x).max(0.0) as usize;
        let y_start = (cy - reach_y).max(0.0) as usize;
        for y in y_start..y_end {
            let py = y as f32 + 0.5 - cy;
            for x in x_start..x_end {
                let px = x as f32 + 0.5 - cx;
                let along = px * dx + py * dy;
                let across = py * dx - px * dy;
                let beyond = (along.abs() - self.half_length).max(0.0);
                let squared = beyond * beyond + across * across;
                if squared >= edge * edge {
                    continue;
                }
                let coverage = if squared > solid {
                    (edge - squared.sqrt()).min(1.0)
                } else {
                    1.0
                };
                paint(y * width + x, coverage, across / edge);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stroke_covers_its_length_and_stays_inside() {
        let stroke = Stroke {
            centre: (8.0, 4.5),
            direction: (1.0, 0.0),
            half_length: 3.0,
            half_width: 0.5,
        };
        let mut covered = vec![0.0; 16 * 9];
        stroke.cover(16, 9, |i, coverage, _| covered[i] = coverage);
        assert_eq!(covered[4 * 16 + 8], 1.0);
        assert_eq!(covered[4 * 16 + 1], 0.0);
        assert_eq!(covered[2 * 16 + 8], 0.0);
        let outside = Stroke {
            centre: (-40.0, 90.0),
            ..stroke
        };
        outside.cover(16, 9, |_, _, _| covered[0] = 7.0);
        assert_eq!(covered[0], 0.0);
    }
}
