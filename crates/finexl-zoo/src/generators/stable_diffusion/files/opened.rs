//! What files say, before any tensor is taken.

use super::super::autoencoder::AutoencoderConfig;
use super::super::text::{Prompts, TextConfig};
use super::super::unet::UnetConfig;
use super::{model_folder, single_file};
use crate::ZooError;
use crate::checkpoint::Checkpoint;
use crate::stable_diffusion::Base;
use serde_json::Value;
use std::path::{Path, PathBuf};

/// A text encoder's part.
pub struct TextPart {
    pub config: TextConfig,
    pub checkpoint: Checkpoint,
    pub prompts: Prompts,
}

/// A model whose headers and configs were read.
pub struct Opened {
    pub base: Base,
    pub unet: (UnetConfig, Checkpoint),
    pub autoencoder: (AutoencoderConfig, Checkpoint),
    /// One, or XL's two.
    pub texts: Vec<TextPart>,
    /// `scheduler_config.json`.
    pub scheduler: Option<Value>,
    /// What the files themselves say of the prediction.
    pub prediction: Option<&'static str>,
    /// What the files themselves say of the last time.
    pub zero_snr: Option<bool>,
    pub force_zeros: bool,
    /// Files of the UNet's weights; of a single file itself.
    pub unet_files: Vec<PathBuf>,
    /// All other files that pictures depend on.
    pub other_files: Vec<PathBuf>,
    pub notes: Vec<String>,
}

/// Reads headers and configs of a folder or a single file.
///
/// # Errors
/// [`ZooError::GeneratorFiles`] and [`ZooError::Weights`] for what is missing, does not fit or is not built.
pub fn open_files(path: &Path) -> Result<Opened, ZooError> {
    let opened = match path.is_dir() {
        true => model_folder::open(path)?,
        false => single_file::open(path)?,
    };
    check_fit(&opened, path)?;
    Ok(opened)
}

/// Holds the parts against each other.
fn check_fit(opened: &Opened, path: &Path) -> Result<(), ZooError> {
    let unfit = |problem: String| {
        Err(ZooError::GeneratorFiles {
            path: path.to_path_buf(),
            problem,
            remedy: "take all parts of one model".to_string(),
        })
    };
    let (unet, texts) = (&opened.unet.0, &opened.texts);
    let width: usize = texts.iter().map(|text| text.config.width).sum();
    if width != unet.context {
        return unfit(format!(
            "its text encoder{} {width} numbers for each token, its UNet reads {}",
            if texts.len() > 1 { "s give" } else { " gives" },
            unet.context
        ));
    }
    let pooled = texts
        .iter()
        .find_map(|text| text.config.projection.filter(|_| texts.len() > 1));
    if let Some(addition) = &unet.addition {
        let given = pooled.unwrap_or(0) + 6 * addition.size;
        if given != addition.width {
            return unfit(format!(
                "pooled text and sizes are {given} numbers, its UNet reads {}",
                addition.width
            ));
        }
    }
    for text in texts {
        let (length, context) = (text.prompts.length, text.config.context);
        if length > context {
            return unfit(format!(
                "its tokenizer fills texts up to {length} tokens, its text encoder reads {context}"
            ));
        }
        let known = text.config.vocabulary as u32;
        if let Some(token) = [text.prompts.end, text.prompts.padding]
            .iter()
            .find(|token| **token >= known)
        {
            return unfit(format!(
                "its tokenizer gives token {token}, its text encoder knows {known}"
            ));
        }
    }
    Ok(())
}
