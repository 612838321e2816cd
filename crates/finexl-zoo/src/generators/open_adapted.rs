//! A generator that is open, with adapters on it.

use super::open_own::{personalize_own, personalized_together};
use super::open_published::whole_checkpoint;
use super::stable_diffusion::{AdapterFile, StableDiffusionGenerator, recognise};
use super::{AnyGenerator, OpenedGenerator, open_generator};
use crate::ZooError;
use crate::lora_files::AdapterSource;
use burn::tensor::Device;
use finexl_core::CoreError;
use std::path::{Path, PathBuf};

/// An adapter that a user names.
#[derive(Clone, Debug, PartialEq)]
pub struct AdapterChoice {
    /// Its file or folder.
    pub path: PathBuf,
    /// The scale; 1 where none is given.
    pub scale: Option<f64>,
}

/// Puts adapters onto a generator that was opened as `model`. Those of Stable Diffusion are LoRA files of every kind and
/// learned words, which add up, or one whole checkpoint of the same family; those of FineXL's own generators are what
/// [`super::open_personalized`] takes, and several adapters add up.
///
/// The generator itself stays as it is, and what does not differ is in memory once.
///
/// # Errors
/// As [`super::open_personalized`]; [`ZooError::Weights`] naming file and keys for what cannot be applied as it is, and
/// for an adapter of another base with what was found and what is needed.
pub fn open_adapted(
    base: &AnyGenerator,
    model: &str,
    adapters: &[AdapterChoice],
    device: &Device,
) -> Result<OpenedGenerator, ZooError> {
    for adapter in adapters {
        // A name that is a scale and no file is looked for here, before anything else is said of it.
        std::fs::metadata(&adapter.path).map_err(|source| CoreError::Read {
            path: adapter.path.clone(),
            source,
        })?;
    }
    match (base, adapters) {
        (AnyGenerator::StableDiffusion(base), _) => on_published(base, model, adapters, device),
        (_, []) => Err(ZooError::Config("no adapter was given".to_string())),
        // A personalization takes its base over.
        (_, [only]) => personalize_own(open_generator(model, device)?, &only.path, only.scale),
        (_, several) => match open_generator(model, device)? {
            AnyGenerator::Diffusion(own) => personalized_together(*own, several),
            AnyGenerator::Autoregressive(own) => personalized_together(*own, several),
            AnyGenerator::Gan(own) => personalized_together(*own, several),
            AnyGenerator::StableDiffusion(own) => on_published(&own, model, several, device),
        },
    }
}

fn on_published(
    base: &StableDiffusionGenerator,
    model: &str,
    adapters: &[AdapterChoice],
    device: &Device,
) -> Result<OpenedGenerator, ZooError> {
    for adapter in adapters {
        let whole = match recognised_checkpoint(&adapter.path)? {
            true => whole_checkpoint(model, &adapter.path, adapter.scale, device)?,
            false => continue,
        };
        return match (whole, adapters.len()) {
            (Some(whole), 1) => Ok(whole),
            _ => Err(ZooError::Config(format!(
                "{} is a whole checkpoint, to which nothing is added; give it alone, or give it with --model and the \
                 others with --adapter",
                adapter.path.display()
            ))),
        };
    }
    let files: Vec<AdapterFile> = (adapters.iter())
        .map(|adapter| AdapterFile {
            path: adapter.path.clone(),
            scale: adapter.scale.unwrap_or(1.0),
        })
        .collect();
    let adapted = base.adapted(&files)?;
    Ok(OpenedGenerator {
        generator: adapted.generator.into(),
        applied: adapted.applied,
        record: None,
        notes: adapted.notes,
        trained_on: adapted.trained_on,
        words: adapted.words.into_iter().map(|word| word.word).collect(),
    })
}

/// Whether a path is a whole model; an error for one that is not built.
fn recognised_checkpoint(path: &Path) -> Result<bool, ZooError> {
    if AdapterSource::is_adapter(path) {
        return Ok(false);
    }
    match recognise(path) {
        Some(Ok(_)) => Ok(true),
        Some(Err(error)) => Err(error),
        None => Ok(false),
    }
}
