//! Style numbers and lattice noise.
//!
//! Noise is a hash of lattice coordinates, so it does not depend on the order of the pixels, and an
//! operator takes the same number of draws whatever the size of the image.

use finexl_core::seed::ChaCha8Rng;
use rand::Rng;

use super::floor;

/// `N` numbers uniform in [0, 1); operators take all their style numbers at once, before anything.
pub fn numbers<const N: usize>(rng: &mut ChaCha8Rng) -> [f32; N] {
    std::array::from_fn(|_| (rng.next_u32() >> 8) as f32 / (1 << 24) as f32)
}

/// One of `count` cases from a number in [0, 1).
pub fn pick(number: f32, count: usize) -> usize {
    ((number * count as f32) as usize).min(count.saturating_sub(1))
}

/// A field of random values over integer coordinates.
#[derive(Clone, Copy, Debug)]
pub struct Lattice {
    seed: u32,
}

impl Lattice {
    /// A field seeded by one draw.
    pub fn new(rng: &mut ChaCha8Rng) -> Self {
        Self {
            seed: rng.next_u32(),
        }
    }

    /// An independent field of the same draw.
    pub fn fork(self, salt: u32) -> Self {
        let seed = mixed(self.seed ^ salt.wrapping_mul(0x9e37_79b9));
        Self { seed }
    }

    #[inline]
    fn hash(self, x: i32, y: i32) -> u32 {
        let x = (x as u32).wrapping_mul(0x8da6_b343);
        let y = (y as u32).wrapping_mul(0xd816_3841);
        mixed(self.seed ^ x ^ y.rotate_left(13))
    }

    /// The value at a lattice point, uniform in [0, 1).
    #[inline]
    pub fn at(self, x: i32, y: i32) -> f32 {
        (self.hash(x, y) >> 8) as f32 / (1 << 24) as f32
    }

    /// Bell-shaped value at a lattice point, mean 0 and deviation 1 (sum of four uniform bytes).
    #[inline]
    pub fn normal(self, x: i32, y: i32) -> f32 {
        let sum: u32 = self.hash(x, y).to_le_bytes().map(u32::from).iter().sum();
        (sum as f32 - 510.0) / 147.8
    }

    /// Smooth noise in [0, 1) with features of about one unit.
    #[inline]
    pub fn value(self, x: f32, y: f32) -> f32 {
        let (ix, iy) = (floor(x), floor(y));
        let (fx, fy) = (x - ix as f32, y - iy as f32);
        let sx = fx * fx * (3.0 - 2.0 * fx);
        let sy = fy * fy * (3.0 - 2.0 * fy);
        let (a, b) = (self.at(ix, iy), self.at(ix + 1, iy));
        let (c, d) = (self.at(ix, iy + 1), self.at(ix + 1, iy + 1));
        let top = a + (b - a) * sx;
        let bottom = c + (d - c) * sx;
        top + (bottom - top) * sy
    }
}

#[inline]
fn mixed(mut h: u32) -> u32 {
    h ^= h >> 16;
    h = h.wrapping_mul(0x7feb_352d);
    h ^= h >> 15;
    h = h.wrapping_mul(0x846c_a68b);
    h ^ (h >> 16)
}

#[cfg(test)]
mod tests {
    use super::*;
    use finexl_core::seed::generator;

    #[test]
    fn lattice_is_centred_and_repeatable() {
        let lattice = Lattice::new(&mut generator(1, &[2]));
        let points: Vec<f32> = (0..64 * 64).map(|i| lattice.at(i % 64, i / 64)).collect();
        let mean = points.iter().sum::<f32>() / points.len() as f32;
        assert!((mean - 0.5).abs() < 0.02, "{mean}");
        let bell: Vec<f32> = (0..4096).map(|i| lattice.normal(i % 64, i / 64)).collect();
        let spread = bell.iter().map(|v| v * v).sum::<f32>() / bell.len() as f32;
        assert!((spread - 1.0).abs() < 0.1, "{spread}");
        assert_eq!(lattice.value(3.0, -2.0), lattice.at(3, -2));
        assert_ne!(lattice.fork(1).at(0, 0), lattice.at(0, 0));
    }

    #[test]
    fn picks_stay_in_range() {
        assert_eq!(pick(0.0, 3), 0);
        assert_eq!(pick(0.999_999_9, 3), 2);
        assert_eq!(pick(1.0, 3), 2);
    }
}
