//! The image type of the whole project: RGB, `f32`, sRGB-encoded, in [0, 1].

/// An RGB image, row-major and interleaved, `pixels[(y * width + x) * 3 + channel]`.
///
/// Values are sRGB-encoded (as in a PNG) and lie in [0, 1]; operators clamp before they return.
#[derive(Clone, Debug, PartialEq)]
pub struct Image {
    /// Columns, at least 1.
    pub width: usize,
    /// Rows, at least 1.
    pub height: usize,
    /// `width * height * 3` values.
    pub pixels: Vec<f32>,
}

impl Image {
    /// Builds an image from values that are already in [0, 1].
    ///
    /// The caller guarantees `pixels.len() == width * height * 3`; a debug build checks it.
    pub fn new(width: usize, height: usize, pixels: Vec<f32>) -> Self {
        debug_assert_eq!(pixels.len(), width * height * 3);
        Self {
            width,
            height,
            pixels,
        }
    }

    /// An image of one colour.
    pub fn filled(width: usize, height: usize, colour: [f32; 3]) -> Self {
        let mut pixels = Vec::with_capacity(width * height * 3);
        for _ in 0..width * height {
            pixels.extend_from_slice(&colour);
        }
        Self::new(width, height, pixels)
    }

    /// Whether all pixels have the same colour, to within the traces that JPEG leaves.
    pub fn is_of_one_colour(&self) -> bool {
        const TRACES: f32 = 2.5 / 255.0;
        (0..3).all(|channel| {
            let values = self.pixels.iter().skip(channel).step_by(3);
            let (low, high) = values.fold((f32::MAX, f32::MIN), |(low, high), value| {
                (low.min(*value), high.max(*value))
            });
            high - low <= TRACES
        })
    }

    /// The colour at column `x`, row `y`.
    #[inline]
    pub fn pixel(&self, x: usize, y: usize) -> [f32; 3] {
        let at = (y * self.width + x) * 3;
        [self.pixels[at], self.pixels[at + 1], self.pixels[at + 2]]
    }

    /// The colour at a position that may lie outside: the nearest edge pixel stands in.
    #[inline]
    pub fn pixel_clamped(&self, x: isize, y: isize) -> [f32; 3] {
        let x = x.clamp(0, self.width as isize - 1) as usize;
        let y = y.clamp(0, self.height as isize - 1) as usize;
        self.pixel(x, y)
    }

    /// Bilinear sample at continuous pixel coordinates, edges clamped.
    pub fn sample(&self, x: f32, y: f32) -> [f32; 3] {
        let (x0, y0) = (x.floor(), y.floor());
        let (fx, fy) = (x - x0, y - y0);
        let (x0, y0) = (x0 as isize, y0 as isize);
        let corners = [
            self.pixel_clamped(x0, y0),
            self.pixel_clamped(x0 + 1, y0),
            self.pixel_clamped(x0, y0 + 1),
            self.pixel_clamped(x0 + 1, y0 + 1),
        ];
        std::array::from_fn(|c| {
            let top = corners[0][c] * (1.0 - fx) + corners[1][c] * fx;
            let bottom = corners[2][c] * (1.0 - fx) + corners[3][c] * fx;
            top * (1.0 - fy) + bottom * fy
        })
    }

    /// Sets the colour at column `x`, row `y`.
    #[inline]
    pub fn set(&mut self, x: usize, y: usize, colour: [f32; 3]) {
        let at = (y * self.width + x) * 3;
        self.pixels[at..at + 3].copy_from_slice(&colour);
    }

    /// Applies a function to every colour and clamps the result to [0, 1].
    pub fn map(&self, f: impl Fn([f32; 3]) -> [f32; 3]) -> Self {
        let mut pixels = Vec::with_capacity(self.pixels.len());
        for p in self.pixels.chunks_exact(3) {
            pixels.extend(f([p[0], p[1], p[2]]).map(|v| v.clamp(0.0, 1.0)));
        }
        Self::new(self.width, self.height, pixels)
    }

    /// Mixes two images of one size: `self` at 0, `other` at 1, clamped to [0, 1].
    pub fn mix(&self, other: &Self, amount: f32) -> Self {
        let pixels = self
            .pixels
            .iter()
            .zip(&other.pixels)
            .map(|(a, b)| (a + amount * (b - a)).clamp(0.0, 1.0))
            .collect();
        Self::new(self.width, self.height, pixels)
    }

    /// Rec. 709 luma of the encoded values, one per pixel, row-major.
    pub fn luma(&self) -> Vec<f32> {
        self.pixels
            .chunks_exact(3)
            .map(|p| luma([p[0], p[1], p[2]]))
            .collect()
    }

    /// Interleaved 8-bit RGB, rounded to nearest.
    pub fn to_rgb8(&self) -> Vec<u8> {
        self.pixels
            .iter()
            .map(|v| (v.clamp(0.0, 1.0) * 255.0 + 0.5) as u8)
            .collect()
    }

    /// From interleaved 8-bit RGB of `width * height * 3` bytes.
    pub fn from_rgb8(width: usize, height: usize, bytes: &[u8]) -> Self {
        let pixels = bytes.iter().map(|&b| f32::from(b) / 255.0).collect();
        Self::new(width, height, pixels)
    }

    /// Mean absolute difference over all values, in units of the full range.
    pub fn mean_abs_difference(&self, other: &Self) -> f32 {
        let sum: f32 = self
            .pixels
            .iter()
            .zip(&other.pixels)
            .map(|(a, b)| (a - b).abs())
            .sum();
        sum / self.pixels.len().max(1) as f32
    }
}

/// Rec. 709 luma of one encoded colour.
#[inline]
pub fn luma(colour: [f32; 3]) -> f32 {
    0.2126 * colour[0] + 0.7152 * colour[1] + 0.0722 * colour[2]
}
