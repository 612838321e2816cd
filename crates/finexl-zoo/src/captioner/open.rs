//! Captioners by name.

use super::MiniCaptioner;
use crate::ZooError;
use crate::encoders::open_mini_clip;
use crate::weights::WeightsFile;
use burn::tensor::Device;
use std::path::Path;

/// The captioner of the recipe `experiments/zoo/mini-captioner.toml`.
pub const DEFAULT_CAPTIONER: &str = "mini-captioner";

/// Weights that are part of the program.
const MINI_CAPTIONER: &[u8] = include_bytes!("../../weights/mini-captioner.safetensors");

/// Opens a captioner: `mini-captioner`, or a weights file that `finexl train` wrote, with the encoder that
/// it was trained with ([`crate::encoders::DEFAULT_ENCODER`] or a weights file).
///
/// # Errors
/// [`ZooError::Unknown`] for a name that is neither, [`ZooError::Weights`] for a damaged file,
/// [`ZooError::Config`] for another encoder.
pub fn open_captioner(
    name: &str,
    encoder: &str,
    device: &Device,
) -> Result<MiniCaptioner, ZooError> {
    let weights = if name == DEFAULT_CAPTIONER {
        WeightsFile::embedded("the embedded weights of mini-captioner", MINI_CAPTIONER)
    } else if name.ends_with(".safetensors") || Path::new(name).exists() {
        WeightsFile::read(Path::new(name))?
    } else {
        return Err(ZooError::Unknown {
            kind: "captioner",
            name: name.to_string(),
            known: format!("{DEFAULT_CAPTIONER}, or a weights file that `finexl train` wrote"),
        });
    };
    MiniCaptioner::from_weights(&weights, open_mini_clip(encoder, device)?, device)
}
