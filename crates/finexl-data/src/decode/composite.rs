//! Decoded samples of any kind to RGB over white.

use super::colour_profile::Conversion;
use crate::image::Image;
use ::image::DynamicImage;

/// How many pixels are worked on at once.
const BLOCK: usize = 4096;

/// RGB over white at full precision, in sRGB; `None` where a sample is not a number.
pub(super) fn over_white(decoded: &DynamicImage, conversion: Option<&Conversion>) -> Option<Image> {
    let from_8 = |v: u8| f32::from(v) / 255.0;
    let from_16 = |v: u16| f32::from(v) / 65535.0;
    let pixels = match decoded {
        DynamicImage::ImageLuma8(i) => composite::<1, _>(i, from_8, conversion),
        DynamicImage::ImageLumaA8(i) => composite::<2, _>(i, from_8, conversion),
        DynamicImage::ImageRgb8(i) => composite::<3, _>(i, from_8, conversion),
        DynamicImage::ImageRgba8(i) => composite::<4, _>(i, from_8, conversion),
        DynamicImage::ImageLuma16(i) => composite::<1, _>(i, from_16, conversion),
        DynamicImage::ImageLumaA16(i) => composite::<2, _>(i, from_16, conversion),
        DynamicImage::ImageRgb16(i) => composite::<3, _>(i, from_16, conversion),
        DynamicImage::ImageRgba16(i) => composite::<4, _>(i, from_16, conversion),
        DynamicImage::ImageRgb32F(i) => composite::<3, _>(i, |v| v, conversion),
        other => composite::<4, _>(&other.to_rgba32f(), |v| v, conversion),
    };
    let image = Image::new(decoded.width() as usize, decoded.height() as usize, pixels?);
    image.pixels.iter().all(|v| v.is_finite()).then_some(image)
}

/// Whether a pixel is so transparent that white shows through.
pub(super) fn is_transparent(decoded: &DynamicImage) -> bool {
    /// Alpha of 250 and more of 255 is no more than rounding of an editor.
    const OPAQUE: u8 = 250;
    let opaque_16 = u16::from(OPAQUE) * 257;
    match decoded {
        DynamicImage::ImageLumaA8(i) => i.pixels().any(|p| p.0[1] < OPAQUE),
        DynamicImage::ImageRgba8(i) => i.pixels().any(|p| p.0[3] < OPAQUE),
        DynamicImage::ImageLumaA16(i) => i.pixels().any(|p| p.0[1] < opaque_16),
        DynamicImage::ImageRgba16(i) => i.pixels().any(|p| p.0[3] < opaque_16),
        DynamicImage::ImageRgba32F(i) => i.pixels().any(|p| p.0[3] < f32::from(OPAQUE) / 255.0),
        _ => false,
    }
}

/// Interleaved samples of `CHANNELS` channels (grey or RGB, with or without alpha) to RGB over white.
///
/// Colours are brought to sRGB before they are mixed with white.
fn composite<const CHANNELS: usize, T: Copy>(
    samples: &[T],
    unit: impl Fn(T) -> f32,
    conversion: Option<&Conversion>,
) -> Option<Vec<f32>> {
    let place = |channel: usize| if CHANNELS >= 3 { channel } else { 0 };
    let mut pixels = Vec::with_capacity(samples.len() / CHANNELS * 3);
    let (mut stored, mut converted) = (Vec::new(), Vec::new());
    for block in samples.chunks(BLOCK * CHANNELS) {
        let colours = block.chunks_exact(CHANNELS);
        if let Some(conversion) = conversion {
            stored.clear();
            for sample in colours.clone() {
                stored
                    .extend((0..conversion.inputs).map(|c| unit(sample[place(c)]).clamp(0.0, 1.0)));
            }
            converted.resize(stored.len() / conversion.inputs * 3, 0.0);
            if !conversion.convert(&stored, &mut converted) {
                return None;
            }
        }
        for (index, sample) in colours.enumerate() {
            let alpha = match CHANNELS {
                2 | 4 => unit(sample[CHANNELS - 1]).clamp(0.0, 1.0),
                _ => 1.0,
            };
            for channel in 0..3 {
                let value = match conversion {
                    Some(_) => converted[index * 3 + channel],
                    None => unit(sample[place(channel)]).clamp(0.0, 1.0),
                };
                pixels.push(value * alpha + (1.0 - alpha));
            }
        }
    }
    Some(pixels)
}
