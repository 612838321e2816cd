//! Encoders by name.

use super::Encoder;
use super::clip::{Clip, locate};
use super::mini_clip::MiniClip;
use crate::ZooError;
use crate::weights::WeightsFile;
use burn::tensor::Device;
use std::path::Path;

/// The embedded encoder, which explanations use by default.
pub const DEFAULT_ENCODER: &str = "mini-clip";
/// The second embedded encoder, trained without the first: it measures what models made with the help
/// of the first, and explains nothing.
pub const JUDGE: &str = "judge";

const MINI_CLIP: &[u8] = include_bytes!("../../weights/mini-clip.safetensors");
const JUDGE_WEIGHTS: &[u8] = include_bytes!("../../weights/judge.safetensors");

/// Opens an encoder:
/// - `mini-clip`, `judge`, or a weights file that `finexl train` wrote;
/// - the folder of a CLIP, SigLIP or EVA-CLIP model, or its weights file with the config beside it;
/// - a repository of the hub (`ORG/NAME` or `ORG/NAME@REVISION`) that is in its cache.
///
/// The network is never touched.
///
/// # Errors
/// [`ZooError::Unknown`] for a name that is none of these, [`ZooError::EncoderFiles`] for files that
/// are missing or do not fit each other, [`ZooError::Weights`] for a damaged file.
pub fn open(name: &str, device: &Device) -> Result<Box<dyn Encoder>, ZooError> {
    Ok(match open_any(name, device)? {
        Opened::MiniClip(encoder) => encoder,
        Opened::Clip(encoder) => encoder,
    })
}

/// An encoder of either family.
pub enum Opened {
    /// The embedded one or another that `finexl train` wrote.
    MiniClip(Box<MiniClip>),
    /// One with published weights.
    Clip(Box<Clip>),
}

impl Opened {
    /// What both can do.
    pub fn encoder(&self) -> &dyn Encoder {
        match self {
            Self::MiniClip(encoder) => encoder.as_ref(),
            Self::Clip(encoder) => encoder.as_ref(),
        }
    }
}

/// Opens an encoder, see [`open`], and says of which family it is.
///
/// # Errors
/// As [`open`].
pub fn open_any(name: &str, device: &Device) -> Result<Opened, ZooError> {
    if let Some(weights) = embedded(name) {
        return Ok(Opened::MiniClip(Box::new(MiniClip::from_weights(
            &weights, device,
        )?)));
    }
    let path = Path::new(name);
    if path.extension().is_some_and(|e| e == "safetensors") && !belongs_to_clip(path) {
        return Ok(Opened::MiniClip(Box::new(MiniClip::load(path, device)?)));
    }
    let clip = Clip::load(name, &locate(name)?, device)?;
    Ok(Opened::Clip(Box::new(clip)))
}

/// Opens an encoder whose image tokens other networks read.
///
/// # Errors
/// As [`open`], and [`ZooError::Config`] for an encoder of another family.
pub(crate) fn open_mini_clip(name: &str, device: &Device) -> Result<MiniClip, ZooError> {
    match open_any(name, device)? {
        Opened::MiniClip(encoder) => Ok(*encoder),
        Opened::Clip(_) => Err(ZooError::Config(format!(
            "the encoder {name} is no mini-clip; give {DEFAULT_ENCODER} or a weights file that `finexl \
             train` wrote"
        ))),
    }
}

/// Weights that are part of the program.
fn embedded(name: &str) -> Option<WeightsFile> {
    match name {
        DEFAULT_ENCODER => Some(WeightsFile::embedded(
            "the embedded weights of mini-clip",
            MINI_CLIP,
        )),
        JUDGE => Some(WeightsFile::embedded(
            "the embedded weights of the judge",
            JUDGE_WEIGHTS,
        )),
        _ => None,
    }
}

/// Whether a weights file stands beside the config of a CLIP. (A file of our own carries its config
/// inside and needs none.)
fn belongs_to_clip(path: &Path) -> bool {
    let folder = path.parent().unwrap_or(Path::new(""));
    let described = ["config.json", "open_clip_config.json"];
    described.iter().any(|name| folder.join(name).is_file()) && !WeightsFile::is_ours(path)
}
