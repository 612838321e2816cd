//! From the colours of an embedded profile to sRGB.
//!
//! Relative colorimetric without black point compensation, as Pillow's `ImageCms` does by
//! `renderingIntent=1`; computed in floating point by the crate `moxcms`.

use moxcms::{
    ColorProfile, DataColorSpace, Layout, ParsingOptions, ProfileClass, RenderingIntent,
    TransformExecutor, TransformOptions,
};
use std::sync::Arc;

/// Largest profile that is read; those of printing presses have some megabytes.
pub(super) const LARGEST_PROFILE: usize = 16 << 20;
/// Colours that move by no more than this are sRGB under another name.
const SAME: f32 = 1.0 / 255.0;

/// Which samples an image stores.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Samples {
    /// One, grey.
    Grey,
    /// Red, green, blue.
    Rgb,
    /// Cyan, magenta, yellow and black as ink: 1 is full.
    Cmyk,
}

/// A way to sRGB.
pub(super) struct Conversion {
    executor: Arc<dyn TransformExecutor<f32> + Send + Sync>,
    /// Samples per colour that it takes: 1, 3 or 4.
    pub inputs: usize,
}

impl Conversion {
    /// Converts colours, clamped to [0, 1]: `inputs` samples each to three each. False where the
    /// lengths do not fit, or where a colour comes out that is no number.
    pub(super) fn convert(&self, from: &[f32], to: &mut [f32]) -> bool {
        let done = self.executor.transform(from, to).is_ok();
        for value in to.iter_mut() {
            *value = value.clamp(0.0, 1.0);
        }
        done && to.iter().all(|value| value.is_finite())
    }
}

/// The conversion that the bytes of a profile ask for: `None` where it says sRGB.
///
/// A grey image may have a profile for RGB, of which its greys are part.
///
/// # Errors
/// Why the profile cannot be used.
pub(super) fn conversion(profile: &[u8], samples: Samples) -> Result<Option<Conversion>, String> {
    let options = ParsingOptions {
        max_profile_size: LARGEST_PROFILE + 1,
        max_allowed_clut_size: LARGEST_PROFILE,
        ..ParsingOptions::default()
    };
    // What a profile claims of its length, and what there is.
    let claimed = profile
        .first_chunk::<4>()
        .map(|b| u32::from_be_bytes(*b) as usize);
    if claimed.is_none_or(|length| length > profile.len()) {
        return Err("it is cut off".to_string());
    }
    let mut profile = ColorProfile::new_from_slice_with_options(profile, options)
        .map_err(|_| "it is damaged or of a version that is not known".to_string())?;
    // A profile with tables for one intent alone means them for all.
    if profile.lut_a_to_b_colorimetric.is_none() {
        profile.lut_a_to_b_colorimetric = profile.lut_a_to_b_perceptual.clone();
    }
    of_profile(&profile, samples)
}

/// [`conversion`] of a profile that is read already.
pub(super) fn of_profile(
    profile: &ColorProfile,
    samples: Samples,
) -> Result<Option<Conversion>, String> {
    use DataColorSpace as Space;
    if matches!(
        profile.profile_class,
        ProfileClass::DeviceLink | ProfileClass::Abstract | ProfileClass::Named
    ) {
        return Err("it does not say what the colours of a picture are".to_string());
    }
    let (layout, inputs) = match (samples, profile.color_space) {
        (Samples::Grey, Space::Gray) => (Layout::Gray, 1),
        (Samples::Grey | Samples::Rgb, Space::Rgb) => (Layout::Rgb, 3),
        (Samples::Cmyk, Space::Cmyk) => (Layout::Rgba, 4),
        (_, other) => {
            let stored = match samples {
                Samples::Grey => "grey",
                Samples::Rgb => "RGB",
                Samples::Cmyk => "CMYK",
            };
            return Err(format!("it is for {other:?}, the picture is {stored}"));
        }
    };
    let options = TransformOptions {
        rendering_intent: RenderingIntent::RelativeColorimetric,
        allow_use_cicp_transfer: true,
        prefer_fixed_point: false,
        ..TransformOptions::default()
    };
    let executor = profile
        .create_transform_f32(layout, &ColorProfile::new_srgb(), Layout::Rgb, options)
        .map_err(|_| "it lacks what a conversion needs".to_string())?;
    let conversion = Conversion { executor, inputs };
    match conversion.changes_colours() {
        None => Err("it gives colours that are no numbers".to_string()),
        Some(false) => Ok(None),
        Some(true) => Ok(Some(conversion)),
    }
}

impl Conversion {
    /// Whether a grid of colours and all greys of 8 bits come out otherwise; `None` where one comes out
    /// as no number.
    fn changes_colours(&self) -> Option<bool> {
        let mut from = Vec::new();
        for grey in 0..=255u8 {
            from.extend(std::iter::repeat_n(f32::from(grey) / 255.0, self.inputs));
        }
        if self.inputs == 3 {
            const STEPS: usize = 9;
            for index in 0..STEPS.pow(3) {
                let step = |place: usize| (index / place % STEPS) as f32 / (STEPS - 1) as f32;
                from.extend([step(1), step(STEPS), step(STEPS * STEPS)]);
            }
        }
        let mut to = vec![0.0; from.len() / self.inputs * 3];
        if !self.convert(&from, &mut to) {
            return None;
        }
        let same = |(from, to): (&[f32], &[f32])| {
            (0..3).all(|c| (to[c] - from[c % self.inputs]).abs() <= SAME)
        };
        let mut pairs = from.chunks_exact(self.inputs).zip(to.chunks_exact(3));
        Some(self.inputs == 4 || !pairs.all(same))
    }
}
