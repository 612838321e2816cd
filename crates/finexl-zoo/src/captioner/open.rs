//! Captioners by name.

use super::MiniCaptioner;
use crate::ZooError;
use crate::encoders::open_mini_clip;
use crate::weights::WeightsFile;
use burn::tensor::Device;
use std::path::Path;

/// The captioner of the recipe `experiments/zoo/mini-captioner.toml`.
pub const DEFAULT_CAPTIONER: &str = "mini-captioner";

/// Weights that are part of the program. None are yet; once they are trained this is
/// `Some(include_bytes!("../../weights/mini-captioner.safetensors"))`.
const MINI_CAPTIONER: Option<&[u8]> = None;

/// Opens a captioner: `mini-captioner`, or a weights file that `finexl train` wrote, with the encoder that
/// it was trained with ([`crate::encoders::DEFAULT_ENCODER`] or a weights file).
///
/// # Errors
/// [`ZooError::Unknown`] for a name that is neither, [`ZooError::Weights`] for a damaged file,
/// [`ZooError::Config`] for another encoder, or where the program has no weights of its own.
pub fn open_captioner(
    name: &str,
    encoder: &str,
    device: &Device,
) -> Result<MiniCaptioner, ZooError> {
    let weights = if name == DEFAULT_CAPTIONER {
        let embedded = MINI_CAPTIONER.ok_or_else(|| {
            ZooError::Config(format!(
                "this program was built without weights of {DEFAULT_CAPTIONER}; run `finexl train \
                 experiments/zoo/mini-captioner.toml` and give the file that it writes"
            ))
        })?;
        WeightsFile::embedded("the embedded weights of mini-captioner", embedded)
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
