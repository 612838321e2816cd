//! Generated images as a folder that `finexl explain` takes.

use super::{GenerationRequest, GenerationSettings, Generator};
use crate::ZooError;
use finexl_core::fingerprint::Fingerprint;
use finexl_core::partial_folder::PartialFolder;
use finexl_core::{CoreError, atomic, json_file};
use finexl_data::encode::png_bytes;
use finexl_data::scenes::{MANIFEST, write_manifest};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use std::path::Path;

/// Name of the record of how the images were made.
pub const RECORD: &str = "generation.json";

/// Version of the record, and of what makes images of it: another sampler is another version.
const VERSION: u32 = 1;
/// Images that are in memory at a time.
const AT_ONCE: usize = 256;

/// How a folder of images was made.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GenerationRecord {
    /// Version of this record.
    pub version: u32,
    /// Name of the generator.
    pub model: String,
    /// Fingerprint of everything that the images depend on, beside prompts, seeds and settings.
    pub fingerprint: Fingerprint,
    /// The personalization, if there is one.
    pub adapter: Option<String>,
    /// The scale at which an adapter was applied.
    pub scale: Option<f64>,
    /// How they were sampled.
    pub settings: GenerationSettings,
    /// Fingerprint of prompts, seeds and indices.
    pub requests: Fingerprint,
}

impl GenerationRecord {
    /// The record of images of a generator; `adapter` is its personalization and the scale of that.
    pub fn new(
        generator: &dyn Generator,
        adapter: Option<(&Path, Option<f64>)>,
        settings: GenerationSettings,
        requests: &[GenerationRequest],
    ) -> Self {
        let key = Fingerprint::of("generation requests");
        let key = requests.iter().fold(key, |key, request| {
            key.text("prompt", &request.prompt)
                .number("seed", request.seed)
                .number("index", request.index)
        });
        Self {
            version: VERSION,
            model: generator.name().to_string(),
            fingerprint: generator.fingerprint().clone(),
            adapter: adapter.map(|(folder, _)| folder.display().to_string()),
            scale: adapter.and_then(|(_, scale)| scale),
            settings,
            requests: key.finish(),
        }
    }

    /// Fingerprint of everything that the images depend on.
    pub fn key(&self) -> Fingerprint {
        let GenerationSettings {
            sampler,
            steps,
            guidance,
            concept,
            tokens,
            walk,
        } = &self.settings;
        // As it was written before there were tokens: images that are there stay good.
        let settings = format!(
            "GenerationSettings {{ sampler: {sampler:?}, steps: {steps:?}, guidance: {guidance:?}, \
             concept: {concept:?} }}"
        );
        let key = Fingerprint::of("generated images")
            .number("version", u64::from(self.version))
            .nested("generator", &self.fingerprint)
            .text("settings", &settings);
        let key = match tokens {
            Some(tokens) => key.text("tokens", &format!("{tokens:?}")),
            None => key,
        };
        let key = match walk {
            Some(walk) => key.text("walk", &format!("{walk:?}")),
            None => key,
        };
        key.nested("requests", &self.requests).finish()
    }

    /// The record of a folder of images; nothing where it has none.
    ///
    /// # Errors
    /// [`CoreError::Read`] or [`CoreError::Json`] where it is there but no record.
    pub fn read(folder: &Path) -> Result<Option<Self>, CoreError> {
        json_file::read_if_there(&folder.join(RECORD), VERSION)
    }
}

/// Name of the image of a request inside its folder.
pub(super) fn file_name(request: &GenerationRequest) -> String {
    format!("{:05}.png", request.index + 1)
}

/// Generates the images of requests into a folder, with `manifest.csv` (file, prompt, seed, index)
/// and a record of how. Files appear when all are complete; `progress` is told the share that is done.
///
/// # Errors
/// As [`Generator::generate`]; [`CoreError::Memory`] before anything is made,
/// [`CoreError::Write`] naming what cannot be written.
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
    let memory = generator.memory(requests.len().min(AT_ONCE));
    finexl_core::memory::require("generating", memory)?;
    let partial = PartialFolder::start(folder)?;
    let names: Vec<String> = requests.iter().map(file_name).collect();
    let total = requests.len().max(1) as f64;
    for (chunk, (requests, names)) in requests
        .chunks(AT_ONCE)
        .zip(names.chunks(AT_ONCE))
        .enumerate()
    {
        let before = (chunk * AT_ONCE) as f64;
        let here = requests.len() as f64;
        let images = generator.generate(requests, &record.settings, &|share| {
            progress((before + here * share) / total);
        })?;
        names
            .par_iter()
            .zip(&images)
            .try_for_each(|(name, image)| -> Result<(), ZooError> {
                let path = partial.path().join(name);
                Ok(atomic::write(&path, &png_bytes(&path, image)?)?)
            })?;
    }
    let rows: Vec<[String; 4]> = requests
        .iter()
        .zip(&names)
        .map(|(r, name)| {
            let [seed, index] = [r.seed, r.index].map(|v| v.to_string());
            [name.clone(), r.prompt.clone(), seed, index]
        })
        .collect();
    write_manifest(partial.path(), ["file", "prompt", "seed", "index"], &rows)?;
    json_file::write(&partial.path().join(RECORD), record)?;
    let files = names.iter().map(String::as_str);
    partial.finish(files.chain([MANIFEST, RECORD]))?;
    Ok(())
}

/// As [`generate_folder`], unless the folder holds exactly these images already.
///
/// # Errors
/// As [`generate_folder`]; [`ZooError::Config`] where it holds images that were made otherwise.
pub fn ensure_folder(
    generator: &dyn Generator,
    requests: &[GenerationRequest],
    record: &GenerationRecord,
    folder: &Path,
    progress: &(dyn Fn(f64) + Sync),
) -> Result<(), ZooError> {
    match GenerationRecord::read(folder)? {
        Some(there) if there.key() == record.key() => Ok(()),
        Some(_) => Err(ZooError::Config(format!(
            "{} holds images of another model, other prompts or other settings; give another folder or \
             remove it",
            folder.display()
        ))),
        None => generate_folder(generator, requests, record, folder, progress),
    }
}
