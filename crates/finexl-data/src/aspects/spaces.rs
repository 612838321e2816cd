//! Colour spaces and pointwise steps that several operators are made of.
//!
//! Colours are sRGB-encoded RGB in [0, 1] unless a name says linear. Constants: the sRGB transfer
//! curve of IEC 61966-2-1 and OKLab as published by Björn Ottosson (2020).

use std::sync::LazyLock;

use super::filters::blend;
use crate::image::{Image, luma};

const STEPS: usize = 2048;

/// The decoding curve, sampled evenly; far below 8-bit precision of error between the samples.
static DECODE: LazyLock<Vec<f32>> = LazyLock::new(|| {
    let curve = |v: f32| {
        if v <= 0.04045 {
            v / 12.92
        } else {
            ((v + 0.055) / 1.055).powf(2.4)
        }
    };
    (0..=STEPS + 1)
        .map(|i| curve(i as f32 / STEPS as f32))
        .collect()
});

/// The encoding curve, sampled evenly in the square root of the linear value, where it is smooth.
static ENCODE: LazyLock<Vec<f32>> = LazyLock::new(|| {
    let curve = |v: f32| {
        if v <= 0.003_130_8 {
            v * 12.92
        } else {
            1.055 * v.powf(1.0 / 2.4) - 0.055
        }
    };
    (0..=STEPS + 1)
        .map(|i| curve((i as f32 / STEPS as f32).powi(2)))
        .collect()
});

fn interpolate(table: &[f32], at: f32) -> f32 {
    let at = at.clamp(0.0, 1.0) * STEPS as f32;
    let index = at as usize;
    table[index] + (at - index as f32) * (table[index + 1] - table[index])
}

/// Encoded to linear light.
pub(super) fn decode(colour: [f32; 3]) -> [f32; 3] {
    let table = &*DECODE;
    colour.map(|v| interpolate(table, v))
}

/// Linear light to encoded; values outside [0, 1] are clipped.
pub(super) fn encode(linear: [f32; 3]) -> [f32; 3] {
    let table = &*ENCODE;
    linear.map(|v| interpolate(table, v.max(0.0).sqrt()))
}

/// Encoded RGB to OKLab: lightness in [0, 1], green-red, blue-yellow.
pub(super) fn to_oklab(colour: [f32; 3]) -> [f32; 3] {
    let [r, g, b] = decode(colour);
    let l = (0.412_221_46 * r + 0.536_332_55 * g + 0.051_445_995 * b).cbrt();
    let m = (0.211_903_5 * r + 0.680_699_5 * g + 0.107_396_96 * b).cbrt();
    let s = (0.088_302_46 * r + 0.281_718_85 * g + 0.629_978_7 * b).cbrt();
    [
        0.210_454_26 * l + 0.793_617_8 * m - 0.004_072_047 * s,
        1.977_998_5 * l - 2.428_592_2 * m + 0.450_593_7 * s,
        0.025_904_037 * l + 0.782_771_77 * m - 0.808_675_77 * s,
    ]
}

/// OKLab to encoded RGB, clipped to the gamut channel by channel.
pub(super) fn from_oklab([lightness, a, b]: [f32; 3]) -> [f32; 3] {
    let l = (lightness + 0.396_337_78 * a + 0.215_803_76 * b).powi(3);
    let m = (lightness - 0.105_561_346 * a - 0.063_854_17 * b).powi(3);
    let s = (lightness - 0.089_484_18 * a - 1.291_485_5 * b).powi(3);
    encode([
        4.076_741_7 * l - 3.307_711_6 * m + 0.230_969_94 * s,
        -1.268_438 * l + 2.609_757_4 * m - 0.341_319_38 * s,
        -0.004_196_086_3 * l - 0.703_418_6 * m + 1.707_614_7 * s,
    ])
}

/// Hue in [0, 1) turns from red, saturation and lightness of the double hexcone.
pub(super) fn to_hsl(colour: [f32; 3]) -> [f32; 3] {
    let (hue, low, high) = hue_and_range(colour);
    let lightness = (low + high) / 2.0;
    let room = 1.0 - (2.0 * lightness - 1.0).abs();
    let saturation = if room > 1e-6 {
        (high - low) / room
    } else {
        0.0
    };
    [hue, saturation, lightness]
}

/// The inverse of [`to_hsl`].
pub(super) fn from_hsl([hue, saturation, lightness]: [f32; 3]) -> [f32; 3] {
    let chroma = (1.0 - (2.0 * lightness - 1.0).abs()) * saturation;
    from_hue(hue, lightness - chroma / 2.0, chroma)
}

/// Hue in [0, 1) turns from red, saturation and value of the hexcone.
pub(super) fn to_hsv(colour: [f32; 3]) -> [f32; 3] {
    let (hue, low, high) = hue_and_range(colour);
    let saturation = if high > 1e-6 {
        (high - low) / high
    } else {
        0.0
    };
    [hue, saturation, high]
}

/// The inverse of [`to_hsv`].
pub(super) fn from_hsv([hue, saturation, value]: [f32; 3]) -> [f32; 3] {
    let chroma = value * saturation;
    from_hue(hue, value - chroma, chroma)
}

fn hue_and_range([r, g, b]: [f32; 3]) -> (f32, f32, f32) {
    let (high, low) = (r.max(g).max(b), r.min(g).min(b));
    let chroma = high - low;
    let hue = if chroma < 1e-6 {
        0.0
    } else if high == r {
        (g - b) / chroma
    } else if high == g {
        (b - r) / chroma + 2.0
    } else {
        (r - g) / chroma + 4.0
    };
    ((hue / 6.0).rem_euclid(1.0), low, high)
}

/// The colour of a hue with `low` as its smallest channel and `low + chroma` as its largest.
pub(super) fn from_hue(hue: f32, low: f32, chroma: f32) -> [f32; 3] {
    let sector = hue.rem_euclid(1.0) * 6.0;
    [0.0, 4.0, 2.0].map(|shift: f32| {
        let distance = ((sector + shift).rem_euclid(6.0) - 3.0).abs();
        low + chroma * (distance - 1.0).clamp(0.0, 1.0)
    })
}

/// Moves a colour along its grey axis until its luma is `target`, then toward that grey until it is
/// in the gamut.
pub(super) fn with_luma(colour: [f32; 3], target: f32) -> [f32; 3] {
    let target = target.clamp(0.0, 1.0);
    let shift = target - luma(colour);
    let moved = colour.map(|v| v + shift);
    let mut keep = 1.0f32;
    for v in moved {
        if v > 1.0 {
            keep = keep.min((1.0 - target) / (v - target));
        } else if v < 0.0 {
            keep = keep.min(target / (target - v));
        }
    }
    moved.map(|v| target + keep * (v - target))
}

/// Scales the distance of a colour from the grey of its luma; the caller clips.
pub(super) fn scale_chroma(colour: [f32; 3], gain: f32) -> [f32; 3] {
    let grey = luma(colour);
    colour.map(|v| grey + gain * (v - grey))
}

/// Mixes an image toward a pointwise function of itself; `amount` 0 returns an exact copy.
pub(super) fn toward(image: &Image, amount: f32, full: impl Fn([f32; 3]) -> [f32; 3]) -> Image {
    if amount <= 0.0 {
        return image.clone();
    }
    let amount = amount.min(1.0);
    image.map(|p| blend(p, full(p).map(|v| v.clamp(0.0, 1.0)), amount))
}

/// Applies a pointwise function whose parameters already carry the level; level 0 returns an exact
/// copy, whatever rounding the function's colour space has.
pub(super) fn at_level(image: &Image, level: f32, f: impl Fn([f32; 3]) -> [f32; 3]) -> Image {
    if level <= 0.0 {
        return image.clone();
    }
    image.map(f)
}

/// Mean luma of an image.
pub(super) fn mean_luma(image: &Image) -> f32 {
    let lumas = image.luma();
    lumas.iter().sum::<f32>() / lumas.len().max(1) as f32
}

#[cfg(test)]
mod tests {
    use super::*;

    fn assert_close(a: [f32; 3], b: [f32; 3], tolerance: f32) {
        for c in 0..3 {
            assert!((a[c] - b[c]).abs() < tolerance, "{a:?} is not {b:?}");
        }
    }

    #[test]
    fn every_space_returns_the_colour_it_was_given() {
        for r in 0..6 {
            for g in 0..6 {
                for b in 0..6 {
                    let p = [r, g, b].map(|v| v as f32 / 5.0);
                    assert_close(encode(decode(p)), p, 1e-3);
                    assert_close(from_oklab(to_oklab(p)), p, 2e-3);
                    assert_close(from_hsl(to_hsl(p)), p, 1e-5);
                    assert_close(from_hsv(to_hsv(p)), p, 1e-5);
                }
            }
        }
    }

    #[test]
    fn known_values() {
        assert_close(to_oklab([1.0, 1.0, 1.0]), [1.0, 0.0, 0.0], 1e-4);
        // Published OKLab coordinates of the sRGB red primary.
        assert_close(to_oklab([1.0, 0.0, 0.0]), [0.6280, 0.2249, 0.1258], 1e-3);
        assert_close(to_hsl([1.0, 0.5, 0.0]), [1.0 / 12.0, 1.0, 0.5], 1e-5);
        assert_close(decode([0.5; 3]), [0.2140; 3], 1e-3);
        assert!((luma(with_luma([0.9, 0.1, 0.3], 0.8)) - 0.8).abs() < 1e-5);
    }
}
