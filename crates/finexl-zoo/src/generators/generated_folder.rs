//! Generated images as a folder that `finexl explain` takes.

use super::{GenerationRequest, GenerationSettings, Generator};
use crate::ZooError;
use finexl_core::atomic;
use finexl_core::partial_folder::PartialFolder;
use finexl_data::encode::png_bytes;
use finexl_data::scenes::{MANIFEST, write_manifest};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use std::path::Path;

/// Name of the record of how the images were made.
pub const RECORD: &str = "generation.json";

/// How a folder of images was made.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GenerationRecord {
    /// Name of the generator.
    pub model: String,
    /// Fingerprint of everything that the images depend on, beside prompts, seeds and settings.
    pub fingerprint: String,
    /// The personalization, if there is one.
    pub adapter: Option<String>,
    /// The scale at which an adapter was applied.
    pub scale: Option<f64>,
    /// How they were sampled.
    pub settings: GenerationSettings,
}

/// Generates the images of requests into a folder, with `manifest.csv` (file, prompt, seed, index)
/// and a record of how. Files appear
/// when all are complete; `progress` is told the share that is done.
///
/// # Errors
/// As [`Generator::generate`]; [`finexl_core::CoreError::Write`] naming what cannot be written.
pub fn generate_folder(
    generator: &dyn Generator,
    requests: &[GenerationRequest],
    record: &GenerationRecord,
    folder: &Path,
    progress: &(dyn Fn(f64) + Sync),
) -> Result<(), ZooError> {
    for request in requests {
        generator.check_prompt(&request.prompt)?;
    }
    let partial = PartialFolder::start(folder)?;
    let images = generator.generate(requests, &record.settings, progress)?;
    let names: Vec<String> = requests
        .iter()
        .map(|r| format!("{:05}.png", r.index + 1))
        .collect();
    names
        .par_iter()
        .zip(&images)
        .try_for_each(|(name, image)| -> Result<(), ZooError> {
            let path = partial.path().join(name);
            Ok(atomic::write(&path, &png_bytes(&path, image)?)?)
        })?;
    let rows: Vec<[String; 4]> = requests
        .iter()
        .zip(&names)
        .map(|(r, name)| {
            let [seed, index] = [r.seed, r.index].map(|v| v.to_string());
            [name.clone(), r.prompt.clone(), seed, index]
        })
        .collect();
    write_manifest(partial.path(), ["file", "prompt", "seed", "index"], &rows)?;
    let mut text = serde_json::to_string_pretty(record)
        .map_err(|e| ZooError::Config(format!("the record cannot be written as JSON: {e}")))?;
    text.push('\n');
    atomic::write(partial.path().join(RECORD), text.as_bytes())?;
    let files = names.iter().map(String::as_str);
    partial.finish(files.chain([MANIFEST, RECORD]))?;
    Ok(())
}
