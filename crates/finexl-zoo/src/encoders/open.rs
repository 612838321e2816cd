//! Encoders by name.

use super::Encoder;
use super::mini_clip::MiniClip;
use crate::ZooError;
use crate::weights::WeightsFile;
use burn::tensor::Device;
use std::path::Path;

/// The embedded encoder, which explanations use by default.
pub const DEFAULT_ENCODER: &str = "mini-clip";

const MINI_CLIP: &[u8] = include_bytes!("../../weights/mini-clip.safetensors");

/// Opens an encoder: `mini-clip`, or a weights file that `finexl train` wrote.
///
/// # Errors
/// [`ZooError::Unknown`] for a name that is neither, [`ZooError::Weights`] for a damaged file.
pub fn open(name: &str, device: &Device) -> Result<Box<dyn Encoder>, ZooError> {
    if name == DEFAULT_ENCODER {
        let weights = WeightsFile::embedded("the embedded weights of mini-clip", MINI_CLIP);
        return Ok(Box::new(MiniClip::from_weights(&weights, device)?));
    }
    let path = Path::new(name);
    if path.extension().is_some_and(|e| e == "safetensors") {
        return Ok(Box::new(MiniClip::load(path, device)?));
    }
    Err(ZooError::Unknown {
        kind: "encoder",
        name: name.to_string(),
        known: format!("{DEFAULT_ENCODER}, or the path of a weights file (.safetensors)"),
    })
}
