//! The temperature of colours: warm and cool.
//!
//! Training operators are graphic (gains, tints, gradient maps, hue pulls, an opponent axis);
//! held-out operators are photographic (adaptation to another white point) or move in OKLab.

use super::draw::Draw;
use super::filters::blend;
use super::spaces::{
    at_level, decode, encode, from_hsv, from_oklab, scale_chroma, to_hsv, to_oklab, toward,
    with_luma,
};
use crate::image::{Image, luma};

/// Which way colours go.
#[derive(Clone, Copy, PartialEq)]
enum Direction {
    Warm,
    Cool,
}

/// The parameters of one graphic shift.
struct Shift {
    direction: Direction,
    variant: usize,
    /// 0.8 to 1.2.
    strength: f32,
    /// The hue that colours go to, in turns.
    hue: f32,
    /// The hue of the shadows, in turns; near `hue`.
    shadow_hue: f32,
}

impl Shift {
    fn drawn(direction: Direction, draw: &mut Draw) -> Self {
        let variant = draw.variant(6);
        let strength = draw.style_in(0.8, 1.2);
        let (hue, shadow_hue) = match direction {
            Direction::Warm => (draw.style_in(0.055, 0.11), draw.style_in(0.0, 0.06)),
            Direction::Cool => (draw.style_in(0.53, 0.62), draw.style_in(0.6, 0.66)),
        };
        Self {
            direction,
            variant,
            strength,
            hue,
            shadow_hue,
        }
    }

    /// The full effect on one colour; the caller clips.
    fn apply(&self, p: [f32; 3]) -> [f32; 3] {
        let tint = from_hsv([self.hue, 1.0, 1.0]);
        let grey = luma(p);
        match self.variant {
            0 => {
                let s = self.strength;
                let gains = match self.direction {
                    Direction::Warm => [1.0 + 0.3 * s, 1.0, 1.0 - 0.6 * s],
                    Direction::Cool => [1.0 - 0.55 * s, 1.0 - 0.08 * s, 1.0 + 0.35 * s],
                };
                let lift = from_hsv([self.hue, 1.0, 0.08 * s]);
                std::array::from_fn(|c| p[c] * gains[c] + lift[c])
            }
            1 => blend(p, tint, 0.42 * self.strength),
            2 => {
                let multiplied = std::array::from_fn(|c| p[c] * (0.25 + 0.9 * tint[c]));
                blend(multiplied, tint, 0.12 * self.strength)
            }
            3 => blend(
                scale_chroma(p, 1.1),
                self.gradient(grey),
                0.55 * self.strength,
            ),
            4 => self.pull(p),
            _ => {
                let axis = match self.direction {
                    Direction::Warm => [0.30, 0.02, -0.36],
                    Direction::Cool => [-0.34, 0.02, 0.34],
                };
                std::array::from_fn(|c| p[c] + self.strength * axis[c])
            }
        }
    }

    /// A map from luma to a coloured ramp: tinted shadows, pale tinted lights.
    fn gradient(&self, grey: f32) -> [f32; 3] {
        let shadow = from_hsv([self.shadow_hue, 0.8, 0.3]);
        let middle = from_hsv([self.hue, 0.85, 0.9]);
        let light = from_hsv([self.hue, 0.25, 1.0]);
        let ramp = if grey < 0.5 {
            blend(shadow, middle, grey * 2.0)
        } else {
            blend(middle, light, grey * 2.0 - 1.0)
        };
        // Paper white has to darken a little to take any colour.
        with_luma(ramp, 0.9 * grey)
    }

    /// Hues turn toward the target; those of the other side fade; greys take a little of it.
    fn pull(&self, p: [f32; 3]) -> [f32; 3] {
        let [h, s, v] = to_hsv(p);
        let mut away = h - self.hue;
        if away > 0.5 {
            away -= 1.0;
        } else if away < -0.5 {
            away += 1.0;
        }
        let turned = self.hue + away * (1.0 - 0.65 * self.strength.min(1.1));
        let fade = 1.0 - 1.2 * away.abs();
        let pulled = from_hsv([turned.rem_euclid(1.0), s * fade, v]);
        let tint = from_hsv([self.hue, 0.6, 1.0]);
        std::array::from_fn(|c| pulled[c] * (0.45 + 0.6 * tint[c]))
    }
}

fn graphic(image: &Image, level: f32, draw: &mut Draw, direction: Direction) -> Image {
    let shift = Shift::drawn(direction, draw);
    toward(image, level, |p| shift.apply(p))
}

/// Gains of long, middle and short cones from daylight to a black body of `mired` (a million over
/// kelvin), luminance kept.
///
/// The locus is the rational fit of Krystek (1985) in CIE 1960 coordinates; the cone space is
/// Bradford's.
fn cone_gains(mired: f32) -> [f32; 3] {
    let daylight = cones_of(152.0);
    let target = cones_of(mired);
    std::array::from_fn(|c| target[c] / daylight[c])
}

fn cones_of(mired: f32) -> [f32; 3] {
    let kelvin = 1e6 / mired;
    let u = (0.860_117_76 + 1.541_182_5e-4 * kelvin + 1.286_412e-7 * kelvin * kelvin)
        / (1.0 + 8.424_202_4e-4 * kelvin + 7.081_451_6e-7 * kelvin * kelvin);
    let v = (0.317_398_73 + 4.228_062_5e-5 * kelvin + 4.204_816_9e-8 * kelvin * kelvin)
        / (1.0 - 2.897_418_2e-5 * kelvin + 1.614_560_5e-7 * kelvin * kelvin);
    let scale = 2.0 * u - 8.0 * v + 4.0;
    let (x, y) = (3.0 * u / scale, 2.0 * v / scale);
    multiply(BRADFORD, [x / y, 1.0, (1.0 - x - y) / y])
}

/// XYZ to the sharpened cones of Bradford.
const BRADFORD: [[f32; 3]; 3] = [
    [0.8951, 0.2664, -0.1614],
    [-0.7502, 1.7135, 0.0367],
    [0.0389, -0.0685, 1.0296],
];

/// The inverse of [`BRADFORD`].
const BRADFORD_INVERSE: [[f32; 3]; 3] = [
    [0.986_993, -0.147_054, 0.159_963],
    [0.432_305, 0.518_360, 0.049_291],
    [-0.008_529, 0.040_043, 0.968_487],
];

/// Linear sRGB to XYZ, white at Y = 1 (IEC 61966-2-1).
const RGB_TO_XYZ: [[f32; 3]; 3] = [
    [0.412_391, 0.357_584, 0.180_481],
    [0.212_639, 0.715_169, 0.072_192],
    [0.019_331, 0.119_195, 0.950_532],
];

/// The inverse of [`RGB_TO_XYZ`].
const XYZ_TO_RGB: [[f32; 3]; 3] = [
    [3.240_97, -1.537_383, -0.498_611],
    [-0.969_244, 1.875_968, 0.041_555],
    [0.055_63, -0.203_977, 1.056_972],
];

fn multiply(matrix: [[f32; 3]; 3], v: [f32; 3]) -> [f32; 3] {
    matrix.map(|row| row[0] * v[0] + row[1] * v[1] + row[2] * v[2])
}

/// A step along the blackbody locus: the picture as if its light had another temperature.
fn adapted(image: &Image, level: f32, mired: f32, direction: Direction) -> Image {
    let mut gains = cone_gains(152.0 + level * (mired - 152.0));
    if direction == Direction::Cool {
        // Daylight is almost as blue as the locus gets, so the way back from a warm light is taken.
        gains = gains.map(|g| 1.0 / g);
    }
    at_level(image, level, |p| {
        let cones = multiply(BRADFORD, multiply(RGB_TO_XYZ, decode(p)));
        let lit = multiply(
            BRADFORD_INVERSE,
            std::array::from_fn(|c| cones[c] * gains[c]),
        );
        encode(multiply(XYZ_TO_RGB, lit))
    })
}

/// A shift of the opponent axes of OKLab, in proportion to how light a colour is.
fn moved(image: &Image, level: f32, direction: Direction, reach: f32, angle: f32) -> Image {
    let sign = if direction == Direction::Warm {
        1.0
    } else {
        -1.0
    };
    let (da, db) = (sign * reach * angle.sin(), sign * reach * angle.cos());
    at_level(image, level, |p| {
        let [l, a, b] = to_oklab(p);
        let weight = level * (0.25 + 0.75 * l);
        from_oklab([l - 0.06 * weight, a + weight * da, b + weight * db])
    })
}

fn photographic(image: &Image, level: f32, draw: &mut Draw, direction: Direction) -> Image {
    let variant = draw.variant(2);
    let mired = draw.style_in(360.0, 460.0);
    let reach = draw.style_in(0.095, 0.13);
    let angle = draw.style_in(0.15, 0.5);
    if variant == 0 {
        adapted(image, level, mired, direction)
    } else {
        moved(image, level, direction, reach, angle)
    }
}

/// Toward orange light, by gains, tints, a gradient map, a hue pull or an opponent axis.
pub fn warm_training(image: &Image, level: f32, draw: &mut Draw) -> Image {
    graphic(image, level, draw, Direction::Warm)
}

/// Toward orange light, by adaptation to a low colour temperature or a shift in OKLab.
pub fn warm_held_out(image: &Image, level: f32, draw: &mut Draw) -> Image {
    photographic(image, level, draw, Direction::Warm)
}

/// Toward blue light, by gains, tints, a gradient map, a hue pull or an opponent axis.
pub fn cool_training(image: &Image, level: f32, draw: &mut Draw) -> Image {
    graphic(image, level, draw, Direction::Cool)
}

/// Toward blue light, by adaptation to a high colour temperature or a shift in OKLab.
pub fn cool_held_out(image: &Image, level: f32, draw: &mut Draw) -> Image {
    photographic(image, level, draw, Direction::Cool)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn daylight_needs_no_adaptation_and_candles_are_orange() {
        for gain in cone_gains(152.0) {
            assert!((gain - 1.0).abs() < 1e-6);
        }
        let [long, _, short] = cone_gains(400.0);
        assert!(long > 1.05 && short < 0.5, "{long} {short}");
    }

    #[test]
    fn matrices_and_their_inverses_cancel() {
        let v = [0.3, 0.5, 0.9];
        for (a, b) in [(BRADFORD, BRADFORD_INVERSE), (RGB_TO_XYZ, XYZ_TO_RGB)] {
            let back = multiply(b, multiply(a, v));
            for c in 0..3 {
                assert!((back[c] - v[c]).abs() < 1e-4, "{back:?}");
            }
        }
    }
}
