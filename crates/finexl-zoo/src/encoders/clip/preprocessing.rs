//! From an image of any size to the numbers that enter the network.
//!
//! Reference: the PIL image processors `CLIPImageProcessorPil` and `SiglipImageProcessorPil` of
//! transformers 5.23, and `image_transform` of open_clip 3.3 on PIL images. Transparency is on white
//! already when an image arrives here, see `finexl_data::decode`.

use super::config::MOST_PIXELS;
use crate::transformer::Rows;
use finexl_data::image::Image;
use finexl_data::resize::{CropRounding, Filter, crop_centre, resize_shorter, resize_with};
use rayon::prelude::*;
use serde_json::Value;

/// Mean and deviation of the channels that CLIP was trained with.
const CLIP_MEAN: [f32; 3] = [0.481_454_66, 0.457_827_5, 0.408_210_73];
const CLIP_DEVIATION: [f32; 3] = [0.268_629_54, 0.261_302_6, 0.275_777_1];

/// Smallest deviation that is divided by.
const SMALLEST_DEVIATION: f32 = 1e-4;

/// How an image becomes square.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fit {
    /// The shorter side to `side` pixels, then the centre.
    Shorter { side: usize, rounding: CropRounding },
    /// Both sides, whatever becomes of the aspect ratio.
    Squash,
}

/// Resize, crop and normalisation.
#[derive(Clone, Debug, PartialEq)]
pub struct Preprocessing {
    size: usize,
    fit: Fit,
    filter: Filter,
    mean: [f32; 3],
    deviation: [f32; 3],
}

impl Preprocessing {
    /// Reads a `preprocessor_config.json` (or the `image_processor` of a `processor_config.json`)
    /// for a network of `size` pixels.
    ///
    /// # Errors
    /// What is not built here or does not fit the network, in words.
    pub fn of_huggingface(config: &Value, size: usize) -> Result<Self, String> {
        let nested = config.get("image_processor").filter(|v| !v.is_null());
        let config = nested.unwrap_or(config);
        if !config.is_object() {
            return Err("it is no table of settings".to_string());
        }
        for step in ["do_resize", "do_rescale", "do_normalize"] {
            if !switch(config, step, true)? {
                return Err(format!(
                    "it switches {step} off; built is preprocessing with it"
                ));
            }
        }
        let scale = config.get("rescale_factor").filter(|v| !v.is_null());
        let is_usual = |s: f64| (s * 255.0 - 1.0).abs() <= 1e-6;
        if scale.is_some_and(|s| !s.as_f64().is_some_and(is_usual)) {
            return Err("its rescale_factor is not 1/255".to_string());
        }
        let siglip = ["image_processor_type", "feature_extractor_type"]
            .iter()
            .filter_map(|key| config.get(*key).and_then(Value::as_str))
            .any(|name| name.to_lowercase().starts_with("siglip"));
        let resized = side(config.get("size"), size)?;
        if let Side::Shorter(shorter) | Side::Both(shorter) = resized
            && shorter > MOST_PIXELS
        {
            return Err(format!(
                "it resizes to {shorter} pixels; built are up to {MOST_PIXELS}"
            ));
        }
        let crops = switch(config, "do_center_crop", !siglip)?;
        let fit = match resized {
            Side::Both(both) if both == size => Fit::Squash,
            Side::Shorter(shorter) if crops && shorter >= size => {
                let crop = match side(config.get("crop_size"), size)? {
                    Side::Both(crop) | Side::Shorter(crop) => crop,
                };
                if crop != size {
                    return Err(format!(
                        "it cuts out {crop} pixels, the network takes {size}"
                    ));
                }
                Fit::Shorter {
                    side: shorter,
                    rounding: CropRounding::Down,
                }
            }
            other => {
                return Err(format!(
                    "it resizes to {other:?}, which does not give the {size} x {size} pixels that \
                     the network takes"
                ));
            }
        };
        let (mean, deviation) = if siglip {
            ([0.5; 3], [0.5; 3])
        } else {
            (CLIP_MEAN, CLIP_DEVIATION)
        };
        Ok(Self {
            size,
            fit,
            filter: filter(config.get("resample"))?,
            mean: channels(config.get("image_mean"), mean)?,
            deviation: deviations(config.get("image_std"), deviation)?,
        })
    }

    /// Reads the `preprocess_cfg` of an `open_clip_config.json`.
    ///
    /// # Errors
    /// As [`Preprocessing::of_huggingface`].
    pub fn of_open_clip(config: &Value, size: usize) -> Result<Self, String> {
        let empty = Value::Null;
        let config = config.get("preprocess_cfg").unwrap_or(&empty);
        let fit = match config.get("resize_mode").and_then(Value::as_str) {
            None | Some("shortest") => Fit::Shorter {
                side: size,
                rounding: CropRounding::HalfEven,
            },
            Some("squash") => Fit::Squash,
            Some(other) => {
                return Err(format!(
                    "its resize_mode is {other}; built are shortest and squash"
                ));
            }
        };
        let filter = match config.get("interpolation").and_then(Value::as_str) {
            None | Some("bicubic") => Filter::Bicubic,
            Some("bilinear") => Filter::Bilinear,
            Some(other) => {
                return Err(format!(
                    "its interpolation is {other}; built are bicubic and bilinear"
                ));
            }
        };
        Ok(Self {
            size,
            fit,
            filter,
            mean: channels(config.get("mean"), CLIP_MEAN)?,
            deviation: deviations(config.get("std"), CLIP_DEVIATION)?,
        })
    }

    /// Brings an image to `size` x `size` pixels of 8 bits.
    pub fn prepare(&self, image: &Image) -> Image {
        match self.fit {
            Fit::Squash => resize_with(image, self.size, self.size, self.filter),
            Fit::Shorter { side, rounding } => crop_centre(
                &resize_shorter(image, side, self.filter),
                self.size,
                rounding,
            ),
        }
    }

    /// Normalised patches of images of any size, `[n patches, 3 patch^2]`, channels outermost.
    pub(super) fn patches(&self, images: &[Image], patch: usize) -> Rows {
        let grid = self.size / patch;
        let width = 3 * patch * patch;
        let mut rows = Rows::zeros(images.len() * grid * grid, width);
        rows.values
            .par_chunks_mut(grid * grid * width)
            .zip(images)
            .for_each(|(to, image)| {
                if image.width == self.size && image.height == self.size {
                    self.cut(image, patch, to);
                } else {
                    self.cut(&self.prepare(image), patch, to);
                }
            });
        rows
    }

    fn cut(&self, image: &Image, patch: usize, to: &mut [f32]) {
        let grid = self.size / patch;
        for (index, to) in to.chunks_exact_mut(3 * patch * patch).enumerate() {
            let (top, left) = (index / grid * patch, index % grid * patch);
            for (channel, to) in to.chunks_exact_mut(patch * patch).enumerate() {
                let (mean, unit) = (self.mean[channel], 1.0 / self.deviation[channel]);
                for (y, to) in to.chunks_exact_mut(patch).enumerate() {
                    let start = ((top + y) * image.width + left) * 3 + channel;
                    let from = image.pixels[start..].iter().step_by(3);
                    for (to, from) in to.iter_mut().zip(from) {
                        *to = (from - mean) * unit;
                    }
                }
            }
        }
    }

    /// Everything above in one line, for fingerprints and for people.
    pub fn description(&self) -> String {
        let filter = match self.filter {
            Filter::Bicubic => "bicubic",
            Filter::Bilinear => "bilinear",
        };
        let fit = match self.fit {
            Fit::Squash => "squashed".to_string(),
            Fit::Shorter { side, rounding } => {
                let rounding = match rounding {
                    CropRounding::Down => "down",
                    CropRounding::HalfEven => "half even",
                };
                format!("shorter side {side}, centre, odd pixels {rounding}")
            }
        };
        let [mean, deviation] =
            [self.mean, self.deviation].map(|of| of.map(|value| value.to_string()).join(", "));
        format!(
            "{} x {}, {filter} antialiased 8 bit, {fit}, mean [{mean}], deviation [{deviation}]",
            self.size, self.size
        )
    }
}

/// A size as the different versions write it.
#[derive(Debug)]
enum Side {
    Shorter(usize),
    Both(usize),
}

fn side(value: Option<&Value>, default: usize) -> Result<Side, String> {
    let Some(value) = value.filter(|v| !v.is_null()) else {
        return Ok(Side::Shorter(default));
    };
    let number = |key: &str| value.get(key).and_then(Value::as_u64).map(|v| v as usize);
    if let Some(shorter) = value.as_u64() {
        return Ok(Side::Shorter(shorter as usize));
    }
    match (number("shortest_edge"), number("height"), number("width")) {
        (Some(shorter), _, _) => Ok(Side::Shorter(shorter)),
        (None, Some(height), Some(width)) if height == width => Ok(Side::Both(height)),
        _ => Err(format!(
            "its size {value} is neither a shortest edge nor a square"
        )),
    }
}

/// Pillow's numbers of its filters.
fn filter(value: Option<&Value>) -> Result<Filter, String> {
    match value.filter(|v| !v.is_null()) {
        None => Ok(Filter::Bicubic),
        Some(value) => match value.as_u64() {
            Some(3) => Ok(Filter::Bicubic),
            Some(2) => Ok(Filter::Bilinear),
            _ => Err(format!(
                "its resample is {value}; built are 3 (bicubic) and 2 (bilinear)"
            )),
        },
    }
}

fn channels(value: Option<&Value>, default: [f32; 3]) -> Result<[f32; 3], String> {
    let Some(value) = value.filter(|v| !v.is_null()) else {
        return Ok(default);
    };
    let numbers: Option<Vec<f32>> = value
        .as_array()
        .and_then(|all| all.iter().map(|v| Some(v.as_f64()? as f32)).collect());
    numbers
        .and_then(|n| n.try_into().ok())
        .filter(|n: &[f32; 3]| n.iter().all(|v| v.is_finite()))
        .ok_or_else(|| format!("{value} is not a number per channel"))
}

/// Deviations, which divide.
fn deviations(value: Option<&Value>, default: [f32; 3]) -> Result<[f32; 3], String> {
    let found = channels(value, default)?;
    if found.iter().all(|v| *v >= SMALLEST_DEVIATION) {
        Ok(found)
    } else {
        Err(format!(
            "its deviations {found:?} are not all above {SMALLEST_DEVIATION}"
        ))
    }
}

/// A step that is on or off.
fn switch(config: &Value, step: &str, default: bool) -> Result<bool, String> {
    match config.get(step) {
        None | Some(Value::Null) => Ok(default),
        Some(Value::Bool(on)) => Ok(*on),
        Some(other) => Err(format!("its {step} is {other}; expected true or false")),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use serde_json::json;

    #[test]
    fn old_and_new_spellings_are_read() {
        let old = json!({"crop_size": 224, "do_center_crop": true, "do_resize": true,
            "resample": 3, "size": 224, "feature_extractor_type": "CLIPFeatureExtractor"});
        let new = json!({"image_processor": {"crop_size": {"height": 224, "width": 224},
            "size": {"shortest_edge": 224}, "image_processor_type": "CLIPImageProcessor"}});
        let parsed = Preprocessing::of_huggingface(&old, 224).unwrap();
        assert_eq!(parsed, Preprocessing::of_huggingface(&new, 224).unwrap());
        let squash = json!({"size": {"height": 224, "width": 224}, "resample": 3,
            "image_processor_type": "SiglipImageProcessor"});
        let siglip = Preprocessing::of_huggingface(&squash, 224).unwrap();
        assert_eq!((siglip.fit, siglip.mean), (Fit::Squash, [0.5; 3]));
        assert!(Preprocessing::of_huggingface(&squash, 256).is_err());
    }

    #[test]
    fn settings_that_cannot_be_meant_are_refused() {
        for (key, value) in [
            ("size", json!(1_000_000_000)),
            ("size", json!({"shortest_edge": 1u64 << 40})),
            ("size", json!({"height": 224})),
            ("size", json!(-1)),
            ("image_mean", json!([0.5, "x", 0.5, 0.5])),
            ("image_mean", json!([0.5, 0.5, 1e300])),
            ("image_std", json!([0.5, 0.0, 0.5])),
            ("image_std", json!([])),
            ("do_normalize", json!("false")),
            ("do_center_crop", json!(1)),
            ("rescale_factor", json!("1/255")),
            ("resample", json!("bicubic")),
        ] {
            let mut config = json!({"crop_size": 224, "size": 224});
            Preprocessing::of_huggingface(&config, 224).unwrap();
            config[key] = value.clone();
            Preprocessing::of_huggingface(&config, 224).unwrap_err();
        }
    }
}
