//! Colours that a PNG file states without a profile: `cICP`, and `gAMA` with `cHRM`.
//!
//! Reference: Portable Network Graphics (third edition), 4.3: `cICP` goes before `iCCP`, that before
//! `sRGB`, and that before `gAMA` and `cHRM`. Browsers heed the last two, Pillow does not; here they
//! are heeded, with a remark where they change anything. Many programs write the values of sRGB into
//! them, a gamma of 1/2.2 among those, which then stands for sRGB's own curve.

use super::read::Colours;
use super::remarks::Remark;
use moxcms::{
    Chromaticity, CicpColorPrimaries, CicpProfile, ColorPrimaries, ColorProfile,
    MatrixCoefficients, ToneReprCurve, TransferCharacteristics,
};
use png::{Info, SourceChromaticities};

/// Steps of the curve of a gamma.
const STEPS: u32 = 4096;
/// Gammas that stand for the curve of sRGB.
const LIKE_SRGB: std::ops::RangeInclusive<f32> = 0.445..=0.465;

/// The colours by `cICP`; `None` without it.
pub(super) fn code_points(info: &Info) -> Option<Colours> {
    let codes = info.coding_independent_code_points?;
    let (primaries, transfer) = (codes.color_primaries, codes.transfer_function);
    if (primaries, transfer) == (1, 13) {
        return Some(Colours::Srgb);
    }
    let described = || format!("code points {primaries} and {transfer}");
    // 16 and 18 are for high dynamic range: how to show them on sRGB is a matter of taste.
    if matches!(transfer, 16 | 18) {
        return Some(Colours::Unusable(format!(
            "{} are of high dynamic range",
            described()
        )));
    }
    let profile = CicpColorPrimaries::try_from(primaries)
        .ok()
        .zip(TransferCharacteristics::try_from(transfer).ok())
        .map(|(color_primaries, transfer_characteristics)| {
            ColorProfile::new_from_cicp(CicpProfile {
                color_primaries,
                transfer_characteristics,
                matrix_coefficients: MatrixCoefficients::Identity,
                full_range: codes.is_video_full_range_image,
            })
        })
        .filter(|profile| profile.red_trc.is_some() && codes.is_video_full_range_image);
    Some(match profile {
        Some(profile) => Colours::Built(Box::new(profile)),
        None => Colours::Unusable(format!("{} are not known", described())),
    })
}

/// The colours by `gAMA` and `cHRM`, with a remark where they are not those of sRGB.
pub(super) fn stated(info: &Info, remarks: &mut Vec<Remark>) -> Colours {
    if info.srgb.is_some() {
        return Colours::Srgb;
    }
    let gamma = info.gama_chunk.map(|gamma| gamma.into_value());
    let primaries = info.chrm_chunk.filter(|c| !are_srgb(c));
    let gamma = gamma.filter(|gamma| !LIKE_SRGB.contains(gamma));
    if gamma.is_none() && primaries.is_none() {
        return Colours::Srgb;
    }
    if gamma.is_some_and(|gamma| !(0.05..=5.0).contains(&gamma)) {
        return Colours::Unusable("its gamma is out of range".to_string());
    }
    let mut profile = ColorProfile::new_srgb();
    profile.cicp = None;
    if let Some(stated) = primaries {
        let [white, red, green, blue] = [stated.white, stated.red, stated.green, stated.blue]
            .map(|(x, y)| Chromaticity::new(x.into_value(), y.into_value()));
        if [white, red, green, blue].iter().any(|c| c.y <= 0.0) {
            return Colours::Unusable("its primaries are no colours".to_string());
        }
        let primaries = ColorPrimaries { red, green, blue };
        profile.update_rgb_colorimetry(white.to_xyyb(), primaries);
    }
    if let Some(gamma) = gamma {
        let curve = ToneReprCurve::Lut(
            (0..STEPS)
                .map(|step| (step as f32 / (STEPS - 1) as f32).powf(1.0 / gamma))
                .map(|light| (light * 65535.0 + 0.5) as u16)
                .collect(),
        );
        profile.green_trc = Some(curve.clone());
        profile.blue_trc = Some(curve.clone());
        profile.red_trc = Some(curve);
    }
    remarks.push(Remark::StatedColours);
    Colours::Built(Box::new(profile))
}

/// Whether primaries and white are those of sRGB, as rounded by other programs.
fn are_srgb(stated: &SourceChromaticities) -> bool {
    let srgb = [
        (stated.white, (0.3127, 0.3290)),
        (stated.red, (0.64, 0.33)),
        (stated.green, (0.30, 0.60)),
        (stated.blue, (0.15, 0.06)),
    ];
    srgb.into_iter().all(|((x, y), (right_x, right_y))| {
        (x.into_value() - right_x).abs() < 0.003 && (y.into_value() - right_y).abs() < 0.003
    })
}
